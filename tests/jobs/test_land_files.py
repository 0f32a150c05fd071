"""Whole files: formats and compressions are told by content; what is not what the contract says is kept and refused whole."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import duckdb
import pytest
import zstandard

from jobs.land import Verdict
from tests.support.landing import EVENT, LandingPad, contract, counts, events, lines

if TYPE_CHECKING:
    from pathlib import Path

GOOD = lines(*events(20))
CSV = b"id,at\n" + b"".join(f"e{number},2026-11-01T20:00:00Z\n".encode() for number in range(20))


def parquet(path: Path, sql: str) -> bytes:
    duckdb.connect().execute(f"SET TimeZone = 'UTC'; COPY ({sql}) TO '{path}' (FORMAT parquet)")
    return path.read_bytes()


@pytest.mark.parametrize("name", ["events.jsonl", "events.csv", "events", "events.parquet", "日本 語.json.gz"])
@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, zstandard.compress, lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])]
)
def test_json_lines_are_recognised_whatever_they_are_called(tmp_path: Path, name: str, pack: type[bytes]) -> None:
    pad = LandingPad(tmp_path)
    content = pack(GOOD)
    assert counts(pad.send(content, name)) == (20, 20, 0, 0)
    assert pad.kept() == [content]


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl", "events"])
@pytest.mark.parametrize(
    "text", [CSV, CSV.replace(b",", b"\t"), CSV.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + CSV, CSV.rstrip(), CSV.replace(b"\n", b"\n\n")]
)
def test_delimited_text_is_recognised_by_its_header(tmp_path: Path, name: str, text: bytes) -> None:
    pad = LandingPad(tmp_path)
    assert counts(pad.send(text, name)) == (20, 20, 0, 0)
    assert counts(pad.send(gzip.compress(text), name)) == (20, 0, 20, 0)


def test_parquet_is_read_and_its_rows_are_judged(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n={"type": "integer", "maximum": 5}, x="double", d="decimal", b="boolean", day="date"))
    sql = """SELECT 'e' || i AS id, TIMESTAMP '2026-11-01 20:00:00' AS "at", i::INTEGER AS n, i::FLOAT AS x, i / 2 AS d, i % 2 = 0 AS b,
             DATE '2026-11-01' AS day, [i] AS ignored FROM range(8) numbers(i)"""
    report = pad.send(parquet(tmp_path / "made.parquet", sql), "events.parquet")
    assert counts(report) == (8, 6, 0, 2)
    assert pad.bronze('id, n, x, d, b, epoch_us("at"), _record')[1] == ("e1", 1, 1.0, 0.5, False, 1793563200000000, 2)
    content = pad.quarantine("_record, reason, field, content, content_encoding")[0]
    assert (*content[:3], json.loads(content[3])["id"], content[4]) == (7, "out_of_range", "n", "e6", "json")


@pytest.mark.parametrize(
    ("select", "code"),
    [
        ("""SELECT 'e' || i AS id, '2026-11-01T20:00:00Z' AS "at", i::VARCHAR AS n""", "RNG-JOB-005"),
        ("""SELECT 'e' || i AS id, now() AS "at", [1] AS n""", "RNG-JOB-005"),
        ("""SELECT 'e' || i AS event_id, now() AS "at", 1 AS n""", "RNG-JOB-004"),
    ],
)
def test_parquet_of_other_types_or_columns_is_refused_whole(tmp_path: Path, select: str, code: str) -> None:
    pad = LandingPad(tmp_path, contract(n="integer"))
    report = pad.send(parquet(tmp_path / "made.parquet", f"{select} FROM range(8) numbers(i)"), "events.parquet")
    assert report.fault is not None and report.fault.code == code


def test_parquet_numbers_that_do_not_fit_are_refused_one_by_one(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer", d="decimal"))
    values = "(1.0::DOUBLE, 1.25::DOUBLE), (1.5, 0), ('nan', 0), (1e30, 0), (2, 0.1234567), (NULL, NULL)"
    sql = f"""SELECT row_number() OVER ()::VARCHAR AS id, '2026-11-01T20:00:00Z' AS "at", * FROM (VALUES {values}) given(n, d)"""
    pad.send(parquet(tmp_path / "made.parquet", sql), "events.parquet")
    assert pad.bronze("n, d::DOUBLE") == [(1, 1.25), (None, None)]
    assert pad.quarantine() == [(2, "wrong_type", "n"), (3, "out_of_range", "n"), (4, "out_of_range", "n"), (5, "out_of_range", "d")]


REFUSED = {
    "nothing": (b"", "RNG-JOB-001"),
    "blanks": (b"\n \r\n\t\n", "RNG-JOB-001"),
    "empty gzip": (gzip.compress(b""), "RNG-JOB-001"),
    "null": (b"null", "RNG-JOB-003"),
    "null line": (b"null\n", "RNG-JOB-003"),
    "html": (b"<html><body>Moved Permanently</body></html>\n", "RNG-JOB-003"),
    "html doctype": (b"<!DOCTYPE html>\n<html>\n<p>a, b</p>\n</html>\n", "RNG-JOB-003"),
    "link": (b'<a href="https://example.org/x.tsv">Moved Permanently</a>.\n\n', "RNG-JOB-003"),
    "xml": (b"<?xml version='1.0'?><events/>", "RNG-JOB-003"),
    "binary": (bytes(range(256)) * 64, "RNG-JOB-003"),
    "json list": (json.dumps(events(20)).encode(), "RNG-JOB-003"),
    "json list over lines": (json.dumps(events(20), indent=1).encode(), "RNG-JOB-003"),
    "json document": (json.dumps(EVENT, indent=2).encode(), "RNG-JOB-003"),
    "utf-16": (GOOD.decode().encode("utf-16"), "RNG-JOB-003"),
    "prose": (b"The export will come tomorrow.\n", "RNG-JOB-003"),
    "cut gzip": (gzip.compress(GOOD * 500)[:200], "RNG-JOB-002"),
    "gzip without its end": (gzip.compress(GOOD)[:-4], "RNG-JOB-002"),
    "gzip and more": (gzip.compress(GOOD) + b"more", "RNG-JOB-002"),
    "gzip of two bytes": (b"\x1f\x8b", "RNG-JOB-002"),
    "cut zstd": (zstandard.compress(GOOD)[:-3], "RNG-JOB-002"),
    "zstd with a wrong byte": (zstandard.compress(GOOD * 50)[:60] + b"\xff\xff\xff" + zstandard.compress(GOOD * 50)[63:], "RNG-JOB-002"),
    "parquet that stops": (b"PAR1 and no more", "RNG-JOB-008"),
    "parquet in gzip": (gzip.compress(b"PAR1" + bytes(100) + b"PAR1"), "RNG-JOB-003"),
    "csv with other columns": (b"at,ident\n2026-11-01T20:00:00Z,e1\n", "RNG-JOB-004"),
    "csv with other cells throughout": (b"id,at\n" + b"e1,2026-11-01T20:00:00Z,1\n" * 12, "RNG-JOB-003"),
    "html with commas": (b"<html>,<body>\n<p>a, b</p>\n", "RNG-JOB-003"),
    "semicolons": (b"id;at\ne1;2026-11-01T20:00:00Z\n", "RNG-JOB-003"),
    "csv with a column twice": (b"id,at,id\ne1,2026-11-01T20:00:00Z,e2\n", "RNG-JOB-009"),
    "csv with a broken header": (b'id,at,"x\n', "RNG-JOB-004"),
    "latin-1 everywhere": ("\n".join(f'{{"id":"é{i}"}}' for i in range(20)).encode("latin-1"), "RNG-JOB-003"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_file_of_records_is_kept_and_refused_whole(tmp_path: Path, case: str) -> None:
    content, code = REFUSED[case]
    pad = LandingPad(tmp_path)
    report = pad.send(content, "sent.jsonl")
    assert report.verdict is Verdict.REFUSED
    assert report.fault is not None and report.fault.code == code, report.fault
    assert report.fault.message.endswith(".") and report.fault.hint
    assert pad.kept() == [content]
    assert pad.bronze() == [] and pad.quarantine() == []


def test_a_damaged_file_does_not_stop_its_neighbours(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    cut = gzip.compress(lines(*events(50_000)))
    names = [
        pad.file("a.jsonl", GOOD),
        pad.file("b.jsonl.gz", cut[: len(cut) // 2]),
        pad.file("c.jsonl", lines({**EVENT, "id": "last"})),
        pad.file("d.csv", b"a\n"),
    ]
    report = pad.land(*names)
    assert [file.refused_whole for file in report.files] == [False, True, False, True]
    assert pad.bronze("count(*)") == [(21,)]
    assert report.counts.accepted == 21


def test_a_file_with_a_header_and_no_row_is_fine_for_events(tmp_path: Path) -> None:
    report = LandingPad(tmp_path).send(b"id,at\n", "events.csv")
    assert not report.refused_whole and counts(report) == (0, 0, 0, 0)


def test_a_record_too_long_to_be_one_refuses_the_file(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    report = pad.send(gzip.compress(GOOD + b'{"id":"' + b"x" * (70 * 2**20)), "events.jsonl.gz")
    assert report.fault is not None and report.fault.code == "RNG-JOB-007"
    assert pad.bronze() == []


def test_csv_keeps_quotes_line_ends_and_each_refused_record_as_it_came(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(note="string"))
    rows = [
        'e1,2026-11-01T20:00:00Z,"a ""quoted"", cell"',
        'e2,2026-11-01T20:00:00Z,"two\r\n\r\nlines"',
        "e3,2026-11-01T20:00:00Z",
        "e4,2026-11-01T20:00:00Z,a,b",
        'e5,2026-11-01T20:00:00Z,"never closed',
        'e6,2026-11-01T20:00:00Z,5" screen',
        'e7,2026-11-01T20:00:00Z,"closed"more',
        'e8,yesterday,"x\ny"',
        "e9,2026-11-01T20:00:00Z,日本",
    ]
    report = pad.send(("id,at,note\r\n" + "\r\n".join(rows)).encode() + b"\r\ne10,\xff,x\r\n", "events.csv")
    assert counts(report) == (10, 4, 0, 6)
    assert pad.bronze("id, note") == [("e1", 'a "quoted", cell'), ("e2", "two\r\n\r\nlines"), ("e6", '5" screen'), ("e9", "日本")]
    assert pad.quarantine("_record, reason, content, content_encoding") == [
        (3, "malformed_record", rows[2], "text"),
        (4, "malformed_record", rows[3], "text"),
        (5, "malformed_record", rows[4], "text"),
        (7, "malformed_record", rows[6], "text"),
        (8, "wrong_type", rows[7], "text"),
        (10, "malformed_record", "ZTEwLP8seA==", "base64"),
    ]


def test_refused_lines_are_kept_to_the_last_byte(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path)
    odd = ['{"id": "e1" ', " not json\t", '{"id":"e2","at":"never", "more":  [1,2 ]}', '{"a":"\\u0000"}', "\ufeff{}", "a\0b"]
    pad.send(b"\xef\xbb\xbf" + GOOD + "\r\n".join(odd).encode() + b'\n{"id":"\xff"}\n   \n', "events.jsonl")
    content = [row[1] for row in pad.quarantine("_record, content")]
    assert content == [*odd, "eyJpZCI6Iv8ifQ=="]


def test_a_lone_bad_event_is_quarantined_not_refused_whole(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(n="integer"))
    report = pad.send(lines({**EVENT, "n": "many"}))
    assert not report.refused_whole and counts(report) == (1, 0, 0, 1)
