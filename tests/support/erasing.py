"""A lake with people in it, to erase one of them: `PeopleLake(path)` lands files of every format, runs, and erases.

`bytes_with(lake, value)` is a search of the tests' own: slow, plain, and not the product's. It unpacks with other libraries.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from governance.retention import Retention
from governance.retention import load as load_retention
from infra.local.object_store import LocalObjectStore
from infra.local.places import LocalPlaces
from infra.tables.forgetting import TableForgetting
from infra.tables.maintenance import TableUpkeep
from jobs.erase.finding import Found, find
from jobs.erase.lake import EraseLake
from jobs.erase.reach import subject_of
from jobs.erase.subject import parted
from jobs.erase.work import Eraser, erase
from jobs.land import LandingLake, LandReport, land
from tests.support.keys import keyed_project, signer
from tests.support.lakes import NOW, RunningLake, no_progress
from tests.support.landing import SORTING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jobs.erase.receipt import Receipt

ANNA, BODO = "viewer-anna-0001", "viewer-bodo-0002"
Record = dict[str, Any]


def record(number: int, viewer: str, **more: Any) -> Record:
    """One raw viewing event."""
    base = {
        "event_id": f"e{number}",
        "viewer_id": viewer,
        "account_country": "JP",
        "viewing_country": "JP",
        "device_type": "tv",
        "plan": "basic",
        "title_id": "t1",
        "event_type": "start",
        "position_s": 10,
        "seconds_viewed": 60.0,
        "occurred_at": f"2026-11-{1 + number % 3:02d}T20:00:00Z",
        "received_at": f"2026-11-{1 + number % 3:02d}T20:00:01Z",
        "player_version": "1",
    }
    return {**base, **more}


def json_lines(records: Sequence[Record | str]) -> bytes:
    return "".join((one if isinstance(one, str) else json.dumps(one, separators=(",", ":"))) + "\n" for one in records).encode()


def as_csv(records: Sequence[Record]) -> bytes:
    names = list(records[0])
    rows = [",".join("" if one[name] is None else str(one[name]) for name in names) for one in records]
    return "\n".join([",".join(names), *rows, ""]).encode()


def as_parquet(records: Sequence[Record]) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_pylist(list(records)), sink, compression="snappy")
    return bytes(sink.getvalue())


def as_zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


class PeopleLake(RunningLake):
    """A lake project whose events are landed as files."""

    def __init__(self, root: Path, *, project: Callable[[Path], Path] = keyed_project) -> None:
        super().__init__(root, project=project)
        self.objects = LocalObjectStore(root / "warehouse" / "landing")

    def land(self, name: str, content: bytes, source: str = "viewing_events", now: dt.datetime = NOW) -> LandReport:
        path = self.root / "sent" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        try:
            parts = LandingLake(self.tables, self.objects, SORTING.get()(self.root))
            return land(self.catalog.sources[source], [str(path)], parts, now=now)
        finally:
            path.unlink()
            path.parent.rmdir()

    def parts(self, now: dt.datetime = NOW) -> EraseLake:
        rules, findings = load_retention(self.root, self.catalog, now.date())
        assert rules is not None, findings
        places, upkeep = LocalPlaces(self.root, self.root / "warehouse"), TableUpkeep(self.tables)
        forgetting = TableForgetting(self.tables, upkeep)
        return EraseLake(self.catalog, rules, self.tables, self.objects, self.engine, self.engine, places, forgetting, no_progress)

    def found(self, subject: str) -> Found:
        parts = self.parts()
        who, reach = subject_of(self.catalog, parts.retention, *parted(subject))
        return find(parts, who, reach)

    def erase(self, subject: str, now: dt.datetime = NOW) -> Receipt:
        return erase(self.parts(), self.found(subject), Eraser("aiko", signer("aiko"), now))


def bytes_with(root: Path, value: str) -> list[str]:
    """Files below a folder that hold a value anywhere: as bytes, unpacked, or as a value of Parquet and Avro."""
    return [str(path.relative_to(root)) for path in sorted(root.rglob("*")) if path.is_file() and _holds(path, value)]


def _holds(path: Path, value: str) -> bool:
    raw = path.read_bytes()
    wanted = (value.encode(), json.dumps(value)[1:-1].encode(), value.encode("utf-16-le"))
    return any(one in data for one in wanted for data in [raw, str(path).encode(), *_unpacked(path, raw)])


def _unpacked(path: Path, raw: bytes) -> list[bytes]:
    if raw[:4] == b"PAR1":
        return [repr(parquet.read_table(path, partitioning=None).to_pylist()).encode()]
    if raw[:4] == b"Obj\x01":
        return [data for block in raw.split(raw[-16:]) for data in _inflated(block)]  # a mark of 16 bytes ends the head and each block
    if raw[:2] == b"\x1f\x8b":
        try:
            return [gzip.decompress(raw)]
        except (EOFError, OSError):
            return [zlib.decompressobj(31).decompress(raw)]
    if raw[:4] == b"\x28\xb5\x2f\xfd":
        return [pa.CompressedInputStream(pa.BufferReader(raw), "zstd").read()]
    return []


def _inflated(block: bytes) -> list[bytes]:
    """A block of an Avro file begins with two numbers of a few bytes; what follows them is deflated, or as it is."""
    found = []
    for start in range(12):
        try:
            found.append(zlib.decompressobj(-15).decompress(block[start:]))
        except zlib.error:
            continue
    return found


__all__ = ["ANNA", "BODO", "PeopleLake", "Retention", "as_csv", "as_parquet", "as_zstd", "bytes_with", "json_lines", "record"]
