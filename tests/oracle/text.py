"""A small evaluator of expression texts over one row, by recursive descent, with three-valued logic.

`None` is NULL. Time stamps are naive datetimes that mean UTC. Decimals become floats as soon as they are computed with.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

Row = Mapping[str, Any]
Meaning = Callable[[Row], Any]

_WORD = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|(?P<text>'(?:[^']|'')*')"
    r'|(?P<name>[A-Za-z_]\w*|"[^"]+")|(?P<sign><>|!=|<=|>=|\|\||[-+*/%=<>(),]))'
)
_LATIN_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_LATIN_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def evaluate(text: str, row: Row) -> Any:
    """The value of an expression over one row."""
    return _meaning(text)({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value


@lru_cache(maxsize=10_000)
def _meaning(text: str) -> Meaning:
    reader = _Reader(text)
    meaning = reader.alternatives()
    assert reader.rest() == "", f"cannot read {reader.rest()!r}"
    return meaning


class _Reader:
    """Reads one text from left to right; each method reads one level of precedence and gives back what it means."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def word(self) -> str:
        match = _WORD.match(self.text, self.at)
        return match.group(match.lastgroup or 0) if match else ""

    def take(self) -> str:
        match = _WORD.match(self.text, self.at)
        assert match is not None, f"cannot read {self.rest()!r}"
        self.at = match.end()
        return match.group(match.lastgroup or 0)

    def took(self, *words: str) -> bool:
        """Whether the next words are these; if so they are behind us."""
        before = self.at
        for word in words:
            if self.word().upper() != word:
                self.at = before
                return False
            self.take()
        return True

    def must(self, word: str) -> None:
        assert self.took(word), f"{word} was expected at {self.rest()!r}"

    def alternatives(self) -> Meaning:
        parts = [self.conjunction()]
        while self.took("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda row: _or([part(row) for part in parts])

    def conjunction(self) -> Meaning:
        parts = [self.negation()]
        while self.took("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda row: _and([part(row) for part in parts])

    def negation(self) -> Meaning:
        if self.took("NOT"):
            part = self.negation()
            return lambda row: _not(part(row))
        return self.comparison()

    def comparison(self) -> Meaning:
        left = self.joined()
        while True:
            if self.word() in ("=", "<>", "!=", "<", "<=", ">", ">="):
                left = _compared(self.take(), left, self.joined())
            elif self.took("IS", "NOT", "NULL"):
                left = _is_null(left, negated=True)
            elif self.took("IS", "NULL"):
                left = _is_null(left, negated=False)
            elif self.took("NOT"):
                left = _negated(self.membership(left))
            elif self.word().upper() in ("IN", "BETWEEN", "LIKE"):
                left = self.membership(left)
            else:
                return left

    def membership(self, left: Meaning) -> Meaning:
        if self.took("IN"):
            self.must("(")
            values = self.listed()
            return lambda row: _or([_compare("=", left(row), value(row)) for value in values])
        if self.took("BETWEEN"):
            low = self.joined()
            self.must("AND")
            high = self.joined()
            return lambda row: _and([_compare(">=", left(row), low(row)), _compare("<=", left(row), high(row))])
        self.must("LIKE")
        pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in _unquoted(self.take()))
        return lambda row: None if left(row) is None else re.fullmatch(pattern, left(row), re.DOTALL) is not None

    def listed(self) -> list[Meaning]:
        values = [self.alternatives()]
        while self.took(","):
            values.append(self.alternatives())
        self.must(")")
        return values

    def joined(self) -> Meaning:
        parts = [self.addition()]
        while self.took("||"):
            parts.append(self.addition())
        return parts[0] if len(parts) == 1 else lambda row: _concat([part(row) for part in parts])

    def addition(self) -> Meaning:
        left = self.product()
        while self.word() in ("+", "-"):
            left = _computed(self.take(), left, self.product())
        return left

    def product(self) -> Meaning:
        left = self.signed()
        while self.word() in ("*", "/", "%"):
            left = _computed(self.take(), left, self.signed())
        return left

    def signed(self) -> Meaning:
        if self.took("-"):
            part = self.signed()
            return lambda row: None if part(row) is None else -part(row)
        return self.single()

    def single(self) -> Meaning:
        word = self.take()
        if word == "(":
            inside = self.alternatives()
            self.must(")")
            return inside
        if word[0] == "'":
            return _constant(_unquoted(word))
        if word[0].isdigit() or word[0] == ".":
            return _constant(int(word) if word.isdigit() else float(word))
        if word[0] == '"':
            return _column(word[1:-1])
        return self.named(word)

    def named(self, word: str) -> Meaning:
        constants = {"TRUE": True, "FALSE": False, "NULL": None}
        name = word.upper()
        if name in constants:
            return _constant(constants[name])
        if name == "CASE":
            return self.case()
        if self.word().startswith("'") and name in ("DATE", "TIMESTAMP", "INTERVAL"):
            return self.moment(name, _unquoted(self.take()))
        if self.took("("):
            return self.call(name)
        return _column(word.lower())

    def moment(self, kind: str, text: str) -> Meaning:
        if kind == "DATE":
            return _constant(dt.date.fromisoformat(text))
        if kind == "TIMESTAMP":
            return _constant(dt.datetime.fromisoformat(text))
        return _constant(dt.timedelta(**{self.take().lower() + "s": int(text)}))

    def case(self) -> Meaning:
        subject = None if self.word().upper() == "WHEN" else self.alternatives()
        branches: list[tuple[Meaning, Meaning]] = []
        while self.took("WHEN"):
            condition = self.alternatives()
            self.must("THEN")
            branches.append((condition if subject is None else _compared("=", subject, condition), self.alternatives()))
        otherwise = self.alternatives() if self.took("ELSE") else _constant(None)
        self.must("END")

        def chosen(row: Row) -> Any:
            for condition, value in branches:
                if condition(row) is True:
                    return value(row)
            return otherwise(row)

        return chosen

    def call(self, name: str) -> Meaning:
        if name == "EXTRACT":
            part = self.take().upper()
            self.must("FROM")
            value = self.alternatives()
            self.must(")")
            return lambda row: None if value(row) is None else _part(part, value(row))
        if name == "CAST":
            value = self.alternatives()
            self.must("AS")
            kind = self.take().upper()
            self.must(")")
            return lambda row: None if value(row) is None else _cast(value(row), kind)
        values = self.listed()
        return lambda row: _call(name, [value(row) for value in values])


def _constant(value: Any) -> Meaning:
    return lambda row: value


def _column(name: str) -> Meaning:
    return lambda row: row[name]


def _unquoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


def _or(values: list[Any]) -> Any:
    return True if True in [value is True for value in values] else None if None in values else False


def _and(values: list[Any]) -> Any:
    return False if True in [value is False for value in values] else None if None in values else True


def _not(value: Any) -> Any:
    return None if value is None else not value


def _negated(meaning: Meaning) -> Meaning:
    return lambda row: _not(meaning(row))


def _is_null(meaning: Meaning, *, negated: bool) -> Meaning:
    return lambda row: (meaning(row) is None) is not negated


def _compared(sign: str, left: Meaning, right: Meaning) -> Meaning:
    return lambda row: _compare(sign, left(row), right(row))


def _compare(sign: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        left, right = float(left), float(right)
    if sign in ("=", "<>", "!="):
        return (left == right) is (sign == "=")
    if sign in ("<", "<="):
        return left < right or (sign == "<=" and left == right)
    return left > right or (sign == ">=" and left == right)


def _concat(values: list[Any]) -> Any:
    return None if None in values else "".join(values)


def _computed(sign: str, left: Meaning, right: Meaning) -> Meaning:
    def value(row: Row) -> Any:
        one, two = left(row), right(row)
        return None if one is None or two is None else _compute(sign, one, two)

    return value


def _compute(sign: str, one: Any, two: Any) -> Any:
    if isinstance(two, dt.timedelta):
        return one + two if sign == "+" else one - two
    one, two = (float(value) if isinstance(value, Decimal) else value for value in (one, two))
    if sign == "/":
        return None if two == 0 else float(one) / float(two)
    if sign == "%":
        return None if two == 0 else _remainder(one, two)
    return one + two if sign == "+" else one - two if sign == "-" else one * two


def _remainder(one: Any, two: Any) -> Any:
    """With the sign of the left side."""
    if isinstance(one, int) and isinstance(two, int):
        rest = abs(one) % abs(two)
        return -rest if one < 0 else rest
    return math.fmod(one, two)


def _part(part: str, value: Any) -> Any:
    if part == "EPOCH":
        return (value - dt.datetime(1970, 1, 1)) / dt.timedelta(seconds=1)
    if part == "QUARTER":
        return (value.month + 2) // 3
    return value.isoweekday() if part == "ISODOW" else getattr(value, part.lower())


def _cast(value: Any, kind: str) -> Any:
    if kind in ("BIGINT", "INTEGER", "INT"):
        return math.trunc(value)
    if kind == "DOUBLE":
        return float(value)
    if kind == "DATE":
        return value.date() if isinstance(value, dt.datetime) else value
    if kind == "TIMESTAMP":
        return value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
    return str(value)


def _call(name: str, values: list[Any]) -> Any:
    first = values[0]
    if name == "COALESCE":
        return next((value for value in values if value is not None), None)
    if name == "NULLIF":
        return None if _compare("=", first, values[1]) is True else first
    if None in values:
        return None
    if name in ("LEAST", "GREATEST"):
        return min(values) if name == "LEAST" else max(values)
    if name == "ROUND":
        return math.copysign(math.floor(abs(float(first)) + 0.5), float(first))
    simple: dict[str, Callable[[], Any]] = {
        "ABS": lambda: abs(first),
        "FLOOR": lambda: float(math.floor(first)),
        "CEIL": lambda: float(math.ceil(first)),
        "LOWER": lambda: first.translate(_LATIN_LOWER),
        "UPPER": lambda: first.translate(_LATIN_UPPER),
        "LENGTH": lambda: len(first),
        "SUBSTRING": lambda: first[values[1] - 1 :][: values[2] if len(values) > 2 else None],
        "CONCAT": lambda: "".join(values),
    }
    return simple[name]()
