"""The SQL of one block: one scan of a source gives all its measures at the grain.

Steps, each a common table of the statement (`N` is the number of the block):

- `calendar_N`: one row a country: its number and its clock (`calendar.py`);
- `placed_N`: the events of the periods, each with the number of its country and its local day;
- `events_N`: one narrow row an event: the cell (country and period as one number), dimensions, what is measured or counted,
  and all filters as bits. Kept when several steps read it;
- `sums_N`: counts, sums and extremes. Grouped first by cell, dimensions and bits, then by cell and dimensions alone: a filter is
  then tested once a group of like events, not once an event and metric;
- `values_N_K`: distinct counts of one expression: one row a cell and value with the bits of all its events, then counted by bit;
- `block_N`: the above side by side, one row a cell that has any event, dimensions as text.

Dimensions that are texts are made complete (`unknown`) before grouping, all others when they become text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jobs.compile.bits import Bits
from jobs.compile.blocks import columns_read
from jobs.compile.dialect import values
from jobs.compile.joins import dimension_joins
from jobs.compile.measures import COUNTRY, DAY, PSEUDO_TYPES, TOTAL
from metrics_catalog.dimension import UNKNOWN
from metrics_catalog.expression import to_sql
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jobs.compile.blocks import Block
    from jobs.compile.dialect import Dialect
    from jobs.compile.measures import Measure
    from jobs.compile.request import FactsRequest
    from metrics_catalog.expression import Node

CELL = "@cell"
_FOREVER = 2**63 - 1
_AGGREGATES = {"sum": ("sum",), "average": ("sum", "count"), "minimum": ("min",), "maximum": ("max",)}


def dimension_column(number: int) -> str:
    """The name of a dimension of the grain between the steps."""
    return f"@dimension_{number}"


def measure_column(number: int) -> str:
    """The name of a measure between the steps."""
    return f"@measure_{number}"


@dataclass(frozen=True)
class OnePass:
    """Writes the common tables of one block."""

    number: int
    block: Block
    request: FactsRequest
    dialect: Dialect

    def tables(self) -> list[str]:
        """The common tables in the order in which they read each other."""
        distinct = self.block.distinct()
        events = self._events()
        kept = self.dialect.kept(self._table("events"), events) if distinct else f"{self._table('events')} AS (\n{events}\n)"
        tables = [f"{self._table('calendar')}({self._calendar_columns}) AS ({self._calendar()})"]
        tables += [f"{self._table('placed')} AS (\n{self._placed()}\n)", kept, f"{self._table('sums')} AS (\n{self._sums()}\n)"]
        tables += [
            f"{self._values_table(number)} AS (\n{self._values(number, measures)}\n)" for number, measures in enumerate(distinct.values())
        ]
        return [*tables, f"{self._table('block')} AS (\n{self._joined()}\n)"]

    # names

    def _table(self, step: str) -> str:
        return f"{step}_{self.number}"

    def _values_table(self, number: int) -> str:
        return f"values_{self.number}_{number}"

    def _q(self, name: str) -> str:
        return self.dialect.quoted(name)

    def _column_of(self, measure: Measure) -> str:
        return self._q(measure_column(self.block.measures[measure]))

    @cached_property
    def _grain(self) -> list[str]:
        return [self._q(CELL), *(self._q(dimension_column(number)) for number in range(len(self.block.placing.dimensions)))]

    @cached_property
    def _bits(self) -> Bits:
        return Bits.of(self.block.filters())

    @cached_property
    def _inputs(self) -> dict[Node, str]:
        """The column of each expression that is measured or counted."""
        nodes = dict.fromkeys(measure.expression for measure in self.block.measures if measure.expression is not None)
        return {node: self._q(f"@input_{number}") for number, node in enumerate(nodes)}

    def _word(self, word: int) -> str:
        return self._q(f"@bits_{word}")

    # calendar and place

    @cached_property
    def _is_timed(self) -> bool:
        return self.block.types[self.block.placing.event_time] is not ColumnType.DATE

    @property
    def _changes(self) -> int:
        return self.block.calendar.most_changes if self._is_timed else 0

    @property
    def _needs_offset(self) -> bool:
        return self._is_timed and not self.block.calendar.is_utc

    @property
    def _calendar_columns(self) -> str:
        names = ["@code", COUNTRY]
        if self._needs_offset:
            names += ["@offset_0", *(name for change in range(1, self._changes + 1) for name in (f"@from_{change}", f"@offset_{change}"))]
        return ", ".join(self._q(name) for name in names)

    def _calendar(self) -> str:
        numbers = {country: number for number, country in enumerate(self.request.countries)}
        rows = []
        for clock in self.block.calendar.clocks:
            row = [self.dialect.string(clock.country), str(numbers[clock.country])]
            if self._needs_offset:
                padding = [(_FOREVER, 0)] * (self._changes - len(clock.changes))
                moments = [number for change in (*clock.changes, *padding) for number in change]
                row += [f"CAST({number} AS BIGINT)" for number in (clock.offset, *moments)]
            rows.append(", ".join(row))
        return values(rows)

    def _placed(self) -> str:
        placing, d = self.block.placing, self.dialect
        columns = [f"{self._stored(name)} AS {self._q(name)}" for name in sorted(columns_read(self.block) - {placing.country})]
        if any(name == placing.country for name in columns_read(self.block)):
            columns.append(f"source.{self._q(placing.country)}")
        time = f"source.{self._q(placing.event_time)}"
        start, end = self.block.span
        span = f"{time} >= {d.instant(start)} AND {time} < {d.instant(end)}"
        if not self._is_timed:
            span = f"{time} >= DATE '{self.request.periods.first}' AND {time} < DATE '{self.request.periods.end}'"
        return (
            f"  SELECT calendar.{self._q(COUNTRY)}, {self._local_day(time)} AS {self._q(DAY)},\n    {', '.join(columns)}\n"
            f"  FROM {self.request.relations.sources[placing.source]} AS source\n"
            f"  JOIN {self._table('calendar')} AS calendar ON source.{self._q(placing.country)} = calendar.{self._q('@code')}\n"
            f"  WHERE {span}"
        )

    def _stored(self, name: str) -> str:
        column = f"source.{self._q(name)}"
        return self.dialect.utc_clock(column) if self.block.types.get(name) is ColumnType.TIMESTAMP else column

    def _local_day(self, time: str) -> str:
        if not self._is_timed:
            return time
        micros = self.dialect.micros(time)
        if not self._needs_offset:
            return self.dialect.day_of(micros)
        offset = f"calendar.{self._q(f'@offset_{self._changes}')}"
        if self._changes:
            earlier = (
                f"WHEN {micros} < calendar.{self._q(f'@from_{change + 1}')} THEN calendar.{self._q(f'@offset_{change}')}"
                for change in range(self._changes)
            )
            offset = f"CASE {' '.join(earlier)} ELSE {offset} END"
        return self.dialect.day_of(f"{micros} + {offset}")

    # one narrow row an event

    def _events(self) -> str:
        periods, d = self.request.periods, self.dialect
        day = f"placed.{self._q(DAY)}"
        number = d.period_number(periods.grain, periods.first, day)
        cell = f"CAST(placed.{self._q(COUNTRY)} * {periods.count} + {number} AS INTEGER)"
        joins = dimension_joins(self.block.placing.dimensions, periods, self.request.relations, d)
        members = [self._member(name, joins.members[name]) for name, _ in self.block.placing.dimensions]
        columns = [f"{cell} AS {self._q(CELL)}", *(f"{member} AS {name}" for member, name in zip(members, self._grain[1:], strict=True))]
        columns += [f"{self._printed(node)} AS {name}" for node, name in self._inputs.items()]
        columns += [f"{self._bits_of(word)} AS {self._word(word)}" for word in range(len(self._bits.words))]
        rows = [f"  SELECT {(',' + chr(10) + '    ').join(columns)}", f"  FROM {self._table('placed')} AS placed", *joins.clauses]
        rows.append(f"  WHERE {day} >= DATE '{periods.first}' AND {day} < DATE '{periods.end}'{self._in_cells(cell)}")
        return "\n".join(rows)

    def _member(self, name: str, column: str) -> str:
        kind = self.block.dimension_type(name, dict(self.block.placing.dimensions)[name])
        return f"COALESCE({column}, {self.dialect.string(UNKNOWN)})" if kind is ColumnType.STRING else column

    @cached_property
    def _placed_names(self) -> dict[str, str]:
        return {name: f"placed.{self._q(name)}" for name in (*self.block.types, COUNTRY, DAY)}

    def _printed(self, node: Node) -> str:
        return to_sql(node, self.dialect.name, self._placed_names, {**self.block.types, **PSEUDO_TYPES})

    def _bits_of(self, word: int) -> str:
        kind = self.dialect.bits_type(self._bits.width(word))
        tests = (
            f"CASE WHEN {self._printed(node)} THEN CAST({1 << bit} AS {kind}) ELSE CAST(0 AS {kind}) END"
            for bit, node in enumerate(self._bits.words[word])
        )
        return "\n      | ".join(tests)

    def _in_cells(self, cell: str) -> str:
        periods = self.request.periods
        if periods.cells is None:
            return ""
        numbers = {country: number for number, country in enumerate(self.request.countries)}
        wanted = sorted(
            numbers[country] * periods.count + periods.index(start)
            for country, start in periods.cells
            if country in numbers and periods.first <= start < periods.end
        )
        return f"\n    AND {cell} IN ({', '.join(map(str, wanted)) or 'NULL'})"

    # counts, sums, extremes

    def _sums(self) -> str:
        measures = self.block.summed()
        masks = self._bits.masks(measure.filter for measure in measures if measure.filter is not None)
        grain = ", ".join(self._grain)
        if not masks:
            columns = [f"{self._first(measure)} AS {self._column_of(measure)}" for measure in measures]
            return f"  SELECT {self._listed([grain, *columns])}\n  FROM {self._table('events')}\n  GROUP BY {grain}"
        words = {word: f"{self._word(word)} & {mask}" for word, mask in masks.items()}
        if all(mask == (1 << self._bits.width(word)) - 1 for word, mask in masks.items()):
            words = {word: self._word(word) for word in masks}
        inner = [f"{text} AS {self._word(word)}" for word, text in words.items()]
        steps = {step: name for measure in measures for step, name in self._steps(measure)}
        inner += [f"{step} AS {name}" for step, name in steps.items()]
        groups = ", ".join([grain, *words.values()])
        outer = [f"{self._second(measure)} AS {self._column_of(measure)}" for measure in measures]
        return (
            f"  SELECT {self._listed([grain, *outer])}\n  FROM (\n    SELECT {self._listed([grain, *inner])}\n"
            f"    FROM {self._table('events')}\n    GROUP BY {groups}\n  ) AS alike\n  GROUP BY {grain}"
        )

    @staticmethod
    def _listed(columns: Iterable[str]) -> str:
        return ",\n    ".join(columns)

    def _steps(self, measure: Measure) -> list[tuple[str, str]]:
        """The aggregates of the first grouping that a measure needs, each with its column."""
        if measure.expression is None:
            return [("count(*)", self._q("@count"))]
        column = self._inputs[measure.expression]
        return [
            (self._aggregate(aggregate, column, measure, ""), f"{column[:-1]}_{aggregate}{column[-1]}")
            for aggregate in _AGGREGATES[measure.kind]
        ]

    def _aggregate(self, aggregate: str, column: str, measure: Measure, condition: str) -> str:
        if aggregate == "sum" and measure.input_type is ColumnType.DOUBLE:
            return self.dialect.exact_sum(column, condition)
        return f"{aggregate}({column}){condition}"

    def _first(self, measure: Measure) -> str:
        """A measure over events, where no filter is in the way."""
        return self._finished(measure, [step for step, _ in self._steps(measure)])

    def _second(self, measure: Measure) -> str:
        """A measure over groups of like events, which are taken or left as their bits say."""
        condition = self._condition(measure)
        parts = []
        for aggregate, (_, column) in zip(_AGGREGATES.get(measure.kind, ("count",)), self._steps(measure), strict=True):
            parts.append(
                self._aggregate("sum", column, measure, condition) if aggregate == "sum" else self._combined(aggregate, column, condition)
            )
        return self._finished(measure, parts)

    @staticmethod
    def _combined(aggregate: str, column: str, condition: str) -> str:
        return f"{'sum' if aggregate == 'count' else aggregate}({column}){condition}"

    def _condition(self, measure: Measure) -> str:
        if measure.filter is None:
            return ""
        word, bit = self._bits.place[measure.filter]
        return f" FILTER (WHERE ({self._word(word)} & {1 << bit}) <> 0)"

    def _finished(self, measure: Measure, parts: Sequence[str]) -> str:
        """The value of a measure from its aggregates: divided, cast to the type of its column."""
        if measure.kind == "count":
            return f"CAST(COALESCE({parts[0]}, 0) AS BIGINT)"
        total = parts[0]
        if measure.kind == "average":
            total = f"CAST({parts[0]} AS DOUBLE) / NULLIF({parts[1]}, 0)"
        elif measure.input_type is not measure.type:
            total = f"CAST({parts[0]} AS DOUBLE)"
        names = {TOTAL: f"({total})"}
        text = to_sql(measure.after, self.dialect.name, names)
        if measure.input_type is ColumnType.TIMESTAMP:
            return self.dialect.stored_instant(text)
        return f"CAST({text} AS {self.dialect.type(measure.type)})"

    # distinct counts

    def _values(self, number: int, measures: Sequence[Measure]) -> str:
        column = self._inputs[measures[0].expression] if measures[0].expression is not None else ""
        grain = ", ".join(self._grain)
        filters = [measure.filter for measure in measures if measure.filter is not None]
        masks = self._bits.masks(filters)
        bits = "".join(f", bit_or({self._word(word)}) AS {self._word(word)}" for word in masks)
        counted = f"{column} IS NOT NULL"
        if len(filters) == len(measures):  # events that pass no filter need not be grouped at all
            counted += f" AND ({' OR '.join(f'({self._word(word)} & {mask}) <> 0' for word, mask in masks.items())})"
        counts = [f"count(*){self._condition(measure)} AS {self._column_of(measure)}" for measure in measures]
        return (
            f"  SELECT {self._listed([grain, *counts])}\n  FROM (\n    SELECT {grain}, {column}{bits}\n    FROM {self._table('events')}\n"
            f"    WHERE {counted}\n    GROUP BY {grain}, {column}\n  ) AS per_value\n  GROUP BY {grain}"
        )

    # side by side

    def _joined(self) -> str:
        groups = list(self.block.distinct().values())
        texts = [f"sums.{name}" for name in self._grain[:1]]
        for (name, found), column in zip(self.block.placing.dimensions, self._grain[1:], strict=True):
            texts.append(f"{self._as_text(f'sums.{column}', self.block.dimension_type(name, found))} AS {column}")
        texts += [f"sums.{self._column_of(measure)}" for measure in self.block.summed()]
        joins = []
        for number, measures in enumerate(groups):
            texts += [f"COALESCE(counted_{number}.{column}, 0) AS {column}" for column in map(self._column_of, measures)]
            joins.append(f"  LEFT JOIN {self._values_table(number)} AS counted_{number} ON {self._same_cell(f'counted_{number}')}")
        return "\n".join([f"  SELECT {self._listed(texts)}", f"  FROM {self._table('sums')} AS sums", *joins])

    def _same_cell(self, other: str) -> str:
        pairs = [f"sums.{self._grain[0]} = {other}.{self._grain[0]}"]
        pairs += [f"sums.{column} IS NOT DISTINCT FROM {other}.{column}" for column in self._grain[1:]]
        return " AND ".join(pairs)

    def _as_text(self, column: str, kind: ColumnType) -> str:
        if kind is ColumnType.STRING:
            return column
        return f"COALESCE(CAST({column} AS {self.dialect.type(ColumnType.STRING)}), {self.dialect.string(UNKNOWN)})"
