"""Many logics over many trials in few statements, by the very compiler that computes what is published.

Trials of one kind of period stand side by side in one statement: each row carries the number of its trial in a column of its own,
and that column is the statement's only dimension, so each trial is a cell. Used by `work.py` and by the mutation gate.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jobs.compile.facts import compile_facts
from jobs.compile.request import FactsRequest, Periods, Relations
from jobs.errors import EngineError, JobError
from jobs.examples.rows import instant, relation
from jobs.examples.trial import Shift
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobs.compile.statement import Statement
    from jobs.dialects import Dialect
    from jobs.engine import Engine
    from jobs.examples.trial import Trial
    from metrics_catalog.logic import Logic

NUMBER = "trial number"
"""The column that holds the number of a row's trial; no column of a contract can have a space in its name."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

AT_ONCE = 64
"""Logics of one statement: more make an engine plan longer than it saves."""

Number = int | float | str | None
"""A value of a metric: a number, nothing, or a day or an instant as text (ISO 8601, UTC)."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An engine refused to compute: a sum that overflows, a text that is no number. Never equal to a number."""

    why: str


Outcome = Number | Failed


@dataclass(frozen=True)
class Ask:
    """One number that is wanted: a logic over a trial, its days counted by its own clock or a shifted one."""

    logic: Logic
    trial: Trial
    shift: Shift = Shift.NONE


@dataclass
class _Sheet:
    """The asks of one statement: all of one kind of period and shift."""

    periods: Periods
    shift: Shift
    asks: list[int]


def compute(engine: Engine, asks: Sequence[Ask], *, patience: int = 10_000) -> list[Outcome]:
    """The number of each ask, in their order; Failed where an engine refuses it, NULL (None) where no clock fits the shift.

    After so many refused statements (`patience`) what is left of a refused one is Failed as a whole. Raises EngineError where the
    engine itself is out of order.
    """
    found: list[Outcome] = [None] * len(asks)
    work = _Work(engine, asks, patience)
    for sheet in _sheets(asks):
        for place, value in work.computed(sheet):
            found[place] = value
    return found


def alike(one: Outcome, other: Outcome) -> bool:
    """Whether two are the same number: within 1e-9 of each other, so that the order of a sum does not matter."""
    if isinstance(one, Failed) or isinstance(other, Failed):
        return isinstance(one, Failed) and isinstance(other, Failed)
    if one is None or other is None:
        return one is other
    if isinstance(one, str) or isinstance(other, str):
        return instant(one) is not None and instant(one) == instant(other)
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)


def _sheets(asks: Sequence[Ask]) -> Iterator[_Sheet]:
    """Asks gathered into statements; the logics of one metric stay together, because they share their rows."""
    groups: dict[tuple[Periods, Shift], list[int]] = {}
    for place, ask in enumerate(asks):
        groups.setdefault((ask.trial.periods, ask.shift), []).append(place)
    for (periods, shift), places in groups.items():
        held: list[int] = []
        logics: set[int] = set()
        for place in places:
            if len(logics) >= AT_ONCE and id(asks[place].logic) not in logics:
                yield _Sheet(periods, shift, held)
                held, logics = [], set()
            held.append(place)
            logics.add(id(asks[place].logic))
        yield _Sheet(periods, shift, held)


@dataclass
class _Work:
    """The asks on their way through an engine, and how many more refusals are looked into."""

    engine: Engine
    asks: Sequence[Ask]
    patience: int

    def computed(self, sheet: _Sheet) -> Iterator[tuple[int, Outcome]]:
        """The numbers of one statement; where the engine refuses it, of its halves, down to the one it refuses."""
        places = [place for place in sheet.asks if self.asks[place].trial.clock(sheet.shift) is not None]
        if not places:
            return
        try:
            yield from _together(self.engine, self.asks, places, sheet)
        except EngineError:
            raise
        except JobError as error:
            why = error.message.rstrip(".")
        except _refusals(self.engine):
            why = "the engine refuses to compute it"
        else:
            return
        self.patience -= 1
        if len(places) == 1 or self.patience < 0:
            yield from ((place, Failed(why)) for place in places)
            return
        for half in _halves(self.asks, places):
            yield from self.computed(_Sheet(sheet.periods, sheet.shift, half))


def _halves(asks: Sequence[Ask], places: list[int]) -> tuple[list[int], list[int]]:
    """Two parts, by logic where there are several, because that is what an engine refuses most often."""
    logics = list(dict.fromkeys(id(asks[place].logic) for place in places))
    if len(logics) == 1:
        middle = len(places) // 2
        return places[:middle], places[middle:]
    first = set(logics[: len(logics) // 2])
    return [place for place in places if id(asks[place].logic) in first], [place for place in places if id(asks[place].logic) not in first]


def _refusals(engine: Engine) -> tuple[type[Exception], ...]:
    """What an engine raises when it cannot compute a value."""
    if engine.dialect.name == "spark":
        from pyspark.errors import PySparkException

        return (PySparkException,)
    import duckdb

    return (duckdb.Error,)


def answered(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a statement; none where the engine refuses to compute it."""
    try:
        return engine.rows(sql)
    except _refusals(engine):
        return []


def _together(engine: Engine, asks: Sequence[Ask], places: Sequence[int], sheet: _Sheet) -> list[tuple[int, Outcome]]:
    trials = {id(asks[place].trial): asks[place].trial for place in places}
    numbers = {trial: str(number) for number, trial in enumerate(trials)}
    zones = {trial.country: zone for trial in trials.values() if (zone := trial.clock(sheet.shift)) is not None}
    logics = {id(asks[place].logic): asks[place].logic for place in places}
    columns = {logic: f"value {number}" for number, logic in enumerate(logics)}
    metrics = {columns[place]: _prepared(logic, zones) for place, logic in logics.items()}
    held = _relations(engine, metrics.values(), [(numbers[key], trial) for key, trial in trials.items()])
    statement = compile_facts(FactsRequest(sheet.periods, (NUMBER,), metrics, tuple(sorted(zones)), held), engine.dialect)
    at = {column.name: position for position, column in enumerate(statement.columns)}
    instants = {position for position, column in enumerate(statement.columns) if column.type is ColumnType.TIMESTAMP}
    cells = {(row[0], row[2]): row for row in engine.rows(_plain(statement, engine.dialect))}
    found: list[tuple[int, Outcome]] = []
    for place in places:
        ask = asks[place]
        row = cells.get((ask.trial.country, numbers[id(ask.trial)]))
        position = at[columns[id(ask.logic)]]
        value = None if row is None else row[position]
        found.append((place, _told(value) if value is not None and position in instants else number_of(value)))
    return found


def _plain(statement: Statement, dialect: Dialect) -> str:
    """The statement, with instants as microseconds: as values each engine would show them by a clock of its own."""
    if all(column.type is not ColumnType.TIMESTAMP for column in statement.columns):
        return statement.sql
    columns = (
        f"{dialect.micros(name)} AS {name}" if column.type is ColumnType.TIMESTAMP else name
        for column in statement.columns
        for name in (dialect.quoted(column.name),)
    )
    return f"SELECT {', '.join(columns)} FROM ({statement.sql}) AS facts"


def _told(micros: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def number_of(value: Any) -> Outcome:
    """A value of a result as a plain number."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else Failed("it is no finite number")
    return Failed("it is no number")


def _prepared(logic: Logic, zones: dict[str, str]) -> Logic:
    """The logic, sliced by the number of the trial and nothing else, counted by the clocks of the trials."""
    if logic.parts:
        return logic.model_copy(update={"time_zones": zones, "parts": {name: _prepared(part, zones) for name, part in logic.parts.items()}})
    changes: dict[str, Any] = {"time_zones": zones, "dimensions": {NUMBER: None}}
    if logic.source is not None:
        columns = {**logic.source.columns, NUMBER: ColumnType.STRING}
        changes["source"] = logic.source.model_copy(update={"columns": columns})
    return logic.model_copy(update=changes)


def _relations(engine: Engine, logics: Iterable[Logic], trials: Sequence[tuple[str, Trial]]) -> Relations:
    types: dict[str, dict[str, ColumnType]] = {}
    for logic in logics:
        for part in logic.measured():
            if part.source is not None:
                types.setdefault(part.source.source, {}).update(part.source.columns)
    held: dict[str, str] = {}
    for source, columns in types.items():
        rows: list[Mapping[str, str | None]] = [{**row, NUMBER: number} for number, trial in trials for row in trial.rows.get(source, ())]
        held[source] = relation(rows, columns, engine.dialect)
    return Relations(held)
