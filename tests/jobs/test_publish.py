"""Publishing: each country's own copy and view, only where facts changed, never half, and withdrawn when nobody may read them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger, ledger_check
from jobs.publishing import copies
from jobs.publishing.copies import PublicationError
from jobs.publishing.publish_plan import ViewPublication
from jobs.running.run import RunLake, wanted_views
from tests.support.catalogs import edit, metric_file, view, write
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from pathlib import Path

FIRST = dt.date(2026, 11, 1)


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Japan and Germany, published."""
    lake = RunningLake(tmp_path / "lake")
    lake.events([event(1, "JP", "2026-11-01 10:00"), event(2, "DE", "2026-11-01 20:00"), event(3, "DE", "2026-11-01 20:01", "heartbeat")])
    lake.run()
    return lake


def changed(lake: RunningLake, before: dict[str, int]) -> set[str]:
    """Tables whose head is another one than before, less the ledger's."""
    now = lake.snapshots()
    return {name for name in now.keys() | before.keys() if now.get(name) != before.get(name) and not name.startswith("ledger.")}


def test_each_country_has_a_copy_with_its_own_rows_alone(lake: RunningLake) -> None:
    assert lake.tables.names("saved_jp") == ("saved_jp.title_daily",) and lake.tables.names("saved_np") == ()
    assert {row[0] for row in lake.read("saved_jp.title_daily")} == {"JP"}
    assert lake.read("saved_de.title_daily") == [row for row in lake.read("gold.title_daily") if row[0] == "DE"]
    for file in lake.tables.files("saved_jp.title_daily"):
        assert "/saved_jp/title_daily/data/" in file.path, "a copy lies below its country's own folder"


def test_a_definer_view_stands_over_each_copy(lake: RunningLake) -> None:
    made = lake.tables.view("views_jp.title_daily")
    assert made is not None and "JP" in made.sql["duckdb"] and set(made.sql) >= {"athena", "duckdb", "spark", "trino"}
    assert [column.name for column in made.columns][:4] == ["viewing_country", "viewing_date", "title_id", "device_type"]


def test_a_second_run_with_nothing_new_makes_no_snapshot_anywhere(lake: RunningLake) -> None:
    before, ledgers = lake.snapshots(), lake.read("ledger.runs")
    report = lake.run()
    assert report.did_nothing and lake.snapshots() == before and lake.read("ledger.runs") == ledgers
    assert report.summary()[0].startswith("Nothing to do")


def test_only_countries_whose_facts_changed_are_published(lake: RunningLake) -> None:
    before = lake.snapshots()
    lake.events([event(4, "JP", "2026-11-01 11:00")])
    report = lake.run()
    assert changed(lake, before) == {"bronze.viewing_events", "gold.title_daily", "saved_jp.title_daily"}
    assert (report.published, report.definers) == (1, 0)


def test_a_repeat_that_changes_no_number_publishes_nothing(lake: RunningLake) -> None:
    before = lake.snapshots()
    lake.events([event(5, "DE", "2026-11-01 20:02", "pause")])
    report = lake.run()
    assert changed(lake, before) == {"bronze.viewing_events", "gold.title_daily"} and report.published == 0
    assert lake.run().did_nothing


def test_another_label_replaces_the_views_and_no_copy(lake: RunningLake) -> None:
    before = lake.snapshots()
    edit(lake.root, metric_file("plays"), lambda d: d["what"]["label"].update(en="Starts"))
    report = lake.run()
    assert changed(lake, before) == set() and (report.published, report.definers) == (0, 2)
    made = lake.tables.view("views_jp.title_daily")
    assert made is not None and any(column.doc.startswith("Starts") for column in made.columns)


def test_a_metric_that_is_no_longer_certified_is_withheld_everywhere(lake: RunningLake) -> None:
    certified = lake.certified()
    del certified["viewers"]
    report = lake.run(certified)
    assert [finding.code for finding in report.findings] == ["RNG-VIEW-001"] and "`viewers`" in report.findings[0].message
    spec, made = lake.tables.spec("saved_jp.title_daily"), lake.tables.view("views_jp.title_daily")
    assert spec is not None and made is not None
    assert "viewers" not in [column.name for column in spec.columns] + [column.name for column in made.columns]
    assert lake.run(certified).did_nothing
    assert lake.run().published == 2 and "viewers" in [column.name for column in (lake.tables.spec("saved_jp.title_daily") or spec).columns]


def test_without_any_certified_metric_every_copy_is_withdrawn(lake: RunningLake) -> None:
    report = lake.run({})
    assert report.withdrawn == 2 and lake.tables.names("saved_jp") == () and lake.tables.view("views_jp.title_daily") is None
    assert lake.run({}).did_nothing
    assert lake.run().published == 2


def test_a_country_that_left_the_view_is_withdrawn(lake: RunningLake) -> None:
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(countries=["JP"]))
    report = lake.run()
    assert report.withdrawn == 1 and lake.tables.names("saved_de") == () and lake.tables.view("views_de.title_daily") is None
    assert [row for row in lake.read("ledger.publications", "viewing_country, action") if row[0] == "DE"] == [
        ("DE", "published"),
        ("DE", "withdrawn"),
    ]
    assert {row[0] for row in lake.read("gold.title_daily")} == {"JP"}
    edit(lake.root, "views/title_daily.yaml", lambda d: d.update(countries="all"))
    assert lake.run().published == 1 and {row[0] for row in lake.read("saved_de.title_daily")} == {"DE"}


def test_a_view_that_was_deleted_is_withdrawn(lake: RunningLake) -> None:
    write(lake.root, "views/country_daily.yaml", view("country_daily", ["plays"], []))
    lake.run()
    (lake.root / "views" / "country_daily.yaml").unlink()
    report = lake.run()
    assert report.withdrawn == 2 and lake.tables.names("saved_jp") == ("saved_jp.title_daily",)


def test_a_view_whose_file_cannot_be_read_is_left_as_it_is(lake: RunningLake) -> None:
    """A slip of the pen in a file withdraws nothing from anybody."""
    before = lake.snapshots()
    path = lake.root / "views" / "title_daily.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("metrics:", "metricks:"), encoding="utf-8")
    lake.events([event(4, "JP", "2026-11-01 11:00")])
    report = lake.run()
    assert [finding.code for finding in report.findings] == ["RNG-JOB-042"] and (report.withdrawn, report.definers) == (0, 0)
    assert changed(lake, before) == {"bronze.viewing_events"} and lake.tables.view("views_jp.title_daily") is not None
    path.write_text(whole, encoding="utf-8")
    assert lake.run().published == 1


def test_countries_that_cannot_be_read_withdraw_nobody(lake: RunningLake) -> None:
    edit(lake.root, "countries.yaml", lambda d: d["countries"]["DE"].update(reporting_time_zone=7))
    with pytest.raises(JobError, match=r"countries\.yaml cannot be read"):
        lake.run()
    assert lake.tables.names("saved_de") == ("saved_de.title_daily",)


def test_a_copy_that_was_dropped_by_hand_is_published_again(lake: RunningLake) -> None:
    lake.tables.drop("saved_jp.title_daily")
    assert lake.run().published == 1
    assert {row[0] for row in lake.read("saved_jp.title_daily")} == {"JP"} and lake.run().did_nothing


def test_narrowing_a_run_to_one_view_leaves_the_others(lake: RunningLake) -> None:
    from jobs.running.run import run
    from tests.support.lakes import NOW, no_progress

    write(lake.root, "views/country_daily.yaml", view("country_daily", ["plays"], []))
    lake.events([event(4, "JP", "2026-11-01 11:00")])
    report = run(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine), NOW, no_progress, ["country_daily"])
    assert [each.view for each in report.views] == ["country_daily"] and report.published == 2 and report.withdrawn == 0
    assert [each.view for each in lake.run().views] == ["title_daily"]


def test_every_publication_is_a_line_that_names_its_meanings(lake: RunningLake) -> None:
    saved, facts = lake.tables.snapshot("saved_jp.title_daily"), lake.tables.snapshot("gold.title_daily")
    assert saved is not None and facts is not None
    columns = "viewing_country, action, gold_snapshot, saved_snapshot, row_count"
    assert ("JP", "published", facts.id, saved.id, 1) in lake.read("ledger.publications", columns)
    assert lake.certified()["plays"].digest in lake.read("ledger.publications", "metrics")[0][0]
    for spec in (ledger.RUNS, ledger.PUBLICATIONS):
        assert ledger_check.verify(lake.tables, lake.engine, spec) == ()


# The audit of the copies.


def test_copies_that_differ_from_the_facts_are_refused(lake: RunningLake) -> None:
    wanted, _ = wanted_views(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    head = gold.state(lake.tables, "title_daily")
    spec = lake.tables.spec("saved_jp.title_daily")
    assert head is not None and spec is not None
    due = ViewPublication(wanted[0], head, ("JP", "DE"))
    relation = lake.engine.relation([file.path for file in lake.tables.files("gold.title_daily")], spec.columns)
    facts = f"SELECT * FROM {relation}"
    for number, (forgery, what) in enumerate(
        {
            facts: None,
            f"SELECT * REPLACE (plays + 1 AS plays) FROM {relation}": "rows differ from the facts",
            f"SELECT * FROM {relation} WHERE viewing_country = 'JP'": "rows differ from the facts",
            f"{facts} UNION ALL {facts}": "rows are missing or too many",
        }.items()
    ):
        written = lake.engine.write(forgery, str(lake.root / f"forged{number}"), spec.columns, copies.BY_COUNTRY)
        if what is None:
            copies.audit(lake.engine, due, spec.columns, facts, written)
            swapped = [replace(file, partition=("JP" if file.partition == ("DE",) else "DE",)) for file in written]
            with pytest.raises(PublicationError, match="2 rows lie in another country's copy"):
                copies.audit(lake.engine, due, spec.columns, facts, swapped)
        else:
            with pytest.raises(PublicationError, match=what):
                copies.audit(lake.engine, due, spec.columns, facts, written)
