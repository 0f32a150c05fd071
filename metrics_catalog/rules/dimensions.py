"""Dimensions: one row a key, so that a join never multiplies rows; columns that are there, of the type they say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.finding import did_you_mean
from metrics_catalog.rules.common import At, found
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.dimension import Dimension, Scalar
    from metrics_catalog.finding import Finding
    from metrics_catalog.source import Source

Row = dict[str, "Scalar"]


def rows_or_source(catalog: Catalog) -> Iterator[Finding]:
    """A dimension's rows stand in its file or come from a source: exactly one of the two."""
    for name, dimension in catalog.dimensions.items():
        at = At("dimension", name)
        if dimension.source is not None and dimension.rows:
            yield found(
                catalog, "RNG-CAT-070", at / "rows", f"The dimension `{name}` has both `rows` and `source`.", "delete one of the two."
            )
        elif dimension.source is None and not dimension.rows:
            yield found(
                catalog,
                "RNG-CAT-070",
                at / "dimension",
                f"The dimension `{name}` has neither `rows` nor `source`.",
                "write its rows, or name a source with `delivery: snapshot`.",
            )


def dimension_rows(catalog: Catalog) -> Iterator[Finding]:
    """Rows in the file have their key, only known columns, values of the right type, and one row a key at a time."""
    for dimension in catalog.dimensions.values():
        for position, row in enumerate(dimension.rows):
            yield from _row(catalog, dimension, position, row)
        yield from _repeated_keys(catalog, dimension)


def _row(catalog: Catalog, dimension: Dimension, position: int, row: Row) -> Iterator[Finding]:
    at = At("dimension", dimension.dimension, ("rows", position))
    validity = (dimension.validity.valid_from, dimension.validity.valid_until) if dimension.validity else ()
    known = {dimension.key, *dimension.attributes, *validity}
    for name in row.keys() - known:
        hint = did_you_mean(name, known) or "add it to `attributes`, or delete it."
        yield found(catalog, "RNG-CAT-071", at / name, f"The row has `{name}`, which is no attribute of `{dimension.dimension}`.", hint)
    for name in (dimension.key, *dimension.attributes):
        if name not in row:
            yield found(
                catalog,
                "RNG-CAT-071",
                at,
                f"A row of `{dimension.dimension}` lacks `{name}`.",
                f"add `{name}` (`null` if it is not known).",
            )
    if dimension.key in row and row[dimension.key] is None:
        yield found(
            catalog,
            "RNG-CAT-071",
            at / dimension.key,
            f"The key `{dimension.key}` of this row is empty.",
            "give it the key, or delete the row.",
        )
    for name, attribute in dimension.attributes.items():
        if row.get(name) is not None and not _FITS[attribute.type](row[name]):
            message = f"`{name}` is `{row[name]}`; expected {_WORDS[attribute.type]}."
            yield found(catalog, "RNG-CAT-073", at / name, message, "mend the value, or the attribute's `type`.")
    for name in validity:
        if row.get(name) is not None and not _is_day(row[name]):
            yield found(
                catalog, "RNG-CAT-073", at / name, f"`{name}` is `{row[name]}`; expected {_WORDS[ColumnType.DATE]}.", "write a day."
            )


def _repeated_keys(catalog: Catalog, dimension: Dimension) -> Iterator[Finding]:
    """Two rows of one key whose days overlap would make two rows of one event."""
    seen: dict[tuple[type, Scalar], list[tuple[int, tuple[str, str]]]] = {}
    for position, row in enumerate(dimension.rows):
        key = row.get(dimension.key)
        if key is None:
            continue
        days = _days(dimension, row)
        earlier = seen.setdefault((type(key), key), [])
        clash = next((other for other, other_days in earlier if days[0] < other_days[1] and other_days[0] < days[1]), None)
        if clash is not None:
            at = At("dimension", dimension.dimension, ("rows", position))
            meanwhile = " for some of the same days" if dimension.validity else ""
            message = f"The key `{key}` stands in row {clash + 1} already{meanwhile}; a join would count its events twice."
            yield found(catalog, "RNG-CAT-072", at, message, "keep one row a key, or give each its days in `validity`.")
        earlier.append((position, days))


def _days(dimension: Dimension, row: Row) -> tuple[str, str]:
    """From which day until which a row holds; ISO days compare as text."""
    if dimension.validity is None:
        return "", "~"
    start, end = row.get(dimension.validity.valid_from), row.get(dimension.validity.valid_until)
    return str(start) if start is not None else "", str(end) if end is not None else "~"


def dimension_columns(catalog: Catalog) -> Iterator[Finding]:
    """A dimension that comes from a source: a snapshot, with the key and attributes as columns, and one record a key."""
    for dimension in catalog.dimensions.values():
        at = At("dimension", dimension.dimension)
        source = catalog.sources.get(dimension.source) if dimension.source is not None else None
        if source is not None:
            yield from _of_source(catalog, dimension, source, at)
        if dimension.key in dimension.attributes:
            yield found(
                catalog,
                "RNG-CAT-074",
                at / "attributes" / dimension.key,
                f"The key `{dimension.key}` is an attribute too.",
                "delete it here: events have it already.",
            )


def _of_source(catalog: Catalog, dimension: Dimension, source: Source, at: At) -> Iterator[Finding]:
    if source.delivery != "snapshot":
        message = f"The dimension `{dimension.dimension}` reads `{source.source}`, which delivers events."
        yield found(catalog, "RNG-CAT-075", at / "source", message, "name a source with `delivery: snapshot`.")
    for name, path in _columns(dimension).items():
        place = At(at.kind, at.name, path)
        if name not in source.columns:
            hint = did_you_mean(name, source.columns) or "name one of its columns."
            yield found(catalog, "RNG-CAT-074", place, f"The source `{source.source}` has no column `{name}`.", hint)
        elif name in dimension.attributes and source.columns[name].type is not dimension.attributes[name].type:
            message = f"`{name}` is {dimension.attributes[name].type} here and {source.columns[name].type} in the source `{source.source}`."
            yield found(catalog, "RNG-CAT-073", place, message, "give both the same type.")
    expected = {dimension.key} if dimension.validity is None else {dimension.key, dimension.validity.valid_from}
    if not set(source.key) <= expected:
        message = f"`{source.source}` may hold several records of one `{dimension.key}`: its key is ({', '.join(source.key)})."
        yield found(
            catalog,
            "RNG-CAT-077",
            at / "source",
            message,
            "a join would count events twice; name a source whose key is the dimension's key.",
        )


def _columns(dimension: Dimension) -> Mapping[str, tuple[str | int, ...]]:
    """Columns that the dimension's table must have, and the field that asks for each."""
    columns: dict[str, tuple[str | int, ...]] = {dimension.key: ("key",)}
    columns |= {name: ("attributes", name) for name in dimension.attributes}
    if dimension.validity is not None:
        columns |= {dimension.validity.valid_from: ("validity", "valid_from"), dimension.validity.valid_until: ("validity", "valid_until")}
    return columns


def ambiguous_attributes(catalog: Catalog) -> Iterator[Finding]:
    """An attribute belongs to one dimension of a source, and is not hidden by a column of the source."""
    for source in catalog.sources.values():
        owner: dict[str, str] = {}
        for dimension in sorted(catalog.dimensions.values(), key=lambda each: each.dimension):
            if dimension.key not in source.columns or dimension.source == source.source:
                continue
            for name in dimension.attributes:
                at = At("dimension", dimension.dimension, ("attributes", name))
                if name in source.columns and name != dimension.key:
                    message = f"`{name}` is an attribute of `{dimension.dimension}` and a column of `{source.source}`."
                    yield found(
                        catalog, "RNG-CAT-076", at, message, "give the attribute another name; which of the two is meant cannot be told."
                    )
                elif name in owner:
                    message = f"`{name}` is an attribute of `{owner[name]}` and of `{dimension.dimension}`, and `{source.source}` is joined to both."
                    yield found(catalog, "RNG-CAT-076", at, message, "give one of them another name.")
                owner.setdefault(name, dimension.dimension)


def _is_day(value: Scalar) -> bool:
    return isinstance(value, str) and _reads(dt.date.fromisoformat, value)


def _reads(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS: dict[ColumnType, Callable[[Scalar], bool]] = {
    ColumnType.STRING: lambda value: isinstance(value, str),
    ColumnType.INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63,
    ColumnType.DECIMAL: _is_number,
    ColumnType.DOUBLE: _is_number,
    ColumnType.BOOLEAN: lambda value: isinstance(value, bool),
    ColumnType.TIMESTAMP: lambda value: isinstance(value, str) and _reads(dt.datetime.fromisoformat, value),
    ColumnType.DATE: _is_day,
}

_WORDS = {
    ColumnType.STRING: "text (put it in quotes)",
    ColumnType.INTEGER: "a whole number of 64 bits",
    ColumnType.DECIMAL: "a number",
    ColumnType.DOUBLE: "a number",
    ColumnType.BOOLEAN: "`true` or `false`",
    ColumnType.TIMESTAMP: "an instant such as `2026-11-22T09:00:00Z`",
    ColumnType.DATE: "a day such as `2027-03-31`",
}
