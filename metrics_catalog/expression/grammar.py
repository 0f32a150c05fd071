"""Tokens into nodes, by descent from OR to single values. What stands beside this grammar is outside the subset.

Used by `parse`. Nodes are put into one form on the way: a constant left of a comparison changes sides, AND and OR are flat,
NOT moves into IN, BETWEEN, LIKE and IS NULL, `CASE x WHEN 1` becomes `CASE WHEN x = 1`. Depth is bounded by `scanning.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from metrics_catalog.expression import nodes as n
from metrics_catalog.expression.calls import called
from metrics_catalog.expression.errors import ALWAYS_NULL, BAD_LITERAL, OUTSIDE, UNREADABLE, ExpressionError
from metrics_catalog.expression.forms import compared, concatenated, negated
from metrics_catalog.expression.functions import FUNCTION_NAMES, TIMESTAMP_PARTS
from metrics_catalog.expression.literals import interval, moment, number
from metrics_catalog.expression.scanning import Token, scan
from metrics_catalog.finding import did_you_mean
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARISONS: dict[str, n.ComparisonOp] = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CAST_TYPES = {
    **dict.fromkeys(("bigint", "int", "integer"), ColumnType.INTEGER),
    **dict.fromkeys(("varchar", "text", "string"), ColumnType.STRING),
    "double": ColumnType.DOUBLE,
    "date": ColumnType.DATE,
    "timestamp": ColumnType.TIMESTAMP,
}
_WORDS = frozenset(
    ["and", "or", "not", "in", "is", "like", "between", "case", "when", "then", "else", "end", "null", "true", "false", "from", "as"]
)
"""Words that no column is called without quotes."""

_END = Token("end", "", -1)


def read(text: str) -> n.Node:
    """Nodes of a text; raises ExpressionError."""
    reader = _Reader(scan(text))
    node = reader.condition()
    if reader.next.kind != "end":
        raise reader.unreadable()
    return node


class _Reader:
    """Reads tokens from the left; `next` is the one not yet taken, `word` its text: lower case where it is a bare word.

    `word` is empty for numbers, texts and quoted names, so that none of them is taken for a word or symbol of the grammar.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._last = tokens[-1]
        self._tokens = iter([*((token, _word(token)) for token in tokens), (_END, "")])
        self.next, self.word = next(self._tokens)

    def _take(self) -> Token:
        token = self.next
        if token is not _END:
            self.next, self.word = next(self._tokens)
        return token

    def _accept(self, word: str) -> bool:
        """Take the next word or symbol if it is this one."""
        if self.word != word:
            return False
        self.next, self.word = next(self._tokens)
        return True

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise self.unreadable(f"Expected `{word.upper()}` here.")

    def unreadable(self, hint: str = "") -> ExpressionError:
        """The error for a token that cannot stand where it does."""
        token = self.next if self.next.kind != "end" else self._last
        usual = "Look for a missing operator, AND or OR; a column named like a word of SQL is written in double quotes."
        return ExpressionError(f"The expression cannot be read near `{token.text}`.", hint or usual, token.position, UNREADABLE)

    def condition(self) -> n.Node:
        """Conditions joined by OR."""
        return self._chain("OR", self._conjunction)

    def _conjunction(self) -> n.Node:
        return self._chain("AND", self._negation)

    def _chain(self, op: n.LogicalOp, operand: Callable[[], n.Node]) -> n.Node:
        operands = [operand()]
        while self._accept(op.lower()):
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        flat = (part.operands if isinstance(part, n.Logical) and part.op == op else (part,) for part in operands)
        return n.Logical(op, tuple(inner for group in flat for inner in group))

    def _negation(self) -> n.Node:
        return negated(self._negation()) if self._accept("not") else self._comparison()

    def _comparison(self) -> n.Node:
        start = self.next
        node = self._compared(self._joined(), start.position)
        if self.word in _COMPARISONS or self.word in ("is", "in", "like", "between"):
            raise self.unreadable("Put brackets around the first comparison.")
        return node

    def _compared(self, left: n.Node, position: int) -> n.Node:
        if self.word in _COMPARISONS:
            op = _COMPARISONS[self._take().text]
            return compared(op, left, self._joined(), position)
        if self._accept("is"):
            return self._is_null(left, position)
        found = self._accept("not")
        if self._accept("in"):
            return n.In(left, self._listed(), found)
        if self._accept("like"):
            return n.Like(left, self._pattern(), found)
        if self._accept("between"):
            low = self._joined()
            self._expect("and")
            return n.Between(left, low, self._joined(), found)
        if found:
            raise self.unreadable("NOT stands before a condition, or before IN, LIKE and BETWEEN.")
        return left

    def _is_null(self, left: n.Node, position: int) -> n.Node:
        found = self._accept("not")
        if not self._accept("null"):
            hint = "Write the condition itself, or NOT before it." if self.word in ("true", "false") else ""
            raise ExpressionError("IS stands only before NULL and NOT NULL.", hint, position, OUTSIDE)
        return n.IsNull(left, found)

    def _listed(self) -> tuple[n.Node, ...]:
        position = self.next.position
        self._expect("(")
        if self._accept(")"):
            raise ExpressionError("IN needs at least one value.", "Write IN ('a', 'b').", position, UNREADABLE)
        values = self._arguments()
        if any(isinstance(value, n.Null) for value in values):
            raise ExpressionError("NULL in a list is never found.", "Add `OR x IS NULL`.", position, ALWAYS_NULL)
        return values

    def _pattern(self) -> str:
        token = self.next
        if token.kind != "string":
            raise ExpressionError("LIKE needs a written pattern.", "Write LIKE 'text%'.", max(token.position, 0), OUTSIDE)
        self._take()
        if self.word == "||":
            raise ExpressionError("LIKE needs a written pattern.", "Write LIKE 'text%'.", token.position, OUTSIDE)
        if "\\" in token.text:
            message = "A pattern must not hold `\\`: engines disagree on what it means."
            raise ExpressionError(message, "Use SUBSTRING or `=`.", token.position, BAD_LITERAL)
        return _unquoted(token)

    def _joined(self) -> n.Node:
        """Texts joined by `||`, else a sum."""
        operands = [self._sum()]
        while self._accept("||"):
            operands.append(self._sum())
        return operands[0] if len(operands) == 1 else concatenated(operands)

    def _sum(self) -> n.Node:
        node = self._product()
        while self.word in ("+", "-"):
            op = cast("n.ArithmeticOp", self._take().text)
            node = n.Arithmetic(op, node, self._product())
        return node

    def _product(self) -> n.Node:
        node = self._signed()
        while self.word in ("*", "/", "%"):
            op = cast("n.ArithmeticOp", self._take().text)
            node = n.Arithmetic(op, node, self._signed())
        return node

    def _signed(self) -> n.Node:
        if self._accept("+"):
            return self._signed()
        if not self._accept("-"):
            return self._value()
        if self.next.kind == "number":
            token = self._take()
            return number(token.text, token.position, negative=True)
        operand = self._signed()
        if isinstance(operand, n.Integer) and operand.value > -(2**63):
            return n.Integer(-operand.value)
        return n.Double(-operand.value) if isinstance(operand, n.Double) else n.Negative(operand)

    def _value(self) -> n.Node:
        token = self.next
        if token.kind == "number":
            self._take()
            return number(token.text, token.position)
        if token.kind == "string":
            self._take()
            return n.String(_unquoted(token))
        if token.kind == "quoted":
            self._take()
            return n.Column(token.text[1:-1], token.position)
        if self._accept("("):
            node = self.condition()
            self._expect(")")
            return node
        if token.kind == "word":
            return self._of_word(token)
        raise self.unreadable()

    def _of_word(self, token: Token) -> n.Node:
        """A value that begins with a word: a constant, CASE, a day, an interval, a function, or a column."""
        word = self.word
        if word in _CONSTANTS:
            self._take()
            return _CONSTANTS[word]
        if word == "case":
            return self._case()
        if word in _WORDS:
            raise self.unreadable()
        self._take()
        if word in ("date", "timestamp") and self.next.kind == "string":
            return moment(_unquoted(self._take()), _CAST_TYPES[word], token.position)
        if word == "interval" and self.next.kind in ("string", "number"):
            return self._interval(token)
        if word in FUNCTION_NAMES and self.word == "(":
            return self._function(word, token)
        return n.Column(word, token.position)

    def _case(self) -> n.Node:
        self._take()
        subject = None if self.word == "when" else self.condition()
        branches = []
        while self.word == "when":
            position = self._take().position
            condition = self.condition()
            self._expect("then")
            branches.append((condition if subject is None else compared("=", subject, condition, position), self.condition()))
        if not branches:
            raise self.unreadable("CASE needs WHEN … THEN …")
        otherwise = self.condition() if self._accept("else") else n.Null()
        self._expect("end")
        return n.Case(tuple(branches), otherwise)

    def _interval(self, token: Token) -> n.Node:
        written = self._take()
        count = _unquoted(written) if written.kind == "string" else written.text
        if self.next.kind == "word" and self.word not in _WORDS:
            return interval(count, self._take().text, token.position)
        count, _, unit = count.partition(" ")
        return interval(count, unit, token.position)

    def _function(self, name: str, token: Token) -> n.Node:
        self._take()
        if name == "cast":
            return self._cast(token)
        if name == "extract":
            return self._extract(token)
        arguments = () if self._accept(")") else self._arguments()
        return concatenated(arguments) if name == "concat" and len(arguments) > 1 else called(name, arguments, token.position)

    def _arguments(self) -> tuple[n.Node, ...]:
        """Values with commas between, up to the closing bracket."""
        values = [self.condition()]
        while self._accept(","):
            values.append(self.condition())
        self._expect(")")
        return tuple(values)

    def _cast(self, token: Token) -> n.Node:
        written = self.next
        operand = self.condition()
        self._expect("as")
        target, name = _CAST_TYPES.get(self.word), self._take().text
        if target is None or self.word == "(":
            message = f"CAST to `{name}{'(…)' if self.word == '(' else ''}` is not known."
            raise ExpressionError(message, "Known: BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP.", token.position, OUTSIDE)
        self._expect(")")
        if isinstance(operand, n.String) and target in (ColumnType.DATE, ColumnType.TIMESTAMP):
            return moment(operand.value, target, written.position)
        return n.Cast(operand, target)

    def _extract(self, token: Token) -> n.Node:
        part = self._take().text.upper()
        if part not in TIMESTAMP_PARTS:
            hint = did_you_mean(part, TIMESTAMP_PARTS) or f"known: {', '.join(sorted(TIMESTAMP_PARTS))}"
            raise ExpressionError(f"EXTRACT does not know the part `{part}`.", hint[0].upper() + hint[1:], token.position, OUTSIDE)
        self._expect("from")
        operand = self.condition()
        self._expect(")")
        return n.Extract(part, operand)


_CONSTANTS: dict[str, n.Node] = {"null": n.Null(), "true": n.Boolean(True), "false": n.Boolean(False)}


def _word(token: Token) -> str:
    return token.text.lower() if token.kind == "word" else token.text if token.kind == "operator" else ""


def _unquoted(token: Token) -> str:
    return token.text[1:-1].replace("''", "'")
