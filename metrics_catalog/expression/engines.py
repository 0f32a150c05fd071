"""Nodes into the SQL of an engine, with one meaning on all of them.

Where engines differ by nature, the text pins the meaning:

- `/` would divide integers whole on Athena, fail on zero on Spark and give infinity on DuckDB: both sides are cast to
  double and a zero divisor becomes NULL. `%` likewise gives NULL for zero; its sign is that of the left side everywhere.
- A number with a point is a decimal by nature: it is written with an exponent, which all engines read as a double.
- A small whole number is 32 bits wide by nature: outside comparisons it is written as 64 bits, so that sums and products
  overflow (an error on every engine) at 64 bits.
- Decimals turn into doubles in arithmetic, because engines round products of decimals differently.
- ROUND, FLOOR and CEIL work on doubles and give doubles (Spark would give integers). ROUND goes away from zero at .5.
- LEAST and GREATEST are NULL when an argument is NULL (DuckDB and Spark would skip it).
- LOWER and UPPER change the 26 Latin letters only (engines disagree on ß, İ and others).
- `||` and CONCAT are NULL when a part is NULL (DuckDB's CONCAT would skip it).
- CAST of a double to an integer cuts towards zero (DuckDB and Athena would round).
- EXTRACT counts by UTC; SECOND is whole (Spark would add the fraction); ISODOW is 1 on Monday; EPOCH is seconds as a double.
- LIKE has no escape character: a pattern with a backslash is refused when it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.printing import ADD, ATOM, CONCAT, MULTIPLY, double_text, quoted_string, strength, timestamp_text
from metrics_catalog.expression.types import type_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping

DIALECTS = ("duckdb", "spark", "athena")
_TYPES: Final = {
    ColumnType.INTEGER: {"": "BIGINT"},
    ColumnType.DOUBLE: {"": "DOUBLE"},
    ColumnType.STRING: {"": "VARCHAR", "spark": "STRING"},
    ColumnType.DATE: {"": "DATE"},
    ColumnType.TIMESTAMP: {"": "TIMESTAMP", "spark": "TIMESTAMP_NTZ"},
}
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"


def to_sql(node: n.Node, dialect: str, names: Mapping[str, str] | None = None, types: Mapping[str, ColumnType] | None = None) -> str:
    """SQL for `duckdb`, `spark` or `athena`.

    `names` maps column names to SQL texts (all quoted by the caller); a column it lacks is quoted as it is. `types` gives the
    types of the columns; needed only where some are decimals.
    """
    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect {dialect!r}")
    known = types if types and ColumnType.DECIMAL in types.values() else {}
    return _Printer(dialect, names or {}, known).text(node)


@dataclass(frozen=True)
class _Printer:
    """Prints nodes for one engine; `types` is empty where no column is a decimal, and then not asked."""

    dialect: str
    names: Mapping[str, str]
    types: Mapping[str, ColumnType]

    def text(self, node: n.Node) -> str:
        match node:
            case n.Column():
                return self.names.get(node.name) or self._quoted(node.name)
            case n.Integer():
                return f"CAST({node.value} AS BIGINT)"
            case n.Double():
                text = double_text(node.value)
                return text if "e" in text else f"{text}e0"
            case n.String():
                return self._string(node.value)
            case n.Boolean():
                return "TRUE" if node.value else "FALSE"
            case n.Null():
                return "NULL"
            case n.Date():
                return f"DATE '{node.value.isoformat()}'"
            case n.Timestamp():
                return f"{'TIMESTAMP_NTZ' if self.dialect == 'spark' else 'TIMESTAMP'} '{timestamp_text(node)}'"
            case n.Interval():
                return f"INTERVAL '{node.count}' {node.unit}"
            case n.Arithmetic() | n.Negative():
                return self._arithmetic(node)
            case n.Case() | n.Call() | n.Concat() | n.Extract() | n.Cast():
                return self._value(node)
        return self._condition(node)

    def _quoted(self, name: str) -> str:
        return f"`{name}`" if self.dialect == "spark" else f'"{name}"'

    def _string(self, value: str) -> str:
        escaped = value.replace("\\", "\\\\") if self.dialect == "spark" else value
        return quoted_string(escaped)

    def _held(self, node: n.Node, least: int) -> str:
        text = self.text(node)
        return text if strength(node) >= least or isinstance(node, n.Integer) else f"({text})"

    def _plain(self, node: n.Node) -> str:
        """An operand of a comparison, where the width of a whole number does not matter."""
        return str(node.value) if isinstance(node, n.Integer) else self._held(node, CONCAT)

    def _number(self, node: n.Node, least: int) -> str:
        """An operand of arithmetic: decimals become doubles."""
        decimal = self.types and not isinstance(node, n.Interval | n.Null) and type_of(node, self.types) is ColumnType.DECIMAL
        return self._double(node) if decimal else self._held(node, least)

    def _double(self, node: n.Node) -> str:
        if isinstance(node, n.Double):
            return self.text(node)
        return f"CAST({node.value if isinstance(node, n.Integer) else self.text(node)} AS DOUBLE)"

    def _arithmetic(self, node: n.Arithmetic | n.Negative) -> str:
        if isinstance(node, n.Negative):
            return f"-{self._held(node.operand, ATOM)}"
        if node.op == "/":
            return f"{self._double(node.left)} / {self._divisor(node.right, self._double(node.right))}"
        level = ADD if node.op in ("+", "-") else MULTIPLY
        left, right = self._number(node.left, level), self._number(node.right, level + 1)
        return f"{left} {node.op} {self._divisor(node.right, right) if node.op == '%' else right}"

    @staticmethod
    def _divisor(node: n.Node, text: str) -> str:
        safe = isinstance(node, n.Integer | n.Double) and node.value != 0
        return text if safe else f"NULLIF({text}, 0)"

    def _condition(self, node: n.Node) -> str:
        match node:
            case n.Comparison():
                return f"{self._plain(node.left)} {node.op} {self._plain(node.right)}"
            case n.Logical():
                return f" {node.op} ".join(self._held(operand, strength(node) + 1) for operand in node.operands)
            case n.Not():
                return f"NOT {self._held(node.operand, ATOM)}"
            case n.IsNull():
                return f"{self._held(node.operand, CONCAT)} IS {'NOT ' if node.negated else ''}NULL"
            case n.In():
                values = ", ".join(self._plain(value) for value in node.values)
                return f"{self._plain(node.operand)} {'NOT ' if node.negated else ''}IN ({values})"
            case n.Between():
                word = "NOT BETWEEN" if node.negated else "BETWEEN"
                return f"{self._plain(node.operand)} {word} {self._plain(node.low)} AND {self._plain(node.high)}"
            case n.Like():
                return f"{self._held(node.operand, CONCAT)} {'NOT ' if node.negated else ''}LIKE {self._string(node.pattern)}"
        raise TypeError(type(node).__name__)

    def _value(self, node: n.Node) -> str:
        match node:
            case n.Case():
                branches = " ".join(f"WHEN {self.text(condition)} THEN {self.text(value)}" for condition, value in node.branches)
                otherwise = "" if isinstance(node.otherwise, n.Null) else f" ELSE {self.text(node.otherwise)}"
                return f"CASE {branches}{otherwise} END"
            case n.Concat():
                return "(" + " || ".join(self._held(operand, ATOM) for operand in node.operands) + ")"
            case n.Extract():
                return self._extract(node)
            case n.Cast():
                return self._cast(node)
            case n.Call():
                return self._call(node)
        raise TypeError(type(node).__name__)

    def _call(self, node: n.Call) -> str:
        args = [self.text(arg) for arg in node.args]
        match node.name:
            case "ROUND" | "FLOOR" | "CEIL":
                return f"CAST({node.name}({self._double(node.args[0])}) AS DOUBLE)"
            case "LOWER":
                return f"TRANSLATE({args[0]}, '{_UPPER}', '{_LOWER}')"
            case "UPPER":
                return f"TRANSLATE({args[0]}, '{_LOWER}', '{_UPPER}')"
            case "LEAST" | "GREATEST":
                present = " AND ".join(f"{self._held(arg, CONCAT)} IS NOT NULL" for arg in node.args)
                return f"CASE WHEN {present} THEN {node.name}({', '.join(args)}) END"
            case "SUBSTRING":
                return f"SUBSTRING({', '.join([args[0], *(str(arg.value) for arg in node.args[1:] if isinstance(arg, n.Integer))])})"
        return f"{node.name}({', '.join(args)})"

    def _extract(self, node: n.Extract) -> str:
        operand = self.text(node.operand)
        match node.part, self.dialect:
            case "EPOCH", "duckdb":
                return f"EXTRACT(EPOCH FROM {operand})"
            case "EPOCH", "spark":
                return f"(CAST(UNIX_MICROS(CAST({operand} AS TIMESTAMP)) AS DOUBLE) / 1e6)"
            case "EPOCH", _:
                return f"TO_UNIXTIME({operand})"
            case "ISODOW", "spark":
                return f"CAST(EXTRACT(DAYOFWEEK_ISO FROM {operand}) AS BIGINT)"
            case "ISODOW", "athena":
                return f"DAY_OF_WEEK({operand})"
            case "SECOND", "spark":
                return f"CAST(SECOND({operand}) AS BIGINT)"
            case _, "spark":
                return f"CAST(EXTRACT({node.part} FROM {operand}) AS BIGINT)"
        return f"EXTRACT({node.part} FROM {operand})"

    def _cast(self, node: n.Cast) -> str:
        names = _TYPES[node.type]
        target = names.get(self.dialect, names[""])
        if node.type is ColumnType.INTEGER and self.dialect != "spark":
            cut = "TRUNC" if self.dialect == "duckdb" else "TRUNCATE"
            return f"CAST({cut}({self.text(node.operand)}) AS BIGINT)"
        return f"CAST({self.text(node.operand)} AS {target})"
