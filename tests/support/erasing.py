"""A lake with people in it, to erase one of them: `PeopleLake(path)` lands files of every format, runs, and erases.

`bytes_with(lake, value)` is a search of the tests' own: slow, plain, and not the product's. It unpacks with other libraries.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import shutil
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

from governance.retention import load as load_retention
from infra.local.object_store import LocalObjectStore
from infra.local.places import LocalPlaces
from infra.tables.forgetting import TableForgetting
from infra.tables.maintenance import TableUpkeep
from jobs.erase.account import Eraser
from jobs.erase.finding import Found, find
from jobs.erase.lake import EraseLake
from jobs.erase.reach import subject_of
from jobs.erase.subject import parted
from jobs.erase.work import erase
from jobs.land import LandingLake, LandReport, land
from jobs.maintain.as_published import keep
from tests.support.catalogs import source, write
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


def people_project(root: Path) -> Path:
    """The small project with people who hold keys, and a source that restates who they are as a whole."""
    keyed_project(root)
    columns = {
        "viewer_id": {"type": "string", "required": True, "classification": "personal"},
        "email": {"type": "string", "classification": "personal"},
        "plan": {"type": "string"},
    }
    whole = {"delivery": "snapshot", "columns": columns, "key": ["viewer_id"]}
    write(root, "sources/profiles.yaml", source("profiles", **whole, event_time=None, received_time=None, country=None))
    return root


class PeopleLake(RunningLake):
    """A lake project whose events are landed as files."""

    def __init__(self, root: Path, *, project: Callable[[Path], Path] = people_project) -> None:
        super().__init__(root, project=project)
        self.objects = LocalObjectStore(root / "warehouse" / "landing")

    def land(self, name: str, content: bytes, source: str = "viewing_events", now: dt.datetime = NOW) -> LandReport:
        path = self.root.parent / "sent" / name  # beside the lake: it is not the lake's to erase
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        parts = LandingLake(self.tables, self.objects, SORTING.get()(self.root))
        return land(self.catalog.sources[source], [str(path)], parts, now=now)

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


@dataclass(frozen=True)
class Erased:
    """What a process of its own tells at its end."""

    told: str

    def summary(self) -> list[str]:
        return [self.told]


def erased(root: Path) -> Erased:
    """Erase Anna from the lake at a place."""
    return Erased(PeopleLake(root).erase(f"viewer_id={ANNA}").name)


def landed_again(root: Path) -> Erased:
    """Land a file in which Anna is again, and Bodo."""
    return Erased(str(PeopleLake(root).land("again.jsonl", json_lines([record(800, ANNA), record(801, BODO)])).counts))


def peopled(root: Path) -> PeopleLake:
    """A lake in which Anna and Bodo are everywhere: every format, repeated, refused, restated and kept under a name."""
    lake = PeopleLake(root)
    both = [record(n, ANNA if n % 2 else BODO) for n in range(12)]
    lake.land("plain.jsonl", json_lines([*both, record(1, ANNA), "{not json " + ANNA, record(90, ANNA, event_type="dance")]))
    lake.land("packed.jsonl.gz", gzip.compress(json_lines([record(100 + n, ANNA if n % 2 else BODO) for n in range(6)])))
    lake.land("profiles1.csv", profiles("basic", ANNA, BODO), "profiles")
    lake.run()
    keep(lake.tables, TableUpkeep(lake.tables), "first")
    lake.land("profiles2.csv", profiles("premium", ANNA, BODO), "profiles")
    lake.land("profiles3.csv", profiles("premium", BODO), "profiles")
    lake.land("table.csv", as_csv([record(200 + n, ANNA if n % 3 == 0 else BODO) for n in range(6)]))
    lake.land("table.parquet", as_parquet([record(300 + n, ANNA if n % 3 == 1 else BODO) for n in range(6)]))
    lake.land("packed.jsonl.zst", as_zstd(json_lines([record(400 + n, ANNA if n == 2 else BODO) for n in range(6)])))
    lake.land("whole.jsonl", json_lines([{"another": "contract", "viewer_id": ANNA} for _ in range(12)]))
    lake.run()
    return lake


class Original:
    """A lake of people that is made once; every test gets it back as it was, at the same place."""

    def __init__(self, folder: Path) -> None:
        self.root, self._copy = folder / "lake", folder / "before"
        peopled(self.root).engine.close()
        shutil.copytree(self.root, self._copy)

    def again(self) -> PeopleLake:
        shutil.rmtree(self.root)
        shutil.copytree(self._copy, self.root)
        return PeopleLake(self.root)


def profiles(plan: str, *viewers: str) -> bytes:
    """A list of all viewers."""
    return as_csv([{"viewer_id": viewer, "email": f"{viewer}@example.com", "plan": plan} for viewer in viewers])
