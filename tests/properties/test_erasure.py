"""Whatever is landed, in whatever format and order: an erasure takes one person and nobody else, and counts go on adding up."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.land.manifest import read_manifest
from tests.support.erasing import PeopleLake, as_csv, as_parquet, as_zstd, bytes_with, json_lines, record
from tests.support.keys import keyed_project

pytestmark = pytest.mark.slow

PEOPLE = ("viewer-aa-1111", "viewer-bb-2222", "viewer-a\"é'-33", "viewer-aa-11112")
FORMATS = ("jsonl", "jsonl.gz", "jsonl.zst", "csv", "parquet")


@st.composite
def files(draw: st.DrawFn) -> list[tuple[str, list[dict[str, Any]]]]:
    """Files of records: the same event may come twice, and some records are wrong."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        rows = [
            record(
                draw(st.integers(0, 12)),
                draw(st.sampled_from(PEOPLE)),
                event_type=draw(st.sampled_from(["start", "start", "stop", "dance"])),
                viewing_country=draw(st.sampled_from(["JP", "DE"])),
            )
            for _ in range(draw(st.integers(1, 9)))
        ]
        found.append((f"file{number}.{draw(st.sampled_from(FORMATS))}", rows))
    return found


def packed(name: str, rows: list[dict[str, Any]]) -> bytes:
    if name.endswith(".parquet"):
        return as_parquet(rows)
    if name.endswith(".csv"):
        return as_csv([{**row, "viewer_id": '"' + row["viewer_id"].replace('"', '""') + '"'} for row in rows])
    data = json_lines(rows)
    return gzip.compress(data) if name.endswith(".gz") else as_zstd(data) if name.endswith(".zst") else data


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(given_files=files(), person=st.sampled_from(PEOPLE[:3]))
def test_one_person_goes_and_nobody_else(given_files: list[tuple[str, list[dict[str, Any]]]], person: str) -> None:
    root = Path(tempfile.mkdtemp(prefix="ringi-erase-"))
    try:
        lake = PeopleLake(root / "lake", project=keyed_project)
        for name, rows in given_files:
            lake.land(name, packed(name, rows))
        lake.run()
        bronze, refused, seen = lake.read("bronze.viewing_events"), lake.read("quarantine.viewing_events"), lake.everything()
        made = lake.erase(f"viewer_id={person}")
        assert made.said["complete"], made.said["evidence"]
        assert lake.read("bronze.viewing_events") == [row for row in bronze if person not in row]
        assert len(lake.read("quarantine.viewing_events")) == len(refused) - _theirs(given_files, person, refused)
        assert lake.everything() == seen and lake.run().did_nothing
        longer = [other for other in PEOPLE if other != person and other.startswith(person)]
        assert longer or bytes_with(lake.root, person) == []
        for path in lake.root.rglob("manifest.json"):
            assert all(landed.report is not None and landed.report.counts.lawful for landed in read_manifest(path.read_bytes()).objects)
        lake.engine.close()
    finally:
        shutil.rmtree(root)


def _theirs(given_files: list[tuple[str, list[dict[str, Any]]]], person: str, refused: list[tuple[Any, ...]]) -> int:
    """How many refused records are the person's: those with a kind of event that there is not, in files that were kept."""
    wrong = [row for _, rows in given_files for row in rows if row["event_type"] == "dance"]
    assert len(wrong) == len(refused)
    return sum(row["viewer_id"] == person for row in wrong)
