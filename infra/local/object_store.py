"""Raw bytes in a local folder: the `ObjectStore` port over `warehouse/landing`.

Made by `ringi/lake.py` for a lake whose profile says `local`; used by landing through the port. What becomes visible is
complete and on the disk: files are synced before their name appears, and the folder after.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.foreign import translated
from jobs.object_store import Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

BLOCK = 2**20
INCOMING = "_incoming"


class LocalObjectStore:
    """Objects below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @contextmanager
    def staging(self, source: str) -> Iterator[LocalStaging]:
        incoming = self._root / INCOMING / source
        with translated("making room for new files"):
            shutil.rmtree(incoming, ignore_errors=True)  # only one process lands at a time: the lake's lock
            folder = incoming / uuid.uuid4().hex
            folder.mkdir(parents=True)
        try:
            yield LocalStaging(folder, self._root)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def exists(self, key: str) -> bool:
        return (self._root / key).exists()

    def names(self, folder: str) -> tuple[str, ...]:
        path = self._root / folder
        return tuple(sorted(child.name for child in path.iterdir())) if path.is_dir() else ()

    def read(self, key: str) -> bytes | None:
        path = self._root / key
        with translated(f"reading `{key}`"):
            return path.read_bytes() if path.is_file() else None

    def write(self, key: str, data: bytes) -> None:
        folder, _, name = key.rpartition("/")
        self.write_all(folder, {name: data})

    def write_all(self, folder: str, objects: Mapping[str, bytes]) -> None:
        path = self._root / folder
        with translated(f"writing below `{folder}`"):
            path.mkdir(parents=True, exist_ok=True)
            for name, data in objects.items():
                passing = path / f"{name}.{uuid.uuid4().hex[:8]}~"
                try:
                    _write_synced(passing, data)
                    passing.replace(path / name)
                finally:
                    passing.unlink(missing_ok=True)
            _sync_folder(path)

    def remove(self, key: str) -> None:
        with translated(f"removing `{key}`"):
            (self._root / key).unlink(missing_ok=True)

    def replace(self, key: str, path: str) -> None:
        target = self._root / key
        passing = target.with_name(f"{target.name}.{uuid.uuid4().hex[:8]}~")
        with translated(f"rewriting `{key}`"):
            try:
                shutil.copyfile(path, passing)
                with passing.open("rb") as file:
                    os.fsync(file.fileno())
                passing.replace(target)
            finally:
                passing.unlink(missing_ok=True)
            _sync_folder(target.parent)

    def open(self, key: str) -> BinaryIO:
        with translated(f"reading `{key}`"):
            return (self._root / key).open("rb")

    def path(self, key: str) -> str:
        return str(self._root / key)


class LocalStaging:
    """One folder beside the batches, on the same file system, so that keeping it is one rename."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root

    def receive(self, location: str, name: str, advance: Callable[[int], None]) -> Received:
        digest, size = hashlib.sha256(), 0
        with (
            translated(f"receiving `{Path(location).name}`"),
            Path(location).open("rb") as source,
            (self._folder / name).open("xb") as target,
        ):
            while block := source.read(BLOCK):
                target.write(block)
                digest.update(block)
                size += len(block)
                advance(len(block))
            target.flush()
            os.fsync(target.fileno())
        return Received(name, digest.hexdigest(), size)

    def discard(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> None:
        with translated(f"writing `{name}`"):
            _write_synced(self._folder / name, data)

    def keep(self, folder: str) -> None:
        target = self._root / folder
        with translated(f"keeping `{folder}`"):
            _sync_folder(self._folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._folder.rename(target)
            _sync_folder(target.parent)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Makes names in a folder durable; a file system that cannot do this has nothing to lose by it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        return
    finally:
        os.close(descriptor)
