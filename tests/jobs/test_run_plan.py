"""What a run plans: exactly the cells that are out of date, from the state that the tables carry."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.facts import run_plan
from jobs.facts.cells import Cells
from jobs.running.run import RunLake, wanted_views
from tests.support.catalogs import edit, measured, metric, metric_file, view, write
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND = dt.date(2026, 11, 1), dt.date(2026, 11, 2)


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Two days in Japan, one in Germany and in America, computed and published."""
    lake = RunningLake(tmp_path / "lake")
    lake.events([
        event(1, "JP", "2026-11-01 10:00"),
        event(2, "JP", "2026-11-01 20:00"),
        event(3, "DE", "2026-11-01 20:00", "heartbeat"),
        event(4, "US", "2026-11-01 20:00"),
    ])  # fmt: skip
    lake.run()
    return lake


def planned(lake: RunningLake) -> run_plan.RunPlan:
    wanted, _ = wanted_views(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    return run_plan.plan(lake.tables, lake.engine, wanted)


def cells(lake: RunningLake) -> Cells:
    (only,) = planned(lake).views
    return only.cells


def test_a_view_that_was_never_computed_is_computed_whole(tmp_path: Path) -> None:
    lake = RunningLake(tmp_path / "lake")
    lake.events([event(1, "JP", "2026-11-01 10:00")])
    plan = planned(lake)
    assert [view.name for view in plan.views] == ["title_daily"] and cells(lake).everything
    assert plan.views[0].reasons == ("it was never computed",)


def test_with_nothing_new_nothing_is_planned(lake: RunningLake) -> None:
    assert planned(lake).is_empty


@pytest.mark.parametrize(
    ("country", "at", "day"),
    [
        ("JP", "2026-11-01 14:59", FIRST),  # Tokyo is 9 hours ahead
        ("JP", "2026-11-01 15:00", SECOND),
        ("NP", "2026-11-01 18:14", FIRST),  # Kathmandu is 5:45 ahead
        ("NP", "2026-11-01 18:15", SECOND),
        ("US", "2026-11-01 06:59", dt.date(2026, 10, 31)),  # Los Angeles is 7 hours behind until 02:00 that day
        ("US", "2026-11-02 07:59", FIRST),  # and 8 hours afterwards
        ("US", "2026-11-02 08:00", SECOND),
        ("DE", "2026-10-25 22:59", dt.date(2026, 10, 25)),  # the clock went back that morning
    ],
)
def test_a_late_event_touches_the_local_day_on_which_it_occurred(lake: RunningLake, country: str, at: str, day: dt.date) -> None:
    lake.events([event(100, country, at)])
    assert cells(lake) == Cells(pairs=frozenset({(country, day)}))


def test_events_of_a_country_that_nobody_publishes_touch_nothing(lake: RunningLake) -> None:
    lake.events([event(100, "FR", "2026-11-01 10:00"), event(101, "fr", "2026-11-01 10:00")])
    assert planned(lake).is_empty


def test_weeks_and_months_are_named_by_their_first_local_day(tmp_path: Path) -> None:
    lake = RunningLake(tmp_path / "lake")
    for grain in ("week", "month"):
        document = view(f"by_{grain}", ["plays"], [], grain={"time": grain, "dimensions": []})
        write(lake.root, f"views/by_{grain}.yaml", document)
    lake.events([event(1, "JP", "2026-10-01 10:00")])
    lake.run()
    lake.events([event(2, "JP", "2026-11-01 14:59"), event(3, "JP", "2026-11-01 15:00")])
    found = {each.name: each.cells.pairs for each in planned(lake).views}
    assert found["by_week"] == {("JP", dt.date(2026, 10, 26)), ("JP", dt.date(2026, 11, 2))}
    assert found["by_month"] == {("JP", FIRST)}


Change = dict[str, Any]


@pytest.mark.parametrize(
    ("file", "change", "expected"),
    [
        (metric_file("plays"), lambda d: d["how"].update(filter="event_type = 'stop'"), {"JP", "DE", "US", "NO", "NP"}),
        (metric_file("viewing_hours"), lambda d: d["countries"]["JP"].update(filter="seconds_viewed >= 9"), {"JP"}),
        (metric_file("viewing_hours"), lambda d: d["countries"].pop("JP"), {"JP"}),
        (metric_file("completions"), lambda d: d["how"].update(filter="event_type = 'stop'"), {"JP", "DE", "US", "NO", "NP"}),
        ("countries.yaml", lambda d: d["countries"]["NP"].update(reporting_time_zone="Asia/Kolkata"), {"NP"}),
        ("countries.yaml", lambda d: d["countries"].pop("US"), {"US"}),
        ("views/title_daily.yaml", lambda d: d.update(countries=["JP", "US", "NO", "NP"]), {"DE"}),
    ],
)
def test_a_changed_meaning_touches_whole_countries_and_no_other(
    lake: RunningLake, file: str, change: Callable[[Change], Any], expected: set[str]
) -> None:
    edit(lake.root, file, change)
    assert cells(lake) == Cells(whole=frozenset(expected))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        (metric_file("plays"), lambda d: d["what"]["label"].update(en="Starts")),
        (metric_file("average_view_seconds"), lambda d: d["how"].update(filter="event_type = 'stop'")),
        ("countries.yaml", lambda d: d["countries"]["NP"]["name"].update(en="Kingdom of Nepal")),
        ("views/title_daily.yaml", lambda d: d["label"].update(en="Titles")),
    ],
)
def test_a_change_that_changes_no_number_touches_nothing(lake: RunningLake, file: str, change: Callable[[Change], Any]) -> None:
    edit(lake.root, file, change)
    assert planned(lake).is_empty


def test_a_country_that_joins_is_computed_whole(lake: RunningLake) -> None:
    lake.events([event(100, "FR", "2026-11-01 10:00")])
    france = {"name": {"en": "France", "ja": "フランス"}, "reporting_time_zone": "Europe/Paris", "currency": "EUR", "team": "team_fr"}
    edit(lake.root, "countries.yaml", lambda d: d["countries"].update(FR=france))
    assert cells(lake) == Cells(whole=frozenset({"FR"}))


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["metrics"].append("average_view_seconds"),
        lambda d: d["metrics"].remove("viewers"),
        lambda d: d["grain"].update(dimensions=["title_id"]),
        lambda d: d["grain"].update(time="week"),
    ],
)
def test_another_shape_computes_the_view_whole(lake: RunningLake, change: Callable[[Change], Any]) -> None:
    edit(lake.root, "views/title_daily.yaml", change)
    assert cells(lake).everything


def test_new_events_and_a_new_meaning_are_planned_together(lake: RunningLake) -> None:
    edit(lake.root, metric_file("viewing_hours"), lambda d: d["countries"].pop("JP"))
    lake.events([event(100, "JP", "2026-11-01 10:00"), event(101, "DE", "2026-11-01 10:00")])
    plan = planned(lake)
    assert plan.views[0].cells == Cells(whole=frozenset({"JP"}), pairs=frozenset({("DE", FIRST)}))
    assert plan.views[0].reasons == ("a meaning changed for JP", "new events in 1 country and period pairs")


def test_only_files_that_were_added_are_looked_into(lake: RunningLake) -> None:
    """The files of the first landing are gone from the disk; a plan that opened them would fail."""
    lake.events([event(100, "DE", "2026-11-01 10:00")])
    head = planned(lake).views[0].head
    assert head is not None
    new = {file.path for file in lake.tables.files_added("bronze.viewing_events", since=head.inputs["bronze.viewing_events"])}
    for file in lake.tables.files("bronze.viewing_events"):
        if file.path not in new:
            Path(file.path).unlink()
    assert cells(lake) == Cells(pairs=frozenset({("DE", FIRST)}))


def test_a_run_has_the_same_name_while_its_inputs_are_the_same(lake: RunningLake) -> None:
    lake.events([event(100, "DE", "2026-11-01 10:00")])
    before = planned(lake).id
    assert planned(lake).id == before
    lake.events([event(101, "DE", "2026-11-01 10:00")])
    assert planned(lake).id != before


def test_a_ratio_follows_its_parts(lake: RunningLake) -> None:
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(metrics=["completion_rate"]))
    lake.run()
    edit(
        lake.root,
        metric_file("completions"),
        lambda d: d.update(countries={"DE": {"filter": "event_type = 'stop'", "reason": "Short films."}}),
    )
    assert cells(lake) == Cells(whole=frozenset({"DE"}))


def test_a_metric_of_a_source_that_never_landed_is_planned(tmp_path: Path) -> None:
    lake = RunningLake(tmp_path / "lake")
    write(lake.root, metric_file("pauses"), metric("pauses", measured("count", where="event_type = 'pause'")))
    assert cells(lake).everything
    report = lake.run()
    assert report.views[0].rows == 0 and lake.run().did_nothing
    lake.events([event(1, "JP", "2026-11-01 10:00")])
    assert cells(lake).pairs == {("JP", FIRST)}
