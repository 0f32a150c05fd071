"""Third step of a pass: counts, sums and extremes.

Events are grouped first by cell, dimensions and bits, then by cell and dimensions alone: a filter is then tested once a group
of like events, not once an event and metric. Where no measure has a filter, one grouping is enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compile.measures import TOTAL
from jobs.compile.one_pass import listed
from metrics_catalog.expression import to_sql
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.compile.measures import Measure
    from jobs.compile.one_pass import Pass

_AGGREGATES = {"count": ("count",), "sum": ("sum",), "average": ("sum", "count"), "minimum": ("min",), "maximum": ("max",)}


def sums_table(one: Pass) -> str:
    """`sums_N`: one row a cell and members, one column a measure. Without measures it still says which cells there are."""
    return f"{one.table('sums')} AS (\n{_in_two(one) if like_words(one) else _in_one(one)}\n)"


def like_words(one: Pass) -> dict[str, str]:
    """By its column, each word of bits that the measures test, without the bits that only distinct counts test."""
    masks = one.bits.masks(None, (measure.filter for measure in one.block.summed() if measure.filter is not None))
    full = {word: (1 << one.bits.width(word)) - 1 for word in masks}
    return {one.word(word): one.word(word) if mask == full[word] else f"{one.word(word)} & {mask}" for word, mask in masks.items()}


def _in_one(one: Pass) -> str:
    columns = [
        f"{finished(one, measure, [step for step, _ in steps(one, measure)])} AS {one.column(measure)}" for measure in one.block.summed()
    ]
    grain = ", ".join(one.grain)
    return f"  SELECT {listed([grain, *columns])}\n  FROM {one.table('events')}\n  GROUP BY {grain}"


def _in_two(one: Pass) -> str:
    words, grain = like_words(one), ", ".join(one.grain)
    aggregates = {column: text for measure in one.block.summed() for text, column in steps(one, measure)}
    inner = [f"{text} AS {column}" for column, text in (words | aggregates).items()]
    outer = [
        f"{finished(one, measure, second(one, measure, one.condition(measure)))} AS {one.column(measure)}" for measure in one.block.summed()
    ]
    return (
        f"  SELECT {listed([grain, *outer])}\n  FROM (\n    SELECT {listed([grain, *inner])}\n"
        f"    FROM {one.table('events')}\n    GROUP BY {', '.join([grain, *words.values()])}\n  ) AS alike\n  GROUP BY {grain}"
    )


def steps(one: Pass, measure: Measure) -> list[tuple[str, str]]:
    """The aggregates over events that a measure needs, each with its column."""
    if measure.expression is None:
        return [("count(*)", one.q("@count"))]
    column = one.inputs[measure.expression]
    return [(_aggregate(one, name, column, measure, ""), f"{column[:-1]}_{name}{column[-1]}") for name in _AGGREGATES[measure.kind]]


def second(one: Pass, measure: Measure, condition: str) -> list[str]:
    """The same aggregates over groups of like events; `condition` is empty, or the clause that takes some of them."""
    return [
        f"sum({column}){condition}" if name == "count" else _aggregate(one, name, column, measure, condition)
        for name, (_, column) in zip(_AGGREGATES[measure.kind], steps(one, measure), strict=True)
    ]


def _aggregate(one: Pass, name: str, column: str, measure: Measure, condition: str) -> str:
    if name == "sum" and measure.input_type is ColumnType.DOUBLE:
        return one.dialect.exact_sum(column, condition)
    return f"{name}({column}){condition}"


def finished(one: Pass, measure: Measure, parts: Sequence[str]) -> str:
    """The value of a measure from its aggregates: divided, cast to the type of its column."""
    integer = one.dialect.type(ColumnType.INTEGER)
    if measure.kind == "count":
        return f"CAST(COALESCE({parts[0]}, 0) AS {integer})"
    total = parts[0]
    if measure.kind == "average":
        total = f"CAST({parts[0]} AS DOUBLE) / NULLIF({parts[1]}, 0)"
    elif measure.input_type is not measure.type:
        total = f"CAST({parts[0]} AS DOUBLE)"
    text = to_sql(measure.after, one.dialect.name, {TOTAL: f"({total})"})
    if measure.type is ColumnType.TIMESTAMP:
        return one.dialect.stored_instant(text)
    return f"CAST({text} AS {one.dialect.type(measure.type)})"
