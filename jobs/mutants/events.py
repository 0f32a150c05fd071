"""Raw events put together to small examples: ones, twos and handfuls, made where a metric and its mutants decide.

Used by `search.py`, which computes them. Columns that meet each other or a computed value are moved there, as the engine computes it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobs.dialects import quoted
from jobs.examples.bench import NUMBER, answered
from jobs.examples.rows import relation, text_of
from jobs.examples.trial import TIMELESS
from jobs.mutants.candidates import Contract, Palette, Row, around, leanings, meetings, nodes_of
from jobs.mutants.satisfying import satisfying
from metrics_catalog.expression import columns, parse, to_sql
from metrics_catalog.expression import nodes as n
from metrics_catalog.metric import Example
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from jobs.engine import Engine
    from metrics_catalog.logic import Logic

_ROWS, _MEETING_ROWS, _MEETINGS, _LIKELY, _PASSING, _MOST_ROWS, _SETS = 80, 25, 12, 8, 4, 300, 150
"""Random rows; those that are moved to where columns meet, and at how many meetings; those
made to pass a filter, and those that do and are looked at from all sides; rows in all; sets of each size."""

_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Scene:
    """Where and when the events of some mutants are looked for; `at_midnight`, on both sides of the day's beginning."""

    country: str
    day: dt.date | None
    at_midnight: bool = False


class Events:
    """The events of one scene for one metric."""

    def __init__(self, engine: Engine, logic: Logic, contract: Contract, scene: Scene) -> None:
        self._engine, self._logic, self._scene = engine, logic, scene
        self._contract = contract.of_logic(logic)
        self._chance = random.Random(0)  # noqa: S311 (no secret: the same metric gives the same events)
        sources = [part.source for part in logic.measured() if part.source is not None]
        self._times = sorted({source.event_time for source in sources if source.event_time})
        self._places = sorted({source.country for source in sources if source.country})

    def examples(self, mutants: Sequence[Logic]) -> Iterator[Example]:
        """Examples without an expected number, over which the metric may differ from one of its mutants."""
        logics = [self._logic, *mutants]
        nodes = nodes_of(logics)
        held = [self._rows(nodes, moment) for moment in self._moments(nodes)]
        if not self._scene.at_midnight:
            everything = [row for rows in held for row in rows]
            held = [self._some(everything)]
        for rows in self._sets(held[0], held[1] if len(held) > 1 else None):
            yield Example.model_construct(
                name="", country=self._scene.country, day=self._scene.day, rows=tuple(map(self._told, rows)), expect=None
            )

    def _moments(self, nodes: Sequence[n.Node]) -> list[dt.datetime]:
        """When events occur: on the scene's day, or on both sides of its midnight; all round the clock where the metric reads it."""
        start = dt.datetime.combine(TIMELESS.date(), dt.time(), dt.UTC)
        if self._scene.day is not None:
            start = dt.datetime.combine(self._scene.day, dt.time(), ZoneInfo(self._logic.time_zones[self._scene.country])).astimezone(
                dt.UTC
            )
        if self._scene.at_midnight:
            return [start, start - _SECOND]
        noon = start + dt.timedelta(hours=12)
        if not any(columns(node) & set(self._times) for node in nodes):
            return [noon]
        hours = [noon, *(start + dt.timedelta(hours=hour, minutes=30) for hour in range(24))]
        if self._scene.day is not None:
            return hours
        written = {part.value.replace(tzinfo=dt.UTC) for node in nodes for part in n.walk(node) if isinstance(part, n.Timestamp)}
        near = [at + step for at in sorted(written) for step in (dt.timedelta(), -_SECOND, _SECOND)]
        return [*near, *hours, *(noon + dt.timedelta(days=day) for day in range(1, 7))]

    def _rows(self, nodes: Sequence[n.Node], at: dt.datetime) -> list[Row]:
        fixed = {**dict.fromkeys(self._times, at), **dict.fromkeys(self._places, self._scene.country)}
        palette = Palette(nodes, self._contract, fixed)
        rows = [*self._likely(palette), *(palette.row(self._chance) for _ in range(_ROWS))]
        met = list(self._met(rows[:_MEETING_ROWS], palette, meetings(nodes, palette.names)))
        met += self._leaned(rows[:_MEETING_ROWS], palette, leanings(nodes, self._numbers(palette)))
        beside = list(self._beside(self._passing([*rows, *met]), palette))
        return self._some([*beside, *met, *rows])

    def _some(self, rows: Sequence[Row]) -> list[Row]:
        """Each row once, and not too many."""
        found = list({tuple(row.items()): row for row in rows}.values())
        return (
            found
            if len(found) <= _MOST_ROWS
            else [*found[: _MOST_ROWS // 2], *self._chance.sample(found[_MOST_ROWS // 2 :], _MOST_ROWS // 2)]
        )

    @property
    def _filters(self) -> list[n.Node]:
        """The different filters of the metric, its variants and its parts."""
        texts = [part.filter for part in self._logic.measured()]
        texts += [variant.filter for part in self._logic.measured() for variant in part.variants.values()]
        return [parse(text) for text in dict.fromkeys(text for text in texts if text is not None)]

    def _likely(self, palette: Palette) -> Iterator[Row]:
        """Rows that are likely to pass a filter: by chance few pass one of many conditions."""
        for node in self._filters:
            wanted = {name: value for name, value in satisfying(node).items() if palette.fits(name, value)}
            yield from ({**palette.row(self._chance), **wanted} for _ in range(_LIKELY))

    def _passing(self, rows: Sequence[Row]) -> list[Row]:
        """A few rows that pass a filter of the metric: what is changed in these shows."""
        found: list[Row] = []
        for node in self._filters:
            found += [row for row, passes in self._valued(rows, node) if passes][:_PASSING]
        return found

    def _beside(self, rows: Sequence[Row], palette: Palette) -> Iterator[Row]:
        """Each row, and what it becomes with one value changed."""
        for row in rows:
            yield row
            yield from ({**row, name: value} for name in palette.names for value in palette.values(name))

    def _numbers(self, palette: Palette) -> list[str]:
        return [name for name in palette.names if self._contract[name].type in (ColumnType.INTEGER, ColumnType.DOUBLE, ColumnType.DECIMAL)]

    def _met(self, rows: Sequence[Row], palette: Palette, met: Sequence[tuple[str, n.Node]]) -> Iterator[Row]:
        """Rows whose columns are moved to what they are compared with, and just beside it."""
        for column, node in met[:_MEETINGS]:
            for row, value in self._valued(rows, node):
                for near in around(value, self._contract[column].type):
                    if palette.fits(column, near):
                        yield {**row, column: near}

    def _leaned(self, rows: Sequence[Row], palette: Palette, leaning: Sequence[tuple[str, n.Node]]) -> Iterator[Row]:
        """Rows whose columns are moved to where two sides are equal, as if their distance grew evenly with the column."""
        for column, distance in leaning[:_MEETINGS]:
            at_zero, at_one = (self._valued([{**row, column: value} for row in rows], distance) for value in (0, 1))
            for (row, zero), (_, one) in zip(at_zero, at_one, strict=False):
                if zero is not None and one is not None and one != zero:
                    for near in around(float(zero) / (float(zero) - float(one)), self._contract[column].type):
                        if palette.fits(column, near):
                            yield {**row, column: near}

    def _valued(self, rows: Sequence[Row], node: n.Node) -> list[tuple[Row, Any]]:
        """What an expression gives over each of some rows, in their order; nothing where the engine refuses to compute it."""
        types = {name: column.type for name, column in self._contract.items()}
        clock = self._engine.dialect.utc_clock
        names = {name: clock(quoted(name)) if kind is ColumnType.TIMESTAMP else quoted(name) for name, kind in types.items()}
        typed = [
            {name: text_of(row.get(name), kind, "", (name,)) for name, kind in types.items()} | {NUMBER: str(number)}
            for number, row in enumerate(rows)
        ]
        held = relation(typed, {**types, NUMBER: ColumnType.INTEGER}, self._engine.dialect)
        text = to_sql(node, self._engine.dialect.name, names, types)
        found = answered(self._engine, f"SELECT {quoted(NUMBER)}, {text} FROM {held} ORDER BY 1")
        return [(rows[number], value) for number, value in found]

    def _sets(self, rows: Sequence[Row], before: Sequence[Row] | None) -> Iterator[list[Row]]:
        """Ones, twos (the same event twice, or with one value changed) and handfuls; at midnight one from each side."""
        pick = self._chance.choice
        if before is not None:
            yield from ([pick(before), pick(rows)] for _ in range(2 * _SETS))
            yield from ([row] for row in rows[:_SETS])
            return
        yield from ([row] for row in rows)
        yield from ([row, row] for row in rows[:_SETS])
        yield from ([row, self._varied(row, rows)] for row in (pick(rows) for _ in range(_SETS)))
        front = rows[:_SETS]  # most of these pass a filter
        yield from ([one, one, *(pick(front) for _ in range(self._chance.randint(1, 4)))] for one in (pick(front) for _ in range(_SETS)))
        yield from ([pick(rows) for _ in range(self._chance.randint(2, 6))] for _ in range(2 * _SETS if self._logic.parts else _SETS))

    def _varied(self, row: Row, rows: Sequence[Row]) -> Row:
        """The row with the value of one column from another row."""
        column = self._chance.choice(list(row))
        return {**row, column: self._chance.choice(rows)[column]}

    def _told(self, row: Row) -> Row:
        """A row as a person would write it: without what is filled in anyway."""
        told = {name: _written(value) for name, value in row.items() if value is not None and name not in self._places}
        others = [value for name, value in row.items() if name not in self._times]
        timed = any(isinstance(value, dt.datetime) for value in others) or any(row[name] != TIMELESS for name in self._times)
        if not timed and not self._scene.at_midnight:
            told = {name: value for name, value in told.items() if name not in self._times}
        return told


def _written(value: Any) -> Any:
    """A value as it stands in YAML."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, dt.date) else value
