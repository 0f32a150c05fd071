"""Erasure on a lake: a person is nowhere any more, everybody else is as before, and what comes again stays out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.tables.maintenance import TableUpkeep
from jobs.erase.receipt import ERASURES
from jobs.errors import JobError
from jobs.land.manifest import read_manifest
from jobs.ledgers import ledger
from jobs.ledgers.audit_ledger import AUDIT
from jobs.ledgers.ledger_check import verify
from jobs.maintain.as_published import names
from metrics_catalog.errors import UsageError
from tests.support.catalogs import edit, metric_file, view, write
from tests.support.erasing import ANNA, BODO, Original, PeopleLake, as_parquet, bytes_with, json_lines, profiles, record
from tests.support.keys import keyed_project
from tests.support.maintaining import maintained

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original(tmp_path_factory.mktemp("erase"))


@pytest.fixture
def lake(original: Original) -> PeopleLake:
    return original.again()


def seen(lake: PeopleLake) -> dict[str, Any]:
    """All that was published and recorded, but what the ledger of restatements says of Anna."""
    everything = lake.everything()
    others = [line for line in everything["restatements"] if ANNA not in str(line) and "erased:" not in str(line)]
    return {**everything, "restatements": others}


def test_an_erased_person_is_in_no_byte_of_the_lake(lake: PeopleLake) -> None:
    assert len(bytes_with(lake.root, ANNA)) > 8
    made = lake.erase(f"viewer_id={ANNA}")
    assert bytes_with(lake.root, ANNA) == []
    assert made.said["complete"] and made.said["evidence"]["found_files"] == 0, made.said
    assert made.said["evidence"]["files"] > 20


def test_everybody_else_and_all_that_was_published_is_as_before(lake: PeopleLake) -> None:
    bodo = lake.read("bronze.viewing_events", order="ALL")
    kept, published = [row for row in bodo if BODO in row], seen(lake)
    lake.erase(f"viewer_id={ANNA}")
    assert lake.read("bronze.viewing_events", order="ALL") == kept
    assert seen(lake) == published
    assert lake.run().did_nothing
    assert seen(lake) == published


def test_a_copy_that_is_sent_again_does_not_bring_a_person_back(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    rows = lake.read("bronze.viewing_events")
    report = lake.land("again.jsonl", json_lines([record(500, ANNA), record(501, BODO), "{broken " + ANNA]))
    assert (report.counts.received, report.counts.accepted, report.counts.refused) == (3, 1, 2)
    assert report.reasons == {("suppressed", "viewer_id"): 2}
    assert bytes_with(lake.root, ANNA) == []
    assert len(lake.read("bronze.viewing_events")) == len(rows) + 1
    lake.land("all.jsonl", json_lines([record(600 + n, ANNA) for n in range(20)]))
    assert bytes_with(lake.root, ANNA) == []
    lake.run()
    assert bytes_with(lake.root, ANNA) == []


def test_the_counts_of_each_file_still_add_up(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    erased = 0
    for path in (lake.root / "warehouse" / "landing" / "viewing_events").rglob("manifest.json"):
        for landed in read_manifest(path.read_bytes()).objects:
            assert landed.report is not None and landed.report.counts.lawful
            erased += landed.report.counts.erased
    assert erased == 6 + 1 + 2 + 3 + 2 + 2 + 1


def test_the_ledger_of_restatements_has_a_hash_where_the_person_stood_and_verifies(lake: PeopleLake) -> None:
    before = lake.restatements()
    assert any(ANNA in str(line) for line in before)
    lake.erase(f"viewer_id={ANNA}")
    after = lake.restatements()
    assert len(after) == len(before) and not any(ANNA in str(line) for line in after)
    assert [line for line in after if "erased:" not in str(line)] == [line for line in before if ANNA not in str(line)]
    for spec in (ledger.RESTATEMENTS, ledger.RUNS, ledger.PUBLICATIONS, ERASURES, AUDIT):
        assert verify(lake.tables, lake.engine, spec) == (), spec.name


def test_a_person_is_kept_out_of_lists_too(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    report = lake.land("profiles4.csv", profiles("family", ANNA, BODO), "profiles")
    assert (report.counts.accepted, report.counts.refused) == (1, 1)
    assert bytes_with(lake.root, ANNA) == []


def test_the_receipt_names_nobody_and_says_what_was_removed_where(lake: PeopleLake) -> None:
    made = lake.erase(f"viewer_id={ANNA}")
    assert ANNA not in made.text().decode()
    tables = {each["table"]: each for each in made.said["tables"]}
    assert tables["bronze.viewing_events"]["rows"] == 14 and tables["quarantine.viewing_events"]["rows"] == 2
    assert tables["ledger.restatements"]["redacted"]
    assert tables["bronze.viewing_events"]["snapshot_before"] != tables["bronze.viewing_events"]["snapshot_after"]
    (line,) = lake.read("ledger.erasures", "receipt, person, about, receipt_digest, found")
    assert line == (made.name, "aiko", made.said["about"], made.digest, 0)


def test_names_of_publications_that_do_not_hold_the_person_stay(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    assert names(lake.tables, TableUpkeep(lake.tables)) == {"first": 1}


def test_nobody_found_is_a_success_with_a_receipt(lake: PeopleLake) -> None:
    before = lake.snapshots()
    made = lake.erase("viewer_id=nobody-at-all-77")
    assert made.said["complete"] and made.said["landing"] == []
    assert {name: head for name, head in lake.snapshots().items() if not name.startswith("ledger.")} == {
        name: head for name, head in before.items() if not name.startswith("ledger.")
    }
    assert lake.land("late.jsonl", json_lines([record(700, "nobody-at-all-77")])).counts.refused == 1


def test_doing_it_twice_changes_nothing_and_gives_a_second_receipt(lake: PeopleLake) -> None:
    first = lake.erase(f"viewer_id={ANNA}")
    rows, published = lake.read("bronze.viewing_events"), seen(lake)
    second = lake.erase(f"viewer_id={ANNA}")
    assert second.name != first.name and second.said["landing"] == []
    assert lake.read("bronze.viewing_events") == rows and seen(lake) == published


def test_a_second_person_can_be_erased_from_the_same_objects(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    made = lake.erase(f"viewer_id={BODO}")
    assert made.said["complete"]
    assert bytes_with(lake.root, ANNA) == [] and bytes_with(lake.root, BODO) == []
    assert lake.read("bronze.viewing_events") == []


def test_facts_are_computed_anew_where_the_project_says_so(lake: PeopleLake) -> None:
    write(lake.root, "retention.yaml", {"facts": "recompute"})
    before = lake.read("gold.title_daily")
    lake.erase(f"viewer_id={ANNA}")
    assert lake.read("gold.title_daily") == before
    plays = sum(row[0] for row in lake.read("gold.title_daily", "plays"))
    lake.run()
    assert sum(row[0] for row in lake.read("gold.title_daily", "plays")) == plays - 14


def test_a_view_that_shows_the_person_loses_the_persons_rows_everywhere(tmp_path: Path) -> None:
    lake = PeopleLake(tmp_path / "lake")
    add = {"dimensions": ["title_id", "device_type", "plan", "genre", "viewer_id"]}
    edit(lake.root, metric_file("plays"), lambda document: document["how"].update(add))
    write(lake.root, "views/by_viewer.yaml", view("by_viewer", ["plays"], ["viewer_id"]))
    lake.land("a.jsonl", json_lines([record(n, ANNA if n % 2 else BODO, viewing_country="JP" if n < 6 else "DE") for n in range(12)]))
    lake.run()
    before = lake.read("gold.by_viewer"), lake.read("saved_de.by_viewer"), lake.read("gold.title_daily")
    made = lake.erase(f"viewer_id={ANNA}")
    assert made.said["complete"] and bytes_with(lake.root, ANNA) == []
    assert lake.read("gold.by_viewer") == [row for row in before[0] if ANNA not in row]
    assert lake.read("saved_de.by_viewer") == [row for row in before[1] if ANNA not in row]
    assert lake.read("gold.title_daily") == before[2]
    assert lake.run().did_nothing


def test_a_person_who_is_a_number_is_erased_and_other_numbers_stay(tmp_path: Path) -> None:
    lake = PeopleLake(tmp_path / "lake", project=keyed_project)
    edit(lake.root, "sources/viewing_events.yaml", lambda document: document["columns"]["viewer_id"].update(type="integer"))
    rows = [record(n, 10_000_000_042 if n % 2 else 42, position_s=42) for n in range(10)]  # type: ignore[arg-type]
    lake.land("a.jsonl", json_lines(rows))
    lake.land("b.parquet", as_parquet([{**row, "event_id": f"p{row['event_id']}"} for row in rows]))
    made = lake.erase("viewer_id=10000000042")
    assert made.said["complete"] and made.said["evidence"]["searched"]
    assert bytes_with(lake.root, "10000000042") == []
    assert lake.read("bronze.viewing_events", "DISTINCT viewer_id") == [(42,)]
    made = lake.erase("viewer_id=42")
    assert not made.said["evidence"]["searched"]
    assert lake.read("bronze.viewing_events") == []
    assert lake.land("c.jsonl", json_lines([{**row, "event_id": f"c{row['event_id']}"} for row in rows])).reasons == {
        ("suppressed", "viewer_id"): 10
    }
    with pytest.raises(UsageError, match="no whole number"):
        lake.found("viewer_id=042")


def test_a_value_with_quotes_and_other_letters_is_erased(tmp_path: Path) -> None:
    value = 'O\'Brien "ß" 山田\\x'
    lake = PeopleLake(tmp_path / "lake")
    rows = [record(n, value if n % 2 else BODO) for n in range(6)]
    lake.land("a.jsonl", json_lines(rows))
    lake.land(
        "b.jsonl", "".join(json.dumps({**row, "event_id": f"x{n}"}, ensure_ascii=False) + "\r\n" for n, row in enumerate(rows)).encode()
    )
    lake.land("c.parquet", as_parquet([{**row, "event_id": f"p{row['event_id']}"} for row in rows]))
    assert lake.erase(f"viewer_id={value}").said["complete"]
    assert bytes_with(lake.root, value) == []
    assert lake.read("bronze.viewing_events", "count(*), count(DISTINCT viewer_id)") == [(9, 1)]


def test_a_contract_that_changed_since_does_not_hide_the_person(lake: PeopleLake) -> None:
    def renamed(document: dict[str, Any]) -> None:
        document["columns"]["viewer_id"]["from_field"] = "profile"
        document["columns"]["title_id"]["required"] = True

    edit(lake.root, "sources/viewing_events.yaml", renamed)
    assert lake.erase(f"viewer_id={ANNA}").said["complete"]
    assert bytes_with(lake.root, ANNA) == []
    assert {row[0] for row in lake.read("bronze.viewing_events", "viewer_id")} == {BODO}


def test_maintenance_after_an_erasure_finds_nothing_wrong(lake: PeopleLake) -> None:
    lake.erase(f"viewer_id={ANNA}")
    before = seen(lake)
    maintained(lake)
    assert seen(lake) == before and lake.run().did_nothing
    assert bytes_with(lake.root, ANNA) == []


def test_a_file_beside_the_lake_that_was_landed_gets_the_bytes_that_are_left(lake: PeopleLake) -> None:
    rows = json_lines([record(950, ANNA), record(951, BODO)])
    lake.land("inbox.jsonl", rows)
    inbox = lake.root / "incoming" / "inbox.jsonl"
    inbox.parent.mkdir()
    inbox.write_bytes(rows)
    made = lake.erase(f"viewer_id={ANNA}")
    assert made.said["copies"] == ["project/incoming/inbox.jsonl"] and made.said["complete"]
    assert bytes_with(lake.root, ANNA) == [] and BODO.encode() in inbox.read_bytes()
    bronze = lake.read("bronze.viewing_events")
    assert lake.land("inbox.jsonl", inbox.read_bytes()).files[0].again
    assert lake.land("inbox.jsonl", rows).files[0].again
    assert lake.read("bronze.viewing_events") == bronze and bytes_with(lake.root, ANNA) == []


def test_a_table_of_a_team_that_holds_the_person_goes_with_the_file_of_views(lake: PeopleLake) -> None:
    path = lake.root / "warehouse" / "views.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE own AS SELECT ? || (i % 3) AS note FROM range(9000) numbers(i)", [f"call {ANNA} "])
    made = lake.erase(f"viewer_id={ANNA}")
    assert made.said["complete"] and not path.exists()


def test_a_file_of_views_without_the_person_stays(lake: PeopleLake) -> None:
    path = lake.root / "warehouse" / "views.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE own AS SELECT 1 AS note")
    assert lake.erase(f"viewer_id={ANNA}").said["complete"] and path.exists()


def test_a_landing_that_was_cut_off_is_finished_first(lake: PeopleLake) -> None:
    lake.objects.write("_unfinished/viewing_events/0000", b"")
    with pytest.raises(JobError, match="was cut off"):
        lake.found(f"viewer_id={ANNA}")


def test_bytes_of_a_killed_landing_go_too(lake: PeopleLake) -> None:
    left = lake.root / "warehouse" / "landing" / "_incoming" / "viewing_events" / "x" / "0001-a.jsonl"
    left.parent.mkdir(parents=True)
    left.write_bytes(json_lines([record(1, ANNA)]))
    assert lake.erase(f"viewer_id={ANNA}").said["complete"] and not left.exists()
