"""Where batches lie: bytes are received, named by their digests, and kept before anything is parsed.

Used by `landing.py`. Beside the batches (`<source>/<batch>/…`) two small records are kept: `_digests/<source>/<sha256>` says in
which batch those bytes lie, `_unfinished/<source>/<batch>` that a batch is not yet in the lake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.land.manifest import NAME, Landed, Manifest, batch_id, contract_digest, read_manifest

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from jobs.object_store import ObjectStore, Received, Staging
    from metrics_catalog.source import Source

LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Arrival:
    """One given file: its own name, its digest, and the batch its bytes lie in, now or since an earlier call."""

    name: str
    sha256: str
    batch: str


class Landing:
    """The landing zone of one source."""

    def __init__(self, objects: ObjectStore, source: Source) -> None:
        self.objects, self.source = objects, source
        self._name = source.source

    def receive(self, locations: Sequence[str], now: dt.datetime, advance: Callable[[int], None]) -> tuple[Arrival, ...]:
        """Copy files and keep the new ones as one batch, with its manifest; the same bytes are kept once."""
        with self.objects.staging(self._name) as staging:
            arrived = [
                (PurePath(location).name, staging.receive(location, object_name(number, location), advance))
                for number, location in enumerate(locations, start=1)
            ]
            reached("land_received")
            known = {sha: batch for sha in {received.sha256 for _, received in arrived} if (batch := self._known(sha))}
            new = self._new(staging, arrived, known)
            batch = self._keep(staging, new, now) if new else ""
        return tuple(Arrival(name, received.sha256, known.get(received.sha256, batch)) for name, received in arrived)

    def manifest(self, batch: str) -> Manifest | None:
        """The manifest of a batch, or None where there is no such batch."""
        data = self.objects.read(f"{self._name}/{batch}/{NAME}")
        return None if data is None else read_manifest(data)

    def key(self, batch: str, name: str) -> str:
        return f"{self._name}/{batch}/{name}"

    def again(self, manifest: Manifest, sha256: str, now: dt.datetime) -> str:
        """The batch in which an object that was refused whole gets another chance.

        It is the same batch where nothing of it is in the lake; otherwise a new one with a copy of that object alone.
        """
        if all(landed.report is not None and landed.report.refused_whole for landed in manifest.objects):
            self.begin(manifest.batch)
            return manifest.batch
        landed = next(one for one in manifest.objects if one.is_of(sha256))
        with self.objects.staging(self._name) as staging:
            location = self.objects.path(self.key(manifest.batch, landed.object))
            received = staging.receive(location, object_name(1, landed.name), lambda _: None)
            return self._keep(staging, [(landed.name, received)], now)

    def know(self, sha256: str, batch: str) -> None:
        """Note that a batch has an object of this digest, though it was not received so: it was rewritten."""
        self.objects.write(f"_digests/{self._name}/{sha256}", batch.encode())

    def unfinished(self) -> tuple[Manifest, ...]:
        """Batches whose bytes are kept and which are not yet in the lake, the first received first."""
        found = []
        for batch in self.objects.names(f"_unfinished/{self._name}"):
            manifest = self.manifest(batch)
            if manifest is None:  # killed before the bytes were kept: nothing was received
                self.objects.remove(f"_unfinished/{self._name}/{batch}")
            else:
                found.append(manifest)
        return tuple(sorted(found, key=lambda manifest: (manifest.received_at, manifest.batch)))

    def begin(self, batch: str) -> None:
        """Note that a batch is being brought into the lake."""
        self.objects.write(f"_unfinished/{self._name}/{batch}", b"")

    def finish(self, manifest: Manifest) -> None:
        """Keep the verdict; the batch is done."""
        self.objects.write(f"{self._name}/{manifest.batch}/{NAME}", manifest.to_json())
        reached("land_recorded")
        self.objects.remove(f"_unfinished/{self._name}/{manifest.batch}")

    def _known(self, sha256: str) -> str | None:
        held = self.objects.read(f"_digests/{self._name}/{sha256}")
        batch = None if held is None else held.decode()
        return batch if batch and self.objects.exists(f"{self._name}/{batch}/{NAME}") else None

    def _new(self, staging: Staging, arrived: Sequence[tuple[str, Received]], known: dict[str, str]) -> list[tuple[str, Received]]:
        """The files whose bytes were never here; the others are let go."""
        new: list[tuple[str, Received]] = []
        seen = set(known)
        for name, received in arrived:
            if received.sha256 in seen:
                staging.discard(received.object)
            else:
                new.append((name, received))
            seen.add(received.sha256)
        return new

    def _keep(self, staging: Staging, new: Sequence[tuple[str, Received]], now: dt.datetime) -> str:
        batch = batch_id(received.sha256 for _, received in new)
        objects = tuple(Landed(received.object, name, received.sha256, received.size) for name, received in new)
        manifest = Manifest(self._name, batch, now, self.source.version, contract_digest(self.source), objects)
        if self.objects.exists(f"{self._name}/{batch}/{NAME}"):  # only its entries below `_digests` were lost
            return batch
        staging.write(NAME, manifest.to_json())
        self.objects.write_all(f"_digests/{self._name}", {received.sha256: batch.encode() for _, received in new})
        self.begin(batch)
        staging.keep(f"{self._name}/{batch}")
        reached("land_kept")
        return batch


def object_name(number: int, location: str) -> str:
    """What a file is called in its batch: its number, and its own name without what file systems or URLs could misread."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", PurePath(location).name)[-LONGEST_NAME:]
    return f"{number:04d}-{name}"
