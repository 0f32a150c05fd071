"""An explanation of access as text for a person who decides about it, and as JSON for other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from governance.lake_formation.describe import describe, who
from governance.lake_formation.looking.explain import Cut, Explained, Way


def text(found: Explained, name: str | None = None) -> str:
    """The whole explanation. `name` is the principal's name in the policy."""
    return "\n".join(_lines(found, name))


def _lines(found: Explained, name: str | None) -> Iterator[str]:
    reader = name or ", ".join(map(who, found.identities))
    what = f"the column {found.column} of {found.table}" if found.column else found.table
    if name and found.identities:
        yield f"{name} is {', '.join(found.identities)}."
    if not found.is_there:
        yield f"{found.table} is not in the account's catalog, so nobody reads it."
        return
    if not found.ways:
        yield f"{reader} does not read {what}: nothing in the account gives it."
    else:
        verb = "reads" if found.reads else "does not read"
        yield f"{reader} {verb} {what}. {_count(len(found.ways), 'way', 'ways')}:"
        yield from _told(found.ways)
        yield ""
        yield from _cut(found.cut, what)
    for table, ways in found.below.items():
        yield ""
        yield f"Past the view, {reader} also reaches {table}, on which it stands. {_count(len(ways), 'way', 'ways')}:"
        yield from _told(ways)


def _told(ways: Sequence[Way]) -> Iterator[str]:
    for number, way in enumerate(ways, 1):
        columns = "all columns" if way.columns is None else f"the columns {', '.join(way.columns)}"
        rows = "all rows" if way.rows is None else f"the rows where {way.rows}"
        yield ""
        yield f"  {number}. {_sentence(way.how)}"
        yield f"     shows: {columns}, {rows}"
        yield from (f"     given by: {one}" for one in way.given_by)
        if way.changed_by or way.changed_at:
            yield f"     last changed{f' by {way.changed_by}' if way.changed_by else ''}{f' at {way.changed_at}' if way.changed_at else ''}"


def _cut(cut: Cut, what: str) -> Iterator[str]:
    if cut.revokes:
        least = "the fewest that do it" if cut.is_smallest else "fewer may do it: there are too many ways to try them all"
        yield f"To close {'them' if not cut.others else 'what a revoke closes'}, revoke {_count(len(cut.revokes), 'permission', 'permissions')} ({least}):"
        for one, also in zip(cut.revokes, cut.also, strict=True):
            yield f"  - {describe(one)}{f'  (then {also})' if also else ''}"
    for how, instead in cut.others:
        yield f"No revoke closes this: {how}. Instead: {instead}."


def as_json(found: Explained, name: str | None = None) -> dict[str, Any]:
    """The explanation for other programs."""
    return {
        "schema_version": 1,
        "principal": name,
        "identities": list(found.identities),
        "table": found.table,
        "column": found.column,
        "is_there": found.is_there,
        "reads": found.reads,
        "ways": [_way_json(way) for way in found.ways],
        "revokes": [{"permission": describe(one), "also": also} for one, also in zip(found.cut.revokes, found.cut.also, strict=True)],
        "is_smallest": found.cut.is_smallest,
        "not_by_revokes": [{"how": how, "instead": instead} for how, instead in found.cut.others],
        "below": {table: [_way_json(way) for way in ways] for table, ways in found.below.items()},
    }


def _way_json(way: Way) -> dict[str, Any]:
    return {
        "how": str(way.path.how),
        "words": way.how,
        "columns": None if way.columns is None else list(way.columns),
        "rows": way.rows,
        "given_by": list(way.given_by),
        "changed_at": way.changed_at,
        "changed_by": way.changed_by,
    }


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
