"""A desk that answers queries for tests: a small project's catalog, a policy, and views published as Parquet files.

The files lie where a lake keeps its own, beside secrets that no query may ever show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from governance.policy.grant import Grant
from governance.policy.relation import Relations
from infra.local.published import PublishedRelation
from infra.local.query import Answer, Desk, ask
from infra.local.query_process import Limits, QueryProcess
from metrics_catalog.source import ColumnType
from tests.support.catalogs import edit, loaded, small_project
from tests.support.policies import NOW, grant, policy

TYPES = {
    "viewing_country": ColumnType.STRING,
    "viewing_date": ColumnType.DATE,
    "title_id": ColumnType.STRING,
    "device_type": ColumnType.STRING,
    "viewing_hours": ColumnType.DOUBLE,
    "viewers": ColumnType.INTEGER,
    "plays": ColumnType.INTEGER,
    "completion_rate": ColumnType.DOUBLE,
    "completions": ColumnType.INTEGER,
    "viewer_id": ColumnType.STRING,
}
SECRET = "s3cr3t-of-the-lake"
HIDDEN_TITLE = "hidden-title"
QUICK = Limits(seconds=10, memory_mib=512)


class ParquetPublished:
    """Views published as Parquet files below a folder; `kept_back` is a column of the saved copy that no view shows."""

    def __init__(self, folder: Path, rows: int = 200) -> None:
        self.folder, self.rows = folder, rows

    def write(self, country: str) -> Path:
        path = self.folder / f"saved_{country.lower()}" / "title_daily" / "data" / "part-0.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        select = f"""
            SELECT '{country}' AS viewing_country, DATE '2026-11-01' + (i % 20)::INTEGER AS viewing_date,
                CASE WHEN i % 10 = 9 THEN '{HIDDEN_TITLE}' ELSE 't' || (i % 10) END AS title_id,
                ['tv', 'web', 'mobile'][1 + i % 3] AS device_type, i / 4.0 AS viewing_hours, i AS viewers, 2 * i AS plays,
                CASE WHEN i = 0 THEN NULL ELSE 0.5 END::DOUBLE AS completion_rate, i AS completions,
                'viewer-{SECRET}-' || i AS viewer_id, '{SECRET}' AS kept_back FROM range({self.rows}) t(i)"""
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        return path

    def contract(self, schema: str, view: str) -> tuple[dict[str, ColumnType], dict[str, str]] | None:
        return (TYPES, {"plays": "How often a play began."}) if self.get(schema, view) else None

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        """Published are the views of Japan and Germany."""
        country = schema.removeprefix("views_").upper()
        if country not in ("JP", "DE") or view != "title_daily":
            return None
        path = self.folder / f"saved_{country.lower()}" / "title_daily" / "data" / "part-0.parquet"
        columns = ", ".join(f'"{name}"' for name in TYPES)
        saved = f"saved_{country.lower()}"
        definition = f'SELECT {columns} FROM "{saved}"."title_daily" WHERE "viewing_country" = \'{country}\''
        return PublishedRelation(TYPES, definition, saved, "title_daily", f"read_parquet(['{path}'])", self.rows)


def make_desk(root: Path, *grants: Grant, rows: int = 200) -> Desk:
    """A desk over a small project; without grants `analyst_jp` reads what Japan publishes."""
    if not (root / "countries.yaml").exists():
        small_project(root)
        edit(root, "views/title_daily.yaml", lambda view: view["grain"]["dimensions"].append("viewer_id"))
        (root / "secret.txt").write_text(SECRET, encoding="utf-8")
        (root / "secret.csv").write_text(f"a,b\n{SECRET},1\n", encoding="utf-8")
    published = ParquetPublished(root / "warehouse", rows)
    for country in ("JP", "DE"):
        published.write(country)
    given = policy(*(grants or (grant(views=("views_jp.*",)),)))
    catalog = loaded(root)
    return Desk(given, Relations(catalog), published, catalog.metrics, NOW)


def answer(desk: Desk, sql: str, principal: str = "analyst_jp", limits: Limits = QUICK) -> Answer:
    """What a query answers."""
    with QueryProcess(limits) as process:
        return ask(desk, sql, principal, process)


def rows(desk: Desk, sql: str, principal: str = "analyst_jp", **limits: Any) -> list[dict[str, Any]]:
    """The rows that a query answers."""
    return answer(desk, sql, principal, Limits(**{"seconds": 10, "memory_mib": 512, **limits})).rows
