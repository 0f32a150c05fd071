"""The first look at a text: only the characters, words and sizes that the subset knows, before any parser sees it.

A general SQL parser forgives too much (comments, semicolons, `@a`, `a[1]`, statements), and deep nesting would exhaust it.
What passes here is short, flat enough, and made of plain words, numbers, quoted texts and a few operators.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from metrics_catalog.expression.errors import BAD_LITERAL, OUTSIDE, TOO_LARGE, UNKNOWN_FUNCTION, UNREADABLE, ExpressionError
from metrics_catalog.expression.functions import FUNCTION_NAMES
from metrics_catalog.finding import did_you_mean

MAX_CHARACTERS = 8_000
MAX_BRACKETS = 20
MAX_OPERATORS = 100
MAX_CASES = 20
MAX_NOTS = 20

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*(?![\w]))
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"[a-z_][a-z0-9_]*")
      | (?P<operator><>|!=|<=|>=|\|\||[-+*/%=<>(),])
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_SYMBOL_HINTS = {
    ";": "Write one expression, without `;`.",
    "--": "Write comments in the YAML file, after `#`, not in the expression.",
    "/*": "Write comments in the YAML file, after `#`, not in the expression.",
    "==": "Write `=`.",
    "//": "`/` divides doubles; write FLOOR(a / b) for whole numbers.",
    ".": "Write the column alone, without the name of a table.",
    "?": "Parameters are not known here; write the value.",
    "$": "Parameters are not known here; write the value.",
    ":": "Write CAST(x AS type) instead of `::`; parameters are not known here.",
    '"': "Write texts in single quotes: 'text'. A column in double quotes is lower case.",
    "'": "A text that begins with ' also ends with '; a ' inside it is written twice.",
}
_REFUSED_WORDS = {
    "select": "sub-queries are not known here",
    "with": "sub-queries are not known here",
    "exists": "sub-queries are not known here",
    "over": "window functions are not known here",
    "distinct": "write the column alone; the kind `count_distinct` counts different values",
    "filter": "write conditions in the metric's `filter`",
    "any": "write IN (…)",
    "all": "write IN (…)",
    "some": "write IN (…)",
    "if": "write CASE WHEN … THEN … ELSE … END",
    "ilike": "write LOWER(x) LIKE '…'",
    "escape": "write a pattern without an escape character",
    "symmetric": "write the lower value first",
    "isnull": "write IS NULL",
    "notnull": "write IS NOT NULL",
    "try_cast": "write CAST",
    "current_date": "a metric must not depend on when it is computed",
    "current_time": "a metric must not depend on when it is computed",
    "current_timestamp": "a metric must not depend on when it is computed",
    "localtimestamp": "a metric must not depend on when it is computed",
    "lambda": "",
    "map": "",
    "array": "",
    "struct": "",
    "collate": "texts compare by code point",
}
_NOT_FUNCTIONS = frozenset({"and", "or", "not", "in", "when", "then", "else", "between", "like", "is", "as", "case"})
_AGGREGATES = frozenset({"sum", "count", "avg", "min", "max", "median", "any_value", "first", "last", "list", "array_agg", "string_agg"})


class Token(NamedTuple):
    """One word, number, text or operator, and where it begins."""

    kind: str
    text: str
    position: int


def scan(text: str) -> list[Token]:
    """All tokens of a text, or an ExpressionError with the place of the first thing that cannot stand there."""
    if len(text) > MAX_CHARACTERS:
        message = f"The expression has {len(text):,} characters; at most {MAX_CHARACTERS:,} are allowed."
        raise ExpressionError(message, "Split it into several metrics.", MAX_CHARACTERS, TOO_LARGE)
    tokens = _tokens(text)
    if not tokens:
        raise ExpressionError("The expression is empty.", "Write a column, such as `seconds_viewed`.", 0, UNREADABLE)
    _check_words(tokens)
    _check_sizes(tokens)
    return tokens


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    start = 0
    while start < len(text):
        match = _TOKEN.match(text, start)
        if match is None:
            raise _unknown_symbol(text, start)
        kind = match.lastgroup or "end"
        if kind == "end":
            break
        tokens.append(Token(kind, match[kind], match.start(kind)))
        start = match.end()
    for one, two in pairwise(tokens):
        if one.kind == two.kind:  # only two symbols or two texts can clash
            _check_pair(one, two)
    return tokens


def _check_pair(one: Token, two: Token) -> None:
    touching = one.position + len(one.text) == two.position
    symbol = one.text + two.text
    if touching and symbol in ("--", "/*", "==", "//"):
        raise ExpressionError(f"`{symbol}` is not known here.", _SYMBOL_HINTS[symbol], one.position, OUTSIDE)
    if one.kind == "string" and two.kind == "string":
        raise ExpressionError("Two texts stand side by side.", "Join texts with `||`.", two.position, UNREADABLE)


def _unknown_symbol(text: str, start: int) -> ExpressionError:
    position = start + len(text[start:]) - len(text[start:].lstrip(" \t\n\r\f\v"))
    symbol = text[position]
    if symbol.isdigit():
        return ExpressionError("This number cannot be read.", "Write 5, 0.5 or 5e3.", position, BAD_LITERAL)
    if symbol == "\x00" or not symbol.isprintable():
        return ExpressionError("There is a character that cannot be shown.", "Remove it.", position, UNREADABLE)
    hint = _SYMBOL_HINTS.get(symbol, "Names are written with the letters a-z, digits and `_`." if symbol.isalpha() else "")
    return ExpressionError(f"`{symbol}` is not known here.", hint, position, OUTSIDE)


def _check_words(tokens: list[Token]) -> None:
    for index, token in enumerate(tokens):
        if token.kind != "word":
            continue
        word = token.text.lower()
        if word in _REFUSED_WORDS:
            hint = _REFUSED_WORDS[word]
            message = f"`{token.text}` is outside the allowed SQL."
            raise ExpressionError(message, _sentence(hint) or "A column of that name is written in double quotes.", token.position, OUTSIDE)
        called = index + 1 < len(tokens) and tokens[index + 1].text == "("
        if called and word not in FUNCTION_NAMES and word not in _NOT_FUNCTIONS:
            raise _unknown_function(token)


def _unknown_function(token: Token) -> ExpressionError:
    word = token.text.lower()
    if word in _AGGREGATES:
        hint = "The metric's `kind` says how rows are put together; write what is measured in one row."
        return ExpressionError(f"`{token.text}` puts rows together; an expression looks at one row.", hint, token.position, OUTSIDE)
    near = did_you_mean(word, FUNCTION_NAMES).replace(f"`{word}`", "")
    hint = _sentence(near) or f"Known functions: {', '.join(sorted(name.upper() for name in FUNCTION_NAMES))}."
    return ExpressionError(f"The function `{token.text}` is not known.", hint, token.position, UNKNOWN_FUNCTION)


def _sentence(hint: str) -> str:
    if not hint:
        return ""
    return hint[0].upper() + hint[1:] + ("" if hint[-1] in ".?" else ".")


def _check_sizes(tokens: list[Token]) -> None:
    depth = cases = nots = operators = 0
    for token in tokens:
        if token.kind not in ("word", "operator"):
            continue
        word = token.text.lower() if token.kind == "word" else token.text
        depth += (word == "(" and token.kind == "operator") - (word == ")" and token.kind == "operator")
        if token.kind == "word":
            cases += (word == "case") - (word == "end")
            nots = nots + 1 if word == "not" else 0
        elif token.kind == "operator":
            nots = nots if word == "(" else 0
            operators += word in ("+", "-", "*", "/", "%", "||")
        if depth < 0:
            raise ExpressionError("A bracket is closed that was never opened.", "Remove `)`.", token.position, UNREADABLE)
        if depth > MAX_BRACKETS or cases > MAX_CASES or nots > MAX_NOTS:
            raise ExpressionError("The expression is nested too deeply.", "Split it into several metrics.", token.position, TOO_LARGE)
        if operators > MAX_OPERATORS:
            message = f"The expression has more than {MAX_OPERATORS} arithmetic operators."
            raise ExpressionError(message, "Split it into several metrics.", token.position, TOO_LARGE)
    if depth:
        raise ExpressionError("A bracket is never closed.", "Add `)`.", tokens[-1].position, UNREADABLE)
