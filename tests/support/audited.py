"""A lake project with ledgers and nothing else: two blocks of runs and publications, lines of the audit ledger, some queries, seals."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from governance.ledgers.audit_line import AuditLine, Kind
from governance.ledgers.query_ledger import QueryLine
from infra.local.iceberg import LocalTables
from infra.local.query_ledger import QueryLedger
from jobs.engines.duckdb import DuckDb
from jobs.ledgers import audit_ledger, ledger
from tests.support.catalogs import small_project

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2025, 11, 22, 12, tzinfo=dt.UTC)


class AuditedLake:
    """One lake with ledgers; `seal()` writes down where they stand."""

    def __init__(self, root: Path) -> None:
        small_project(root)
        self.root, self.folder = root, root / "warehouse" / "ledger"
        self.tables = LocalTables(root / "warehouse")
        self.engine = DuckDb(spill=root / "warehouse" / ".spill", memory_limit="500MB", threads=1)
        self.queries = QueryLedger(self.folder / "queries")
        for number in (1, 2):
            self.run(number)
        self.record(AuditLine(NOW, Kind.ACCESS_APPLY, "aiko", "aws", {"calls": 7, "plan_digest": "ab" * 32}, "req-1"))
        for minute in range(3):
            self.query(NOW + dt.timedelta(minutes=minute))

    def run(self, number: int) -> None:
        """A line of runs and three of publications."""
        line: dict[str, Any] = {"run_id": f"r{number}", "recorded_at": NOW, "views": ["title_daily"], "inputs": {}, "meanings": {}}
        ledger.append_values(self.tables, self.engine, ledger.RUNS, f"r{number}", [{**line, "cells": 3, "restated": 0, "publications": 3}])
        published = {"run_id": f"r{number}", "recorded_at": NOW, "view": "title_daily", "action": "published", "gold_snapshot": 7}
        rows = [
            {**published, "viewing_country": code, "saved_snapshot": 8, "row_count": 5, "metrics": {"plays": "ab" * 32}}
            for code in ("JP", "DE", "NP")
        ]
        ledger.append_values(self.tables, self.engine, ledger.PUBLICATIONS, f"p{number}", rows)

    def record(self, line: AuditLine) -> None:
        audit_ledger.record(self.tables, self.engine, line)

    def query(self, at: dt.datetime, who: str = "analyst_jp") -> None:
        self.queries.append(QueryLine(at, who, {"views_jp.title_daily": ("plays",)}, 3))

    def seal(self, now: dt.datetime = NOW) -> int:
        return audit_ledger.seal(self.tables, self.engine, {"queries": self.queries.end()}, now)

    def close(self) -> None:
        self.engine.close()
