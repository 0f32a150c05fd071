"""Computes metrics by country and local day over a sample: one plan, one statement, the code that a run uses.

What is computed is given as logic by column name, so that two meanings of one metric stand side by side and share a scan.
Nothing is written: the rows stay in the engine's session and are read once.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.facts.cells import Cells
from jobs.facts.chunks import reach, span_of
from jobs.facts.facts import FRESH, fresh_facts, source_files
from jobs.facts.run_plan import ViewPlan, WantedView, clocks, sources
from jobs.preview.sample import LIMITS, Limits, Sample, draw
from metrics_catalog.expression import ExpressionError
from metrics_catalog.source import Classification, ColumnType
from metrics_catalog.view import COUNTRY_COLUMN, TIME_COLUMN, TimeGrain
from views.contract import type_of_metric
from views.published_view import PublishedColumn, PublishedView, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.engine import Engine
    from jobs.facts.chunks import Span
    from jobs.table import Tables
    from metrics_catalog.logic import Logic

NAME = "preview"
Value = float | int | None
Cell = tuple[str, dt.date]


@dataclass(frozen=True, slots=True)
class Scan:
    """Values by country and day, in the order of `columns`; a cell in which no source has an event is not there."""

    sample: Sample
    columns: tuple[str, ...]
    cells: Mapping[Cell, tuple[Value, ...]]

    def column(self, name: str) -> dict[Cell, Value]:
        """The values of one column."""
        place = self.columns.index(name)
        return {cell: values[place] for cell, values in self.cells.items()}


def scan(
    tables: Tables, engine: Engine, columns: Mapping[str, Logic], countries: Sequence[str], *, whole: bool = False, limits: Limits = LIMITS
) -> Scan:
    """Compute the columns for the countries; `whole` computes every country-day, however many there are.

    Raises JobError where a logic cannot be computed as it is written, or knows the clock of none of the countries.
    """
    for logic in columns.values():
        _must_know_a_clock(logic, countries)
    groups = _groups(columns)
    sample = draw(_spans(tables, [preview_view(group, countries) for group in groups]), countries, whole=whole, limits=limits)
    found: dict[Cell, list[Value]] = {}
    names = tuple(columns)
    for group in groups:
        for cell, values in _rows(tables, engine, group, countries, sample):
            row = found.setdefault(cell, [None] * len(names))
            for name, value in zip(group, values, strict=True):
                row[names.index(name)] = value
    return Scan(sample, names, {cell: tuple(found[cell]) for cell in sorted(found)})


def _must_know_a_clock(logic: Logic, countries: Sequence[str]) -> None:
    for part in logic.measured():
        if not any(code in part.time_zones for code in countries):
            raise JobError(
                f"`{logic.metric}` knows the clock of no viewing country, so it has no days.",
                hint="run `ringi check` and mend countries.yaml.",
            )


def _groups(columns: Mapping[str, Logic]) -> list[dict[str, Logic]]:
    """Columns that one statement can compute: those that agree on the types of their sources' columns."""
    groups: list[tuple[dict[tuple[str, str], ColumnType], dict[str, Logic]]] = []
    for name, logic in columns.items():
        types = {
            (part.source.source, column): kind for part in logic.measured() if part.source for column, kind in part.source.columns.items()
        }
        held = next((pair for pair in groups if all(pair[0].get(column, kind) is kind for column, kind in types.items())), None)
        if held is None:
            groups.append((types, {name: logic}))
        else:
            held[0].update(types)
            held[1][name] = logic
    return [group for _, group in groups]


def _rows(
    tables: Tables, engine: Engine, group: Mapping[str, Logic], countries: Sequence[str], sample: Sample
) -> list[tuple[Cell, list[Value]]]:
    view = preview_view(group, countries)
    inputs = {name: held.id if (held := tables.snapshot(name)) else 0 for name in sorted(sources(view))}
    cells = Cells(everything=True) if sample.pairs is None else Cells(pairs=sample.pairs)
    wanted = WantedView(view, TimeGrain.DAY, tuple(countries))
    plan = ViewPlan(wanted, cells, inputs, countries={}, shape="", head=None, reasons=(), reason="")
    fresh_facts(tables, engine, plan, {}, source_files(tables, plan))
    names = ", ".join(f'"{name}"' for name in (*view.keys, *group))
    return [((row[0], row[1]), [_number(value) for value in row[2:]]) for row in engine.rows(f"SELECT {names} FROM {FRESH}")]


def _number(value: object) -> Value:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bool):
        return int(value)
    return value if isinstance(value, int | float) else None


def preview_view(columns: Mapping[str, Logic], countries: Sequence[str]) -> PublishedView:
    """A view by country and day with these columns and no dimension; raises JobError where one has no type."""
    keys = (
        PublishedColumn(COUNTRY_COLUMN, ColumnType.STRING, Role.COUNTRY, "", "", Classification.PUBLIC),
        PublishedColumn(TIME_COLUMN[TimeGrain.DAY], ColumnType.DATE, Role.TIME, "", "", Classification.PUBLIC),
    )
    measured = (
        PublishedColumn(name, _type(logic), Role.METRIC, "", "", Classification.INTERNAL, logic=logic) for name, logic in columns.items()
    )
    return PublishedView(NAME, "", "", "", "", (*keys, *measured), tuple(countries))


def _type(logic: Logic) -> ColumnType:
    try:
        found = type_of_metric(logic)
    except ExpressionError as error:
        raise _unwritten(logic, error.message) from error
    if found not in (ColumnType.INTEGER, ColumnType.DOUBLE, ColumnType.DECIMAL, ColumnType.BOOLEAN):
        raise _unwritten(logic, f"Its value is a {found.value}, not a number.")
    return found


def _unwritten(logic: Logic, why: str) -> JobError:
    return JobError(f"`{logic.metric}` cannot be computed as it is written. {why}", hint="run `ringi check` and mend what it finds.")


def _spans(tables: Tables, views: Sequence[PublishedView]) -> list[Span] | None:
    """Where the events of all files that the views read lie; None where a file does not say."""
    found: dict[str, Span] = {}
    for view in views:
        wanted = WantedView(view, TimeGrain.DAY, view.countries)
        for name, source in sources(view).items():
            head, far = tables.snapshot(name), reach(clocks(wanted, name))
            for file in tables.files(name, snapshot_id=head.id) if head else ():
                span = span_of(name, file, str(source.event_time), far)
                if span is None:
                    return None
                found[file.path] = span
    return list(found.values())
