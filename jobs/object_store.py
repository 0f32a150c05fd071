"""The port through which landing keeps raw bytes; implemented in `infra`, wired in `ringi/lake.py`.

A key is a path below the lake's landing zone, with `/` between its parts: `viewing_events/4f2a…/0001-events.jsonl.gz`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Received:
    """One object as it was copied: what it is called now, its SHA-256 (hex) and its size in bytes."""

    object: str
    sha256: str
    size: int


class Staging(Protocol):
    """A place nobody looks into yet; what is not kept is removed."""

    def receive(self, location: str, name: str, advance: Callable[[int], None]) -> Received:
        """Copy the file at `location` in one pass and in bounded memory; `advance` hears the size of each block."""

    def discard(self, name: str) -> None:
        """Forget a received object."""

    def write(self, name: str, data: bytes) -> None:
        """Add a small file."""

    def keep(self, folder: str) -> None:
        """Make everything that was staged visible below the key `folder`, at once and durably; refused where it exists."""


class ObjectStore(Protocol):
    """Raw bytes of a lake."""

    def staging(self, source: str) -> AbstractContextManager[Staging]:
        """A new staging place; leftovers of a killed process are removed first."""

    def exists(self, key: str) -> bool:
        """Whether there is an object or a folder of that name."""

    def names(self, folder: str) -> tuple[str, ...]:
        """Names directly below a folder, sorted; empty where there is none."""

    def read(self, key: str) -> bytes | None:
        """A small object, or None."""

    def write(self, key: str, data: bytes) -> None:
        """Write a small object, at once and durably; replaces what was there."""

    def write_all(self, folder: str, objects: Mapping[str, bytes]) -> None:
        """Write small objects below a folder by name, each as `write` does."""

    def remove(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def replace(self, key: str, path: str) -> None:
        """Put the bytes of a local file in the place of an object, at once and durably; earlier versions go where that is allowed."""

    def open(self, key: str) -> BinaryIO:
        """Read an object from its beginning."""

    def path(self, key: str) -> str:
        """The object's path as an engine opens it."""
