"""Corner cases of values: what a contract's type reads, and what it refuses with which reason; the same on every engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.landing import LandingPad, contract, counts

if TYPE_CHECKING:
    from pathlib import Path

WRONG, RANGE, MISSING, MALFORMED, TWICE = "wrong_type", "out_of_range", "missing_field", "malformed_record", "duplicate_field"


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[arg-type, misc]  # up to seven numbers


JSON_VALUES: dict[str, list[tuple[str, Any]]] = {
    "integer": [
        ("7", 7),
        ("-7", -7),
        ("0", 0),
        ("-0", 0),
        ("1.0", 1),
        ("1e3", 1000),
        ("1.5e1", 15),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", RANGE),
        ("1e400", RANGE),
        ("123456789012345678901234567890", RANGE),
        ("9" * 5000, RANGE),
        ("1.5", WRONG),
        ("1.00000000000000000001", WRONG),
        ('"7"', WRONG),
        ("true", WRONG),
        ("[7]", WRONG),
        ('{"n":7}', WRONG),
        ("null", None),
        ("007", MALFORMED),
        ("+7", MALFORMED),
        ("0x10", MALFORMED),
        ("1_000", MALFORMED),
        ("NaN", MALFORMED),
    ],
    "double": [
        ("1.5", 1.5),
        ("1", 1.0),
        ("-0", 0.0),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("0.1", 0.1),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("1e400", RANGE),
        ("NaN", MALFORMED),
        ("Infinity", MALFORMED),
        ("-Infinity", MALFORMED),
        ('"1.5"', WRONG),
        ("false", WRONG),
        (".5", MALFORMED),
        ("1.", MALFORMED),
    ],
    "decimal": [
        ("1.5", Decimal("1.5")),
        ("1.500000000", Decimal("1.5")),
        ("1e2", Decimal(100)),
        ("0.000001", Decimal("0.000001")),
        ("0.0000001", RANGE),
        ("999999999999.999999", Decimal("999999999999.999999")),
        ("1000000000000", RANGE),
        ("0.30000000000000004", RANGE),
        ('"1.5"', WRONG),
    ],
    "boolean": [("true", True), ("false", False), ("0", WRONG), ("1", WRONG), ('"true"', WRONG), ("True", MALFORMED), ("null", None)],
    "string": [
        ('"text"', "text"),
        ('""', ""),
        ('" spaces "', " spaces "),
        ('"日本語"', "日本語"),
        ('"\\u65e5\\u672c"', "日本"),
        ('"\\ud83d\\ude00"', "😀"),
        ('"a\\"b\\\\c\\/d\\n\\t"', 'a"b\\c/d\n\t'),
        ('"null"', "null"),
        ('"}{,"', "}{,"),
        ("7", WRONG),
        ("true", WRONG),
        ('["a"]', WRONG),
        ("null", None),
        ('"\\ud800"', MALFORMED),
        ('"a\\u0000b"', MALFORMED),
        ('"a\tb"', MALFORMED),
        ("'text'", MALFORMED),
    ],
    "timestamp": [
        ('"2026-11-01T20:00:00Z"', utc(2026, 11, 1, 20)),
        ('"2026-11-01T20:00:00.5Z"', utc(2026, 11, 1, 20, 0, 0, 500000)),
        ('"2026-11-01T20:00:00.123456Z"', utc(2026, 11, 1, 20, 0, 0, 123456)),
        ('"2026-11-01T20:00:00.123456999Z"', utc(2026, 11, 1, 20, 0, 0, 123456)),
        ('"2026-11-01T20:00:00+00:00"', utc(2026, 11, 1, 20)),
        ('"2026-11-01T20:00:00+09:00"', utc(2026, 11, 1, 11)),
        ('"2026-11-01T20:00:00-0330"', utc(2026, 11, 1, 23, 30)),
        ('"2026-11-01T20:00:00+09"', utc(2026, 11, 1, 11)),
        ('"2026-11-01T20:00:00"', utc(2026, 11, 1, 20)),
        ('"2026-11-01 20:00:00"', utc(2026, 11, 1, 20)),
        ('"2026-03-29T01:30:00Z"', utc(2026, 3, 29, 1, 30)),
        ('"0001-01-01T00:00:00Z"', utc(1, 1, 1)),
        ('"9999-12-31T23:59:59.999999Z"', utc(9999, 12, 31, 23, 59, 59, 999999)),
        ('"0001-01-01T00:00:00+09:00"', RANGE),
        ('"9999-12-31T23:59:59-01:00"', RANGE),
        ('"0000-01-01T00:00:00Z"', RANGE),
        ('"2026-02-29T00:00:00Z"', WRONG),
        ('"2024-02-29T00:00:00Z"', utc(2024, 2, 29)),
        ('"2026-12-31T23:59:60Z"', WRONG),
        ('"2026-11-01T24:00:00Z"', WRONG),
        ('"2026-1-1T20:00:00Z"', WRONG),
        ('"2026-11-01T20:00Z"', WRONG),
        ('"2026-11-01T20:00:00.Z"', WRONG),
        ('"2026-11-01T20:00:00,5Z"', WRONG),
        ('"2026-11-01T20:00:00z"', WRONG),
        ('"2026-11-01T20:00:00+25:00"', WRONG),
        ('"2026-11-01T20:00:00 Z"', WRONG),
        ('" 2026-11-01T20:00:00Z"', WRONG),
        ('"12026-11-01T20:00:00Z"', WRONG),
        ('"-026-11-01T20:00:00Z"', WRONG),
        ('"2026-11-01"', WRONG),
        ('"yesterday"', WRONG),
        ('"infinity"', WRONG),
        ('""', WRONG),
        ("1761955200", WRONG),
    ],
    "date": [
        ('"2026-11-01"', dt.date(2026, 11, 1)),
        ('"2024-02-29"', dt.date(2024, 2, 29)),
        ('"2026-02-29"', WRONG),
        ('"2026-1-1"', WRONG),
        ('"0001-01-01"', dt.date(1, 1, 1)),
        ('"9999-12-31"', dt.date(9999, 12, 31)),
        ('"0000-12-31"', RANGE),
        ('"2026-11-01T00:00:00Z"', WRONG),
        ('"01.11.2026"', WRONG),
        ("20261101", WRONG),
    ],
}


@pytest.mark.parametrize("kind", JSON_VALUES)
def test_each_type_reads_and_refuses_json_values_as_agreed(tmp_path: Path, kind: str) -> None:
    pad = LandingPad(tmp_path, contract(x=kind))
    cases = JSON_VALUES[kind]
    text = [f'{{"id":"e{number}","at":"2026-11-01T20:00:00Z","x":{value}}}' for number, (value, _) in enumerate(cases)]
    pad.send("\n".join(text).encode())
    kept = {int(name[1:]): value for name, value in pad.bronze("id, x")}
    refused = {record - 1: reason for record, reason in pad.quarantine("_record, reason")}
    found = [(value, kept[number] if number in kept else refused[number]) for number, (value, _) in enumerate(cases)]
    assert found == cases


@pytest.mark.parametrize(
    ("kind", "cell", "expected"),
    [
        ("integer", "7", 7),
        ("integer", "007", WRONG),
        ("integer", "+7", WRONG),
        ("integer", " 7", WRONG),
        ("integer", "7.0", 7),
        ("integer", "1e3", 1000),
        ("integer", "1,000", WRONG),
        ("integer", "７", WRONG),
        ("integer", "", None),
        ("double", ".5", WRONG),
        ("double", "NaN", WRONG),
        ("double", "inf", WRONG),
        ("double", "1e999", RANGE),
        ("double", "-1.5E2", -150.0),
        ("decimal", "0.10", Decimal("0.1")),
        ("boolean", "TRUE", True),
        ("boolean", "false", False),
        ("boolean", "1", WRONG),
        ("boolean", "yes", WRONG),
        ("string", "true", "true"),
        ("string", " padded ", " padded "),
        ("string", "NULL", "NULL"),
        ("date", "2026-11-01", dt.date(2026, 11, 1)),
        ("timestamp", "2026-11-01 20:00:00", utc(2026, 11, 1, 20)),
    ],
)
def test_cells_of_csv_are_held_to_the_same_rules(tmp_path: Path, kind: str, cell: str, expected: Any) -> None:
    pad = LandingPad(tmp_path, contract(x=kind))
    quoted = '"' + cell.replace('"', '""') + '"'
    pad.send(f"id,at,x\ne1,2026-11-01T20:00:00Z,{quoted}\n".encode(), "events.csv")
    found = [value for (value,) in pad.bronze("x")] or [reason for (reason,) in pad.quarantine("reason")]
    assert found == [expected]


def test_a_field_that_is_there_twice_is_refused_wherever_it_stands(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(x="integer"))
    head = '"id":"e1","at":"2026-11-01T20:00:00Z"'
    pad.send(f'{{{head},"x":1,"x":1}}\n{{{head},"x":1,"other":1,"other":2}}\n{{{head},"x":1,"other":{{"a":1,"a":2}}}}\n'.encode())
    assert pad.quarantine() == [(1, TWICE, "x"), (2, TWICE, "other")]
    assert pad.bronze("_record") == [(3,)]


def test_required_fields_the_key_and_the_time_must_be_there(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(x={"type": "string", "required": True}, y="string"))
    good = '"id":"e1","at":"2026-11-01T20:00:00Z","x":"a"'
    pad.send(
        f'{{{good}}}\n{{"at":"2026-11-01T20:00:00Z","x":"a"}}\n{{"id":"e","x":"a"}}\n{{"id":"e","at":"2026-11-01T20:00:00Z","x":null}}\n{{}}\n'.encode()
    )
    assert pad.quarantine() == [(2, MISSING, "id"), (3, MISSING, "at"), (4, MISSING, "x"), (5, MISSING, "id")]


def test_values_limits_and_texts_for_missing_values_are_kept(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"kind": {"type": "string", "values": ["a", "b"]}, "n": {"type": "integer", "minimum": 0, "maximum": 10}}
    pad = LandingPad(tmp_path, contract(**columns, note={"type": "string", "null_values": ["N/A", "-"]}))
    rows = [
        '"kind":"a","n":0,"note":"N/A"',
        '"kind":"c"',
        '"n":11',
        '"n":-1',
        '"kind":"A"',
        '"kind":"b","n":10,"note":"-"',
        '"n":9007199254740993',
    ]
    pad.send("\n".join(f'{{"id":"e{i}","at":"2026-11-01T20:00:00Z",{row}}}' for i, row in enumerate(rows)).encode())
    assert pad.bronze("kind, n, note") == [("a", 0, None), ("b", 10, None)]
    assert pad.quarantine() == [
        (2, "value_not_allowed", "kind"),
        (3, RANGE, "n"),
        (4, RANGE, "n"),
        (5, "value_not_allowed", "kind"),
        (7, RANGE, "n"),
    ]


def test_a_column_may_be_read_from_a_field_of_another_name(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(country={"type": "string", "from_field": "Country Name"}))
    pad.send(b'{"id":"e1","at":"2026-11-01T20:00:00Z","Country Name":"JP"}\n')
    pad.send(b"id,at,Country Name\ne2,2026-11-01T20:00:00Z,DE\n", "events.csv")
    assert pad.bronze("id, country") == [("e1", "JP"), ("e2", "DE")]


def test_a_field_of_ten_megabytes_is_kept_whole_and_refused_whole(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, contract(x="string", n="integer"))
    long = "字" * (10 * 2**20 // 3)
    report = pad.send(f'{{"id":"e1","at":"2026-11-01T20:00:00Z","x":"{long}"}}\n{{"id":"e2","n":"{long}"}}\n'.encode())
    assert counts(report) == (2, 1, 0, 1)
    assert pad.bronze("x") == [(long,)]
    assert pad.quarantine("content, length(detail)") == [(f'{{"id":"e2","n":"{long}"}}', None)]


def test_columns_named_like_the_lander_s_own_words_are_no_trouble(tmp_path: Path) -> None:
    words = ("object", "record", "line", "bytes", "reason", "field", "chunk", "plain", "f", "v0", "t0", "kinds", "fault", "row_", "select")
    held: dict[str, Any] = dict.fromkeys(words, "string")
    pad = LandingPad(tmp_path, contract(**held))
    row = ",".join(f'"{word}":"{word}"' for word in words)
    pad.send(f'{{"id":"e1","at":"2026-11-01T20:00:00Z",{row}}}\n{{"id":"e2", "at":"2026-11-01T20:00:00Z",{row}}}\n'.encode())
    assert pad.bronze(", ".join(f'"{word}"' for word in words)) == [words, words]
