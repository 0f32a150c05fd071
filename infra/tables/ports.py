"""What the Iceberg adapter needs of a catalog and of a place for files; one implementation each in `infra/local` and `infra/aws`.

Pointers say which metadata file a table has now, files are read, written and moved, and views are kept where the catalog keeps
them. `IcebergTables` does the rest, so every catalog behaves alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from pyiceberg.io import FileIO
    from pyiceberg.table.metadata import TableMetadata

    from jobs.maintain.upkeep import Stray
    from jobs.table import DefinerView

Kind = Literal["TABLE", "VIEW"]


@dataclass(frozen=True, slots=True)
class Move:
    """A pointer that goes from one metadata file to the next; `before` None creates it, `after` None forgets it.

    `metadata` is what the new file holds, for catalogs that show columns of their own beside the pointer.
    """

    name: str
    kind: Kind
    before: str | None
    after: str | None
    metadata: TableMetadata | None = field(default=None, compare=False, repr=False)


class Pointers(Protocol):
    """Which metadata file each table has now, by full name (`namespace.table`). Reading creates nothing."""

    at_once: bool
    """Whether `move` makes many moves at one moment or none of them; otherwise callers move one pointer a call."""

    def pointer(self, name: str, kind: Kind) -> str | None:
        """The metadata file of a table or view, or None."""

    def pointers(self, namespace: str, kind: Kind) -> dict[str, str]:
        """Metadata files by full name, sorted by name."""

    def namespaces(self) -> tuple[str, ...]:
        """All namespaces of the lake, sorted."""

    def move(self, moves: Sequence[Move]) -> tuple[str, ...]:
        """Make all moves; where some no longer start from `before`, make none and return their names."""


class Files(Protocol):
    """The lake's files: locations as they stand in Iceberg metadata, and how they are read, written and moved."""

    def location(self, name: str) -> str:
        """The folder of a table or view, such as `s3://bucket/prefix/gold/title_daily`."""

    def io(self, location: str) -> FileIO:
        """How PyIceberg reads and writes there."""

    def below(self, location: str) -> Iterator[Stray]:
        """Every file below a location; none where it does not exist."""

    def remove_empty_folders(self, location: str, before: dt.datetime) -> None:
        """Remove folders below a location that are empty since before a moment, where the place has folders."""

    def take(self, folder: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Move data files into a folder of data under new names, and give their new paths in the same order."""

    def translated(self, doing: str) -> AbstractContextManager[None]:
        """Turns foreign errors raised inside into an InfraError that says what was being done."""

    def understood(self, doing: str) -> AbstractContextManager[None]:
        """Like `translated`, for reading metadata that may be damaged."""


class Views(Protocol):
    """Where the catalog keeps definer views."""

    def moves(self, views: Sequence[DefinerView]) -> list[Move]:
        """Pointer moves that put the views, to be made together with those of tables; empty where `put` does the work."""

    def put(self, views: Sequence[DefinerView]) -> None:
        """Create or replace views of a catalog in which they are no pointers; called after the tables they stand on."""

    def of(self, namespace: str) -> tuple[DefinerView, ...]:
        """Views of a namespace, sorted by name."""

    def one(self, name: str) -> DefinerView | None:
        """One view, or None."""

    def drop(self, name: str) -> None:
        """Forget a view; nothing happens where it does not exist."""
