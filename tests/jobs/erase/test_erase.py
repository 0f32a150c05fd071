"""Erasure on a lake: a person is nowhere any more, everybody else is as before, and what comes again stays out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from jobs.land.manifest import read_manifest
from tests.support.erasing import ANNA, BODO, PeopleLake, as_csv, as_parquet, as_zstd, bytes_with, json_lines, record

pytestmark = pytest.mark.slow


def others(lake: PeopleLake) -> dict[str, object]:
    """What must be as before: everybody else's events, refused records, and all that was published."""
    return {
        "bronze": lake.read("bronze.viewing_events", "* EXCLUDE (viewer_id)", "ALL"),
        "quarantine": lake.read("quarantine.viewing_events"),
        **lake.everything(),
    }


@pytest.fixture
def lake(tmp_path: Path) -> PeopleLake:
    lake = PeopleLake(tmp_path / "lake")
    both = [record(n, ANNA if n % 2 else BODO) for n in range(12)]
    lake.land("plain.jsonl", json_lines([*both, record(1, ANNA), "{not json " + ANNA, record(90, ANNA, event_type="dance")]))
    lake.land("packed.jsonl.gz", gzip.compress(json_lines([record(100 + n, ANNA if n % 2 else BODO) for n in range(6)])))
    lake.run()
    lake.land("table.csv", as_csv([record(200 + n, ANNA if n % 3 == 0 else BODO) for n in range(6)]))
    lake.land("table.parquet", as_parquet([record(300 + n, ANNA if n % 3 == 1 else BODO) for n in range(6)]))
    lake.land("packed.jsonl.zst", as_zstd(json_lines([record(400 + n, ANNA if n == 2 else BODO) for n in range(6)])))
    lake.run()
    return lake


def test_an_erased_person_is_in_no_byte_of_the_lake(lake: PeopleLake) -> None:
    assert len(bytes_with(lake.root, ANNA)) > 8
    made = lake.erase(f"viewer_id={ANNA}")
    assert bytes_with(lake.root, ANNA) == []
    assert made.said["complete"] and made.said["evidence"]["found_files"] == 0, made.said
    assert made.said["evidence"]["files"] > 20


def test_everybody_else_and_all_that_was_published_is_as_before(lake: PeopleLake) -> None:
    bodo = lake.read("bronze.viewing_events", order="ALL")
    kept, published = [row for row in bodo if BODO in row], lake.everything()
    lake.erase(f"viewer_id={ANNA}")
    assert lake.read("bronze.viewing_events", order="ALL") == kept
    assert lake.everything() == published
    assert lake.run().did_nothing
    assert lake.everything() == published


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
