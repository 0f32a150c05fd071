"""What a run over an opened lake would do, with the calls of Glue that would make its definer views, and those of Lake Formation that
would give back access on what is made anew; nothing is changed.

Used by `ringi run --plan`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from views.plan import Create, Drop, Keep, Replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from governance.lake_formation.port import Call
    from infra.aws.glue_views import GlueCall
    from infra.tables.iceberg import IcebergTables
    from jobs.facts.run_plan import ViewPlan
    from jobs.running.foreseen import Foreseen
    from jobs.table import DefinerView
    from metrics_catalog.finding import Finding
    from ringi.lake import Lake
    from views.plan import Change


SCHEMA = "views_"


@dataclass(frozen=True, slots=True)
class RunIntent:
    """What a run would do, and the `calls` that make and drop its definer views on AWS, in order; none for a lake on this machine.

    A call carries what the saved copy says of itself now; the run puts its own name and snapshot there. `regained` are the calls that
    give back what applied plans had given on tables and views that the run makes anew, or that an earlier run left without it.
    """

    foreseen: Foreseen
    calls: tuple[GlueCall, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    regained: tuple[Call, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is up to date."""
        return self.foreseen.is_empty and not self.regained

    def summary(self) -> list[str]:
        """The plan for a person, one line a step; the calls are counted."""
        if self.is_empty:
            return ["Nothing to do: facts, saved copies and views are up to date."]
        found = self.foreseen
        lines = [f"compute   {view.name}: {_cells(view)} ({'; '.join(view.reasons)})" for view in found.facts.views]
        lines += [
            f"publish   {view}: {_count(len(codes), 'saved copy', 'saved copies')}: {', '.join(codes)}"
            for view, codes in found.copies.items()
        ]
        lines += [f"withdraw  {view}: the saved copy of {code}" for view, code in found.withdrawn]
        lines += [*self._views(), *_called("glue", self.calls)]
        if self.regained:
            lines += ["give back access on what is made anew:", *_called("lakeformation", self.regained)]
        return lines

    def as_json(self) -> dict[str, Any]:
        """The plan for other programs; `calls` are parameters as the service takes them."""
        found = self.foreseen
        return {
            "schema_version": 1,
            "compute": [
                {
                    "view": view.name,
                    "reasons": list(view.reasons),
                    "everything": view.cells.everything,
                    "countries": sorted(view.cells.whole),
                    "cells": sorted([code, day.isoformat()] for code, day in view.cells.pairs),
                }
                for view in found.facts.views
            ],
            "copies": [{"view": view, "countries": list(codes)} for view, codes in found.copies.items()],
            "withdraw": [{"view": view, "country": code} for view, code in found.withdrawn],
            "definer_views": list(self._definers()),
            "calls": [
                *({"service": "glue", "operation": call.operation, "parameters": call.parameters} for call in self.calls),
                *({"service": call.service, "operation": call.operation, "parameters": dict(call.parameters)} for call in self.regained),
            ],
            "findings": [{"code": finding.code, "place": str(finding.place), "message": finding.message} for finding in self.findings],
        }

    def _definers(self) -> Iterator[dict[str, Any]]:
        for change in self.foreseen.definers.changes:
            if isinstance(change, Keep):
                continue
            yield {
                "name": _name(change),
                "action": _action(change),
                "with_first_facts": _name(change) in self.foreseen.first,
                "breaks": list(change.breaks) if isinstance(change, Replace) else [],
                "sql": {} if isinstance(change, Drop) else dict(change.view.sql),
            }

    def _views(self) -> Iterator[str]:
        """A line for each view and what happens to it, with the countries: there may be hundreds of these."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for change in self.foreseen.definers.changes:
            if isinstance(change, Keep):
                continue
            schema, _, view = _name(change).partition(".")
            found.setdefault((_action(change), view, self._told(change)), []).append(schema.removeprefix(SCHEMA).upper())
        for (action, view, told), codes in sorted(found.items()):
            yield f"{action:<9} {view}: {_count(len(codes), 'definer view', 'definer views')}{told}: {', '.join(codes)}"

    def _told(self, change: Change) -> str:
        if _name(change) in self.foreseen.first:
            return " with the first facts"
        return f" ({'; '.join(change.breaks)})" if isinstance(change, Replace) and change.breaks else ""


def plan_run(lake: Lake, views: Sequence[str] = (), *, engine: str | None = None, now: dt.datetime | None = None) -> RunIntent:
    """What `run_lake` would do now. Waits for nobody: what another process changes meanwhile is not in it.

    Raises UsageError for an unknown view, JobError where countries.yaml cannot be read as a whole.
    """
    from jobs.publishing.definers import as_table_view
    from jobs.running.foreseen import foresee
    from jobs.running.run import RunLake
    from ringi.operations.running import known_view

    for name in views:
        known_view(lake, name)
    gate = lake.certification(now or dt.datetime.now(dt.UTC))
    with lake.engine(engine) as session:
        found = foresee(RunLake(lake.catalog, gate.published, lake.tables, session), views)
    put = [as_table_view(view) for view in found.definers.to_put]
    calls, findings = _calls(lake, put, found.definers.to_drop), (*gate.findings, *found.findings)
    return RunIntent(found, calls, findings, lake.tables.regain.foreseen(made_anew(lake.tables, found)))


def made_anew(tables: IcebergTables, found: Foreseen) -> list[str]:
    """Saved copies and definer views that the run would make and that are not there, where something may have been given on them."""
    from infra.aws.glue_view_input import copy_of

    governs = tables.regain.governs
    wanted = [change for change in found.definers.changes if not isinstance(change, Drop)]
    views = [_name(change) for change in wanted if isinstance(change, Create) and governs(_name(change))]
    copies = [name for name in (copy_of(_name(change)) for change in wanted) if governs(name)]
    there = {f"{space}.{name}" for space in {name.partition(".")[0] for name in copies} for name in tables.names(space)}
    return [*(name for name in copies if name not in there), *views]


def _calls(lake: Lake, put: Sequence[DefinerView], drop: Sequence[str]) -> tuple[GlueCall, ...]:
    from infra.aws.tables import AwsTables

    return lake.tables.definers.calls(put, drop) if isinstance(lake.tables, AwsTables) else ()


def _called(service: str, calls: Iterable[GlueCall | Call]) -> list[str]:
    counted = Counter(call.operation for call in calls)
    return [f"call      {service}:{operation}, {_count(times, 'time', 'times')}" for operation, times in sorted(counted.items())]


def _action(change: Change) -> str:
    return "drop" if isinstance(change, Drop) else "replace" if isinstance(change, Replace) else "create"


def _name(change: Change) -> str:
    return change.name if isinstance(change, Drop | Keep) else change.view.name


def _cells(view: ViewPlan) -> str:
    if view.cells.everything:
        return "all countries and periods"
    parts = [", ".join(sorted(view.cells.whole))] if view.cells.whole else []
    if view.cells.pairs:
        parts.append(f"{_count(len(view.cells.pairs), 'cell', 'cells')} of country and period")
    return " and ".join(parts)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
