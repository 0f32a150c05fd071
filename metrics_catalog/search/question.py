"""What a person asked, as terms of the index: words, Japanese runs, and the country whose views are wanted.

`viewing hours in Japan` asks for `viewing hours` and wants the views of JP.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metrics_catalog.search.normalise import Token, segments, squash, tokens

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

LONGEST = 200
"""Characters of a question that are read; the rest is left out, and the answer says so."""

_SMALL_WORDS = frozenset(
    {"a", "an", "and", "are", "at", "by", "do", "for", "from", "how", "in", "is", "it", "many", "much", "of", "on", "or"}
    | {"per", "the", "to", "was", "what", "which", "with"}
)
_LONGEST_COUNTRY = 4  # words of a country's name


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one reading. `near` holds, for a mistyped word, the words that are meant perhaps."""

    text: str
    tokens: tuple[Token, ...]
    country: str | None = None
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def squashed(self) -> str:
        return squash(self.text)


def read(database: sqlite3.Connection, text: str) -> tuple[Question, Question]:
    """The question in two readings: as written, and with Japanese runs cut where the script changes."""
    text = text[:LONGEST]
    country, rest = _country(database, text)
    if country is None:
        country, rest = _country_in_segments(database, text)
    return (
        Question(text, _telling(tokens(rest)), country),
        Question(text, _telling(segments(rest)), country),
    )


def _telling(found: tuple[Token, ...]) -> tuple[Token, ...]:
    """Without small English words, unless there is nothing else; each word once."""
    telling = tuple(dict.fromkeys(token for token in found if token.text not in _SMALL_WORDS))
    return telling or found


def _country(database: sqlite3.Connection, text: str) -> tuple[str | None, str]:
    """The country that some neighbouring words name, and the other words; a code counts only in capitals (`IT`, not `it`)."""
    words = text.split()
    for length in range(min(_LONGEST_COUNTRY, len(words) - 1), 0, -1):
        for start in range(len(words) - length + 1):
            name = " ".join(words[start : start + length])
            if (code := _code(database, name)) is not None and (len(squash(name)) > 2 or name.isupper()):
                return code, " ".join((*words[:start], *words[start + length :]))
    return None, text


def _country_in_segments(database: sqlite3.Connection, text: str) -> tuple[str | None, str]:
    """The same for Japanese without spaces: 日本の視聴時間."""
    pieces: Sequence[Token] = segments(text)
    if len(pieces) < 2:
        return None, text
    for token in pieces:
        if token.cjk and (code := _code(database, token.text)) is not None:
            return code, " ".join(other.text for other in pieces if other is not token)
    return None, text


def _code(database: sqlite3.Connection, name: str) -> str | None:
    row = database.execute(
        "select entry.name from exact join entry using (id) where exact.text = ? and exact.tier = 0 and entry.kind = 'country'",
        (squash(name),),
    ).fetchone()
    return row[0] if row else None


def plain(token: Token) -> str:
    """FTS5 query of one token: a word in any ending, or a Japanese run anywhere inside a longer one."""
    if not token.cjk:
        return f'"{token.text}"'
    return f'"{" ".join(token.pairs)}"' if len(token.text) > 1 else f'"{token.text}" *'


def prefix(token: Token) -> str:
    """The same, and also as the beginning of a word."""
    return plain(token) if token.cjk or len(token.text) < 2 else f'({plain(token)} OR "{token.text}" *)'


def all_of(question: Question, *, prefixes: bool = False) -> str:
    """FTS5 query that wants every token, or one of the words near it."""
    parts = []
    for token in question.tokens:
        own = prefix(token) if prefixes else plain(token)
        near = [f'"{word}"' for word in question.near.get(token.text, ())]
        parts.append(f"({' OR '.join((own, *near))})" if near else own)
    return " AND ".join(parts)


def parts_of(question: Question) -> tuple[str, ...]:
    """FTS5 queries of the smallest parts: words, and pairs of Japanese characters; for when nothing has all of them."""
    parts: dict[str, None] = {}
    for token in question.tokens:
        if token.cjk and len(token.text) > 1:
            parts.update({f'"{pair}"': None for pair in token.pairs})
            continue
        near = [f'"{word}"' for word in question.near.get(token.text, ())]
        parts[f"({' OR '.join((prefix(token), *near))})"] = None
    return tuple(parts)
