"""Writes a result as Athena does: cells as text, CSV with every value quoted and NULL as nothing, and the columns' description."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 9,
    "double": 17,
    "varchar": 2147483647,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "varbinary": 1073741824,
}
OTHER_NAMES = {"real": "float", "char": "char"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a result; `type` is Trino's, such as `decimal(18, 3)`."""

    name: str
    type: str

    @property
    def info(self) -> dict[str, Any]:
        """As `ResultSetMetadata.ColumnInfo` tells it."""
        base = re.sub(r"\([^)]*\)", "", self.type).strip() if not self.type.startswith(("row", "array", "map")) else self.type.split("(")[0]
        kind = OTHER_NAMES.get(base, base)
        numbers = [int(each) for each in re.findall(r"\d+", self.type)] if kind == "decimal" else [PRECISIONS.get(kind, 0), 0]
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": kind,
            "Precision": numbers[0],
            "Scale": numbers[1],
            "Nullable": "UNKNOWN",
            "CaseSensitive": kind == "varchar",
        }


@dataclass(frozen=True, slots=True)
class Result:
    """All of one result: its cells as text, None for NULL. `heading` says whether the names are the first row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str | None, ...], ...]
    heading: bool
    updated: int | None = None

    @property
    def lines(self) -> tuple[tuple[str | None, ...], ...]:
        """The rows as GetQueryResults pages them."""
        names: tuple[str | None, ...] = tuple(column.name for column in self.columns)
        return (names, *self.rows) if self.heading else self.rows

    def body(self) -> bytes:
        """The object in S3: CSV for a query, lines of tab-separated text for DDL."""
        if self.heading:
            return "".join(",".join(map(_quoted, line)) + "\n" for line in self.lines).encode()
        return "".join("\t".join(cell or "" for cell in line) + "\n" for line in self.lines).encode()

    def metadata(self) -> bytes:
        """The description beside it. Athena writes a binary form that it documents nowhere and no client reads; this is JSON."""
        return json.dumps([column.info for column in self.columns]).encode()

    def page(self, start: int, size: int) -> dict[str, Any]:
        """One answer of GetQueryResults."""
        shown = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in line]} for line in self.lines[start : start + size]]
        answer: dict[str, Any] = {
            "ResultSet": {"Rows": shown, "ResultSetMetadata": {"ColumnInfo": [column.info for column in self.columns]}}
        }
        if self.updated is not None:
            answer["UpdateCount"] = self.updated
        if start + size < len(self.lines):
            answer["NextToken"] = str(start + size)
        return answer


def result(columns: Sequence[Column], rows: Sequence[Sequence[Any]], *, heading: bool, updated: int | None = None) -> Result:
    """A result of Trino's plain JSON values."""
    cells = tuple(tuple(_text(value, column.type) for value, column in zip(row, columns, strict=True)) for row in rows)
    return Result(tuple(columns), cells, heading, updated)


def _quoted(cell: str | None) -> str:
    return "" if cell is None else '"' + cell.replace('"', '""') + '"'


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "varbinary":
        return base64.b64decode(value).hex(" ")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, list):
        return "[" + ", ".join(_text(each, "") or "null" for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_text(each, '') or 'null'}" for key, each in value.items()) + "}"
    return str(value)


def _double(value: float) -> str:
    """As Java writes a double: 1.0E10, 0.001, 1.0E-4, NaN, Infinity."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, exponent = _scientific(value)
    return f"{mantissa}E{exponent}"


def _scientific(value: float) -> tuple[str, int]:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    figures = "".join(map(str, digits))
    return ("-" if sign else "") + f"{figures[0]}.{figures[1:] or '0'}", int(exponent) + len(figures) - 1
