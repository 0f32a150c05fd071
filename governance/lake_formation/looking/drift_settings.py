"""What is wrong in an account's data lake settings: defaults that leave new tables to IAM, and other administrators. Used by `drift.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from governance.lake_formation.state import Settings


@dataclass(frozen=True, slots=True)
class Wrong:
    """A sentence; `opens` where it opens something to readers that no policy names."""

    what: str
    opens: bool = False


def wrong_settings(wanted: Settings, held: Settings) -> Iterator[Wrong]:
    """Sentences on what differs."""
    for words, want, have in (
        ("database", wanted.database_defaults, held.database_defaults),
        ("table", wanted.table_defaults, held.table_defaults),
    ):
        if extra := sorted(set(have) - set(want)):
            yield Wrong(f"every new {words} is given to {', '.join(extra)} at its creation", opens=True)
        if gone := sorted(set(want) - set(have)):
            yield Wrong(f"a new {words} is no longer given to {', '.join(gone)}")
    yield from _people("an administrator of Lake Formation", wanted.administrators, held.administrators)
    yield from _people("a read-only administrator", wanted.read_only_administrators, held.read_only_administrators)
    if wanted.other != held.other:
        want, have = json.loads(wanted.other), json.loads(held.other)
        keys = sorted(key for key in {*want, *have} if want.get(key) != have.get(key))
        yield from (Wrong(f"{key} is {json.dumps(have.get(key))}, expected {json.dumps(want.get(key))}") for key in keys)


def _people(what: str, wanted: tuple[str, ...], held: tuple[str, ...]) -> Iterator[Wrong]:
    yield from (Wrong(f"{one} is {what}, and the policy names it not", opens=True) for one in sorted(set(held) - set(wanted)))
    yield from (Wrong(f"{one} is not {what}, and the policy names it") for one in sorted(set(wanted) - set(held)))
