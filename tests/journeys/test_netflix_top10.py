"""Thirteen snapshots of public weekly charts, with every fault of real life, through the ordinary doors.

What is expected is computed here by the csv module alone. The data stay beside the checkout and are never part of it.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import shutil
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.gate.resign import resign
from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import DuckDb
from jobs.ledgers.ledger import RESTATEMENTS
from jobs.ledgers.ledger_check import verify
from tests.support.command import Said, ringi

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SNAPSHOTS = Path(os.environ.get("RINGI_SHARED_DIR", ROOT.parent / "shared")) / "data" / "netflix_top10" / "snapshots"
PROJECT = ROOT / "tests" / "fixtures" / "netflix_top10"
SOURCES = {"countries": "top10_countries", "global": "top10_global", "most_popular": "top10_most_popular"}

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.skipif(
        not SNAPSHOTS.is_dir() and not os.environ.get("CI"),  # continuous integration has them, so there a missing folder is a failure
        reason="the public charts are not beside this checkout",
    ),
]

Row = dict[str, str]
COUNTRY_KEY = ("country_iso2", "week", "category", "weekly_rank")
GLOBAL_KEY = ("week", "category", "weekly_rank")


def rows_of(file: str) -> list[Row]:
    with (SNAPSHOTS / file).open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t"))


def restated(before: str, after: str, key: tuple[str, ...]) -> dict[tuple[str, ...], tuple[Row, Row]]:
    """Old and new values of each row whose values differ, in columns that both files have; both files hold all old keys."""
    old, new = ({tuple(row[name] for name in key): row for row in rows_of(file)} for file in (before, after))
    shared = set(next(iter(old.values()))) & set(next(iter(new.values())))
    differs = {where: sorted(name for name in shared if row[name] != new[where][name]) for where, row in old.items()}
    return {where: ({n: old[where][n] for n in names}, {n: new[where][n] for n in names}) for where, names in differs.items() if names}


class Charts:
    """The lake after all files were landed in the order of their dates, and what each landing said."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(PROJECT, root)
        resign(root, "mina_park", "olga_lind", dt.datetime(2025, 6, 2, tzinfo=dt.UTC))
        self.said: dict[str, Said] = {file.name: self.land(file.name) for file in sorted(SNAPSHOTS.glob("*.tsv"))}
        self.tables = LocalTables(root / "warehouse")
        self.engine = DuckDb(memory_limit="1GB", threads=2)

    def land(self, name: str) -> Said:
        return ringi("land", SOURCES[name.split("_", 1)[1].removesuffix(".tsv")], SNAPSHOTS / name, lake=self.root, as_json=True)

    def report(self, name: str) -> dict[str, Any]:
        (file,) = self.said[name].json()["files"]
        return dict(file)

    def read(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        spec = self.tables.spec(table)
        assert spec is not None, table
        held = self.engine.relation([file.path for file in self.tables.files(table)], spec.columns)
        return self.engine.rows(f"SELECT {columns} FROM {held} ORDER BY ALL")


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Charts]:
    found = Charts(tmp_path_factory.mktemp("charts") / "lake")
    yield found
    found.engine.close()


@pytest.fixture(scope="module")
def published(charts: Charts) -> Charts:
    run = ringi("run", lake=charts.root)
    assert run.code == 0, run.err
    return charts


def test_there_are_thirteen_snapshots(charts: Charts) -> None:
    assert len(charts.said) == 13
    assert ringi("check", lake=charts.root).code == 0


def test_pages_and_nulls_are_refused_whole_and_the_rest_goes_on(charts: Charts) -> None:
    refused = {name: charts.report(name)["fault"]["code"] for name, said in charts.said.items() if said.code == 1}
    assert refused == {
        "2021-11-17_countries.tsv": "RNG-JOB-006",
        "2023-06-01_countries.tsv": "RNG-JOB-003",
        "2023-06-01_global.tsv": "RNG-JOB-003",
        "2023-12-17_countries.tsv": "RNG-JOB-003",
        "2023-12-27_global.tsv": "RNG-JOB-003",
    }
    assert (
        "HTML page" in charts.said["2023-06-01_countries.tsv"].err
        and "2023-06-01_countries.tsv" in charts.said["2023-06-01_countries.tsv"].err
    )
    assert "`null`" in charts.said["2023-12-27_global.tsv"].err
    assert {said.code for name, said in charts.said.items() if name not in refused} == {0}
    kept = {path.read_bytes() for path in (charts.root / "warehouse" / "landing").rglob("0001-*.tsv")}
    assert kept == {path.read_bytes() for path in SNAPSHOTS.glob("*.tsv")}


def test_renamed_categories_are_a_contract_break_and_not_mixed_in(charts: Charts) -> None:
    fault = charts.report("2021-11-17_countries.tsv")["fault"]
    assert all(word in fault["message"] for word in ("`category`", "`Films (English)`", "`TV (English)`", "`Films`", "`TV`"))
    assert charts.read("bronze.top10_countries", "DISTINCT category") == [("Films",), ("TV",)]
    assert charts.tables.spec("quarantine.top10_countries") is None


def test_bronze_holds_the_newest_good_country_file_row_by_row(charts: Charts) -> None:
    expected = rows_of("2022-03-02_countries.tsv")
    columns = "viewing_country, week, category, weekly_rank, country_name, show_title, season_title, cumulative_weeks_in_top_10"
    found = charts.read("bronze.top10_countries", columns)
    assert len(found) == len(expected) == 65_800
    assert len({row[0] for row in found}) == 94
    assert sum(row[0] == "JP" for row in found) == 700
    day = dt.date.fromisoformat
    assert set(found) == {
        (
            *(row["country_iso2"], day(row["week"]), row["category"], int(row["weekly_rank"]), row["country_name"], row["show_title"]),
            None if row["season_title"] == "N/A" else row["season_title"],
            int(row["cumulative_weeks_in_top_10"]),
        )
        for row in expected
    }


def test_every_restated_country_row_is_a_line_of_the_ledger(charts: Charts) -> None:
    expected = restated("2021-12-01_countries.tsv", "2022-03-02_countries.tsv", COUNTRY_KEY)
    assert len(expected) == 1_108
    assert charts.report("2022-03-02_countries.tsv")["restated"] == {"changed": 1_108, "vanished": 0}
    lines = charts.read("ledger.restatements", "subject, viewing_country, period, members, value_name, old_value, new_value, reason")
    found = {}
    for subject, country, week, members, names, old, new, reason in lines:
        if subject == "top10_countries":
            assert reason == "restated source"
            key = json.loads(members)
            found[country, week.isoformat(), key["category"], str(key["weekly_rank"])] = (names, json.loads(old), json.loads(new))
    as_kept = {"season_title": lambda value: None if value == "N/A" else value}
    assert found == {
        where: (
            ", ".join(name for name in ("show_title", "season_title", "cumulative_weeks_in_top_10") if name in old),
            {name: as_kept.get(name, str)(value) for name, value in old.items()},
            {name: as_kept.get(name, str)(value) for name, value in new.items()},
        )
        for where, (old, new) in expected.items()
    }
    assert verify(charts.tables, charts.engine, RESTATEMENTS) == ()


def test_the_four_schemas_of_the_global_file_are_one_table(charts: Charts) -> None:
    good = [f"{day}_global.tsv" for day in ("2021-11-17", "2023-05-31", "2023-07-26", "2024-11-20", "2026-07-22")]
    assert [charts.report(name)["accepted"] for name in good] == [len(rows_of(name)) for name in good] == [800, 4_000, 4_320, 7_080, 10_560]
    steps = pairwise(good)
    contracted = {
        "show_title",
        "season_title",
        "weekly_hours_viewed",
        "runtime",
        "weekly_views",
        "cumulative_weeks_in_top_10",
        "is_staggered_launch",
    }
    expected = [sum(bool(contracted & set(old)) for old, _ in restated(*step, GLOBAL_KEY).values()) for step in steps]
    assert expected[0] == 47  # 24 titles and 39 hours, some in the same row
    assert [charts.report(name)["restated"]["changed"] for name in good[1:]] == expected
    newest = rows_of(good[-1])
    ((rows, hours, views),) = charts.read("bronze.top10_global", "count(*), sum(weekly_hours_viewed), sum(weekly_views)")
    assert (rows, hours, views) == (
        len(newest),
        sum(int(row["weekly_hours_viewed"]) for row in newest),
        sum(int(row["weekly_views"] or 0) for row in newest),
    )
    assert charts.read("bronze.top10_most_popular", "count(*)") == [(40,)]


def test_landing_them_all_again_changes_nothing(charts: Charts) -> None:
    before = {name: charts.tables.snapshot(name) for name in ("bronze.top10_countries", "bronze.top10_global", "ledger.restatements")}
    for name in charts.said:
        assert charts.land(name).json()["files"][0]["again"]
    assert {name: charts.tables.snapshot(name) for name in before} == before


def expected_week(rows: list[Row]) -> tuple[int, int, int, float, int, float]:
    """The metrics of the view over the rows of one country, week and category."""
    stays = [int(row["cumulative_weeks_in_top_10"]) for row in rows]
    new = sum(stay == 1 for stay in stays)
    return len(rows), len({row["show_title"] for row in rows}), max(stays), sum(stays) / len(stays), new, new / len(rows)


def test_the_weekly_view_of_each_country_equals_a_recount(published: Charts) -> None:
    grouped: dict[tuple[str, dt.date, str], list[Row]] = defaultdict(list)
    for row in rows_of("2022-03-02_countries.tsv"):
        monday = dt.date.fromisoformat(row["week"]) - dt.timedelta(days=6)  # weeks are named by their Sunday there, by their Monday here
        grouped[row["country_iso2"], monday, row["category"]].append(row)
    spaces = [space for space in published.tables.namespaces() if space.startswith("saved_")]
    assert len(spaces) == 94
    columns = (
        "viewing_country, viewing_week, category, titles_charted, distinct_titles, longest_stay, average_stay, newcomers, newcomer_share"
    )
    found = {row[:3]: row[3:] for space in spaces for row in published.read(f"{space}.charts_weekly", columns)}
    assert found.keys() == grouped.keys()
    assert {where: pytest.approx(expected_week(rows), rel=1e-9) for where, rows in grouped.items()} == found
    assert Counter(where[0] for where in found)["JP"] == 70


def test_japan_s_analysts_read_their_charts_and_no_other(published: Charts) -> None:
    sql = "select sum(titles_charted) as places from views_{}.charts_weekly"
    said = ringi("query", sql.format("jp"), "--as", "analyst_jp", lake=published.root, as_json=True)
    assert said.code == 0, said.err
    assert [int(row["places"]) for row in said.json()] == [700]
    assert ringi("query", sql.format("de"), "--as", "analyst_jp", lake=published.root).code == 4
