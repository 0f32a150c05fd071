"""Views whose texts are not what Ringi would write. Both texts are compared: the one that is shown, and the one that is executed.

An edited executed text cannot be seen with SHOW CREATE VIEW. Used by `drift.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from governance.lake_formation.state import AccountState, CataloguedTable


@dataclass(frozen=True, slots=True)
class WantedTexts:
    """What Ringi would write: for each dialect the shown and the executed text, as whose rights it reads, and over which tables."""

    texts: Mapping[str, tuple[str, str]]
    definer: str | None = None
    base_tables: tuple[tuple[str, str], ...] | None = None


TextsOf: TypeAlias = Callable[[str, str], WantedTexts | None]


def wrong_views(held: AccountState, texts: TextsOf) -> Iterator[tuple[str, str, bool]]:
    """For each fault the view, a sentence, and whether it is but stale."""
    for (database, name), table in sorted(held.tables.items()):
        wanted = texts(database, name) if table.is_view else None
        if wanted is not None:
            yield from ((f"{database}.{name}", what, stale) for what, stale in _faults(table, wanted))


def _faults(table: CataloguedTable, wanted: WantedTexts) -> Iterator[tuple[str, bool]]:
    for dialect in sorted({*table.dialects, *wanted.texts}):
        if dialect not in wanted.texts:
            yield f"it has a text for {dialect} that Ringi did not write", False
            continue
        if dialect not in table.dialects:
            yield f"its text for {dialect} is gone", False
            continue
        (shown, executed), (has_shown, has_executed, stale) = wanted.texts[dialect], table.dialects[dialect]
        if has_executed != executed:
            hidden = ", and what is shown of it looks untouched" if has_shown == shown else ""
            yield f"the text that {dialect} executes was changed{hidden}: {_short(has_executed)}", False
        elif has_shown != shown:
            yield f"the text that {dialect} shows was changed: {_short(has_shown)}", False
        if stale:
            yield f"its text for {dialect} is stale: its tables have other columns now, and a query fails", True
    if wanted.definer is not None and table.definer != wanted.definer:
        yield f"it reads with the rights of {table.definer or 'whoever asks'}, not of {wanted.definer}", False
    if wanted.base_tables is not None and tuple(table.base_tables) != wanted.base_tables:
        has = ", ".join(".".join(one) for one in table.base_tables) or "no table"
        yield f"it stands on {has}, not on {', '.join('.'.join(one) for one in wanted.base_tables)}", False


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line[:160]}…`" if len(line) > 160 else f"`{line}`"
