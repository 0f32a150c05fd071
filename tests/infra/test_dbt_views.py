"""dbt for real: the views of a small lake are made for every country, tested, and left alone while nothing changed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from infra.local.dbt_views import SqlViews
from infra.local.views_file import NAME
from jobs.facts.gold import table_columns
from jobs.table import Commit, TableSpec
from tests.support.tables import SmallLake
from tests.support.view_catalog import numeric_catalog, title_daily

if TYPE_CHECKING:
    from views.dbt.report import DbtReport

pytestmark = pytest.mark.slow

ROWS = """select '{country}' viewing_country, date '2026-11-01' + (i % 3)::int viewing_date, 't' || i title_id, 'tv' device_type,
    i / 2.0::double viewing_hours, i viewers, null::double completion_rate, 0::bigint completed_plays, i plays from range({count}) r(i)"""


class Published:
    """A small lake with saved copies of one view, for two of its four countries."""

    def __init__(self, root: Path) -> None:
        self.lake, self.root = SmallLake(root), root
        self.catalog = replace(numeric_catalog(), root=root)
        self.view = title_daily()
        for country in ("JP", "DE"):
            self.save(country, ROWS.format(country=country, count=5))

    def save(self, country: str, sql: str) -> None:
        spec = self.lake.tables.ensure(TableSpec(f"saved_{country.lower()}.title_daily", table_columns(self.view)))
        self.lake.tables.commit(Commit(spec.name, self.lake.written(spec, sql), check_parent=False))

    def build(self) -> DbtReport:
        with SqlViews(self.catalog, self.root / "warehouse") as views:
            return views.build([self.view], self.lake.tables)

    def count(self, name: str) -> int:
        with duckdb.connect(self.root / "warehouse" / NAME, read_only=True) as connection:
            row = connection.execute(f"select count(*) from {name}").fetchone()
            assert row is not None
            return int(row[0])


def test_views_are_made_tested_and_kept_and_a_team_builds_on_them(tmp_path: Path) -> None:
    published = Published(tmp_path)
    broken = tmp_path / "dbt" / "models" / "jp" / "broken.sql"
    broken.parent.mkdir(parents=True)
    broken.write_text("select {{ nothing that jinja knows", encoding="utf-8")

    with SqlViews(published.catalog, tmp_path / "warehouse") as views:
        views.start([published.view])  # dbt reads its project beside other work
        first = views.build([published.view], published.lake.tables)
    assert (first.built, first.ran, first.findings) == (True, True, ())
    assert (first.views, first.countries, first.refreshed, first.tests) == (1, 2, 2, 6)
    assert (published.count("views_jp.title_daily"), published.count("lake.title_daily")) == (5, 10)

    again = published.build()
    assert (again.built, again.ran, again.refreshed) == (True, False, 0)

    published.save("JP", ROWS.format(country="JP", count=7).replace("'t' || i", "'u' || i"))
    moved = published.build()
    assert (moved.built, moved.ran, moved.refreshed) == (True, False, 1)
    assert published.count("views_jp.title_daily") == 12
    assert broken.read_text(encoding="utf-8").startswith("select {{ nothing")

    broken.unlink()
    own = broken.with_name("top_titles.sql")
    own.write_text("select title_id, viewing_hours from {{ source('views_jp', 'title_daily') }} order by 2 desc limit 3", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("dbt")), "run", "--project-dir", "dbt", "--profiles-dir", ".ringi/dbt", "--select", "jp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert published.build().built
    assert published.count("lake.top_titles") == 3


def test_failed_tests_and_an_unreadable_project_are_findings(tmp_path: Path) -> None:
    published = Published(tmp_path)
    published.save("DE", ROWS.format(country="DE", count=2))  # the same rows a second time
    published.save("JP", ROWS.format(country="DE", count=1))  # a German row in Japan's copy
    report = published.build()
    assert not report.built
    said = " ".join(found.message for found in report.findings)
    assert "more than one row for the same `viewing_country`, `viewing_date`" in said
    assert "rows of another country in a saved copy" in said
    assert published.count("views_jp.title_daily") == 5  # the foreign row stays hidden behind the view's own condition

    stray = tmp_path / "dbt" / "models" / "generated" / "published" / "mine" / "stray.sql"
    stray.parent.mkdir()
    stray.write_text("select {{ broken", encoding="utf-8")
    report = published.build()  # runs dbt again, for its tests did not pass
    assert [found.code for found in report.findings] == ["RNG-VIEW-012"]
    assert "Traceback" not in report.findings[0].message
