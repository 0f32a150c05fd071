"""Landing: bytes are kept once, each event is accepted once, and what is counted adds up."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
from pathlib import Path

import pytest

from infra.errors import InfraError
from jobs.land.lake_tables import BATCH
from jobs.land.manifest import batch_id
from tests.support.landing import EVENT, NOW, LandingPad, contract, counts, events, lines

LATER = NOW + dt.timedelta(hours=1)


def day(number: int) -> str:
    return f"2026-11-{number:02d}T12:00:00Z"


# Bytes.


def test_bytes_are_kept_as_received_with_a_manifest(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    content = gzip.compress(lines(*events(5), "{bad"))
    report = pad.send(content, "events 1.jsonl.gz")
    folder = tmp_path / "warehouse" / "landing" / "plays" / report.batch
    assert (folder / report.object).read_bytes() == content
    assert report.object == "0001-events_1.jsonl.gz"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["received_at"] == NOW.isoformat() and manifest["source"] == "plays" and manifest["contract_version"] == "1"
    (entry,) = manifest["objects"]
    assert entry["sha256"] == hashlib.sha256(content).hexdigest() and entry["size"] == len(content)
    assert (entry["name"], entry["verdict"], entry["records"], entry["accepted"], entry["refused"]) == (
        "events 1.jsonl.gz",
        "landed",
        6,
        5,
        1,
    )


def test_the_same_bytes_again_change_nothing_under_any_name_and_in_any_company(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    first, second = lines(*events(3)), lines({**EVENT, "id": "other"})
    pad.send(first, "a.jsonl")
    heads = {name: pad.tables.snapshot(name) for name in ("bronze.plays",)}
    again = pad.send(first, "b.jsonl", now=LATER)
    assert again.again and again.name == "b.jsonl" and counts(again) == (3, 3, 0, 0)
    assert {name: pad.tables.snapshot(name) for name in heads} == heads
    report = pad.land(pad.file("c.jsonl", first), pad.file("d.jsonl", second), pad.file("e.jsonl", second))
    assert [file.again for file in report.files] == [True, False, True]
    assert counts(report.files[2]) == (1, 1, 0, 0)
    assert report.counts.received == 1 and len(pad.kept()) == 2
    assert pad.bronze("count(*)") == [(4,)]


def test_a_batch_is_named_by_its_digests_whatever_their_order() -> None:
    assert batch_id(["a", "b"]) == batch_id(["b", "a"]) != batch_id(["a"])


def test_an_unfinished_batch_is_finished_by_the_next_call_whatever_it_lands(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    report = pad.send(lines(*events(3)))
    unfinished = tmp_path / "warehouse" / "landing" / "_unfinished" / "plays"
    assert list(unfinished.iterdir()) == []
    (unfinished / report.batch).touch()  # as if the process had died after its commit
    before = pad.tables.snapshot("bronze.plays")
    (other,) = pad.land(pad.file("other.jsonl", lines({**EVENT, "id": "x"}))).files
    assert counts(other) == (1, 1, 0, 0)
    assert before in pad.tables.snapshots("bronze.plays")
    assert pad.bronze("count(*)") == [(4,)] and list(unfinished.iterdir()) == []


def test_a_quarantine_committed_alone_is_replaced_when_the_batch_is_finished(tmp_path: Path) -> None:
    """Where a catalog cannot move two tables at once, a process may die between the two commits."""
    pad = LandingPad(tmp_path)
    report = pad.send(lines(*events(2), "{bad", "[]"))
    tables = pad.tables
    tables.drop("bronze.plays")
    (tmp_path / "warehouse" / "landing" / "_unfinished" / "plays" / report.batch).touch()
    (again,) = pad.land(pad.file("events.jsonl", lines(*events(2), "{bad", "[]"))).files
    assert counts(again) == (4, 2, 0, 2) and not again.again
    assert pad.bronze() == [("e0",), ("e1",)] and pad.quarantine("_record") == [(3,), (4,)]
    assert [snapshot.summary.get(BATCH) for snapshot in tables.snapshots("quarantine.plays")] == [report.batch, report.batch]


def test_a_file_that_is_not_there_stops_before_anything_happens(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    with pytest.raises(InfraError, match=r"nothing\.jsonl"):
        pad.land(pad.file("a.jsonl", lines(EVENT)), str(tmp_path / "nothing.jsonl"))
    assert pad.kept() == [] and pad.bronze() == []


# Repeats.


def test_the_first_received_wins_then_the_lowest_file_and_record(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer", got="timestamp", changes={"received_time": "got"}))
    first = lines({**EVENT, "n": 1, "got": day(3)}, {**EVENT, "n": 2, "got": day(2)}, {**EVENT, "n": 3, "got": day(2)}, {**EVENT, "n": 4})
    second = lines({**EVENT, "n": 5, "got": day(2)}, {**EVENT, "id": "e2", "n": 6}, {**EVENT, "id": "e2", "n": 7})
    report = pad.land(pad.file("a.jsonl", first), pad.file("b.jsonl", second))
    assert [counts(file) for file in report.files] == [(4, 1, 3, 0), (3, 1, 2, 0)]
    assert pad.bronze("id, n") == [("e1", 2), ("e2", 6)]


def test_what_bronze_holds_was_received_first_whatever_a_record_says(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer", got="timestamp", changes={"received_time": "got"}))
    pad.send(lines({**EVENT, "n": 1, "got": day(9)}))
    assert counts(pad.send(lines({**EVENT, "n": 2, "got": day(1)}))) == (1, 0, 1, 0)
    assert pad.bronze("n") == [(1,)]


def test_a_key_counts_within_the_utc_day_it_occurred(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    pad.send(lines({"id": "a", "at": "2026-11-01T23:59:59.999999Z"}, {"id": "a", "at": "2026-11-02T08:59:59+09:00"}))
    report = pad.send(lines({"id": "a", "at": "2026-11-02T00:00:00Z"}, {"id": "a", "at": "2026-11-01T00:00:00Z"}))
    assert counts(report) == (2, 1, 1, 0)
    assert pad.bronze("count(*)") == [(2,)]


def test_a_key_of_several_columns_is_compared_whole(tmp_path: Path) -> None:
    columns = {"a": {"type": "string"}, "b": {"type": "integer"}, "at": {"type": "timestamp"}}
    pad = LandingPad(tmp_path, contract(columns=columns, changes={"key": ["a", "b"], "event_time": "at"}))
    rows = [("x", 1), ("x", 2), ("x1", 1), ("x", 1)]
    assert counts(pad.send(lines(*({"a": a, "b": b, "at": day(1)} for a, b in rows)))) == (4, 3, 1, 0)


def test_only_the_days_a_batch_touches_are_looked_into(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    pad.send(lines({"id": "a", "at": day(1)}))
    (data,) = pad.tables.files("bronze.plays")
    (manifest,) = (tmp_path / "warehouse" / "bronze" / "plays" / "metadata").glob("*-m0.avro")
    for number in (2, 3):
        pad.send(lines({"id": "a", "at": day(number)}))
    for path in (Path(data.path), manifest):
        path.unlink()  # reading that day, or what metadata says of it, would now fail
    pad = LandingPad(tmp_path)
    assert counts(pad.send(lines({"id": "a", "at": day(2)}, {"id": "b", "at": day(3)}))) == (2, 1, 1, 0)


# Contracts.


def test_a_column_added_to_the_contract_is_added_to_bronze(tmp_path: Path) -> None:
    LandingPad(tmp_path).send(lines({**EVENT, "n": 1}))
    pad = LandingPad(tmp_path, contract(n="integer"))
    pad.send(lines({**EVENT, "id": "e2", "n": 2}))
    assert pad.bronze("id, n") == [("e1", None), ("e2", 2)]


def test_a_column_taken_out_of_the_contract_stays_in_bronze(tmp_path: Path) -> None:
    LandingPad(tmp_path, contract(n="integer")).send(lines({**EVENT, "n": 1}))
    pad = LandingPad(tmp_path)
    pad.send(lines({**EVENT, "id": "e2", "n": 2}))
    assert pad.bronze("id, n") == [("e1", 1), ("e2", None)]


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv"])
def test_unknown_fields_are_kept_raw_or_refused_as_the_contract_says(tmp_path: Path, name: str) -> None:
    content = lines(*events(12, extra="1")) if name.endswith("jsonl") else b"id,at,extra\n" + b"e,2026-11-01T20:00:00Z,1\n" * 12
    assert not LandingPad(tmp_path / "keeping").send(content, name).refused_whole
    report = LandingPad(tmp_path / "refusing", contract(changes={"unknown_fields": "refuse"})).send(content, name)
    assert report.fault is not None and report.fault.code == "RNG-JOB-009" and "`extra`" in report.fault.message


def test_a_few_unknown_fields_are_refused_one_by_one(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(changes={"unknown_fields": "refuse"}))
    assert counts(pad.send(lines(*events(20), {**EVENT, "extra": 1}, {**EVENT, "id": "z", "other": None}))) == (22, 20, 0, 2)
    assert pad.quarantine() == [(21, "unknown_field", "extra"), (22, "unknown_field", "other")]


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv"])
def test_a_renamed_field_is_a_finding_that_names_both(tmp_path: Path, name: str) -> None:
    pad = LandingPad(tmp_path, contract(seconds_viewed={"type": "integer", "required": True}))
    rows = events(30, secondsViewed=3)
    csv = b"id,at,secondsViewed\n" + b"".join(f"{row['id']},{row['at']},3\n".encode() for row in rows)
    fault = pad.send(lines(*rows) if name.endswith("jsonl") else csv, name).fault
    assert fault is not None and fault.code == "RNG-JOB-004"
    assert "`seconds_viewed`" in fault.message and "`secondsViewed`" in fault.message and "from_field: secondsViewed" in fault.hint
    assert pad.bronze() == pad.quarantine() == []


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv"])
def test_an_optional_field_does_not_silently_turn_into_nothing_when_it_is_renamed(tmp_path: Path, name: str) -> None:
    rows = events(30, episode_launch_dtls="x")
    csv = b"id,at,episode_launch_dtls\n" + b"".join(f"{row['id']},{row['at']},x\n".encode() for row in rows)
    content = lines(*rows) if name.endswith("jsonl") else csv
    fault = LandingPad(tmp_path / "renamed", contract(episode_launch_details="string")).send(content, name).fault
    assert fault is not None and fault.code == "RNG-JOB-004"
    assert "`episode_launch_details`" in fault.message and "`episode_launch_dtls`" in fault.message
    assert not LandingPad(tmp_path / "other", contract(runtime="string")).send(content, name).refused_whole
    both = contract(episode_launch_details="string", launch={"type": "string", "from_field": "episode_launch_dtls"})
    assert not LandingPad(tmp_path / "both", both).send(content, name).refused_whole


def test_a_retyped_field_is_a_finding_that_names_it(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer"))
    fault = pad.send(lines(*events(40, n="3 minutes"), {**EVENT, "id": "good", "n": 1})).fault
    assert fault is not None and fault.code == "RNG-JOB-005"
    assert "`n`" in fault.message and "integer" in fault.message and "`3 minutes`" in fault.message and "40 of 41" in fault.message


def test_personal_values_are_not_shown_in_a_finding(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n={"type": "integer", "classification": "personal"}))
    fault = pad.send(lines(*events(40, n="secret"))).fault
    assert fault is not None and "secret" not in fault.message


def test_renamed_categories_are_a_contract_break_not_quarantine(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(kind={"type": "string", "values": ["Films", "TV"]}))
    rows = [*events(30, kind="Films (English)"), *({**EVENT, "id": f"t{i}", "kind": "TV (English)"} for i in range(10))]
    fault = pad.send(lines(*rows)).fault
    assert fault is not None and fault.code == "RNG-JOB-006"
    assert all(f"`{word}`" in fault.message for word in ("kind", "Films (English)", "TV (English)", "Films", "TV"))


def test_a_unit_that_changed_is_a_contract_break(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(seconds={"type": "integer", "minimum": 0, "maximum": 3600}))
    fault = pad.send(lines(*events(40, seconds=60_000))).fault
    assert fault is not None and fault.code == "RNG-JOB-010" and "`seconds`" in fault.message and "3600" in fault.message


def test_a_few_wrong_records_among_many_are_quarantined(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer"))
    wrong = [{**EVENT, "id": f"w{i}", "n": "x"} for i in range(90)]
    assert counts(pad.send(lines(*events(10, n=1), *wrong))) == (100, 10, 0, 90)


def test_a_refused_file_is_remembered_until_its_contract_changes(tmp_path: Path) -> None:
    content, good = lines(*events(30, seconds=3)), lines({**EVENT, "id": "x", "seconds_viewed": 1})
    old = contract(seconds_viewed={"type": "integer", "required": True})
    pad = LandingPad(tmp_path, old)
    report = pad.land(pad.file("bad.jsonl", content), pad.file("good.jsonl", good))
    assert [file.refused_whole for file in report.files] == [True, False]
    again = pad.send(content, "bad.jsonl")
    assert again.again and again.refused_whole and again.fault == report.files[0].fault
    pad = LandingPad(tmp_path, contract(seconds_viewed={"type": "integer", "required": True, "from_field": "seconds"}))
    judged = pad.send(content, "bad.jsonl")
    assert not judged.again and counts(judged) == (30, 30, 0, 0)
    assert pad.bronze("count(*)") == [(31,)]
    assert pad.send(content, "bad.jsonl").again


def test_quarantine_says_which_batch_object_record_reason_and_contract(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer", changes={"version": "7"}))
    report = pad.send(lines(EVENT, {**EVENT, "n": "many"}))
    line = json.dumps({**EVENT, "n": "many"}, separators=(",", ":"))
    expected = (report.batch, "0001-events.jsonl", 2, "wrong_type", "n", "many", line, "text", NOW, "7")
    assert pad.quarantine("*") == [expected]


def test_bronze_carries_the_place_of_each_record_and_lies_by_day(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    report = pad.send(lines({"id": "a", "at": day(2)}, {"id": "b", "at": day(1)}))
    assert pad.bronze("id, _batch_id, _object, _record") == [("a", report.batch, report.object, 1), ("b", report.batch, report.object, 2)]
    assert sorted(file.partition for file in pad.tables.files("bronze.plays")) == [(dt.date(2026, 11, 1),), (dt.date(2026, 11, 2),)]
