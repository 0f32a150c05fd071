"""Source contracts: named columns are there and of a type that their part needs; constraints do not contradict each other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from metrics_catalog.finding import did_you_mean
from metrics_catalog.rules.common import At, found
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.source import Column, Source

_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE})
_TYPES = {
    "event_time": frozenset({ColumnType.TIMESTAMP, ColumnType.DATE}),
    "received_time": frozenset({ColumnType.TIMESTAMP, ColumnType.DATE}),
    "country": frozenset({ColumnType.STRING}),
}
"""Types that the column of each part may have. A date has no clock: it is the country's own day as it stands."""


def source_columns(catalog: Catalog) -> Iterator[Finding]:
    """Key, event time, received time and country name columns of the source, of a fitting type, each once."""
    for source in catalog.sources.values():
        at = At("source", source.source)
        for position, name in enumerate(source.key):
            yield from _unknown(catalog, source, name, at / "key" / position)
            if name in source.key[:position]:
                yield found(catalog, "RNG-CAT-081", at / "key" / position, f"`{name}` stands in the key twice.", "delete one of the two.")
        for field, types in _TYPES.items():
            name = getattr(source, field)
            if name is None:
                continue
            yield from _unknown(catalog, source, name, at / field)
            if name in source.columns and source.columns[name].type not in types:
                message = f"`{field}` names `{name}`, which is {source.columns[name].type}; expected {' or '.join(sorted(types))}."
                yield found(catalog, "RNG-CAT-081", at / field, message, "name another column, or mend its type.")


def _unknown(catalog: Catalog, source: Source, name: str, at: At) -> Iterator[Finding]:
    if name not in source.columns:
        hint = did_you_mean(name, source.columns) or "name one of its columns."
        yield found(catalog, "RNG-CAT-034", at, f"The source `{source.source}` has no column `{name}`.", hint)


def source_delivery(catalog: Catalog) -> Iterator[Finding]:
    """Events say when they occurred (their key holds within that day), and lateness is not negative."""
    for source in catalog.sources.values():
        at = At("source", source.source)
        if source.delivery == "events" and source.event_time is None:
            message = f"`{source.source}` delivers events but names no `event_time`; repeats are looked for within a day."
            yield found(
                catalog,
                "RNG-CAT-082",
                at / "source",
                message,
                "name the column that says when an event occurred, or use `delivery: snapshot`.",
            )
        if source.lateness < timedelta(0):
            yield found(catalog, "RNG-CAT-086", at / "lateness", "The lateness is negative.", "write a duration such as `P7D`.")


def column_constraints(catalog: Catalog) -> Iterator[Finding]:
    """A column's limits fit its type and each other, and no two columns read the same field of a file."""
    for source in catalog.sources.values():
        fields: dict[str, str] = {}
        for name, column in source.columns.items():
            at = At("source", source.source, ("columns", name))
            yield from _limits(catalog, name, column, at)
            field = column.from_field if column.from_field is not None else name
            if field in fields:
                message = f"`{name}` reads the field `{field}`, which `{fields[field]}` reads already."
                yield found(catalog, "RNG-CAT-085", at / "from_field", message, "name another field.")
            fields.setdefault(field, name)


def _limits(catalog: Catalog, name: str, column: Column, at: At) -> Iterator[Finding]:
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        yield found(
            catalog, "RNG-CAT-084", at / "minimum", f"`{name}` has a minimum above its maximum; no record could pass.", "swap the two."
        )
    for field in ("minimum", "maximum"):
        if getattr(column, field) is not None and column.type not in _NUMBERS:
            yield found(
                catalog,
                "RNG-CAT-084",
                at / field,
                f"`{name}` is {column.type} and cannot have a {field}.",
                f"delete `{field}`, or make the column a number.",
            )
    if column.values and column.type is not ColumnType.STRING:
        yield found(
            catalog,
            "RNG-CAT-084",
            at / "values",
            f"`{name}` is {column.type}; only a string can have `values`.",
            "delete `values`, or use `minimum` and `maximum`.",
        )
    for value in set(column.values) & set(column.null_values):
        yield found(
            catalog,
            "RNG-CAT-084",
            at / "null_values",
            f"`{value}` of `{name}` is an allowed value and stands for a missing one.",
            "take it out of one of the two.",
        )
