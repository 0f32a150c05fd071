"""Whole small lakes for tests of runs: a project, events put straight into bronze, every present meaning taken as certified.

`RunningLake(path)` has `events(...)` to add rows, `run()` to run, and readers of what the run left: `gold`, `saved`,
`restatements`, `everything`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from infra.local.iceberg import LocalTables
from jobs.dialects import literal
from jobs.dialects.duckdb import DUCKDB
from jobs.engines.duckdb import DuckDb
from jobs.running.run import RunLake, run
from jobs.table import Commit, PartitionField, TableColumn, TableSpec
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.meaning import Meaning, resolve_all
from tests.support.catalogs import small_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from infra.tables.iceberg import IcebergTables
    from jobs.engine import Engine
    from jobs.running.run_report import RunReport

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
Row = dict[str, Any]


@contextmanager
def no_progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Progress that nobody watches."""
    yield lambda count: None


def event(number: int, country: str, at: str, kind: str = "start", **more: Any) -> Row:
    """One viewing event; `at` is UTC, such as `2026-11-01 20:00`."""
    moment = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC)
    base = {
        "event_id": f"e{number}",
        "viewer_id": f"v{number % 5}",
        "account_country": country,
        "viewing_country": country,
        "device_type": "tv",
        "plan": "basic",
        "title_id": "t1",
        "event_type": kind,
        "position_s": 10,
        "seconds_viewed": 60.0 if kind == "heartbeat" else None,
        "occurred_at": moment,
        "received_at": moment,
        "player_version": "1",
    }
    return {**base, **more}


class RunningLake:
    """One lake project on disk with its tables and an engine."""

    def __init__(self, root: Path, *, project: Callable[[Path], Path] = small_project) -> None:
        self.root = root
        if not (root / "ringi.toml").exists():
            project(root)
        self.tables: IcebergTables = LocalTables(root / "warehouse")
        self.engine = DuckDb(spill=root / "warehouse" / ".spill", memory_limit="1GB", threads=2)

    @property
    def catalog(self) -> Catalog:
        """The project as its files are now; a file that cannot be read is left out."""
        return load(self.root)[0]

    def certified(self) -> dict[str, Meaning]:
        """Every present meaning, as if both keys were turned on it."""
        return {name: meaning for name, meaning in resolve_all(self.catalog).items() if isinstance(meaning, Meaning)}

    def events(self, rows: Sequence[Row], source: str = "viewing_events", *, whole: bool = False) -> None:
        """Add rows to a source's bronze table, laid out by day; `whole` replaces those that are there."""
        columns = tuple(TableColumn(name, column.type, column.required) for name, column in self.catalog.sources[source].columns.items())
        time = self.catalog.sources[source].event_time
        spec = self.tables.ensure(TableSpec(f"bronze.{source}", columns, (PartitionField(time, "day"),) if time else ()))
        values = ", ".join("(" + ", ".join(_literal(row[column.name]) for column in columns) + ")" for row in rows)
        names = ", ".join(column.name for column in columns)
        sql = f"SELECT * FROM (VALUES {values}) AS given({names})"
        files = self.engine.write(sql, f"{self.tables.data_folder(spec.name)}/{uuid.uuid4().hex}", spec.columns, spec.partition)
        self.tables.commit(Commit(spec.name, [file.path for file in files], replace_all=whole, check_parent=False))

    def run(self, certified: dict[str, Meaning] | None = None, now: dt.datetime = NOW, engine: Engine | None = None) -> RunReport:
        """Run over all views, on the lake's own engine unless another is given."""
        meanings = self.certified() if certified is None else certified
        return run(RunLake(self.catalog, meanings, self.tables, engine or self.engine, self.tables.regain), now, no_progress)

    def read(self, table: str, columns: str = "*", order: str = "ALL") -> list[tuple[Any, ...]]:
        """Rows of a table, sorted; empty where it does not exist."""
        spec = self.tables.spec(table)
        if spec is None:
            return []
        held = self.engine.relation([file.path for file in self.tables.files(table)], spec.columns)
        return self.engine.rows(f"SELECT {columns} FROM {held} ORDER BY {order}")

    def restatements(self) -> list[tuple[Any, ...]]:
        """Lines of the restatement ledger without run and time."""
        return self.read("ledger.restatements", "subject, viewing_country, period, members, value_name, old_value, new_value, reason")

    def snapshots(self) -> dict[str, int]:
        """The head of every table, and the version of every view by its SQL and properties."""
        heads = {}
        for namespace in self.tables.namespaces():
            for name in self.tables.names(namespace):
                head = self.tables.snapshot(name)
                heads[name] = head.id if head else 0
        return heads

    def everything(self) -> dict[str, Any]:
        """All that a run leaves, without times and names of runs and snapshots: what two lakes must agree on."""
        found: dict[str, Any] = {"restatements": self.restatements()}
        publications = "view, viewing_country, action, row_count, metrics"
        found["publications"] = self.read("ledger.publications", publications)
        for namespace in self.tables.namespaces():
            if namespace == "gold" or namespace.startswith("saved_"):
                found |= {name: self.read(name) for name in self.tables.names(namespace)}
            if namespace.startswith("views_"):
                found |= {view.name: (view.columns, dict(view.sql)) for view in self.tables.views(namespace)}
        return found


def _literal(value: Any) -> str:
    return literal(DUCKDB, value)
