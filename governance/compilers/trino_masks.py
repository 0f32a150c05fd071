"""Masks as SQL of Trino (and Athena): the text that leaves of a value what `governance.policy.masks` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.policy.masks import SHOWN, Mask
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable

TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18, 6)",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamp(6) with time zone",
    ColumnType.DATE: "date",
}
FIXED: Mapping[ColumnType, str] = {
    ColumnType.STRING: "VARCHAR 'XXXXXXXX'",
    ColumnType.INTEGER: "BIGINT '0'",
    ColumnType.DECIMAL: "CAST(0 AS decimal(18, 6))",
    ColumnType.DOUBLE: "DOUBLE '0'",
    ColumnType.BOOLEAN: "false",
    ColumnType.TIMESTAMP: "TIMESTAMP '1970-01-01 00:00:00.000000 UTC'",
    ColumnType.DATE: "DATE '1970-01-01'",
}


def masked(mask: Mask, value: str, kind: ColumnType) -> str:
    """What the mask leaves of the SQL text `value`, in the type of the column. Raises ValueError for what Trino cannot say."""
    match mask:
        case Mask.REPLACE_WITH_NULL:
            return f"CAST(NULL AS {TYPES[kind]})"
        case Mask.MASK_TO_FIXED_VALUE:
            return FIXED[kind]
        case Mask.MASK_TO_DEFAULT:
            return f"IF({value} IS NOT NULL, {FIXED[kind]})"
        case Mask.TRUNCATE_TO_MONTH | Mask.TRUNCATE_TO_YEAR:
            return _truncated("month" if mask is Mask.TRUNCATE_TO_MONTH else "year", value, kind)
        case Mask.SHA_256_GLOBAL:
            return _hashed(value, kind)
        case Mask.SHA_256_QUERY_LOCAL:
            raise ValueError(f"{mask} needs a secret of each query, and a file of rules has none")
    return _TEXTS[mask](value)


def _covered(value: str) -> str:
    return f"regexp_replace(regexp_replace({value}, '[^0-9().,@-]', 'x'), '[0-9]', 'n')"


def _first(value: str) -> str:
    return f"substr({value}, 1, {SHOWN}) || {_covered(f'substr({value}, {SHOWN + 1})')}"


def _last(value: str) -> str:
    before = f"greatest(length({value}) - {SHOWN}, 0)"
    return f"{_covered(f'substr({value}, 1, {before})')} || substr({value}, {before} + 1)"


def _truncated(unit: str, value: str, kind: ColumnType) -> str:
    return f"date_trunc('{unit}', {value})" if kind is ColumnType.DATE else f"date_trunc('{unit}', {value} AT TIME ZONE 'UTC')"


def _hashed(value: str, kind: ColumnType) -> str:
    if kind is ColumnType.STRING:
        return f"lower(to_hex(sha256(to_utf8({value}))))"
    digest = f"sha256(reverse(to_big_endian_64({value})))"
    return f"from_big_endian_64(reverse(substr({digest}, 1, 8)))"


_TEXTS: Mapping[Mask, Callable[[str], str]] = {Mask.MASK_ALPHANUM: _covered, Mask.SHOW_FIRST_4: _first, Mask.SHOW_LAST_4: _last}
