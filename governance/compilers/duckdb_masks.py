"""Masks as DuckDB SQL: the text that leaves of a value what `governance.policy.masks` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.policy.masks import SHOWN, Mask
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED: Mapping[ColumnType, str] = {
    ColumnType.STRING: "'XXXXXXXX'",
    ColumnType.INTEGER: "CAST(0 AS BIGINT)",
    ColumnType.DECIMAL: "CAST(0 AS DECIMAL(18, 6))",
    ColumnType.DOUBLE: "CAST(0 AS DOUBLE)",
    ColumnType.BOOLEAN: "FALSE",
    ColumnType.TIMESTAMP: "TIMESTAMPTZ '1970-01-01 00:00:00+00'",
    ColumnType.DATE: "DATE '1970-01-01'",
}
TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(18, 6)",
    ColumnType.DOUBLE: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
    ColumnType.DATE: "DATE",
}


def masked(mask: Mask, value: str, kind: ColumnType, salt: bytes) -> str:
    """What the mask leaves of the SQL text `value`, in the type of the column."""
    match mask:
        case Mask.REPLACE_WITH_NULL:
            return f"CAST(NULL AS {TYPES[kind]})"
        case Mask.MASK_TO_FIXED_VALUE:
            return FIXED[kind]
        case Mask.MASK_TO_DEFAULT:
            return f"CASE WHEN {value} IS NOT NULL THEN {FIXED[kind]} END"
        case Mask.TRUNCATE_TO_MONTH | Mask.TRUNCATE_TO_YEAR:
            return _truncated("month" if mask is Mask.TRUNCATE_TO_MONTH else "year", value, kind)
        case Mask.SHA_256_GLOBAL:
            return _hashed(value, kind, b"")
        case Mask.SHA_256_QUERY_LOCAL:
            return _hashed(value, kind, salt)
    return _TEXTS[mask](value)


def _covered(value: str) -> str:
    return f"regexp_replace(regexp_replace({value}, '[^0-9().,@-]', 'x', 'g'), '[0-9]', 'n', 'g')"


def _first(value: str) -> str:
    return f"substring({value}, 1, {SHOWN}) || {_covered(f'substring({value}, {SHOWN + 1})')}"


def _last(value: str) -> str:
    before = f"greatest(length({value}) - {SHOWN}, 0)"
    return f"{_covered(f'substring({value}, 1, {before})')} || substring({value}, {before} + 1)"


def _truncated(unit: str, value: str, kind: ColumnType) -> str:
    if kind is ColumnType.DATE:
        return f"CAST(date_trunc('{unit}', {value}) AS DATE)"
    return f"timezone('UTC', date_trunc('{unit}', timezone('UTC', {value})))"


def _hashed(value: str, kind: ColumnType, salt: bytes) -> str:
    before = f"unhex('{salt.hex()}') || " if salt else ""
    if kind is ColumnType.STRING:
        return f"sha256({before}encode({value}))"
    digits = f"lpad(to_hex({value}), 16, '0')"
    little = f"unhex({_reversed(digits)})"
    return f"CAST(CAST(unhex({_reversed(f'sha256({before}{little})')}) AS BIT) AS BIGINT)"


def _reversed(hexadecimal: str) -> str:
    """The first eight bytes, written in hexadecimal, the last of them first."""
    return " || ".join(f"substring({hexadecimal}, {start}, 2)" for start in range(15, 0, -2))


_TEXTS: Mapping[Mask, Callable[[str], str]] = {Mask.MASK_ALPHANUM: _covered, Mask.SHOW_FIRST_4: _first, Mask.SHOW_LAST_4: _last}
