"""The language of row filters, as far as it is documented: comparisons of columns with literals, joined by AND, OR and NOT.

No functions, no comparison of columns with columns, no DATE or TIMESTAMP, nothing inside arrays, maps or structs; 2048 characters.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from tests.lab.lake_formation.faults import invalid

LONGEST = 2048
JOINING = (exp.And, exp.Or, exp.Not, exp.Paren)
COMPARING = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In, exp.Like, exp.Is)
WORTH = (exp.Literal, exp.Boolean, exp.Null, exp.Neg)
UNFIT = ("date", "timestamp", "time", "array", "map", "struct", "binary")


def need_condition(text: str, types: Mapping[str, str]) -> None:
    """Refuse what is no filter expression over these columns."""
    if not 1 <= len(text) <= LONGEST:
        raise invalid(f"A filter expression has 1 to {LONGEST} characters, and this one has {len(text)}.")
    try:
        parsed = sqlglot.parse_one(text, dialect="trino")
    except sqlglot.errors.ParseError:
        raise invalid("The filter expression is not valid: it cannot be parsed.") from None
    _condition(parsed, types)


def _condition(node: exp.Expr, types: Mapping[str, str]) -> None:
    if isinstance(node, exp.Boolean):
        return
    if isinstance(node, JOINING):
        for part in (node.this, node.args.get("expression")):
            if part is not None:
                _condition(part, types)
        return
    if not isinstance(node, COMPARING):
        raise invalid(f"The filter expression is not valid: {node.sql(dialect='trino')} is not supported.")
    if isinstance(node, exp.In) and (node.args.get("query") or node.args.get("unnest")):
        raise invalid("The filter expression is not valid: subqueries are not supported.")
    _comparison(node, types)


def _comparison(node: exp.Expr, types: Mapping[str, str]) -> None:
    operands = [part for value in node.args.values() for part in (value if isinstance(value, list) else [value])]
    columns = [part for part in operands if isinstance(part, exp.Column)]
    if len(columns) != 1:
        raise invalid("The filter expression is not valid: a comparison has one column and literals.")
    for part in operands:
        if isinstance(part, exp.Expr) and not isinstance(part, (exp.Column, *WORTH)):
            raise invalid(f"The filter expression is not valid: {part.sql(dialect='trino')} is not supported.")
    name = columns[0].name.lower()
    if columns[0].table or name not in types:
        raise invalid(f"The filter expression is not valid: column {columns[0].sql(dialect='trino')} cannot be resolved.")
    if types[name].lower().startswith(UNFIT):
        raise invalid(f"The filter expression is not valid: columns of type {types[name]} are not supported, such as {name}.")
