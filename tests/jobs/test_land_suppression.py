"""Persons who were erased stay out: what landing refuses on the quick way, on the careful way, and in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.land.mention import mentions
from jobs.land.record_numbers import as_text, from_text
from jobs.land.suppression import hashed, key_of, suppress, suppressed
from tests.support.erasing import as_csv, as_parquet
from tests.support.landing import EVENT, LandingPad, contract, counts, lines

PERSONAL = {"type": "string", "classification": "personal"}


@pytest.fixture
def pad(tmp_path: Path) -> LandingPad:
    pad = LandingPad(tmp_path, contract(who=PERSONAL, n="integer"))
    suppress(pad.objects, "who", hashed(key_of(pad.objects), "who", "o'nn\"é"), ())
    return pad


def events(*people: str) -> list[dict[str, object]]:
    return [{**EVENT, "id": f"e{number}", "who": who, "n": number} for number, who in enumerate(people)]


def test_nobody_is_withheld_while_nobody_was_erased(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(who=PERSONAL))
    assert not suppressed(pad.objects, pad.source)
    assert pad.objects.names("_suppression") == ()


@pytest.mark.parametrize("name", ["quick.jsonl", "table.csv", "table.parquet"])
def test_an_erased_person_is_counted_and_nothing_is_kept(pad: LandingPad, name: str) -> None:
    records = events("ann", "o'nn\"é", "bob", "o'nn\"é")
    report = pad.send(packed(records, name), name)
    assert counts(report) == (4, 2, 0, 2)
    assert report.reasons == {("suppressed", "who"): 2}
    assert pad.bronze("who") == [("ann",), ("bob",)]
    assert pad.quarantine("_record, reason, content, detail, content_encoding") == [
        (2, "suppressed", None, None, "withheld"),
        (4, "suppressed", None, None, "withheld"),
    ]


def packed(records: list[dict[str, object]], name: str) -> bytes:
    """The records in the format that a file's name says."""
    if name.endswith(".parquet"):
        return as_parquet(records)
    return as_csv([{**row, "who": quoted(row["who"])} for row in records]) if name.endswith(".csv") else lines(*records)


def quoted(text: object) -> str:
    return '"' + str(text).replace('"', '""') + '"'


@pytest.mark.parametrize(
    "line",
    [
        '{"id":"e1","at":"2026-11-01T20:00:00Z","who":"o\'nn\\"\\u00e9","n":1}',
        '{"id":"e1","at":"never","who":"o\'nn\\"\\u00e9"}',
        '{"id":"e1","who":"o\'nn\\"\\u00e9","who":"ann","at":"2026-11-01T20:00:00Z"}',
        '{"id":"e1","at":"2026-11-01T20:00:00Z","who":"o\'nn\\"\\u00e9"',
    ],
)
def test_a_record_that_is_unusual_or_wrong_is_withheld_too(pad: LandingPad, line: str) -> None:
    report = pad.send(lines(line, *events("ann")))
    assert counts(report) == (2, 1, 0, 1) and report.reasons == {("suppressed", "who"): 1}


def test_the_raw_object_keeps_the_other_records_and_their_numbers(pad: LandingPad) -> None:
    ann, theirs, bob = events("ann", "o'nn\"é", "bob")
    pad.send(lines(ann, theirs, bob))
    (kept,) = [raw for raw in pad.kept() if raw]
    assert kept == lines(ann) + b"\n" + lines(bob)
    assert pad.bronze("_record, who") == [(1, "ann"), (3, "bob")]


def test_a_file_of_nobody_else_is_landed_and_empty(pad: LandingPad) -> None:
    report = pad.send(lines(*events(*["o'nn\"é"] * 12)))
    assert not report.refused_whole and counts(report) == (12, 0, 0, 12)
    assert pad.send(lines(*events(*["o'nn\"é"] * 12))).again


def test_a_file_refused_whole_that_tells_of_an_erased_person_is_emptied(pad: LandingPad) -> None:
    wrong = [{"who": "ann" if number else "o'nn\"é", "other": number} for number in range(40)]
    assert pad.send(lines(*wrong)).refused_whole
    assert pad.kept() == [b""]


def test_a_record_that_names_somebody_in_another_field_is_another_persons(pad: LandingPad) -> None:
    assert not mentions('{"who": "ann", "title": "x"}', "who", "x".__eq__)
    assert mentions('{"who": 42}', "who", "42".__eq__)
    assert mentions('{"id": "e1", "who": "x', "who", "x".__eq__)
    assert mentions("e1;x;3", "who", "x".__eq__)


def test_numbers_of_records_are_a_short_text() -> None:
    assert as_text([3, 9, 8, 7, 12]) == "3,7-9,12" and from_text("3,7-9,12") == {3, 7, 8, 9, 12}
