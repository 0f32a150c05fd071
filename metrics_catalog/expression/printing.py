"""Nodes back into one canonical text. It is part of the digests that people sign, so its form is ours and never changes.

Key words are upper case, names lower case, one space between words, only the brackets that are needed. Reading a canonical
text gives the same nodes again.
"""

from __future__ import annotations

from functools import singledispatch

from metrics_catalog.expression import nodes as n

OR, AND, NOT, COMPARE, CONCAT, ADD, MULTIPLY, MINUS, ATOM = range(1, 10)
"""How tightly a node holds together; an operand that holds less tightly than its place needs gets brackets."""

_RESERVED_WORDS = """
    all and any array as asc between by case cast collate comment current_date current_time current_timestamp desc
    distinct else end escape except exists extract false filter from group having if ilike in intersect interval into is
    isnull join lambda like limit localtimestamp map not notnull null offset on or order over pivot select set some
    struct symmetric table then timestamp date time true try_cast union unpivot using values when where window with ceil
    ceiling
"""
RESERVED = frozenset(_RESERVED_WORDS.split())
"""Words that a column may be called only in double quotes."""


def canonical(node: n.Node) -> str:
    """One text for all ways to write the same nodes."""
    return _text(node)


def strength(node: n.Node) -> int:
    """How tightly a node holds its parts together, from OR to ATOM."""
    match node:
        case n.Logical(op="OR"):
            return OR
        case n.Logical():
            return AND
        case n.Not():
            return NOT
        case n.Comparison() | n.IsNull() | n.In() | n.Between() | n.Like():
            return COMPARE
        case n.Concat():
            return CONCAT
        case n.Arithmetic(op="+") | n.Arithmetic(op="-"):
            return ADD
        case n.Arithmetic():
            return MULTIPLY
        case n.Negative():
            return MINUS
        case n.Integer() | n.Double() if node.value < 0 or str(node.value).startswith("-"):
            return MINUS
    return ATOM


def _held(node: n.Node, least: int) -> str:
    text = _text(node)
    return text if strength(node) >= least else f"({text})"


def quoted_string(value: str) -> str:
    """A text as a SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def double_text(value: float) -> str:
    """The shortest text that reads back as the same double."""
    return repr(value)


def timestamp_text(node: n.Timestamp) -> str:
    """`2026-01-31 12:00:00`, with six digits of fraction where there is one."""
    return node.value.isoformat(sep=" ")


@singledispatch
def _text(node: n.Node) -> str:
    raise TypeError(type(node).__name__)


@_text.register(n.Column)
def _column(node: n.Column) -> str:
    return f'"{node.name}"' if node.name in RESERVED else node.name


@_text.register(n.Integer)
def _integer(node: n.Integer) -> str:
    return str(node.value)


@_text.register(n.Double)
def _double(node: n.Double) -> str:
    return double_text(node.value)


@_text.register(n.String)
def _string(node: n.String) -> str:
    return quoted_string(node.value)


@_text.register(n.Boolean)
def _boolean(node: n.Boolean) -> str:
    return "TRUE" if node.value else "FALSE"


@_text.register(n.Null)
def _null(node: n.Null) -> str:
    return "NULL"


@_text.register(n.Date)
def _date(node: n.Date) -> str:
    return f"DATE '{node.value.isoformat()}'"


@_text.register(n.Timestamp)
def _timestamp(node: n.Timestamp) -> str:
    return f"TIMESTAMP '{timestamp_text(node)}'"


@_text.register(n.Interval)
def _interval(node: n.Interval) -> str:
    return f"INTERVAL '{node.count}' {node.unit}"


@_text.register(n.Arithmetic)
def _arithmetic(node: n.Arithmetic) -> str:
    level = strength(node)
    return f"{_held(node.left, level)} {node.op} {_held(node.right, level + 1)}"


@_text.register(n.Negative)
def _negative(node: n.Negative) -> str:
    return f"-{_held(node.operand, ATOM)}"


@_text.register(n.Comparison)
def _comparison(node: n.Comparison) -> str:
    return f"{_held(node.left, CONCAT)} {node.op} {_held(node.right, CONCAT)}"


@_text.register(n.Logical)
def _logical(node: n.Logical) -> str:
    return f" {node.op} ".join(_held(operand, strength(node) + 1) for operand in node.operands)


@_text.register(n.Not)
def _not(node: n.Not) -> str:
    return f"NOT {_held(node.operand, COMPARE)}"


@_text.register(n.IsNull)
def _is_null(node: n.IsNull) -> str:
    return f"{_held(node.operand, CONCAT)} IS {'NOT ' if node.negated else ''}NULL"


@_text.register(n.In)
def _in(node: n.In) -> str:
    values = ", ".join(_text(value) for value in node.values)
    return f"{_held(node.operand, CONCAT)} {'NOT ' if node.negated else ''}IN ({values})"


@_text.register(n.Between)
def _between(node: n.Between) -> str:
    word = "NOT BETWEEN" if node.negated else "BETWEEN"
    return f"{_held(node.operand, CONCAT)} {word} {_held(node.low, CONCAT)} AND {_held(node.high, CONCAT)}"


@_text.register(n.Like)
def _like(node: n.Like) -> str:
    return f"{_held(node.operand, CONCAT)} {'NOT ' if node.negated else ''}LIKE {quoted_string(node.pattern)}"


@_text.register(n.Case)
def _case(node: n.Case) -> str:
    branches = " ".join(f"WHEN {_text(condition)} THEN {_text(value)}" for condition, value in node.branches)
    otherwise = "" if isinstance(node.otherwise, n.Null) else f" ELSE {_text(node.otherwise)}"
    return f"CASE {branches}{otherwise} END"


@_text.register(n.Call)
def _call(node: n.Call) -> str:
    return f"{node.name}({', '.join(_text(arg) for arg in node.args)})"


@_text.register(n.Concat)
def _concat(node: n.Concat) -> str:
    return " || ".join(_held(operand, ATOM) for operand in node.operands)


@_text.register(n.Extract)
def _extract(node: n.Extract) -> str:
    return f"EXTRACT({node.part} FROM {_text(node.operand)})"


@_text.register(n.Cast)
def _cast(node: n.Cast) -> str:
    return f"CAST({_text(node.operand)} AS {CAST_NAMES[node.type.value]})"


CAST_NAMES = {"integer": "BIGINT", "double": "DOUBLE", "string": "VARCHAR", "date": "DATE", "timestamp": "TIMESTAMP"}
