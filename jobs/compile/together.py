"""Third and fourth step of a pass in one, for engines that compute a common table anew for each of its readers.

Such an engine would read the events once for the sums and once more for each counted expression. Here it reads them once: one
grouping with several sets puts every event into one group of like events (same cell, dimensions and bits) and into one group
for each counted expression (same cell, dimensions and value). A second grouping, by cell and dimensions alone, makes all
measures of these groups: sums take the groups of like events, a distinct count those of its own values. See ADR 12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compile.events import member_text
from jobs.compile.one_pass import listed
from jobs.compile.sums import finished, like_words, second, steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from jobs.compile.measures import Measure
    from jobs.compile.one_pass import Pass
    from metrics_catalog.expression import Node


def together_tables(one: Pass) -> list[str]:
    """`grouped_N` and `block_N`, which holds one row a cell and members that have any event, dimensions as text."""
    return [_grouped_table(one), _block_table(one)]


def _grouped_table(one: Pass) -> str:
    """One row a group: its keys, NULL where its set has others; what it counts for; aggregates, and the bits of its events."""
    values = {node: one.inputs[node] for node in one.block.distinct()}
    like = {_like(one, column): (column, text) for column, text in like_words(one).items()}
    grain = ", ".join(one.grain)
    columns = [
        grain,
        *(f"{name} AS {column}" for name, (column, _) in like.items()),
        f"{_is_like_events(values.values())} AS {_for_sums(one)}",
    ]
    columns += [f"grouping({value}) = 0 AND {value} IS NOT NULL AS {_for_counts(one, node)}" for node, value in values.items()]
    columns += [f"bit_or({one.word(word)}) AS {_any(one, word)}" for word in _words_of_counts(one)]
    columns += dict.fromkeys(f"{text} AS {column}" for measure in one.block.summed() for text, column in steps(one, measure))
    sets = [f"({', '.join([*one.grain, *keys])})" for keys in (list(like), *([value] for value in values.values()))]
    rows = ", ".join(["*", *(f"{text} AS {name}" for name, (_, text) in like.items())])
    return (
        f"{one.table('grouped')} AS (\n  SELECT {listed(columns)}\n  FROM (SELECT {rows} FROM {one.table('events')}) AS events\n"
        f"  GROUP BY GROUPING SETS ({', '.join(sets)})\n)"
    )


def _block_table(one: Pass) -> str:
    """Every measure of the groups that it takes."""
    columns = [one.grain[0]]
    for (name, found), column in zip(one.block.placing.dimensions, one.grain[1:], strict=True):
        columns.append(f"{member_text(one, column, one.block.dimension_type(name, found))} AS {column}")
    columns += [f"{_measured(one, measure)} AS {one.column(measure)}" for measure in one.block.measures]
    return f"{one.table('block')} AS (\n  SELECT {listed(columns)}\n  FROM {one.table('grouped')} AS grouped\n  GROUP BY {', '.join(one.grain)}\n)"


def _measured(one: Pass, measure: Measure) -> str:
    if measure.kind == "count_distinct" and measure.expression is not None:
        return f"count(*) FILTER (WHERE {_for_counts(one, measure.expression)}{_passed(one, measure)})"
    # the bits of like events are a key, and so NULL in all other sets
    condition = one.condition(measure) or f" FILTER (WHERE {_for_sums(one)})"
    return finished(one, measure, second(one, measure, condition))


def _passed(one: Pass, measure: Measure) -> str:
    """Whether any event of a value passed the filter."""
    if measure.filter is None:
        return ""
    word, bit = one.bits.place[one.step(measure), measure.filter]
    return f" AND ({_any(one, word)} & {1 << bit}) <> 0"


def _words_of_counts(one: Pass) -> Iterable[int]:
    """The words that hold a filter of a distinct count; those of sums alone need not be gathered."""
    counts = (measure for measures in one.block.distinct().values() for measure in measures)
    return one.bits.masks(None, (measure.filter for measure in counts if measure.filter is not None))


def _is_like_events(values: Collection[str]) -> str:
    """TRUE in the set of like events alone: none of the counted values is among its keys."""
    return f"{' + '.join(f'grouping({value})' for value in values)} = {len(values)}"


def _for_sums(one: Pass) -> str:
    return one.q("@for_sums")


def _for_counts(one: Pass, node: Node) -> str:
    return one.q(f"@for_counts_{list(one.block.distinct()).index(node)}")


def _any(one: Pass, word: int) -> str:
    return one.q(f"@any_bits_{word}")


def _like(one: Pass, column: str) -> str:
    """The key that holds a word of like events, beside the word itself."""
    return one.q("@like" + column.strip('"`')[1:])
