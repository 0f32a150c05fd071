"""Raw bytes in S3: the `ObjectStore` port over `<warehouse>/landing`.

S3 has no rename, so a batch is made visible by order: the received objects are copied below its key first, and the small files
written to it (its manifest last) decide. Who asks for a batch asks for its manifest, so a batch is there whole or not at all.

What a killed process leaves is removed by the next landing of that source, which holds the lake's lock: the objects below
`_incoming/<source>/`, uploads in parts that were not completed, and copies below a batch whose manifest never came (the file
`_keeping` names it).
"""

from __future__ import annotations

import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from infra.aws.foreign import AccessRefusedError, translated
from infra.aws.keys import Keys
from infra.aws.objects import Objects
from infra.aws.settings import SCHEME
from infra.errors import InfraError
from jobs.object_store import Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.aws.account import Aws

INCOMING, KEEPING = "_incoming", "_keeping"
COPIERS = 8


class S3ObjectStore:
    """Objects below `<warehouse>/landing`, each encrypted with the lake's key."""

    def __init__(self, aws: Aws) -> None:
        self._root = f"{aws.settings.warehouse}/landing"
        self._objects = Objects(aws, Keys(aws))

    @contextmanager
    def staging(self, source: str) -> Iterator[S3Staging]:
        incoming = f"{self._root}/{INCOMING}/{source}/"
        with translated("making room for new files"):
            self._sweep(incoming)
        folder = f"{incoming}{uuid.uuid4().hex}"
        staging = S3Staging(folder, self._root, self._objects)
        try:
            yield staging
        finally:
            staging.clear()

    def exists(self, key: str) -> bool:
        with translated(f"looking for `{key}`"):
            return self._objects.size(self.path(key)) is not None or bool(self._objects.names(self.path(key)))

    def names(self, folder: str) -> tuple[str, ...]:
        with translated(f"listing `{folder}`"):
            return self._objects.names(self.path(folder))

    def read(self, key: str) -> bytes | None:
        with translated(f"reading `{key}`"):
            return self._objects.read(self.path(key))

    def write(self, key: str, data: bytes) -> None:
        with translated(f"writing `{key}`"):
            self._objects.put(self.path(key), data)

    def write_all(self, folder: str, objects: Mapping[str, bytes]) -> None:
        with translated(f"writing below `{folder}`"), ThreadPoolExecutor(max_workers=COPIERS) as pool:
            list(pool.map(lambda name: self._objects.put(self.path(f"{folder}/{name}"), objects[name]), objects))

    def remove(self, key: str) -> None:
        with translated(f"removing `{key}`"):
            self._objects.delete(self.path(key))

    def replace(self, key: str, path: str) -> None:
        from infra.aws.places import purge_versions

        with translated(f"rewriting `{key}`"), Path(path).open("rb") as source:
            self._objects.upload(source, self.path(key))
        with suppress(AccessRefusedError), translated(f"removing older versions of `{key}`"):  # `ringi erase` tells of those that stay
            purge_versions(self._objects.client, self.path(key))

    def open(self, key: str) -> BinaryIO:
        with translated(f"reading `{key}`"):
            return self._objects.open(self.path(key))

    def path(self, key: str) -> str:
        return f"{self._root}/{key}"

    def _sweep(self, incoming: str) -> None:
        """Remove what killed landings of a source left; only one process lands at a time: the lake's lock."""
        self._objects.forget_uploads(incoming)
        left = self._objects.below(incoming)
        for note in (location for location in left if location.endswith(f"/{KEEPING}")):
            batch, decides = (self._objects.read(note) or b"\n").decode().split("\n")
            if batch and self._objects.size(f"{self._root}/{batch}/{decides}") is None:
                for location in self._objects.below(f"{self._root}/{batch}/"):
                    self._objects.delete(location)
        for location in left:
            self._objects.delete(location)


class S3Staging:
    """Objects below a folder of their own that nobody looks into, and small files kept in memory until they decide."""

    def __init__(self, folder: str, root: str, objects: Objects) -> None:
        self._folder, self._root, self._objects = folder, root, objects
        self._received: dict[str, None] = {}
        self._written: dict[str, bytes] = {}

    def receive(self, location: str, name: str, advance: Callable[[int], None]) -> Received:
        target = f"{self._folder}/{name}"
        with translated(f"receiving `{PurePosixPath(location).name}`"):
            with self._opened(location) as source:
                counted = _Counted(source, advance)
                self._objects.upload(counted, target)
            self._received[name] = None
            if (size := self._objects.size(target)) != counted.size:
                raise InfraError(
                    f"S3 keeps {size} of the {counted.size} bytes of `{PurePosixPath(location).name}`. Nothing was landed.",
                    hint="run the same command again; if it stays, ask AWS. More: ringi explain RNG-INF-037",
                )
        return Received(name, counted.digest.hexdigest(), counted.size)

    def discard(self, name: str) -> None:
        self._received.pop(name, None)
        self._written.pop(name, None)
        with translated(f"removing `{name}`"):
            self._objects.delete(f"{self._folder}/{name}")

    def write(self, name: str, data: bytes) -> None:
        self._written[name] = data

    def keep(self, folder: str) -> None:
        target, decides = f"{self._root}/{folder}", next(reversed(self._written), "")
        if not decides:
            raise ValueError("a batch is kept by the file that was written to it last")
        with translated(f"keeping `{folder}`"):
            self._objects.put(f"{self._folder}/{KEEPING}", f"{folder}\n{decides}".encode())
            with ThreadPoolExecutor(max_workers=COPIERS) as pool:
                list(pool.map(lambda name: self._objects.copy(f"{self._folder}/{name}", f"{target}/{name}"), self._received))
            for name, data in self._written.items():
                if not self._objects.put_new(f"{target}/{name}", data):
                    raise FileExistsError(17, "there is such a batch already", f"{target}/{name}")

    def clear(self) -> None:
        """Remove what was staged; what cannot be removed now goes with the next landing of the source."""
        try:
            with translated("removing staged files"):
                for location in self._objects.below(f"{self._folder}/"):
                    self._objects.delete(location)
        except InfraError:
            return

    def _opened(self, location: str) -> BinaryIO:
        return self._objects.open(location) if location.startswith(SCHEME) else Path(location).open("rb")


class _Counted:
    """A file that is read once: counts, digests and tells of every block that is sent."""

    def __init__(self, source: BinaryIO, advance: Callable[[int], None]) -> None:
        self._source, self._advance = source, advance
        self.digest, self.size = hashlib.sha256(), 0

    def read(self, length: int = -1) -> bytes:
        block: Any = self._source.read(length)
        self.digest.update(block)
        self.size += len(block)
        self._advance(len(block))
        return bytes(block)
