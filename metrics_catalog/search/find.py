"""Finds entries in an index: exact names first, then aliases, words of labels, dimensions, descriptions.

A question is tried in steps, each more forgiving; the next is taken only while the answer is not full: words in any ending,
beginnings of words, Japanese cut where the script changes, words spelled nearly so, and at last any part of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from metrics_catalog.search import question as asked
from metrics_catalog.search.entry import KINDS
from metrics_catalog.search.hit import Found, Hit
from metrics_catalog.search.spelling import SHORTEST, near, reach

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from metrics_catalog.search.question import Question

_COLUMNS = (
    ("label", "{name label}"),
    ("alias", "{name label alias}"),
    ("dimension", "{name label alias dimension}"),
    ("description", None),
)
_TIERS = ("name", "alias", "label", "alias", "dimension", "description")
_CANDIDATES = 60
"""Entries that are looked at in each tier; the best by BM25 among all that match."""
_ENOUGH = 0.3
"""Share of a question's parts that an entry must have to be shown when none has all."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entry that matched: in which tier (its place in `_TIERS`), and how well within it (lower is better)."""

    id: int
    tier: int
    score: float


def find(database: sqlite3.Connection, text: str, limit: int) -> Found:
    """The best entries for a question; an empty answer says why and what is near."""
    written, cut = asked.read(database, text)
    if not written.tokens:
        return Found(text, (), 0, note="There is no letter or digit in the question.")
    for step in _steps(database, written, cut):
        question, query, candidates = step
        if candidates:
            hits = _hits(database, question, candidates, limit)
            total = max(_count(database, query), len(candidates))
            return Found(text, hits, total, question.country, question.near, note=_note(text))
    return _parts(database, _corrected(database, cut), limit)


def _steps(database: sqlite3.Connection, written: Question, cut: Question) -> Iterator[tuple[Question, str, list[_Candidate]]]:
    for question in dict.fromkeys((written.tokens, cut.tokens)):
        reading = written if question == written.tokens else cut
        query = asked.all_of(reading, prefixes=True)
        yield reading, query, _matching(database, reading, (asked.all_of(reading), query))
    corrected = _corrected(database, cut)
    if corrected.near:
        query = asked.all_of(corrected, prefixes=True)
        yield corrected, query, _matching(database, corrected, (query,))


def _matching(database: sqlite3.Connection, question: Question, queries: tuple[str, ...]) -> list[_Candidate]:
    """Entries that have every word, each in its best tier; a later, wider query only adds."""
    found: dict[int, _Candidate] = {}
    for id_, tier in database.execute("select id, min(tier) from exact where text = ? group by id", (question.squashed,)):
        found[id_] = _Candidate(id_, tier, 0.0)
    for wider, query in enumerate(queries):
        for tier, (_, columns) in enumerate(_COLUMNS, 2):
            for id_, score in _ranked(database, f"{columns} : ({query})" if columns else query):
                found.setdefault(id_, _Candidate(id_, tier, score + 1000.0 * wider))
            if len(found) >= _CANDIDATES:
                return list(found.values())
    return list(found.values())


def _ranked(database: sqlite3.Connection, query: str) -> list[tuple[int, float]]:
    """The best by BM25, and the most important whatever their score: ids count upward from the most important metric."""
    ranked = "select rowid, bm25(term, 10, 10, 6, 3, 1) as score from term where term match ? order by"
    best = database.execute(f"{ranked} score, rowid limit ?", (query, _CANDIDATES)).fetchall()
    return best if len(best) < _CANDIDATES else best + database.execute(f"{ranked} rowid limit ?", (query, _CANDIDATES)).fetchall()


def _count(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute("select count(*) from term where term match ?", (query,)).fetchone()[0])


def _hits(database: sqlite3.Connection, question: Question, candidates: list[_Candidate], limit: int) -> tuple[Hit, ...]:
    by_id = {candidate.id: candidate for candidate in candidates}
    rows = database.execute(
        f"select id, kind, weight, starts, facts from entry where id in ({', '.join('?' * len(by_id))})", tuple(by_id)
    ).fetchall()
    opening = "".join(token.text for token in question.tokens)

    def order(row: tuple[int, str, int, str, str]) -> tuple[object, ...]:
        id_, kind, weight, starts, _ = row
        begins = any(line.startswith(opening) for line in starts.split("\n"))
        candidate = by_id[id_]
        return candidate.tier, candidate.score >= 500, not begins, KINDS.index(kind), weight, candidate.score, id_

    best = sorted(rows, key=order)[:limit]
    return tuple(Hit(_TIERS[min(by_id[row[0]].tier, len(_TIERS) - 1)], json.loads(row[4])) for row in best)


def _corrected(database: sqlite3.Connection, question: Question) -> Question:
    """The question with the words that are near each mistyped one; the nearest alone, where one is nearest."""
    found = {}
    for token in question.tokens:
        if token.cjk or _count(database, asked.prefix(token)):
            continue
        for within in range(1, reach(token.text) + 1):
            if words := near(database, token.text, within):
                found[token.text] = words
                break
    return replace(question, near=found)


def _parts(database: sqlite3.Connection, question: Question, limit: int) -> Found:
    """Entries that have some of the question's parts, those with most of them first; or nothing, and why."""
    shares = _shares(database, asked.parts_of(question))
    missing = _missing(database, question)
    if not shares:
        words = _listed(missing or [token.text for token in question.tokens])
        note = f"Nothing in this catalogue has {words} in its name, label, aliases, dimensions or description."
        return Found(question.text, (), 0, question.country, question.near, _suggestions(database, question, missing), note)
    why = f"nothing has {_listed(missing)}" if missing else "no entry has all of the words"
    note = f"These have only a part of the question: {why}."
    hits = tuple(Hit("part", hit.facts) for hit in _hits(database, question, shares, limit))
    return Found(question.text, hits, len(shares), question.country, question.near, _suggestions(database, question, missing), note)


def _shares(database: sqlite3.Connection, parts: tuple[str, ...]) -> list[_Candidate]:
    """Entries with at least `_ENOUGH` of the parts; the tier counts the parts they lack, then where the others were found."""
    query = " OR ".join(parts)
    best: dict[int, int] = {}
    scores: dict[int, float] = {}
    for tier, (_, columns) in enumerate(_COLUMNS):
        for id_, score in _ranked(database, f"{columns} : ({query})" if columns else query):
            best.setdefault(id_, tier)
            scores.setdefault(id_, score)
        if len(best) >= _CANDIDATES:
            break
    lacking = dict.fromkeys(best, len(parts))
    places = ", ".join("?" * len(best))
    for part in parts if best else ():
        for (id_,) in database.execute(f"select rowid from term where term match ? and rowid in ({places})", (part, *best)):
            lacking[id_] -= 1
    most = (1 - _ENOUGH) * len(parts)
    return [_Candidate(id_, count * len(_COLUMNS) + best[id_], scores[id_]) for id_, count in lacking.items() if count <= most]


def _missing(database: sqlite3.Connection, question: Question) -> list[str]:
    """Words of the question that no entry has, not even nearly."""
    return [token.text for token in question.tokens if token.text not in question.near and not _count(database, asked.prefix(token))]


def _suggestions(database: sqlite3.Connection, question: Question, missing: list[str]) -> tuple[str, ...]:
    """Words of the catalogue near those that it lacks, further away than a correction would go."""
    found: dict[str, None] = {}
    for token in question.tokens:
        if token.text in missing and not token.cjk and len(token.text) >= SHORTEST:
            words = near(database, token.text, reach(token.text) + 1)
            found.update(dict.fromkeys(word for word in words if word[0] == token.text[0]))
    return tuple(found)[:3]


def _note(text: str) -> str:
    return f"Only the first {asked.LONGEST} characters of the question were read." if len(text) > asked.LONGEST else ""


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words[:5])
