"""Row conditions in the filter language of Lake Formation (a subset of PartiQL), or the reason why one cannot be said there.

A condition is brought into a form without NOT: negation is moved inwards, where it turns `<` into `>=` and the like, which keeps
three-valued logic. Then only "is TRUE" matters, so what can never be TRUE is left out. What is left are comparisons of one column
with written values, joined by AND and OR. Anything else is refused, never widened. Used by `compile.py`.

Documented by AWS and not tried on an account: which types and operators there are, and that names which are words of the language
are put in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from governance.access.predicate import is_true
from governance.lake_formation.compiling.forms import FALSE, TRUE, Form, joined, split
from governance.lake_formation.compiling.reserved import RESERVED
from governance.lake_formation.compiling.written import NotExpressibleError, number, refuse, text
from governance.lake_formation.limits import CONDITION_LENGTH
from metrics_catalog.expression import nodes as n
from metrics_catalog.source import ColumnType

MIRRORED: Mapping[n.ComparisonOp, n.ComparisonOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
OPPOSITE: Mapping[n.ComparisonOp, n.ComparisonOp] = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE)
NO_TYPE = {ColumnType.DATE: "dates", ColumnType.TIMESTAMP: "time stamps"}

_NESTED = ("array", "map", "struct")
_FIXED_TEXT = re.compile(r"char\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class Ground:
    """What a condition is about: the types of the columns as we know them, and as the Glue catalog writes them."""

    types: Mapping[str, ColumnType]
    glue_types: Mapping[str, str] = field(default_factory=dict)
    partitions: frozenset[str] = frozenset()


def conditions(nodes: Iterable[n.Node], ground: Ground, limit: int = CONDITION_LENGTH) -> tuple[str, ...] | None:
    """Texts of which one is TRUE where one of the nodes is, each within the limit; None: on every row; nothing: on no row.

    Raises NotExpressibleError for a node that cannot be said.
    """
    form = joined("OR", [form_of(node, ground) for node in nodes])
    if form is TRUE:
        return None
    if form is FALSE:
        return ()
    texts = split(form, limit)
    if texts is None:
        long = max(length(text) for text in split(form, 10**9) or ("",))
        raise NotExpressibleError(f"it is {long} characters long there, and Lake Formation takes {limit}", "RNG-GOV-093")
    return texts


def length(text: str) -> int:
    """Characters as AWS counts them: those beyond the first 65,536 of Unicode count twice."""
    return len(text.encode("utf-16-le")) // 2


def form_of(node: n.Node, ground: Ground, negated: bool = False) -> Form:
    """A node, or its negation, without NOT; raises NotExpressibleError."""
    return _Reading(ground).form(node, negated)


class _Reading:
    """One condition being read."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def form(self, node: n.Node, negated: bool) -> Form:
        if not any(isinstance(part, n.Column) for part in n.walk(node)):
            return TRUE if _is_always_true(node, negated) else FALSE
        match node:
            case n.Logical():
                op = OPPOSITES[node.op] if negated else node.op
                return joined(op, [self.form(each, negated) for each in node.operands])
            case n.Not():
                return self.form(node.operand, not negated)
            case n.Column():
                return f"{self._name(node)} = {'FALSE' if negated else 'TRUE'}"
            case n.Comparison():
                return self._comparison(node, negated)
            case n.IsNull():
                return self._is_null(node, negated is not node.negated)
            case n.In():
                return self._in(node, negated is not node.negated)
            case n.Between():
                low, high = n.Comparison("<=", node.low, node.operand), n.Comparison("<=", node.operand, node.high)
                return self.form(n.Logical("AND", (low, high)), negated is not node.negated)
            case n.Like():
                return self._like(node, negated is not node.negated)
        return refuse(f"it uses {_called(node)}")

    def _comparison(self, node: n.Comparison, negated: bool) -> Form:
        left, op, right = _oriented(node)
        if isinstance(right, n.Boolean) and op in ("=", "<>"):
            return self.form(left, negated is not (right.value is (op == "<>")))
        if not isinstance(left, n.Column):
            return refuse(f"it uses {_called(left)}")
        if not _is_literal(right):
            return refuse("it compares a column with another one" if _has_column(right) else f"it uses {_called(right)}")
        name, value = self._name(left), self._value(left, right)
        return FALSE if value is None else f"{name} {OPPOSITE[op] if negated else op} {value}"

    def _is_null(self, node: n.IsNull, negated: bool) -> Form:
        if not isinstance(node.operand, n.Column):
            return refuse(f"it asks whether {_called(node.operand)} is NULL")
        name = self._name(node.operand)
        if node.operand.name in self._ground.partitions:
            return refuse(f"it asks whether the partition column `{node.operand.name}` is NULL")
        return f"{name} IS NOT NULL" if negated else f"{name} IS NULL"

    def _in(self, node: n.In, negated: bool) -> Form:
        if not isinstance(node.operand, n.Column) or not all(map(_is_literal, node.values)):
            each = [self.form(n.Comparison("=", node.operand, value), negated) for value in node.values]
            return joined("AND" if negated else "OR", each)
        name, values = self._name(node.operand), [self._value(node.operand, value) for value in node.values]
        known = sorted({value for value in values if value is not None})
        if (negated and None in values) or not known:
            return FALSE
        if len(known) == 1:
            return f"{name} {'<>' if negated else '='} {known[0]}"
        return f"{name} {'NOT IN' if negated else 'IN'} ({', '.join(known)})"

    def _like(self, node: n.Like, negated: bool) -> Form:
        if not isinstance(node.operand, n.Column):
            return refuse(f"it uses {_called(node.operand)}")
        return f"{self._name(node.operand)} {'NOT LIKE' if negated else 'LIKE'} {text(node.pattern)}"

    def _name(self, column: n.Column) -> str:
        """The column as it is written there; refuses types that the filter language does not have."""
        name, kind = column.name, self._ground.types.get(column.name)
        if kind is None:
            refuse(f"it reads `{name}`, which the saved copy does not have")
        glue = self._ground.glue_types.get(name, "").strip().lower()
        if kind in NO_TYPE or glue.startswith(("date", "timestamp")):
            refuse(f"it reads `{name}`, and filters know no {NO_TYPE.get(kind, 'dates and time stamps')}")
        if glue.startswith(_NESTED):
            refuse(f"it reads `{name}`, which holds lists or parts ({glue})")
        if _FIXED_TEXT.match(glue):
            refuse(f"it reads `{name}`, a {glue}: engines do not agree whether the spaces at its end count")
        return f'"{name}"' if name in RESERVED else name

    def _value(self, column: n.Column, literal: n.Node) -> str | None:
        """A written value; None for NULL, with which no comparison is TRUE."""
        kind = self._ground.types[column.name]
        match literal:
            case n.Null():
                return None
            case n.String():
                return text(literal.value)
            case n.Boolean():
                return "TRUE" if literal.value else "FALSE"
            case n.Negative():
                return number(-literal.operand.value, kind)  # type: ignore[attr-defined]
            case n.Integer() | n.Double():
                return number(literal.value, kind)
        return refuse(f"it uses {_called(literal)}")


OPPOSITES = {"AND": "OR", "OR": "AND"}


def _is_always_true(node: n.Node, negated: bool) -> bool:
    """Whether a condition that reads no column is TRUE; raises NotExpressibleError where nobody can tell."""
    try:
        return is_true(n.Not(node) if negated else node, {}, {})
    except (ValueError, ArithmeticError):
        return refuse("a number in it overflows")


def _oriented(node: n.Comparison) -> tuple[n.Node, n.ComparisonOp, n.Node]:
    """The comparison with its written value on the right, and what is no column but could stand on the right, too."""
    turned = _is_literal(node.left) or (isinstance(node.right, n.Column) and not isinstance(node.left, n.Column))
    return (node.right, MIRRORED[node.op], node.left) if turned and not _is_literal(node.right) else (node.left, node.op, node.right)


def _is_literal(node: n.Node) -> bool:
    if isinstance(node, n.Negative):
        return isinstance(node.operand, n.Integer | n.Double)
    return isinstance(node, n.String | n.Integer | n.Double | n.Boolean | n.Null | n.Date | n.Timestamp)


def _has_column(node: n.Node) -> bool:
    return any(isinstance(part, n.Column) for part in n.walk(node))


_WORDS: Mapping[type[n.Node], str] = {
    n.Arithmetic: "arithmetic",
    n.Negative: "arithmetic",
    n.Concat: "`||`",
    n.Extract: "EXTRACT",
    n.Cast: "CAST",
    n.Case: "CASE",
    n.Date: "a date",
    n.Timestamp: "a time stamp",
    n.Column: "a column as a value",
}


def _called(node: n.Node) -> str:
    return f"the function {node.name}" if isinstance(node, n.Call) else _WORDS.get(type(node), "a condition as a value")
