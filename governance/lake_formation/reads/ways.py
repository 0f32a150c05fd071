"""Ways in which somebody reads a table, as values, and what several of them show together. Made by `effective.py`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from governance.lake_formation.state import Element

_SESSION = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")


class How(StrEnum):
    """By what an identity reads."""

    GRANT = "grant"
    WILDCARD = "wildcard"
    TAG = "tag"
    INHERITED = "inherited"
    """Through a permission on the whole catalog, or on any table there is."""
    DEFINER = "definer"
    ADMINISTRATOR = "administrator"
    """Does not read yet, but may give it to itself at any time."""
    CREATOR = "creator"
    IAM = "iam"
    """Lake Formation does not decide: a group of everyone has it, the place is not registered, or nobody opted in."""


@dataclass(frozen=True, slots=True)
class Path:
    """One way: the columns it shows, on the rows where `rows` is TRUE (None: all); `witnesses` give it, `narrowed_by` restrict it."""

    columns: frozenset[str]
    rows: str | None
    how: How
    witnesses: tuple[Element, ...] = ()
    narrowed_by: tuple[Element, ...] = ()
    why: str = ""
    """What no element says, in words: that a place is not registered, or who made the table."""


def cells(found: Iterable[Path]) -> frozenset[tuple[str, str | None]]:
    """What several ways show together, the least that says it: columns, each with a row condition or with None for all rows.

    An administrator's way is left out: it shows nothing until a grant is made.
    """
    rows: dict[str, set[str | None]] = defaultdict(set)
    for path in found:
        if path.how is not How.ADMINISTRATOR:
            for column in path.columns:
                rows[column].add(path.rows)
    return frozenset((column, each) for column, held in rows.items() for each in ((None,) if None in held else held))


@cache
def role_of(identity: str) -> str:
    """The role of a session, without its path, since a session does not tell it; any other identity as it is."""
    session = _SESSION.fullmatch(identity)
    if session is not None:
        return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
    head, role, name = identity.partition(":role/")
    return f"{head}{role}{name.rpartition('/')[2]}" if role else identity
