"""The audit between writing facts and publishing them: what is published was counted twice, in two ways.

Keys name one row each and are never NULL; rows that were carried over are as they were; an additive metric's sums by country
equal a direct recount from bronze that shares no SQL with the compiler. A fault stops the run with nothing published.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose, isnan
from typing import TYPE_CHECKING, Any

from jobs.errors import JobError
from jobs.facts.cells import local_period, needed_files
from jobs.facts.run_plan import bronze_name, source_columns
from metrics_catalog.expression import columns as columns_of
from metrics_catalog.expression import parse, to_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.engine import Engine
    from jobs.facts.cells import Cells
    from jobs.facts.run_plan import ViewPlan
    from jobs.table import DataFile, Tables
    from metrics_catalog.logic import Logic, SourceLogic

TOLERANCE = 1e-9


class AuditError(JobError):
    """Facts are not what they should be; they stay on their branch's files, unpublished."""


@dataclass(frozen=True, slots=True)
class Audited:
    """The facts to audit: relations over what is on the branch now and what was there before, in the plan's periods."""

    now: str
    before: str
    keys: tuple[str, ...]
    cells: Cells

    def inside(self, dialect: Dialect) -> str:
        """SQL that is TRUE on rows of the cells that were computed."""
        return self.cells.condition(dialect, f'"{self.keys[0]}"', f'"{self.keys[1]}"')


def check_carried(engine: Engine, view: str, facts: Audited) -> None:
    """Rows of cells that were not computed are the same rows as before."""
    if facts.cells.everything:
        return
    outside = f"NOT {facts.inside(engine.dialect)}"
    now, before = f"SELECT * FROM {facts.now} WHERE {outside}", f"SELECT * FROM {facts.before} WHERE {outside}"
    lost = engine.value(f"SELECT count(*) FROM (({before}) EXCEPT ALL ({now})) AS lost")
    more = engine.value(f"SELECT count(*) FROM (({now}) EXCEPT ALL ({before})) AS more")
    if lost or more:
        raise _fault(view, f"{lost + more} rows of countries or periods that were not computed changed")


@dataclass(frozen=True, slots=True)
class Recount:
    """What an additive metric must sum up to: its name, and its sum of each country by another way than the facts'."""

    metric: str
    sums: Callable[[], list[tuple[Any, ...]]]


def begin_recount(engine: Engine, tables: Tables, plan: ViewPlan, files: Mapping[str, tuple[DataFile, ...]]) -> Recount | None:
    """Recount one additive metric of the plan from bronze, beside the facts where the engine can; None where there is no such metric."""
    found = _additive(plan)
    if found is None:
        return None
    name, logic, source = found
    needed = needed_files(files[bronze_name(source.source)], source, plan.cells, plan.wanted.grain)
    events = _recounted_sql(engine, tables, plan, logic, source, needed)
    return Recount(name, engine.rows_later(f"SELECT code, sum(again) FROM ({events}) AS events GROUP BY code"))


def check_rows(engine: Engine, view: str, facts: Audited, recount: Recount | None) -> str | None:
    """Each row has a name of its own, and an additive metric, summed by country, equals its recount: in one reading of the facts.

    Returns the metric's name, or None where there is none.
    """
    keys, metric = ", ".join(f'"{key}"' for key in facts.keys), f'"{recount.metric}"' if recount else "CAST(NULL AS BIGINT)"
    unnamed = " OR ".join(f'"{key}" IS NULL' for key in facts.keys)
    named = f"(SELECT {keys}, count(*) AS times, {unnamed} AS unnamed, sum({metric}) AS total FROM {facts.now} GROUP BY {keys}) AS named"
    totals = f'SELECT "{facts.keys[0]}", bool_or(times > 1 OR unnamed), sum(total) FILTER (WHERE {facts.inside(engine.dialect)})'
    found = engine.rows(f'{totals} FROM {named} GROUP BY "{facts.keys[0]}"')
    if any(unfit for _, unfit, _ in found):
        ((*row, times, nameless),) = engine.rows(
            f"SELECT {keys}, times, unnamed FROM {named} WHERE times > 1 OR unnamed ORDER BY {keys} LIMIT 1"
        )
        raise _unfit(view, _named(facts.keys, row), None if nameless else times)
    return _compared(view, {code: total for code, _, total in found}, recount) if recount else None


def _unfit(view: str, row: str, times: int | None) -> AuditError:
    return _fault(view, f"a row has no value in a key column: {row}" if times is None else f"the row {row} is there {times} times")


def _compared(view: str, totals: Mapping[str, Any], recount: Recount) -> str:
    counted = dict(recount.sums())
    for code in sorted({*totals, *counted}):
        total, again = totals.get(code) or 0, counted.get(code) or 0
        if not isclose(total, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE) and not (isnan(total) and isnan(again)):
            raise _fault(view, f"`{recount.metric}` of {code} is {total}, and a recount from bronze gives {again}")
    return recount.metric


def _additive(plan: ViewPlan) -> tuple[str, Logic, SourceLogic] | None:
    """The first count or sum whose variants hold for all days; it can be recounted without the compiler's calendar."""
    for column in plan.wanted.contract.measured:
        logic = column.logic
        if logic is None or logic.kind not in ("count", "sum") or logic.source is None or logic.source.country is None:
            continue
        if all(variant.until is None for variant in logic.variants.values()):
            return column.name, logic, logic.source
    return None


def _recounted_sql(engine: Engine, tables: Tables, plan: ViewPlan, logic: Logic, source: SourceLogic, files: tuple[DataFile, ...]) -> str:
    texts = [
        logic.expression,
        logic.filter,
        *(text for variant in logic.variants.values() for text in (variant.expression, variant.filter)),
    ]
    used = {str(source.country), str(source.event_time)}.union(*(columns_of(parse(text)) for text in texts if text))
    held = [column for column in source_columns(tables, bronze_name(source.source), source) if column.name in used]
    events = engine.relation([file.path for file in files], held)
    country = f'"{source.country}"'
    if plan.cells.everything or not plan.cells.pairs:
        listed = ", ".join(f"'{code}'" for code in plan.wanted.countries)
        rows = f"SELECT * FROM {events} WHERE {country} IN ({listed})"
        condition = plan.cells.condition(engine.dialect, country, "NULL")
    else:
        rows = local_period(engine.dialect, source, logic.time_zones, plan.wanted.grain, plan.wanted.countries, events)
        condition = plan.cells.condition(engine.dialect, country, "__period")
    value = "1" if logic.kind == "count" else _by_country(engine.dialect, logic, country, "expression", "NULL")
    counted = _by_country(engine.dialect, logic, country, "filter", "TRUE")
    return f"SELECT {country} AS code, {value} AS again FROM ({rows}) AS events WHERE {condition} AND {counted}"


def _by_country(dialect: Dialect, logic: Logic, country: str, field: str, nothing: str) -> str:
    """The expression or filter with each country's own."""
    base = _sql(dialect, getattr(logic, field), nothing)
    own = {code: getattr(variant, field) for code, variant in sorted(logic.variants.items()) if getattr(variant, field) is not None}
    cases = " ".join(f"WHEN {country} = '{code}' THEN {_sql(dialect, text, nothing)}" for code, text in own.items())
    return f"(CASE {cases} ELSE {base} END)" if cases else f"({base})"


def _sql(dialect: Dialect, text: str | None, nothing: str) -> str:
    if text is None:
        return nothing
    node = parse(text)
    return to_sql(node, dialect.name, {name: f'"{name}"' for name in columns_of(node)})


def _named(keys: tuple[str, ...], row: Sequence[Any]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in zip(keys, row, strict=False))


def _fault(view: str, what: str) -> AuditError:
    return AuditError(
        f"The facts of `{view}` failed their audit: {what}. Nothing was published.",
        hint="this is a fault of Ringi, or files of the lake were changed by hand: please report it. More: ringi explain RNG-JOB-040",
    )
