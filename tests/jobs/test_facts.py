"""Facts: what a run writes to gold, what it leaves alone, what goes into the restatement ledger, and what its audit refuses."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.facts import audit, run_plan
from jobs.facts.audit import Audited, AuditError
from jobs.facts.cells import Cells
from jobs.running.run import RunLake, wanted_views
from tests.support.catalogs import edit, metric, metric_file, source, view, write
from tests.support.lakes import RunningLake, event

FIRST, SECOND = dt.date(2026, 11, 1), dt.date(2026, 11, 2)


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Two days in Japan and one in Germany."""
    lake = RunningLake(tmp_path / "lake")
    lake.events([
        event(1, "JP", "2026-11-01 10:00"),
        event(2, "JP", "2026-11-01 10:10", "stop", position_s=1500),
        event(3, "JP", "2026-11-01 20:00", device_type=None),
        event(4, "DE", "2026-11-01 20:00"),
        event(5, "DE", "2026-11-01 20:01", "heartbeat", seconds_viewed=36.0),
        event(6, "XX", "2026-11-01 20:00"),
    ])  # fmt: skip
    lake.run()
    return lake


def test_a_row_stands_for_a_country_a_local_day_and_its_members(lake: RunningLake) -> None:
    columns = "viewing_country, viewing_date, title_id, device_type, viewing_hours, viewers, plays, completion_rate, completions"
    assert lake.read("gold.title_daily", columns) == [
        ("DE", FIRST, "t1", "tv", 0.01, 1, 1, 0.0, 0),
        ("JP", FIRST, "t1", "tv", None, 1, 1, 1.0, 1),
        ("JP", SECOND, "t1", "unknown", None, 1, 1, 0.0, 0),
    ]


def test_a_late_event_writes_its_own_period_anew_and_no_other(lake: RunningLake) -> None:
    before = {file.partition: file.path for file in lake.tables.files("gold.title_daily")}
    lake.events([event(7, "JP", "2026-11-01 20:30", device_type=None)])
    report = lake.run()
    after = {file.partition: file.path for file in lake.tables.files("gold.title_daily")}
    assert before.keys() == after.keys() and before[FIRST,] == after[FIRST,] and before[SECOND,] != after[SECOND,]
    assert report.views[0].periods == 1 and report.restated == 2
    assert lake.restatements() == [
        ("title_daily", "JP", SECOND, '{"title_id":"t1","device_type":"unknown"}', "plays", "1", "2", "new events"),
        ("title_daily", "JP", SECOND, '{"title_id":"t1","device_type":"unknown"}', "viewers", "1", "2", "new events"),
    ]


def test_a_run_opens_no_metadata_of_days_that_it_does_not_touch(tmp_path: Path) -> None:
    lake = RunningLake(tmp_path / "lake")
    lake.events([event(1, "JP", "2026-10-01 10:00")])
    (old,) = (tmp_path / "lake" / "warehouse" / "bronze" / "viewing_events" / "metadata").glob("*-m0.avro")
    lake.events([event(2, "JP", "2026-11-01 10:00")])
    lake.run()
    lake.events([event(3, "JP", "2026-11-01 10:10")])
    old.unlink()
    again = RunningLake(tmp_path / "lake")
    assert again.run().views[0].periods == 1
    assert again.read("gold.title_daily", "viewing_date, plays") == [(dt.date(2026, 10, 1), 1), (FIRST, 2)]


def test_rows_of_other_countries_in_the_same_period_are_carried_over(lake: RunningLake) -> None:
    germany = lake.read("gold.title_daily")[0]
    lake.events([event(7, "JP", "2026-11-01 11:00", title_id="t2")])
    lake.run()
    rows = lake.read("gold.title_daily")
    assert rows[0] == germany and [row[:4] for row in rows[1:]] == [
        ("JP", FIRST, "t1", "tv"),
        ("JP", FIRST, "t2", "tv"),
        ("JP", SECOND, "t1", "unknown"),
    ]


def test_a_first_event_of_a_period_restates_nothing(lake: RunningLake) -> None:
    lake.events([event(7, "JP", "2026-11-03 10:00"), event(8, "NP", "2026-11-01 10:00")])
    report = lake.run()
    assert report.restated == 0 and lake.restatements() == [] and report.views[0].countries == 2


def test_a_new_row_in_a_published_period_restates_from_nothing(lake: RunningLake) -> None:
    lake.events([event(7, "DE", "2026-11-01 11:00", title_id="t2")])
    lake.run()
    assert ("title_daily", "DE", FIRST, '{"title_id":"t2","device_type":"tv"}', "plays", None, "1", "new events") in lake.restatements()


def test_a_new_meaning_restates_every_value_that_it_changes(lake: RunningLake) -> None:
    edit(lake.root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    report = lake.run()
    assert lake.restatements() == [
        ("title_daily", "DE", FIRST, '{"title_id":"t1","device_type":"tv"}', "viewing_hours", "0.01", "0.02", "new meaning")
    ]
    assert report.views[0].countries == 1, "Japan watched nothing: its facts did not change"


def test_a_new_column_restates_nothing_and_a_column_that_left_is_gone(lake: RunningLake) -> None:
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(metrics=["viewing_hours", "plays", "average_view_seconds"]))
    report = lake.run()
    assert report.restated == 0 and report.views[0].countries == 2
    spec = lake.tables.spec("gold.title_daily")
    assert spec is not None and [column.name for column in spec.columns][4:] == ["viewing_hours", "plays", "average_view_seconds"]
    assert lake.read("gold.title_daily", "average_view_seconds")[0] == (36.0,)


def test_another_grain_makes_another_table_of_facts(lake: RunningLake) -> None:
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(grain={"time": "month", "dimensions": ["plan"]}))
    assert lake.run().restated == 0
    assert lake.read("gold.title_daily", "viewing_country, viewing_month, plan, plays") == [
        ("DE", FIRST, "basic", 1),
        ("JP", FIRST, "basic", 2),
    ]
    lake.events([event(7, "JP", "2026-11-30 10:00")])
    lake.run()
    assert lake.read("gold.title_daily", "plays")[-1] == (3,)


def test_facts_of_a_country_that_left_are_removed(lake: RunningLake) -> None:
    edit(lake.root, "countries.yaml", lambda d: d["countries"].pop("DE"))
    lake.run()
    assert {row[0] for row in lake.read("gold.title_daily", "viewing_country")} == {"JP"}


def test_a_row_that_vanished_is_a_line_without_a_new_value(lake: RunningLake) -> None:
    edit(lake.root, "countries.yaml", lambda d: d["countries"]["DE"].update(reporting_time_zone="Asia/Tokyo"))
    lake.run()
    assert [row[2:8] for row in lake.restatements() if row[4] == "plays"] == [
        (FIRST, '{"title_id":"t1","device_type":"tv"}', "plays", "1", None, "new meaning")
    ]


def test_two_views_are_computed_by_one_run_with_one_name(lake: RunningLake) -> None:
    write(lake.root, "views/country_daily.yaml", view("country_daily", ["plays", "viewers"], []))
    lake.events([event(7, "JP", "2026-11-01 11:00")])
    report = lake.run()
    heads = [lake.tables.snapshot(f"gold.{name}") for name in ("country_daily", "title_daily")]
    assert {head.summary["ringi.run-id"] for head in heads if head} == {report.run_id}
    assert (report.run_id, '["country_daily","title_daily"]') in lake.read("ledger.runs", "run_id, views")
    assert lake.read("gold.country_daily", "viewing_country, viewing_date, plays") == [
        ("DE", FIRST, 1),
        ("JP", FIRST, 2),
        ("JP", SECOND, 1),
    ]


def test_the_snapshot_says_what_it_was_made_from(lake: RunningLake) -> None:
    head, bronze = lake.tables.snapshot("gold.title_daily"), lake.tables.snapshot("bronze.viewing_events")
    assert head is not None and bronze is not None
    assert f'"bronze.viewing_events":{bronze.id}' in head.summary["ringi.inputs"]
    assert lake.certified()["plays"].digest in head.summary["ringi.meanings"]
    assert head.summary["ringi.touched"] == "DE JP"


def test_one_event_with_a_clock_of_1970_does_not_make_fifty_years(lake: RunningLake) -> None:
    lake.events([event(7, "JP", "1970-01-05 10:00"), event(8, "JP", "2026-11-05 10:00")])
    edit(lake.root, metric_file("plays"), lambda d: d["how"].update(filter="event_type in ('start', 'stop')"))
    lake.run()
    assert [row[0] for row in lake.read("gold.title_daily", "viewing_date")] == [
        dt.date(1970, 1, 5),
        *[FIRST] * 2,
        SECOND,
        dt.date(2026, 11, 5),
    ]


# Sources whose files restate the whole.


def chart(country: str, week: str, rank: int, title: str) -> dict[str, object]:
    return {"viewing_country": country, "week": dt.date.fromisoformat(week), "rank": rank, "title": title}


@pytest.fixture
def charts(tmp_path: Path) -> RunningLake:
    """Weekly charts of two countries, delivered as snapshots; no clock is needed, because a week is a date."""
    lake = RunningLake(tmp_path / "lake")
    columns = {"viewing_country": {"type": "string"}, "week": {"type": "date"}, "rank": {"type": "integer"}, "title": {"type": "string"}}
    key = ["viewing_country", "week", "rank"]
    write(
        lake.root,
        "sources/charts.yaml",
        source("charts", delivery="snapshot", columns=columns, key=key, event_time="week", received_time=None),
    )
    how = {"source": "charts", "kind": "count", "dimensions": ["title"]}
    write(lake.root, metric_file("times_charted"), metric("times_charted", how))
    grain = {"time": "week", "dimensions": ["title"]}
    write(lake.root, "views/title_weekly.yaml", view("title_weekly", ["times_charted"], ["title"], grain=grain))
    lake.events([chart("JP", "2026-11-02", 1, "A"), chart("JP", "2026-11-02", 2, "B"), chart("DE", "2026-11-02", 1, "A")], "charts")
    lake.run()
    return lake


def test_a_snapshot_that_restates_rows_restates_exactly_their_values(charts: RunningLake) -> None:
    lake = charts
    before = lake.snapshots()
    rows = [
        chart("JP", "2026-11-02", 1, "A"),
        chart("JP", "2026-11-02", 2, "A"),
        chart("DE", "2026-11-02", 1, "A"),
        chart("DE", "2026-11-09", 1, "B"),
    ]
    lake.events(rows, "charts", whole=True)
    report = lake.run()
    week = dt.date(2026, 11, 2)
    assert [(*row[1:3], *row[3:7]) for row in lake.restatements()] == [
        ("JP", week, '{"title":"A"}', "times_charted", "1", "2"),
        ("JP", week, '{"title":"B"}', "times_charted", "1", None),
    ]
    assert {row[7] for row in lake.restatements()} == {"restated source"} and report.published == 2
    assert {row[:3] for row in lake.read("saved_jp.title_weekly")} == {("JP", week, "A")}
    lake.events(rows, "charts", whole=True)
    again = lake.run()
    assert again.published == 0 and again.restated == 0, "the same rows in new files change no copy"
    assert lake.snapshots()["saved_de.title_weekly"] != before["saved_de.title_weekly"]


def test_new_rows_of_a_dimension_restate_what_they_name(lake: RunningLake) -> None:
    columns = {"title_id": {"type": "string"}, "genre": {"type": "string"}, "release_year": {"type": "integer"}}
    write(lake.root, "sources/titles.yaml", source("titles", delivery="snapshot", columns=columns, key=["title_id"], event_time=None,
                                                   received_time=None, country=None))  # fmt: skip
    edit(lake.root, "dimensions/titles.yaml", lambda d: (d.pop("rows"), d.update(source="titles")))
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(grain={"time": "day", "dimensions": ["genre"]}, metrics=["plays"]))
    lake.run()
    assert {row[2] for row in lake.read("gold.title_daily")} == {"unknown"}, "nothing landed of the dimension yet"
    lake.events([{"title_id": "t1", "genre": "drama", "release_year": 2020}], "titles")
    report = lake.run()
    assert {row[2] for row in lake.read("gold.title_daily")} == {"drama"} and report.views[0].reasons == ("`bronze.titles` was restated",)
    assert report.restated == 6, "each of three rows left under one name and came under another"


# The audit.


def plan_of(lake: RunningLake) -> run_plan.ViewPlan:
    """A plan that computes everything again."""
    wanted, _ = wanted_views(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    return run_plan.ViewPlan(wanted[0], Cells(everything=True), {}, {}, "", None, (), "new events")


def audited(lake: RunningLake, sql: str = "SELECT * FROM held", cells: Cells | None = None) -> Audited:
    """The facts as they are, and as `sql` over `held` forges them."""
    spec = lake.tables.spec("gold.title_daily")
    assert spec is not None
    held = lake.engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
    keys = ("viewing_country", "viewing_date", "title_id", "device_type")
    return Audited(f"(WITH held AS (SELECT * FROM {held}) {sql})", held, keys, cells or Cells(everything=True))


def test_a_row_that_is_there_twice_is_refused(lake: RunningLake) -> None:
    audit.check_rows(lake.engine, "title_daily", audited(lake), None)
    with pytest.raises(
        AuditError, match=r"the row viewing_country = DE, viewing_date = 2026-11-01.*is there 2 times. Nothing was published"
    ):
        forged = audited(lake, "SELECT * FROM held UNION ALL SELECT * FROM held WHERE viewing_country = 'DE'")
        audit.check_rows(lake.engine, "title_daily", forged, None)


def test_a_row_without_a_name_is_refused(lake: RunningLake) -> None:
    with pytest.raises(AuditError, match="a row has no value in a key column"):
        forged = audited(lake, "SELECT * REPLACE (nullif(device_type, 'unknown') AS device_type) FROM held")
        audit.check_rows(lake.engine, "title_daily", forged, None)


JAPAN = Cells(whole=frozenset({"JP"}))


@pytest.mark.parametrize(
    "forgery",
    [
        "SELECT * REPLACE (CASE WHEN viewing_country = 'DE' THEN 7 ELSE plays END AS plays) FROM held",
        "SELECT * FROM held WHERE viewing_country <> 'DE'",
        "SELECT * FROM held UNION ALL SELECT * FROM held WHERE viewing_country = 'DE'",
    ],
)
def test_a_changed_row_that_was_not_computed_is_refused(lake: RunningLake, forgery: str) -> None:
    audit.check_carried(lake.engine, "title_daily", audited(lake, cells=JAPAN))
    audit.check_carried(lake.engine, "title_daily", audited(lake, "SELECT * FROM held WHERE viewing_country = 'DE'", JAPAN))
    with pytest.raises(AuditError, match="countries or periods that were not computed changed"):
        audit.check_carried(lake.engine, "title_daily", audited(lake, forgery, JAPAN))


@pytest.mark.parametrize("cells", [Cells(everything=True), JAPAN, Cells(pairs=frozenset({("JP", FIRST), ("JP", SECOND), ("DE", FIRST)}))])
def test_sums_are_recounted_from_bronze(lake: RunningLake, cells: Cells) -> None:
    files = {"bronze.viewing_events": lake.tables.files("bronze.viewing_events")}
    plan = replace(plan_of(lake), cells=cells)
    recount = audit.begin_recount(lake.engine, lake.tables, plan, files)
    assert audit.check_rows(lake.engine, "title_daily", audited(lake, cells=cells), recount) == "plays"
    forged: Any = audited(lake, "SELECT * REPLACE (plays + 1 AS plays) FROM held", cells)
    with pytest.raises(AuditError, match=r"`plays` of (DE|JP) is \d, and a recount from bronze gives \d"):
        audit.check_rows(lake.engine, "title_daily", forged, recount)


def test_a_failed_audit_publishes_nothing_and_the_next_run_is_whole(lake: RunningLake) -> None:
    """A file of the facts was changed on the disk: Germany's row is in it twice and would be carried over so."""
    (path,) = (file.path for file in lake.tables.files("gold.title_daily") if file.partition == (FIRST,))
    whole, before = Path(path).read_bytes(), lake.snapshots()
    spec = lake.tables.spec("gold.title_daily")
    assert spec is not None
    twice = f"SELECT unnest([viewing_country, viewing_country]) AS viewing_country, * EXCLUDE (viewing_country) FROM read_parquet('{path}')"
    (forged,) = lake.engine.write(twice, str(lake.root / "forged"), spec.columns)
    Path(path).write_bytes(Path(forged.path).read_bytes())
    lake.events([event(7, "JP", "2026-11-01 10:30")])
    with pytest.raises(AuditError, match="is there 2 times") as caught:
        lake.run()
    assert caught.value.exit_code == 1
    assert {name: head for name, head in lake.snapshots().items() if name != "bronze.viewing_events"} == {
        name: head for name, head in before.items() if name != "bronze.viewing_events"
    }
    Path(path).write_bytes(whole)
    assert lake.run().views[0].recounted == "plays" and lake.run().did_nothing
