"""The port through which maintenance reaches what only a table format and a file store can do; implemented in `infra/tables`.

Beside `Tables`: references, expired snapshots, and files that nothing refers to. A folder is a namespace of the lake, such as
`gold`, or a place beside them in which jobs leave files until they are needed, such as `.staging`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """A branch or a tag of a table, and the snapshot that it names."""

    name: str
    snapshot_id: int
    is_tag: bool


@dataclass(frozen=True, slots=True)
class Stray:
    """A file: its path as engines open it, bytes, and when it was written."""

    path: str
    bytes: int
    written_at: dt.datetime


class Upkeep(Protocol):
    """What tables and their files need from time to time."""

    def refs(self, name: str) -> tuple[Ref, ...]:
        """Branches and tags of a table, main included, by name."""

    def manifests(self, name: str) -> int:
        """How many manifests the head of main has."""

    def expire(self, name: str, snapshot_ids: Sequence[int]) -> None:
        """Forget snapshots; their files stay until they are removed as strays."""

    def tag(self, name: str, tag: str, snapshot_id: int) -> None:
        """Name a snapshot, so that it is kept."""

    def untag(self, name: str, tag: str) -> None:
        """Forget a name."""

    def strays(self, folder: str, before: dt.datetime, without: frozenset[int] = frozenset()) -> tuple[Stray, ...]:
        """Files below a folder that were written before a moment and that no table or view refers to.

        `without` are snapshots that are about to be forgotten: what only they refer to is stray already.
        """

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; one that is gone already is an error of nobody's making and passes."""

    def remove_empty_folders(self, folder: str, before: dt.datetime) -> None:
        """Remove folders without any file, where the place has folders."""
