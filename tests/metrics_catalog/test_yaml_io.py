"""YAML is read into plain data with places; whatever is wrong becomes findings, never an exception."""

import os
from pathlib import Path

import pytest

from metrics_catalog.finding import Finding, Place
from metrics_catalog.yaml_bytes import MOST_BYTES, MOST_FINDINGS
from metrics_catalog.yaml_io import Document, parse, read
from tests.support.catalogs import codes, write


def read_bytes(root: Path, content: bytes) -> tuple[Document | None, tuple[Finding, ...]]:
    return read(write(root, "x.yaml", content), root)


def the_document(text: str) -> Document:
    document, findings = parse(text, "x.yaml")
    assert document is not None, findings
    return document


def the_findings(text: str) -> tuple[Finding, ...]:
    document, findings = parse(text, "x.yaml")
    assert document is None
    return findings


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("metric: viewing_hours\n\twhat: 1\n", "RNG-CAT-006", 2, 1),
        ("a: 1\n  \tb: 2\n", "RNG-CAT-006", 2, 3),
        ("metric: x\nwhat: 1\nmetric: y\n", "RNG-CAT-007", 3, 1),
        ("a: {b: 1, b: 2}\n", "RNG-CAT-007", 1, 11),
        ("a: &a [*a, *a]\n", "RNG-CAT-008", 1, 8),
        ("a: *nothing\n", "RNG-CAT-008", 1, 4),
        ("!!python/object/apply:os.system ['true']\n", "RNG-CAT-009", 1, 1),
        ("a:\n  b: !!python/name:os.system\n", "RNG-CAT-009", 2, 6),
        ("a: !mine {b: 1}\n", "RNG-CAT-009", 1, 4),
        ("a: !!str 5\n", "RNG-CAT-009", 1, 4),
        ("!key a: 5\n", "RNG-CAT-009", 1, 1),
        ("", "RNG-CAT-010", 1, 1),
        ("# only a comment\n", "RNG-CAT-010", 1, 1),
        ("- just\n- a list\n", "RNG-CAT-011", 1, 1),
        ("null\n", "RNG-CAT-011", 1, 1),
        ("? [a]\n: b\n", "RNG-CAT-012", 1, 3),
        ("a: 1\n---\nb: 2\n", "RNG-CAT-013", 2, 1),
        ("metric: [1, 2\n", "RNG-CAT-014", 1, 9),
        ("a: b: c\n", "RNG-CAT-014", 1, 5),
        ("a: 'x\n", "RNG-CAT-014", 1, 4),
        ("a: 1\nb\n", "RNG-CAT-014", 2, 2),
        ("a:\n  - 1\n b: 2\n", "RNG-CAT-014", 3, 2),
        ("a: `x`\n", "RNG-CAT-014", 1, 4),
        ('a: "\\q"\n', "RNG-CAT-014", 1, 4),
        ("a: " + "[" * 100_000, "RNG-CAT-015", 1, 42),
        ("- " * 100_000, "RNG-CAT-015", 1, 79),
        ("? " * 100_000, "RNG-CAT-015", 1, 79),
        ("{a: " * 50_000, "RNG-CAT-015", 1, 157),
    ],
)
def test_broken_yaml_is_a_finding_with_its_place(text: str, code: str, line: int, column: int) -> None:
    finding = the_findings(text)[0]
    assert (finding.code, finding.place) == (code, Place("x.yaml", line, column))
    assert finding.message.endswith(".") and finding.hint


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        ("a: x".encode("utf-16"), "RNG-CAT-004", 1, 1),
        ("a: x".encode("utf-32"), "RNG-CAT-004", 1, 1),
        ("a: 1\nb: Maß\n".encode("latin-1"), "RNG-CAT-004", 2, 6),
        ("a: 視聴".encode("shift_jis"), "RNG-CAT-004", 1, 4),
        (b"\x00\x01", "RNG-CAT-005", 1, 1),
        (b"a: 1\r\nb: x\x07y\r\n", "RNG-CAT-005", 2, 5),
        ("a: start\u202e end".encode(), "RNG-CAT-005", 1, 9),
        ("視: 1\u2028".encode(), "RNG-CAT-005", 1, 5),
    ],
)
def test_bytes_that_are_no_plain_text_are_a_finding(tmp_path: Path, content: bytes, code: str, line: int, column: int) -> None:
    document, findings = read_bytes(tmp_path, content)
    assert document is None
    assert (findings[0].code, findings[0].place) == (code, Place("x.yaml", line, column))


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    document, findings = read_bytes(tmp_path, "a: 視聴\n".encode("utf-8-sig"))
    assert not findings and document is not None
    assert document.data == {"a": "視聴"}
    assert document.place("a") == Place("x.yaml", 1, 4)


def test_all_tabs_duplicates_and_tags_are_told_at_once() -> None:
    assert codes(the_findings("a: 1\n\tb: 2\n\tc: 3\n")) == ["RNG-CAT-006"] * 2
    assert codes(the_findings("a: !x 1\nb: 2\nb: 3\nc: !y 4\n")) == ["RNG-CAT-009", "RNG-CAT-007", "RNG-CAT-009"]


def test_a_file_full_of_faults_gives_only_so_many_findings() -> None:
    assert len(the_findings("\ta: 1\n" * 5_000)) == MOST_FINDINGS


def test_a_bomb_of_aliases_is_refused_without_growing() -> None:
    levels = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert codes(the_findings("l0: &l0 [x]\n" + levels)) == ["RNG-CAT-008"] * MOST_FINDINGS


def test_a_too_large_file_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path, "x.yaml", b"a: " + b"x" * MOST_BYTES)
    assert codes(read(path, tmp_path)[1]) == ["RNG-CAT-003"]


def test_a_link_a_pipe_and_a_missing_file_are_findings(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to("/etc/hostname")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    found = {name: codes(read(tmp_path / name, tmp_path)[1]) for name in ("link.yaml", "loop.yaml", "pipe.yaml", "missing.yaml")}
    assert found == {
        "link.yaml": ["RNG-CAT-002"],
        "loop.yaml": ["RNG-CAT-002"],
        "pipe.yaml": ["RNG-CAT-001"],
        "missing.yaml": ["RNG-CAT-001"],
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("yes", "yes"), ("on", "on"), ("y", "y"), ("true", True), ("False", False), ("~", None), ("null", None),
        ("", None), ("5", 5), ("-5", -5), ("+5", 5), ("0", 0), ("007", "007"), ("1_000", "1_000"), ("0x1f", "0x1f"), ("0o17", "0o17"), ("12:30", "12:30"),
        ("1.50", 1.5), (".5", 0.5), ("1e3", 1000.0), (".inf", ".inf"), (".nan", ".nan"), ("1e999", "1e999"), ("2027-03-31", "2027-03-31"),
        ("'5'", "5"), ('"true"', "true"), ("'~'", "~"), ("9" * 5_000, "9" * 5_000),
    ],
)  # fmt: skip
def test_plain_scalars_hold_no_surprises(written: str, value: object) -> None:
    data = the_document(f"a: {written}\n").data
    assert data == {"a": value} and type(data["a"]) is type(value)


def test_norway_stays_a_country_and_keys_stay_text() -> None:
    assert the_document("NO: {x: [NO, SE]}\n1: a\ntrue: b\n").data == {"NO": {"x": ["NO", "SE"]}, "1": "a", "true": "b"}


def test_places_point_to_values_keys_and_nearest_parents() -> None:
    document = the_document("what:\n  label: {en: Hours, ja: 時間}\n  aliases: [a, b]\nhow:\n  - x: 1\n")
    assert document.place("what", "label", "ja") == Place("x.yaml", 2, 26)
    assert document.place("what", "aliases", 1) == Place("x.yaml", 3, 16)
    assert document.place("what", "aliases") == Place("x.yaml", 3, 3)
    assert document.place("what", "unit") == Place("x.yaml", 1, 1)
    assert document.place("what", "unit", "deeper") == Place("x.yaml", 1, 1)
    assert document.place("how", 0, "x") == Place("x.yaml", 5, 8)
    assert document.place("nothing") == Place("x.yaml", 1, 1)
    assert document.place_of_key("what", "label") == Place("x.yaml", 2, 3)


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("f: a = b\n", 4, Place("x.yaml", 1, 8)),
        ("f: 'a = b'\n", 4, Place("x.yaml", 1, 9)),
        ('f: "a = b"\n', 4, Place("x.yaml", 1, 9)),
        ("f: 'a = ''b'''\n", 4, Place("x.yaml", 1, 4)),
        ("f: |\n    a =\n     b\n", 5, Place("x.yaml", 3, 6)),
        ("f: >\n    a =\n    b\n", 4, Place("x.yaml", 1, 4)),
        ("f: a =\n  b\n", 4, Place("x.yaml", 1, 4)),
    ],
)
def test_an_offset_within_a_text_is_found_where_it_can_be(text: str, offset: int, place: Place) -> None:
    assert the_document(text).place("f", offset=offset) == place
