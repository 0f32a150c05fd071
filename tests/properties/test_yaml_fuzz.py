"""Whatever stands in a lake project's files: reading and checking end with findings that have a place, never with an exception."""

from __future__ import annotations

import copy
import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics_catalog.catalog import load
from metrics_catalog.codes import codes
from metrics_catalog.finding import Finding
from metrics_catalog.rules import check
from metrics_catalog.scaffold import scalar
from metrics_catalog.yaml_io import parse
from tests.support.catalogs import small_documents, small_project, write

TODAY = dt.date(2026, 11, 22)
PROJECT = small_project(Path(tempfile.mkdtemp(prefix="ringi-fuzz-")))
DOCUMENTS = small_documents()
FILES = st.sampled_from(sorted(DOCUMENTS))

WORDS = st.sampled_from(
    [
        "count",
        "ratio",
        "derived",
        "viewing_hours",
        "plays",
        "viewing_events",
        "title_id",
        "JP",
        "NO",
        "tech",
        "2027-03-31",
        "a = 1",
        "x / 0",
        "((",
        "'",
        "all",
        "day",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WORDS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | WORDS, inner, max_size=3), max_leaves=6
)
MARKS = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "&a ",
        "*a",
        "!x ",
        "? ",
        "|\n",
        ">\n",
        "'",
        '"',
        "\t",
        "\n",
        "  ",
        "#",
        "---\n",
        "%YAML 9\n",
        "\x00",
        "\ufeff",
        "é",
        "視",
    ]
)
NEARLY_YAML = st.lists(MARKS | WORDS, max_size=40).map("".join)


def outcome(file: str, content: Any) -> tuple[Finding, ...]:
    """All findings of the project with this content in one of its files, which is healed afterwards."""
    write(PROJECT, file, content)
    try:
        catalog, findings = load(PROJECT)
        return (*findings, *check(catalog, TODAY))
    finally:
        write(PROJECT, file, DOCUMENTS[file])


def assert_findings_can_be_shown(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        assert finding.code in codes()
        assert (PROJECT / finding.place.file).exists() and finding.place.line >= 1 and finding.place.column >= 1
        assert finding.message and "\n" not in finding.message and str(finding).encode("utf-8")
        assert "Error" not in finding.message and "pydantic" not in finding.message


@given(FILES, st.binary(max_size=200))
@example("metrics/engagement/plays.yaml", b"\xff\xfe")
@settings(max_examples=60, deadline=None)
def test_any_bytes(file: str, content: bytes) -> None:
    findings = outcome(file, content)
    assert findings
    assert_findings_can_be_shown(findings)


@given(FILES, NEARLY_YAML | st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text(file: str, content: str) -> None:
    findings = outcome(file, content.encode("utf-8", "replace"))
    assert any(finding.place.file == file for finding in findings)
    assert_findings_can_be_shown(findings)


@given(FILES, st.data())
@settings(max_examples=200, deadline=None)
def test_a_good_document_with_one_part_replaced(file: str, data: st.DataObject) -> None:
    document = copy.deepcopy(DOCUMENTS[file])
    holder: Any = document
    while True:
        steps = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        step = data.draw(st.sampled_from(steps), label="step")
        inner = holder[step]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans(), label="here"):
            break
        holder = inner
    if isinstance(holder, dict) and data.draw(st.booleans(), label="other key"):
        holder[data.draw(st.text(max_size=6) | WORDS, label="key")] = holder.pop(step)
    else:
        holder[step] = data.draw(VALUES, label="value")
    assert_findings_can_be_shown(outcome(file, document))


@given(st.text(max_size=30))
@example("null")
@example("-")
@example("NO")
@example("5")
@example("a, b")
@example("- x")
@example("a: b")
@example("a\nb")
@example("\x85")
def test_every_text_that_is_written_reads_back_as_the_same_text(text: str) -> None:
    document, findings = parse(f"a: {scalar(text)}\nb: [{scalar(text)}]\n", "x.yaml")
    assert document is not None, findings
    assert document.data == {"a": text, "b": [text]}
