"""Expressions read by another parser: sqlglot's DuckDB grammar, its tree turned into our nodes.

The oracle of `metrics_catalog.expression.grammar`: whatever that grammar accepts must mean the same here. sqlglot forgives
more, so every class of its tree that is not named in `_READERS` is refused, and so is what `scanning.py` refuses.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.errors import ALWAYS_NULL, BAD_LITERAL, OUTSIDE, TOO_LARGE, UNREADABLE, ExpressionError
from metrics_catalog.expression.functions import ARGUMENTS, TIMESTAMP_PARTS
from metrics_catalog.expression.scanning import Token, scan
from metrics_catalog.finding import did_you_mean
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable

_MIRRORED: dict[n.ComparisonOp, n.ComparisonOp] = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_CAST_TYPES = {
    exp.DType.BIGINT: ColumnType.INTEGER,
    exp.DType.INT: ColumnType.INTEGER,
    exp.DType.DOUBLE: ColumnType.DOUBLE,
    exp.DType.TEXT: ColumnType.STRING,
    exp.DType.VARCHAR: ColumnType.STRING,
    exp.DType.DATE: ColumnType.DATE,
    exp.DType.TIMESTAMP: ColumnType.TIMESTAMP,
    exp.DType.TIMESTAMPNTZ: ColumnType.TIMESTAMP,
}
_INTERVAL_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY")
_MICRO = dt.timedelta(microseconds=1)


def read(text: str) -> n.Node:
    """Nodes of a text; raises ExpressionError."""
    tokens = scan(text)
    try:
        node = _read(sqlglot.parse_one(text, read="duckdb", into=exp.Condition))
    except SqlglotError as error:
        raise _unreadable(text, tokens, error) from error
    except RecursionError as error:
        raise ExpressionError("The expression is nested too deeply.", "Split it into several metrics.", 0, TOO_LARGE) from error
    if any(isinstance(part, n.Integer) and part.value >= 2**63 for part in n.walk(node)):
        raise ExpressionError(f"{2**63} does not fit into 64 bits.", "Write it with a point to get a double.", 0, BAD_LITERAL)
    return node


def _unreadable(text: str, tokens: list[Token], error: SqlglotError) -> ExpressionError:
    faults = getattr(error, "errors", None) or [{}]
    line, column = faults[0].get("line"), faults[0].get("col")
    position = tokens[-1].position
    if line and column:
        before = text.split("\n")[: line - 1]
        position = min(sum(len(one) + 1 for one in before) + column - 1, len(text))
    near = max((token for token in tokens if token.position <= position), key=lambda token: token.position, default=tokens[0])
    hint = "Look for a missing operator, AND or OR; a column named like a word of SQL is written in double quotes."
    return ExpressionError(f"The expression cannot be read near `{near.text}`.", hint, near.position, UNREADABLE)


def _read(tree: exp.Expr) -> n.Node:
    reader = _READERS.get(type(tree))
    if reader is None:
        raise _outside(tree)
    return reader(tree)


def _outside(tree: exp.Expr) -> ExpressionError:
    shown = tree.sql(dialect="duckdb")
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    message = f"`{shown}` is outside the allowed SQL."
    return ExpressionError(message, "The guide to expressions lists what is allowed.", _position(tree), OUTSIDE)


def _position(tree: exp.Expr) -> int:
    return next((int(part.meta["start"]) for part in tree.walk() if part.meta and "start" in part.meta), 0)


def _only(tree: exp.Expr, *names: str) -> None:
    """Refuse a construct that carries anything besides the named parts, such as a table before a column."""
    for name, value in tree.args.items():
        if name not in names and value:
            raise _outside(tree)


def _part(tree: exp.Expr, name: str) -> n.Node:
    value = tree.args.get(name)
    if not isinstance(value, exp.Expr):
        raise _outside(tree)
    return _read(value)


def _column(tree: exp.Expr) -> n.Node:
    _only(tree, "this")
    identifier = tree.this
    if not isinstance(identifier, exp.Identifier):
        raise _outside(tree)
    name = str(identifier.this)
    return n.Column(name if identifier.args.get("quoted") else name.lower(), _position(identifier))


def _literal(tree: exp.Expr) -> n.Node:
    text = str(tree.this)
    if tree.args.get("is_string"):
        return n.String(text)
    if re.fullmatch(r"[0-9]+", text):
        value = int(text)
        if value > 2**63:  # 2^63 itself is read, because a minus sign may follow from above
            raise ExpressionError(
                f"{text} does not fit into 64 bits.", "Write it with a point to get a double.", _position(tree), BAD_LITERAL
            )
        return n.Integer(value)
    number = float(text)
    if math.isinf(number):
        raise ExpressionError(f"{text} is too large for a double.", "", _position(tree), BAD_LITERAL)
    return n.Double(number)


def _negative(tree: exp.Expr) -> n.Node:
    operand = _part(tree, "this")
    if isinstance(operand, n.Integer):
        return n.Integer(-operand.value)
    if isinstance(operand, n.Double):
        return n.Double(-operand.value)
    return n.Negative(operand)


def _arithmetic(op: n.ArithmeticOp) -> Callable[[exp.Expr], n.Node]:
    def read_arithmetic(tree: exp.Expr) -> n.Node:
        _only(tree, "this", "expression")
        return n.Arithmetic(op, _part(tree, "this"), _part(tree, "expression"))

    return read_arithmetic


def _comparison(op: n.ComparisonOp) -> Callable[[exp.Expr], n.Node]:
    def read_comparison(tree: exp.Expr) -> n.Node:
        return _compare(op, _part(tree, "this"), _part(tree, "expression"), tree)

    return read_comparison


def _compare(op: n.ComparisonOp, left: n.Node, right: n.Node, tree: exp.Expr) -> n.Node:
    if isinstance(left, n.Null) or isinstance(right, n.Null):
        raise ExpressionError("A comparison with NULL is never true.", "Write IS NULL or IS NOT NULL.", _position(tree), ALWAYS_NULL)
    if _constant(left) and not _constant(right):
        left, right, op = right, left, _MIRRORED[op]
    return n.Comparison(op, left, right)


def _constant(node: n.Node) -> bool:
    return not any(isinstance(part, n.Column) for part in n.walk(node))


def _logical(op: n.LogicalOp) -> Callable[[exp.Expr], n.Node]:
    def read_logical(tree: exp.Expr) -> n.Node:
        operands: list[n.Node] = []
        waiting: list[exp.Expr] = [tree]
        while waiting:  # a long chain is a deep tree of sqlglot's, so it is walked without recursion
            present = waiting.pop()
            bare = present.unnest() if isinstance(present, exp.Paren) else present
            if type(bare) is type(tree):
                waiting += [bare.args["expression"], bare.args["this"]]
            else:
                operands.append(_read(bare))
        return n.Logical(op, tuple(operands))

    return read_logical


def _not(tree: exp.Expr) -> n.Node:
    operand = _part(tree, "this")
    match operand:
        case n.Not():
            return operand.operand
        case n.IsNull():
            return n.IsNull(operand.operand, not operand.negated)
        case n.In():
            return n.In(operand.operand, operand.values, not operand.negated)
        case n.Between():
            return n.Between(operand.operand, operand.low, operand.high, not operand.negated)
        case n.Like():
            return n.Like(operand.operand, operand.pattern, not operand.negated)
    return n.Not(operand)


def _is(tree: exp.Expr) -> n.Node:
    if not isinstance(tree.args.get("expression"), exp.Null):
        hint = "Write the condition itself, or NOT before it." if isinstance(tree.args.get("expression"), exp.Boolean) else ""
        raise ExpressionError("IS stands only before NULL and NOT NULL.", hint, _position(tree), OUTSIDE)
    return n.IsNull(_part(tree, "this"))


def _in(tree: exp.Expr) -> n.Node:
    _only(tree, "this", "expressions")
    values = tuple(_read(value) for value in tree.args.get("expressions") or ())
    if not values:
        raise ExpressionError("IN needs at least one value.", "Write IN ('a', 'b').", _position(tree), UNREADABLE)
    if any(isinstance(value, n.Null) for value in values):
        raise ExpressionError("NULL in a list is never found.", "Add `OR x IS NULL`.", _position(tree), ALWAYS_NULL)
    return n.In(_part(tree, "this"), values)


def _between(tree: exp.Expr) -> n.Node:
    _only(tree, "this", "low", "high")
    return n.Between(_part(tree, "this"), _part(tree, "low"), _part(tree, "high"))


def _like(tree: exp.Expr) -> n.Node:
    _only(tree, "this", "expression", "negate")
    pattern = tree.args.get("expression")
    if not isinstance(pattern, exp.Literal) or not pattern.is_string:
        raise ExpressionError("LIKE needs a written pattern.", "Write LIKE 'text%'.", _position(tree), OUTSIDE)
    if "\\" in pattern.this:
        message = "A pattern must not hold `\\`: engines disagree on what it means."
        raise ExpressionError(message, "Use SUBSTRING or `=`.", _position(tree), BAD_LITERAL)
    return n.Like(_part(tree, "this"), str(pattern.this), bool(tree.args.get("negate")))


def _case(tree: exp.Expr) -> n.Node:
    subject = _read(tree.this) if tree.args.get("this") is not None else None
    branches = []
    for branch in tree.args["ifs"]:
        condition = _part(branch, "this")
        if subject is not None:
            condition = _compare("=", subject, condition, branch)
        branches.append((condition, _part(branch, "true")))
    default = tree.args.get("default")
    return n.Case(tuple(branches), _read(default) if default is not None else n.Null())


def _cast(tree: exp.Expr) -> n.Node:
    written = tree.args["to"]
    target = _CAST_TYPES.get(written.this)
    literal = tree.this
    if isinstance(literal, exp.Literal) and literal.is_string and target in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return _moment(str(literal.this), target, literal)
    if target is None or written.expressions:
        shown = written.sql(dialect="duckdb")
        raise ExpressionError(
            f"CAST to `{shown}` is not known.", "Known: BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP.", _position(tree), OUTSIDE
        )
    return n.Cast(_part(tree, "this"), target)


def _moment(text: str, target: ColumnType, tree: exp.Expr) -> n.Node:
    try:
        if target is ColumnType.DATE:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
                raise ValueError(text)
            return n.Date(dt.date.fromisoformat(text))
        if not re.fullmatch(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?", text):
            raise ValueError(text)
        return n.Timestamp(dt.datetime.fromisoformat(_six_digits(text)))
    except ValueError as error:
        kind, shape = ("date", "2026-01-31") if target is ColumnType.DATE else ("time stamp", "2026-01-31 23:59:59")
        raise ExpressionError(f"'{text}' is not a {kind}.", f"Write '{shape}'; times are UTC.", _position(tree), BAD_LITERAL) from error


def _six_digits(text: str) -> str:
    head, point, fraction = text.partition(".")
    return f"{head}.{fraction:0<6}" if point else head


def _interval(tree: exp.Expr) -> n.Node:
    count, unit = str(tree.this.this if tree.this is not None else ""), str(tree.args.get("unit") or "").upper().removesuffix("S")
    if not re.fullmatch(r"\d{1,9}", count) or unit not in _INTERVAL_UNITS:
        message = f"`{tree.sql(dialect='duckdb')}` is not an interval of fixed length."
        raise ExpressionError(message, "Write INTERVAL '1' HOUR; units are SECOND, MINUTE, HOUR and DAY.", _position(tree), BAD_LITERAL)
    return n.Interval(int(count), cast("n.IntervalUnit", unit))


def _extract(tree: exp.Expr) -> n.Node:
    part = str(tree.this).upper()
    if part not in TIMESTAMP_PARTS:
        hint = did_you_mean(part, TIMESTAMP_PARTS) or f"known: {', '.join(sorted(TIMESTAMP_PARTS))}"
        raise ExpressionError(f"EXTRACT does not know the part `{part}`.", hint[0].upper() + hint[1:], _position(tree), OUTSIDE)
    return n.Extract(part, _part(tree, "expression"))


def _concat(tree: exp.Expr) -> n.Node:
    parts = tree.args["expressions"] if isinstance(tree, exp.Concat) else (tree.this, tree.args["expression"])
    operands: list[n.Node] = []
    for part in parts:
        node = _read(part)
        operands.extend(node.operands if isinstance(node, n.Concat) else (node,))
    return n.Concat(tuple(operands))


def _call(name: str, *parts: str) -> Callable[[exp.Expr], n.Node]:
    def read_call(tree: exp.Expr) -> n.Node:
        args: list[n.Node] = []
        for part in parts:
            value: Any = tree.args.get(part)
            values = value if isinstance(value, list) else [value] if value is not None else []
            args.extend(_read(one) for one in values)
        return _checked_call(name, tuple(args), tree)

    return read_call


def _checked_call(name: str, args: tuple[n.Node, ...], tree: exp.Expr) -> n.Call:
    least, most = ARGUMENTS[name]
    if tree.args.get("decimals") is not None or tree.args.get("to") is not None or not least <= len(args) <= most:
        hint = (
            "ROUND to whole numbers only: engines disagree on the last digit; round where the number is shown." if name == "ROUND" else ""
        )
        raise ExpressionError(f"{name} is given a wrong number of arguments.", hint, _position(tree), OUTSIDE)
    if name == "SUBSTRING" and not all(
        isinstance(arg, n.Integer) and arg.value >= least_value for arg, least_value in zip(args[1:], (1, 0), strict=False)
    ):
        message = "SUBSTRING needs a written start (from 1) and a written length."
        raise ExpressionError(message, "Write SUBSTRING(x, 1, 3).", _position(tree), OUTSIDE)
    return n.Call(name, args)


_READERS: dict[type[exp.Expr], Callable[[exp.Expr], n.Node]] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: lambda tree: n.Boolean(bool(tree.this)),
    exp.Null: lambda _: n.Null(),
    exp.Paren: lambda tree: _part(tree, "this"),
    exp.Neg: _negative,
    exp.Add: _arithmetic("+"),
    exp.Sub: _arithmetic("-"),
    exp.Mul: _arithmetic("*"),
    exp.Div: _arithmetic("/"),
    exp.Mod: _arithmetic("%"),
    exp.EQ: _comparison("="),
    exp.NEQ: _comparison("<>"),
    exp.LT: _comparison("<"),
    exp.LTE: _comparison("<="),
    exp.GT: _comparison(">"),
    exp.GTE: _comparison(">="),
    exp.And: _logical("AND"),
    exp.Or: _logical("OR"),
    exp.Not: _not,
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Interval: _interval,
    exp.Extract: _extract,
    exp.DPipe: _concat,
    exp.Concat: _concat,
    exp.Coalesce: _call("COALESCE", "this", "expressions"),
    exp.Nullif: _call("NULLIF", "this", "expression"),
    exp.Abs: _call("ABS", "this"),
    exp.Round: _call("ROUND", "this"),
    exp.Floor: _call("FLOOR", "this"),
    exp.Ceil: _call("CEIL", "this"),
    exp.Least: _call("LEAST", "this", "expressions"),
    exp.Greatest: _call("GREATEST", "this", "expressions"),
    exp.Lower: _call("LOWER", "this"),
    exp.Upper: _call("UPPER", "this"),
    exp.Length: _call("LENGTH", "this"),
    exp.Substring: _call("SUBSTRING", "this", "start", "length"),
}
