"""A lake to land on: `LandingPad(path)` has a source contract, writes files, lands them, and reads what came of it.

`contract(...)` builds a source contract from short words: `contract(n="integer")` adds to the columns every test needs.
"""

from __future__ import annotations

import atexit
import datetime as dt
import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from infra.local.iceberg import LocalTables
from infra.local.object_store import LocalObjectStore
from jobs.engines.duckdb import DuckDb
from jobs.land import FileReport, LandingLake, LandReport, land
from jobs.land.embedded import EmbeddedSorting
from metrics_catalog.source import Source
from tests.support.catalogs import OWNERS, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jobs.land.sorting import Sorting

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
EVENT = {"id": "e1", "at": "2026-11-01T20:00:00Z"}

ENGINE = DuckDb(memory_limit="1GB", threads=2)
"""One engine for all tests of this process: landing leaves nothing in it."""

atexit.register(ENGINE.close)


def embedded(_root: Path) -> Sorting:
    """What sorts where nothing else is said: this process."""
    return EmbeddedSorting(ENGINE)


SORTING: ContextVar[Callable[[Path], Sorting]] = ContextVar("SORTING", default=embedded)
"""What sorts the batches of every `LandingPad`, given its folder; the tests of landing run with another one in `tests/lab`."""


def contract(name: str = "plays", *, columns: dict[str, Any] | None = None, changes: dict[str, Any] | None = None, **types: Any) -> Source:
    """An events contract with `id`, `at` and more columns; a type's name or a whole column as values."""
    held: dict[str, Any] = {"id": {"type": "string"}, "at": {"type": "timestamp"}} if columns is None else dict(columns)
    held |= {column: {"type": kind} if isinstance(kind, str) else kind for column, kind in types.items()}
    base = {"source": name, "label": text("Plays"), "description": text("Plays."), "owners": OWNERS, "columns": held}
    keyed = {"key": ["id"], "event_time": "at"} if columns is None else {}
    return Source.model_validate({**base, **keyed, **(changes or {})})


def lines(*records: Any) -> bytes:
    """JSON lines as a compact writer makes them; a text is taken as the line itself."""
    texts = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in records]
    return ("\n".join(texts) + "\n").encode()


def events(count: int, **more: Any) -> list[dict[str, Any]]:
    """Good events with different keys."""
    return [{**EVENT, "id": f"e{number}", **more} for number in range(count)]


class LandingPad:
    """One lake folder and one source."""

    def __init__(self, root: Path, source: Source | None = None) -> None:
        self.root, self.source = root, source or contract()
        self.tables = LocalTables(root / "warehouse")
        self.objects = LocalObjectStore(root / "warehouse" / "landing")

    def file(self, name: str, content: bytes) -> str:
        """A file to land; its path."""
        path = self.root / "sent" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def land(self, *files: str, now: dt.datetime = NOW) -> LandReport:
        return land(self.source, files, LandingLake(self.tables, self.objects, SORTING.get()(self.root)), now=now)

    def send(self, content: bytes, name: str = "events.jsonl", now: dt.datetime = NOW) -> FileReport:
        """Land one file."""
        (report,) = self.land(self.file(name, content), now=now).files
        return report

    def read(self, table: str, columns: str = "*", order: str = "ALL") -> list[tuple[Any, ...]]:
        """Rows of a table, sorted; empty where it does not exist."""
        spec = self.tables.spec(table)
        if spec is None:
            return []
        held = ENGINE.relation([file.path for file in self.tables.files(table)], spec.columns)
        return ENGINE.rows(f"SELECT {columns} FROM {held} ORDER BY {order}")

    def bronze(self, columns: str = "id") -> list[tuple[Any, ...]]:
        return self.read(f"bronze.{self.source.source}", columns)

    def quarantine(self, columns: str = "_record, reason, field") -> list[tuple[Any, ...]]:
        return self.read(f"quarantine.{self.source.source}", columns)

    def verdict(self, value: str, column: str = "x") -> Any:
        """What becomes of one JSON value in a column: the value that is kept, or the reason why it is refused."""
        report = self.send(f'{{"id":"e1","at":"2026-11-01T20:00:00Z","{column}":{value}}}\n'.encode())
        if report.refused_whole:
            return report.fault.code if report.fault else None
        return self.bronze(f'"{column}"')[0][0] if report.counts.accepted else self.quarantine("reason")[0][0]

    def kept(self) -> list[bytes]:
        """The raw objects in the landing zone."""
        folder = self.root / "warehouse" / "landing" / self.source.source
        return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("manifest")]


def counts(report: FileReport) -> Sequence[int]:
    """Received, accepted, repeated, refused."""
    held = report.counts
    return (held.received, held.accepted, held.repeated, held.refused)
