"""The persisted index: one SQLite file with full-text tables (FTS5), written whole and then moved into place.

Made by `service` when the project's files changed, read by `find`. Tables: `entry` (what a hit shows, as JSON), `exact` (whole
names, labels and aliases), `word` (Latin words, for typos), `term` (FTS5 over the folded terms), `meta`.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError
from metrics_catalog.search.entry import KINDS, Entry
from metrics_catalog.search.normalise import index_text, is_cjk, squash
from metrics_catalog.search.spelling import letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from metrics_catalog.search.signature import Signature

TermRow = tuple[int, str, str, str, str, str]
"""An entry's id, then its terms: of its name, labels, aliases, dimensions, and all else."""

FORMAT = "2"
"""Raised with every change of what is stored or how it is folded, so that an older file is made again."""

_SCHEMA = """
create table meta (name text primary key, value text) without rowid;
create table entry (id integer primary key, kind text, name text, weight integer, starts text, approvals text, facts text);
create index entry_by_name on entry (name);
create table exact (text text, tier integer, id integer, primary key (text, tier, id)) without rowid;
create table word (word text primary key, size integer, letters integer) without rowid;
create virtual table term using fts5(
    name, label, alias, dimension, about, content = '', tokenize = 'porter unicode61 remove_diacritics 0'
);
"""


def write(path: Path, entries: Iterable[Entry], signature: Signature, approvals: dict[str, str], unread: int) -> None:
    """Write the index beside `path` and move it there, so that a search beside this one reads the old or the new, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as database:
            database.execute("pragma journal_mode = off")
            database.execute("pragma synchronous = off")
            fill(database, entries, signature, approvals, unread)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def fill(database: sqlite3.Connection, entries: Iterable[Entry], signature: Signature, approvals: dict[str, str], unread: int) -> None:
    """Write all tables into an empty database, in one transaction."""
    ordered = sorted(entries, key=lambda entry: (KINDS.index(entry.kind), entry.weight, entry.name))
    _make(database)
    database.execute("begin")
    database.executemany("insert into entry values (?, ?, ?, ?, ?, ?, ?)", _entry_rows(ordered, approvals))
    database.executemany("insert or ignore into exact values (?, ?, ?)", _exact_rows(ordered))
    terms = list(_term_rows(ordered))
    database.executemany("insert into word values (?, ?, ?)", _word_rows(terms))
    database.executemany("insert into term (rowid, name, label, alias, dimension, about) values (?, ?, ?, ?, ?, ?)", terms)
    database.execute("insert into term (term) values ('optimize')")
    facts = {"format": FORMAT, "signature": signature.text, "files": str(signature.files), "unread": str(unread)}
    database.executemany("insert into meta values (?, ?)", facts.items())
    database.execute("commit")


def _make(database: sqlite3.Connection) -> None:
    try:
        database.executescript(_SCHEMA)
    except sqlite3.OperationalError as error:
        raise CatalogError(
            f"This Python's SQLite cannot search text ({error}).",
            hint="use a Python whose sqlite3 has FTS5; those of python.org, Debian and Homebrew do.",
        ) from error


def opened(path: Path) -> sqlite3.Connection | None:
    """The index, to read only; None where there is none or it is of another format or damaged."""
    if not path.is_file():
        return None
    database = None
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        if meta(database).get("format") == FORMAT:
            return database
    except sqlite3.DatabaseError:
        pass  # damaged: it is made again
    if database is not None:
        database.close()
    return None


def meta(database: sqlite3.Connection) -> dict[str, str]:
    """What the index says about itself: format, signature, number of files, number of files that could not be read."""
    return dict(database.execute("select name, value from meta").fetchall())


def _entry_rows(entries: list[Entry], approvals: dict[str, str]) -> Iterator[tuple[int, str, str, int, str, str, str]]:
    for id_, entry in enumerate(entries, 1):
        facts = json.dumps({"kind": entry.kind, **entry.facts}, ensure_ascii=False, separators=(",", ":"))
        starts = "\n".join(squash(text) for text in (entry.name, *entry.labels))
        signed = approvals.get(entry.name, "") if entry.kind == "metric" else ""
        yield id_, entry.kind, entry.name, entry.weight, starts, signed, facts


def _exact_rows(entries: list[Entry]) -> Iterator[tuple[str, int, int]]:
    for id_, entry in enumerate(entries, 1):
        for text in (entry.name, *entry.labels):
            yield squash(text), 0, id_
        for alias in entry.aliases:
            yield squash(alias), 1, id_


def _word_rows(terms: list[TermRow]) -> list[tuple[str, int, int]]:
    """Latin words of the index; numbers are nobody's typo."""
    found = {term for _, *fields in terms for field in fields for term in field.split()}
    seen = {term for term in found if len(term) >= 3 and not term.isdigit() and not is_cjk(term)}
    seen |= {word[:-1] for word in seen if word.endswith("s") and len(word) > 4}  # `paly` is near `play`, though all say `plays`
    return [(word, len(word), letters(word)) for word in sorted(seen)]


def _term_rows(entries: list[Entry]) -> Iterator[TermRow]:
    for id_, entry in enumerate(entries, 1):
        yield (
            id_,
            index_text((entry.name,)),
            index_text(entry.labels),
            index_text(entry.aliases),
            index_text(entry.dimensions),
            index_text(entry.about),
        )
