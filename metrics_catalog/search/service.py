"""The way into search: answers a question from the persisted index, and makes the index again when files changed.

Called by every door. What an index is made of is handed in as a function, which is called only when it is needed: opening the
catalog and judging its keys is the slow part, and no business of this module.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.search import index
from metrics_catalog.search.find import find
from metrics_catalog.search.signature import Signature, of_approvals, of_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from metrics_catalog.search.entry import Content
    from metrics_catalog.search.hit import Found

PLACE = Path(".ringi") / "search" / "index.sqlite"
"""Where the index lies in a lake project; git ignores the folder, and deleting it loses nothing."""

MANY_FILES = 1000
"""From so many files on, making the index takes long enough to say so first."""


def search(root: Path, text: str, content: Callable[[], Content], *, limit: int = 10, say: Callable[[str], None] = lambda _: None) -> Found:
    """The best `limit` entries of the lake project at `root` for a question. `say` gets sentences for the person who waits."""
    database = _fresh(root, content, say)
    try:
        found = find(database, text, limit)
        if _keys_changed(root, database, found):
            database.close()
            database = _made(root, of_project(root), content, say)
            found = find(database, text, limit)
        if (unread := int(index.meta(database)["unread"])) > 0:
            say(f"{unread} {'file has' if unread == 1 else 'files have'} findings and cannot be found: see `ringi check`.")
        return found
    finally:
        database.close()


def _fresh(root: Path, content: Callable[[], Content], say: Callable[[str], None]) -> sqlite3.Connection:
    signature = of_project(root)
    database = index.opened(root / PLACE)
    if database is not None and index.meta(database)["signature"] == signature.text:
        return database
    if database is not None:
        database.close()
    return _made(root, signature, content, say)


def _made(root: Path, signature: Signature, content: Callable[[], Content], say: Callable[[str], None]) -> sqlite3.Connection:
    """A new index, kept for the next search; where the folder cannot be written it is made in memory each time."""
    from metrics_catalog.collection import rare_collection

    if signature.files >= MANY_FILES:
        say(f"The catalogue changed: making the search index again ({signature.files:,} files) …")
    with rare_collection():
        return _made_of(root, signature, content(), say)


def _made_of(root: Path, signature: Signature, made_of: Content, say: Callable[[str], None]) -> sqlite3.Connection:
    from metrics_catalog.search.collect import entries

    approvals = {name: of_approvals(root, name) for name in made_of.catalog.metrics}
    found = list(entries(made_of))
    try:
        index.write(root / PLACE, found, signature, approvals, made_of.unread)
        database = index.opened(root / PLACE)
        if database is not None:
            return database
    except (OSError, sqlite3.OperationalError):
        say(f"The search index cannot be kept in {root / PLACE.parent}: it is made again each time.")
    database = sqlite3.connect(":memory:", isolation_level=None)
    index.fill(database, found, signature, approvals, made_of.unread)
    return database


def _keys_changed(root: Path, database: sqlite3.Connection, found: Found) -> bool:
    """Whether approvals of a metric that is shown changed since the index was made."""
    for hit in found.hits:
        if hit.kind == "metric":
            row = database.execute("select approvals from entry where kind = 'metric' and name = ?", (hit.name,)).fetchone()
            if row is not None and row[0] != of_approvals(root, hit.name):
                return True
    return False
