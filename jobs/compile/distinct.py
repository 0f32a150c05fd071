"""Fourth step of a pass: distinct counts, exact at the grain.

All metrics that count different values of one expression share one grouping by cell, dimensions and value, in which the bits of
a value's events are gathered; a value counts for a metric when any of its events passed the metric's filter. One grouping so
replaces a set of values for each metric. NULL is not a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compile.one_pass import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.compile.measures import Measure
    from jobs.compile.one_pass import Pass
    from metrics_catalog.expression import Node


def value_tables(one: Pass) -> list[str]:
    """`values_N_K` for each expression that is counted."""
    return [
        f"{values_table(one, number)} AS (\n{_values(one, node, measures)}\n)"
        for number, (node, measures) in enumerate(one.block.distinct().items())
    ]


def values_table(one: Pass, number: int) -> str:
    """The name of the table of the K-th expression."""
    return f"{one.table('values')}_{number}"


def _values(one: Pass, node: Node, measures: Sequence[Measure]) -> str:
    column, grain = one.inputs[node], ", ".join(one.grain)
    filters = [measure.filter for measure in measures if measure.filter is not None]
    masks = one.bits.masks(one.step(measures[0]), filters)
    bits = "".join(f", bit_or({one.word(word)}) AS {one.word(word)}" for word in masks)
    counted = f"{column} IS NOT NULL"
    if len(filters) == len(measures):  # events that pass no filter need not be grouped at all
        counted += f" AND ({' OR '.join(f'({one.word(word)} & {mask}) <> 0' for word, mask in masks.items())})"
    counts = [f"count(*){one.condition(measure)} AS {one.column(measure)}" for measure in measures]
    return (
        f"  SELECT {listed([grain, *counts])}\n  FROM (\n    SELECT {grain}, {column}{bits}\n    FROM {one.table('events')}\n"
        f"    WHERE {counted}\n    GROUP BY {grain}, {column}\n  ) AS per_value\n  GROUP BY {grain}"
    )
