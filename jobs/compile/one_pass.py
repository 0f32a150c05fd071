"""The SQL of one block: one scan of a source gives all its measures at the grain.

Steps, each a common table of the statement (`N` is the number of the block):

- `calendar_N` and `placed_N`: the events of the periods with the number of their country and their local day (`placing.py`);
- `events_N`: one narrow row an event (`events.py`). Kept when several steps read it;
- `sums_N`: counts, sums and extremes (`sums.py`);
- `values_N_K`: distinct counts of one expression (`distinct.py`);
- `block_N`: the above side by side, one row a cell that has any event, dimensions as text.

On engines that compute a common table anew for each reader, `grouped_N` often stands for sums and values (`together.py`).

What all steps know about their block is a `Pass`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jobs.compile.bits import Bits
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from jobs.compile.blocks import Block
    from jobs.compile.measures import Measure
    from jobs.compile.request import FactsRequest
    from jobs.dialects import Dialect
    from metrics_catalog.expression import Node

CELL = "@cell"
"""The number of a country and a period in one: number of the country x number of periods + number of the period."""


MOST_TOGETHER = 6
"""Counted expressions that share a grouping at most: each makes every row of it wider."""

FEW_EVENTS = 10_000_000
"""Up to so many events one grouping is the faster form; measured at 5 and at 50 million, see ADR 12."""


def dimension_column(number: int) -> str:
    """The name of a dimension of the grain between the steps."""
    return f"@dimension_{number}"


def measure_column(number: int) -> str:
    """The name of a measure between the steps."""
    return f"@measure_{number}"


def listed(columns: Iterable[str]) -> str:
    """Columns of a SELECT, one a line."""
    return ",\n    ".join(columns)


@dataclass(frozen=True)
class Pass:
    """One block on its way to SQL: its number, what was asked for, the engine, and the names that the steps share.

    All names are quoted SQL identifiers.
    """

    number: int
    block: Block
    request: FactsRequest
    dialect: Dialect

    def q(self, name: str) -> str:
        """A name, quoted."""
        return self.dialect.quoted(name)

    def table(self, step: str) -> str:
        """The common table of a step: `sums_0`."""
        return f"{step}_{self.number}"

    def column(self, measure: Measure) -> str:
        """The column of a measure."""
        return self.q(measure_column(self.block.measures[measure]))

    def word(self, word: int) -> str:
        """The column of a word of bits."""
        return self.q(f"@bits_{word}")

    def condition(self, measure: Measure) -> str:
        """The clause that takes only rows whose bits say that the measure's filter holds; empty where it has none."""
        if measure.filter is None:
            return ""
        word, bit = self.bits.place[self.step(measure), measure.filter]
        return f" FILTER (WHERE ({self.word(word)} & {1 << bit}) <> 0)"

    @cached_property
    def grain(self) -> list[str]:
        """The columns that events are grouped by: the cell, then the dimensions."""
        return [self.q(CELL), *(self.q(dimension_column(number)) for number in range(len(self.block.placing.dimensions)))]

    def step(self, measure: Measure) -> Node | None:
        """Which words of bits a measure tests: all steps share them, or sums have theirs and each counted expression its own."""
        return measure.expression if self.dialect.reads_anew and not self.together and measure.kind == "count_distinct" else None

    @cached_property
    def together(self) -> bool:
        """Whether one grouping serves sums and distinct counts (`together.py`): where the engine would read the events once for each.

        It saves readings, planning and code to compile, and moves wider rows, so it is for few events. Sums of doubles are left
        out, because making them exact for every counted value costs more than a reading.
        """
        few = self.request.relations.rows.get(self.block.placing.source, 0) <= FEW_EVENTS
        exact = all(measure.input_type is not ColumnType.DOUBLE for measure in self.block.summed() if measure.kind in ("sum", "average"))
        return self.dialect.reads_anew and few and exact and 0 < len(self.block.distinct()) <= MOST_TOGETHER

    @cached_property
    def bits(self) -> Bits:
        """The bit of each filter of the block."""
        found: dict[Hashable, list[Node]] = {}
        for measure in self.block.measures:
            if measure.filter is not None:
                found.setdefault(self.step(measure), []).append(measure.filter)
        return Bits.of(found)

    @cached_property
    def inputs(self) -> dict[Node, str]:
        """The column of each expression that is measured or counted."""
        nodes = dict.fromkeys(measure.expression for measure in self.block.measures if measure.expression is not None)
        return {node: self.q(f"@input_{number}") for number, node in enumerate(nodes)}

    @property
    def is_timed(self) -> bool:
        """Whether events happen at an instant; those that are dated need no clock."""
        return self.block.types[self.block.placing.event_time] is not ColumnType.DATE
