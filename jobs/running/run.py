"""A run: plan, compute, audit, publish. Everything between bronze and what analysts read.

Called by `ringi run` with a lake that is locked. The state of the work stands in the tables themselves, so a run that was cut
off at any point is completed by the next one, and a run with nothing new changes nothing.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.errors import JobError
from jobs.facts import facts, run_plan
from jobs.facts.dimensions import dimension_relations
from jobs.ledgers import restate, run_ledger
from jobs.ledgers.published import publications
from jobs.publishing import publish, publish_plan
from jobs.publishing.publish import Published
from jobs.publishing.regain import NothingToRegain
from jobs.running.landed import landed
from jobs.running.run_report import RunReport, Stage, ViewReport
from metrics_catalog.finding import Finding, Severity
from views.contract import publish as contract_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from jobs.engine import Engine
    from jobs.facts.facts import ViewFacts
    from jobs.facts.run_plan import RunPlan, WantedView
    from jobs.publishing.publish_plan import PublicationPlan
    from jobs.publishing.regain import Regain
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning

    Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
    """Shows how far a stage is: a label, a total where it is known; gives a function that takes how much more is done."""


@dataclass(frozen=True, slots=True)
class RunLake:
    """What a run works on: the catalog, the meanings that the gate lets through, tables and an engine."""

    catalog: Catalog
    certified: Mapping[str, Meaning]
    tables: Tables
    engine: Engine
    regain: Regain = field(default_factory=NothingToRegain)
    """Gives back to tables that are made anew what had been given on them."""


@dataclass(slots=True)
class _Clock:
    """Seconds of each stage, in order."""

    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.stages.append(Stage(name, time.perf_counter() - begun))


def run(lake: RunLake, now: dt.datetime, progress: Progress, views: Sequence[str] = ()) -> RunReport:
    """Bring facts, saved copies and definer views up to date; `views` narrows the work, all by default.

    Raises AuditError and PublicationError (nothing of that view is published), CommitConflictError and the errors of the
    outside world. Whatever was published before an error stays published. A view whose file cannot be read is left as it is.
    """
    refuse_unreadable_countries(lake.catalog)
    clock = _Clock()

    left = left_alone(lake.catalog, views)
    with clock.stage("plan"):
        wanted, findings = wanted_views(lake, views)
        unfinished = run_ledger.unfinished(lake.tables, [each.contract.name for each in wanted])
        restated = sum(restate.record(lake.tables, lake.engine, each.contract.name, now) for each in wanted)
        plan = run_plan.plan(lake.tables, lake.engine, wanted)
    with clock.stage("compute"), progress("Computing", len(plan.views)) as advance:
        computed = [_computed(lake, plan, each, advance) for each in plan.views]
    with clock.stage("ledger"):
        restated += sum(restate.record(lake.tables, lake.engine, each.view, now) for each in computed)
        reached("restatements")
    with clock.stage("publish"):
        due = publish_plan.plan(lake.tables, wanted, publications(lake.tables, lake.engine), left)
        published = _published(lake, due, wanted, left, now, progress)
    with clock.stage("ledger"):
        run_ids = [*unfinished, *([plan.id] if plan.views else [])]
        run_ledger.record(lake.tables, lake.engine, lake.catalog.views, run_ids, published.copies, now)
        reached("run_recorded")
    return RunReport(
        landed=landed(lake.tables, plan.views),
        run_id=plan.id if plan.views else (unfinished[0] if unfinished else ""),
        views=tuple(_view_report(each, plan) for each in computed),
        published=published.copies,
        withdrawn=len(due.withdrawn),
        definers=published.definers,
        restated=restated,
        findings=findings,
        stages=tuple(clock.stages),
    )


def left_alone(catalog: Catalog, views: Sequence[str]) -> Callable[[str], bool]:
    """Whether a run over some views, all where none is named, leaves a view as it is: it was not asked for, or cannot be read."""
    return lambda view: catalog.is_broken("view", view) or (bool(views) and view not in views)


def wanted_views(lake: RunLake, names: Sequence[str] = ()) -> tuple[tuple[WantedView, ...], tuple[Finding, ...]]:
    """The views as they can be published now, and what is withheld, as findings."""
    wanted: list[WantedView] = []
    findings: list[Finding] = []
    findings += [_left_as_it_is(lake.catalog, name) for name in sorted(lake.catalog.broken.get("view", ()))]
    for name in sorted(names or lake.catalog.views):
        contract = contract_of(lake.catalog, name, lake.certified)
        findings += contract.findings
        if contract.view is not None:
            codes = tuple(code for code in contract.view.countries if code in lake.catalog.countries)
            wanted.append(run_plan.WantedView(contract.view, lake.catalog.views[name].grain.time, codes))
    return tuple(wanted), tuple(findings)


def _left_as_it_is(catalog: Catalog, view: str) -> Finding:
    message = (
        f"The view `{view}` is left as it is, because its file cannot be read."
        if view != "*"
        else "Views are left as they are, because a file of theirs cannot be read."
    )
    return Finding("RNG-JOB-042", catalog.place("view", view), message, "run `ringi check` and mend what it finds.", Severity.WARNING)


def refuse_unreadable_countries(catalog: Catalog) -> None:
    """Raises JobError where countries.yaml could be read in part only: the others would count as gone."""
    if catalog.broken.get("country"):
        raise JobError(
            "countries.yaml cannot be read as a whole, so no country is computed or withdrawn.",
            hint="run `ringi check` and mend what it finds; then run again.",
        )


def _computed(lake: RunLake, plan: RunPlan, view: run_plan.ViewPlan, advance: Callable[[int], None]) -> ViewFacts:
    """One view computed, audited and moved to main."""
    dimensions = dimension_relations(lake.tables, lake.engine, lake.catalog, view.wanted.contract, view.inputs)
    found = facts.compute(lake.tables, lake.engine, view, dimensions, plan.id)
    lake.tables.fast_forward(found.table, found.branch)
    reached("gold_published")
    advance(1)
    return found


def _published(
    lake: RunLake, due: PublicationPlan, wanted: Sequence[WantedView], left: Callable[[str], bool], now: dt.datetime, progress: Progress
) -> Published:
    """Saved copies with the definer views over them, then the definer views that changed alone; what a killed run left comes first."""
    lake.regain.complete()
    made = Published(0, 0)
    if not due.is_empty:
        with progress("Publishing", sum(len(each.countries) for each in due.views)) as advance:
            made = publish.publish(lake.tables, lake.engine, due, now, advance)
    return replace(made, definers=made.definers + publish.publish_definers(lake.tables, due, wanted, left))


def _view_report(found: ViewFacts, plan: RunPlan) -> ViewReport:
    view = next(each for each in plan.views if each.name == found.view)
    return ViewReport(
        view=found.view,
        reasons=view.reasons,
        metrics=tuple(column.name for column in view.wanted.contract.measured),
        countries=len(found.changes.countries),
        periods=found.periods,
        rows=found.rows,
        restated=found.changes.restated,
        recounted=found.recounted,
    )
