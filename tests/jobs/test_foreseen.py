"""What a run would do: told beforehand from the plans that it walks, and nothing is changed by telling."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.running.foreseen import Foreseen, foresee
from jobs.running.run import RunLake
from tests.support.catalogs import edit, metric_file
from tests.support.lakes import RunningLake, event
from views.plan import Create, Drop, Keep, Replace


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Events of one day in Japan and Germany, nothing computed."""
    lake = RunningLake(tmp_path / "lake")
    lake.events([event(1, "JP", "2026-11-01 10:00"), event(2, "DE", "2026-11-01 20:00", "heartbeat")])
    return lake


def foreseen(lake: RunningLake) -> Foreseen:
    before = (lake.snapshots(), lake.everything())
    found = foresee(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    assert (lake.snapshots(), lake.everything()) == before, "telling changes nothing"
    return found


def test_before_the_first_run_every_country_may_come_with_its_first_facts(lake: RunningLake) -> None:
    found = foreseen(lake)
    (only,) = found.facts.views
    assert only.cells.everything and found.copies == {} and found.withdrawn == ()
    names = {change.view.name for change in found.definers.changes if isinstance(change, Create)}
    assert names == found.first == {f"views_{code.lower()}.title_daily" for code in lake.catalog.countries}


def test_what_was_foreseen_for_countries_with_facts_is_what_the_run_makes(lake: RunningLake) -> None:
    texts = {change.view.name: dict(change.view.sql) for change in foreseen(lake).definers.changes if isinstance(change, Create)}
    report = lake.run()
    made = {view.name: dict(view.sql) for namespace in ("views_de", "views_jp") for view in lake.tables.views(namespace)}
    assert report.definers == len(made) == 2 and made.items() <= texts.items()
    assert foreseen(lake).is_empty


def test_new_events_are_told_as_cells_and_a_new_country_as_first_facts(lake: RunningLake) -> None:
    lake.run()
    lake.events([event(3, "JP", "2026-11-02 10:00"), event(4, "US", "2026-11-02 20:00")])
    found = foreseen(lake)
    (only,) = found.facts.views
    assert {code for code, _ in only.cells.pairs} == {"JP", "US"}
    assert found.first == {"views_us.title_daily"}
    assert {type(change) for change in found.definers.changes} == {Create, Keep}


def test_a_new_meaning_replaces_views_and_a_view_that_is_gone_is_dropped(lake: RunningLake) -> None:
    lake.run()
    edit(lake.root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    found = foreseen(lake)
    assert {type(change) for change in found.definers.changes if not isinstance(change, Create)} == {Replace} and not found.is_empty
    (lake.root / "views" / "title_daily.yaml").unlink()
    found = foreseen(lake)
    assert found.facts.is_empty and found.definers.changes == (Drop("views_de.title_daily"), Drop("views_jp.title_daily"))
    assert sorted(found.withdrawn) == [("title_daily", "DE"), ("title_daily", "JP")]
