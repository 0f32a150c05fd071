"""What erasure needs beyond tables and landing; implemented in `infra`, wired in `ringi/operations/erasing.py`.

`Places` is every file that belongs to the lake, whatever wrote it. `Forgetting` makes a table know its present state alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from jobs.maintain.upkeep import Stray


@dataclass(frozen=True, slots=True)
class File:
    """One file: its name as receipts tell it (from the lake's own top), where it is opened, and how large it is."""

    name: str
    path: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Purged:
    """Older versions and delete markers that an object store kept and that are gone now; `refused` says why some are not."""

    versions: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What a table knows beside its present state."""

    snapshots: int
    branches: tuple[str, ...]
    tags: tuple[str, ...]
    metadata_files: int

    @property
    def is_empty(self) -> bool:
        return not (self.snapshots or self.branches or self.tags or self.metadata_files)


class Places(Protocol):
    """All files of a lake."""

    def files(self) -> Iterator[File]:
        """Every file: tables, landing, ledgers, caches, the project's own files, results of queries. What git keeps is not among them."""

    def open(self, file: File) -> BinaryIO:
        """Read a file from its beginning; it can be read from anywhere. Raises FileNotFoundError."""

    def beside(self) -> tuple[File, ...]:
        """Files of the project's folder that are not the lake's own, such as files that were landed from there."""

    def rewrite(self, file: File, content: BinaryIO) -> None:
        """Give one of those files another content, at once; its name and its rights stay."""

    def passing(self) -> tuple[File, ...]:
        """Files that exist only while something works, and are rubbish while the lake is held: half-received bytes, staged copies, spill."""

    def results(self) -> tuple[File, ...]:
        """Results of queries that another engine keeps for a while."""

    def remade(self) -> tuple[File, ...]:
        """Files that can be made again, such as the file of SQL views."""

    def remove(self, files: Sequence[File]) -> None:
        """Remove files; one that is gone already is no error."""

    def purge(self, folders: Sequence[str]) -> Purged:
        """Remove what an object store kept of older versions below folders of the lake, such as `bronze/viewing_events`."""


class Forgetting(Protocol):
    """Tables without their past."""

    def data_files(self, name: str) -> tuple[str, ...]:
        """Every Parquet file below a table's folder, of whatever snapshot or of none, by path."""

    def metadata_files(self, name: str) -> tuple[File, ...]:
        """Every other file below a table's folder: metadata, manifests with the bounds of files, statistics."""

    def past(self, name: str) -> Past:
        """What a table knows beside the head of main."""

    def forget(self, name: str) -> Past:
        """Forget all but the head of main: snapshots, branches, tags, the log of metadata files. Gives what was forgotten."""

    def leftovers(self, name: str) -> tuple[Stray, ...]:
        """Files below a table's folder that its present state does not refer to."""

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; one that is gone already is no error."""
