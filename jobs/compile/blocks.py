"""Which measures can be computed in one pass: those that read the same source and place an event in the same cell.

A certified meaning holds its own calendar and its own way to find a dimension, so metrics of one view that were certified at
different times may differ in these; each way of placing events is a block with a pass of its own, and blocks are joined
on the grain afterwards. Usually there is one block a source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jobs.compile.calendar import Calendar, calendar, utc_span
from jobs.compile.measures import Measure, measure_of
from jobs.errors import JobError
from metrics_catalog import expression
from metrics_catalog.expression import nodes as n
from metrics_catalog.logic import DimensionLogic
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt

    from jobs.compile.request import FactsRequest
    from metrics_catalog.logic import Logic

_NO_MEMBERS = frozenset({ColumnType.DOUBLE, ColumnType.TIMESTAMP})
"""Types that cannot be a dimension: a member must have one text on every engine."""


@dataclass(frozen=True, slots=True)
class Placing:
    """How an event finds its cell: the source, the columns of country and time, the clocks, the dimensions of the grain.

    `clocks` holds (country, zone) in the order of the request; `dimensions` holds for each name how it is found: None for a
    column of the source.
    """

    source: str
    country: str
    event_time: str
    clocks: tuple[tuple[str, str], ...]
    dimensions: tuple[tuple[str, DimensionLogic | None], ...]


@dataclass
class Block:
    """All measures of one placing, in order of first use, and the types of the columns that they read."""

    placing: Placing
    calendar: Calendar
    span: tuple[dt.datetime, dt.datetime]
    types: dict[str, ColumnType] = field(default_factory=dict)
    measures: dict[Measure, int] = field(default_factory=dict)

    def number(self, measure: Measure) -> int:
        """The place of a measure among those of the block; the same for equal measures."""
        return self.measures.setdefault(measure, len(self.measures))

    def distinct(self) -> dict[n.Node, list[Measure]]:
        """The count_distinct measures by what they count."""
        found: dict[n.Node, list[Measure]] = {}
        for measure in self.measures:
            if measure.kind == "count_distinct" and measure.expression is not None:
                found.setdefault(measure.expression, []).append(measure)
        return found

    def summed(self) -> list[Measure]:
        """All other measures."""
        return [measure for measure in self.measures if measure.kind != "count_distinct"]

    def filters(self) -> Iterator[n.Node]:
        """Every filter in order of first use, the same one several times."""
        return (measure.filter for measure in self.measures if measure.filter is not None)

    def dimension_type(self, name: str, found: DimensionLogic | None) -> ColumnType:
        """The type of a dimension before it becomes text."""
        return self.types[name] if found is None else found.type


@dataclass
class Blocks:
    """The blocks of a request, gathered metric by metric."""

    request: FactsRequest
    found: dict[Placing, Block] = field(default_factory=dict)
    _clocks: dict[int, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def add(self, logic: Logic) -> tuple[int, int, Measure]:
        """Take in a metric of a basic kind; gives the number of its block, the number of its measure there, and the measure."""
        placing = self._placing(logic)
        block = self.found.get(placing) or self._new_block(placing)
        self._add_types(block, logic)
        numbers = {country: number for number, country in enumerate(self.request.countries)}
        measure = measure_of(logic, block.types, numbers, self.request.periods)
        return list(self.found).index(placing), block.number(measure), measure

    def _new_block(self, placing: Placing) -> Block:
        zones = dict(placing.clocks)
        start, end = utc_span(zones, self.request.periods)
        self.found[placing] = block = Block(placing, calendar(zones, start, end), (start, end))
        return block

    def _placing(self, logic: Logic) -> Placing:
        source = logic.source
        if source is None or source.event_time is None or source.country is None:
            raise JobError(
                f"`{logic.metric}` cannot be computed by country and period: its source names no event time or no country.",
                hint="name both in the source, and certify the metric again.",
            )
        lacking = [name for name in self.request.dimensions if name not in logic.dimensions]
        if lacking:
            message = f"The certified meaning of `{logic.metric}` cannot be sliced by `{lacking[0]}`."
            raise JobError(message, hint="add it to the metric's dimensions, and certify the metric again.")
        dimensions = tuple((name, logic.dimensions[name]) for name in self.request.dimensions)
        return Placing(source.source, source.country, source.event_time, self._zones(logic), dimensions)

    def _zones(self, logic: Logic) -> tuple[tuple[str, str], ...]:
        """The clocks of the countries asked for; all metrics of a catalog share one map, so it is looked at once."""
        key = id(logic.time_zones)
        if key not in self._clocks:
            zones: Mapping[str, str] = logic.time_zones
            self._clocks[key] = tuple((country, zones[country]) for country in self.request.countries if country in zones)
        return self._clocks[key]

    def _add_types(self, block: Block, logic: Logic) -> None:
        columns = logic.source.columns if logic.source is not None else {}
        for name, kind in columns.items():
            if block.types.setdefault(name, kind) is not kind:
                message = f"The column `{name}` of `{block.placing.source}` is {kind} for `{logic.metric}` and {block.types[name]} for another metric."
                raise JobError(message, hint="certify both metrics over the present source contract.")
        for name, found in block.placing.dimensions:
            kind = block.dimension_type(name, found)
            if kind in _NO_MEMBERS:
                raise JobError(
                    f"`{name}` is a {kind} and cannot be a dimension.", hint="slice by a string, an integer, a condition or a date."
                )


def columns_read(block: Block) -> frozenset[str]:
    """The source's columns that the measures, dimensions and the placing of a block read."""
    read = {block.placing.country, block.placing.event_time}
    read |= {name if found is None else found.key for name, found in block.placing.dimensions}
    for measure in block.measures:
        for node in (measure.expression, measure.filter):
            read |= expression.columns(node) if node is not None else frozenset()
    return frozenset(name for name in read if not name.startswith("@"))
