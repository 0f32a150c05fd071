"""Small Iceberg tables for tests: a lake folder with its tables, rows written by DuckDB, and the same lake seen by PyIceberg."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import DuckDb, relation
from jobs.table import MAIN, Commit, PartitionField, Snapshot, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = TableSpec(
    "bronze.events",
    (
        TableColumn("id", ColumnType.INTEGER, required=True),
        TableColumn("country", ColumnType.STRING),
        TableColumn("at", ColumnType.TIMESTAMP),
        TableColumn("price", ColumnType.DECIMAL),
        TableColumn("seconds", ColumnType.DOUBLE),
        TableColumn("live", ColumnType.BOOLEAN),
        TableColumn("day", ColumnType.DATE),
    ),
    (PartitionField("at", "day"), PartitionField("country")),
)

ROWS = """
    SELECT i AS id, ['JP', 'DE', NULL][1 + i % 3] AS country, TIMESTAMPTZ '2026-11-01 22:00:00+00' + to_hours(i::INT) AS at,
           i / 3 AS price, i / 7 AS seconds, i % 2 = 0 AS live, DATE '2026-11-01' + i::INT AS day
    FROM range({first}, {last}) numbers(i)
"""


class SmallLake:
    """One lake folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tables = LocalTables(root / "warehouse")
        self.engine = DuckDb(spill=root / "warehouse" / ".spill", memory_limit="1GB", threads=2)

    def written(self, spec: TableSpec, sql: str) -> list[str]:
        """Data files of a table's shape, not committed."""
        folder = f"{self.tables.data_folder(spec.name)}/{uuid.uuid4().hex}"
        return [file.path for file in self.engine.write(sql, folder, spec.columns, spec.partition)]

    def append(self, first: int, last: int, **change: Any) -> Snapshot:
        """Commit rows `first` to `last` (exclusive) of the events."""
        spec = self.tables.ensure(EVENTS)
        change.setdefault("check_parent", False)
        return self.tables.commit(Commit(spec.name, self.written(spec, ROWS.format(first=first, last=last)), **change))

    def ids(self, branch: str = MAIN, snapshot_id: int | None = None) -> list[int]:
        """Ids of the events that the table holds, sorted."""
        spec = self.tables.spec(EVENTS.name)
        assert spec is not None
        paths = [file.path for file in self.tables.files(spec.name, branch=branch, snapshot_id=snapshot_id)]
        return [row[0] for row in self.engine.rows(f"SELECT id FROM {relation(paths, spec.columns)} ORDER BY id")]

    def pyiceberg(self) -> Any:
        """The same lake, opened by PyIceberg's own SQL catalog."""
        from pyiceberg.catalog import load_catalog

        uri, warehouse = f"sqlite:///{self.root}/warehouse/catalog.db", f"file://{self.root}/warehouse"
        return load_catalog("lake", type="sql", uri=uri, warehouse=warehouse)
