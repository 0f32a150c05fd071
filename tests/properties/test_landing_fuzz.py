"""Laws of landing over generated files: any bytes end in a verdict, what is counted adds up, and the quick way changes nothing."""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs.land.careful import careful_rows
from jobs.land.fields import field_batch
from jobs.land.lines import line_batches
from jobs.land.shape import learn
from jobs.land.workbench import Workbench
from metrics_catalog.source import Source
from tests.support.landing import ENGINE, LandingPad, contract

COLUMNS: dict[str, Any] = {
    "n": {"type": "integer", "minimum": -5, "maximum": 10**6},
    "x": "double",
    "d": "decimal",
    "b": "boolean",
    "day": "date",
    "kind": {"type": "string", "values": ["a", "b", "日本"]},
    "note": {"type": "string", "null_values": ["N/A"]},
}
CONTRACT = contract(**COLUMNS)
STRICT = contract(**COLUMNS, changes={"unknown_fields": "refuse"})

INSTANTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes().map(lambda moment: moment.isoformat() + "+00:00"),
    st.sampled_from(
        ["2026-11-01T20:00:00Z", "2026-1-01T20:00:00Z", "0000-01-01T00:00:00Z", "2026-11-01T20:00:00.5+09:00", "2026-11-01T20:00:00", "x"]
    ),
)
TEXTS = st.one_of(st.sampled_from(["a", "b", "日本", "N/A", "", "null", '"', "\\", "\u2028", "2026-11-01"]), st.text(max_size=5))
NUMBERS = st.one_of(
    st.integers(-10, 10), st.integers(), st.floats(allow_nan=True), st.sampled_from([0.1, -0.0, 1e15, 1e22, 1e-7, 123456.789])
)
VALUES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, INSTANTS, st.lists(NUMBERS, max_size=2))
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(["e1", "e2", "日本", "e\u00e9"]),
    "at": st.sampled_from(
        [
            "2026-11-01T20:00:00Z",
            "2026-11-01T20:00:00.123456Z",
            "2026-11-01 23:59:59.9+00:00",
            "0001-01-01T00:00:00",
            "2026-11-01 20:00:00+00",
        ]
    ),
    "n": st.integers(-5, 10**6),
    "x": st.one_of(st.integers(-9, 9), st.sampled_from([0.1, 1.5, -2.25, 1e15, 123456.789])),
    "d": st.one_of(st.integers(-9, 9), st.sampled_from([0.1, 1.5, -2.25, 0.000001])),
    "b": st.booleans(),
    "day": st.sampled_from(["2026-11-01", "2024-02-29", "0001-01-01", "9999-12-31"]),
    "kind": st.sampled_from(["a", "b", "日本"]),
    "note": st.sampled_from(["", "text", " spaces ", "{}", "a,b:c", "日本", "\u2028"]),
}
NEARLY: dict[str, st.SearchStrategy[Any]] = {
    **GOOD,
    "at": INSTANTS,
    "n": st.integers(-7, 10**7),
    "x": st.floats(),
    "d": st.decimals(min_value=-(10**13), max_value=10**13, places=7).map(float),
    "day": st.one_of(st.dates().map(lambda day: day.isoformat()), st.sampled_from(["2026-02-29", "0000-01-01", "2026-1-01"])),
    "kind": st.sampled_from(["a", "c", "A", ""]),
    "note": TEXTS,
}
FIELDS = [*GOOD, "extra"]


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Records that are good for the most part; else one field is nearly right or anything, or some are null or left out."""
    held = {name: draw(values) for name, values in GOOD.items()}
    change = draw(st.sampled_from(["none", "none", "none", "nearly", "anything", "null", "left out", "both", "extra", "order"]))
    names = draw(st.sets(st.sampled_from(FIELDS), min_size=1, max_size=3)) if change != "none" else set()
    for name in sorted(names):
        if change in ("nearly", "anything", "extra"):
            held[name] = draw(NEARLY[name] if change == "nearly" and name in NEARLY else VALUES)
        elif change == "null" or (change == "both" and draw(st.booleans())):
            held[name] = None
        elif change in ("left out", "both"):
            held.pop(name, None)
    return dict(sorted(held.items())) if change == "order" else held


STYLES = st.sampled_from([(",", ":"), (",", ":"), (", ", ": "), (" ,", ":")])
ODD_LINES = st.sampled_from(
    [
        '{"id":"e1","id":"e2"}',
        '{"id":"e1",}',
        "",
        "  ",
        "null",
        "[]",
        "{}",
        '{"n":1e3}',
        '{"id" : "e1"}',
        '{"id":"e1"}x',
        '{"x":NaN}',
        '{"ID":"e1"}',
        "\ufeff{}",
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """JSON lines as one writer makes them, now and then disturbed."""
    separators, ascii_only = draw(STYLES), draw(st.sampled_from([False, False, True]))
    texts = [
        json.dumps(record, ensure_ascii=ascii_only, separators=separators) for record in draw(st.lists(records(), min_size=1, max_size=12))
    ]
    texts += draw(st.lists(ODD_LINES, max_size=1))
    return draw(st.sampled_from(["\n", "\r\n"])).join(draw(st.permutations(texts))).encode(errors="replace")


def judged(source: Source, content: bytes, *, quickly: bool) -> tuple[Any, Any, int]:
    """Values by record, reasons by record, and how many records there were."""
    blocks = iter([content])
    with Workbench(ENGINE, source) as bench:
        heard = bench.heard
        batches = line_batches(lambda _: next(blocks, b""), 0, heard, count())
        shape = learn(content, bench.wanted) if quickly else None
        if shape is None:
            columns = ("object", "record", "line", "bytes")
            rows = (zip(*(batch.column(name).to_pylist() for name in columns), strict=True) for batch in batches)
            bench.fields(field_batch(bench.wanted, careful_rows(lines, bench.wanted, heard)) for lines in rows)
        else:
            bench.quick(batches, shape)
        values = ENGINE.rows(f"SELECT * FROM {bench.sound} ORDER BY _record")
        reasons = ENGINE.rows(f"SELECT record, reason, field, detail, line, bytes FROM {bench.refused} ORDER BY record")
        return values, reasons, heard.records.get(0, 0)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(files(), st.sampled_from([CONTRACT, STRICT]))
@example(b'{"id":"e1","at":"2026-11-01T20:00:00Z","x":1e5}\n{"id":"e1","at":"2026-11-01T20:00:00Z","x":1e5,"x":1}', CONTRACT)
@example(b'{"id":"e1","at":"2026-11-01T20:00:00Z","n":-0}', CONTRACT)
@example(b'{"id":"e1","at":"2026-11-01T20:00:00Z","extra":{"a":[1,]}}', CONTRACT)
def test_the_quick_way_gives_what_the_careful_way_gives(content: bytes, source: Source) -> None:
    assert judged(source, content, quickly=True) == judged(source, content, quickly=False)


@settings(max_examples=15, deadline=None)
@given(files())
def test_every_record_is_accepted_or_refused_and_counted_once(content: bytes) -> None:
    values, reasons, received = judged(CONTRACT, content, quickly=True)
    lines = [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
    assert len(values) + len(reasons) == received == len(lines)
    assert {row[1] for row in values}.isdisjoint({row[0] for row in reasons})


PACKED = st.sampled_from(
    [bytes, gzip.compress, zstandard.compress, lambda data: gzip.compress(data)[:-3], lambda data: zstandard.compress(data)[:9]]
)
ANY_BYTES = st.one_of(
    st.binary(max_size=300),
    files(),
    st.text(max_size=100).map(lambda text: text.encode(errors="replace")),
    st.lists(
        st.sampled_from(["id", "at", ",", "\t", '"', "\n", "\r", "e1", "2026-11-01T20:00:00Z", "\0", "日本", "\ufeff"]), max_size=60
    ).map(lambda parts: ("id,at\n" + "".join(parts)).encode()),
    st.binary(max_size=60).map(lambda data: b"PAR1" + data + b"PAR1"),
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_BYTES, PACKED, st.sampled_from(["a.jsonl", "a.csv", "a.tsv", "a.parquet", "a"]))
def test_any_bytes_end_in_a_verdict_and_the_counts_add_up(content: bytes, pack: Any, name: str) -> None:
    root = Path(tempfile.mkdtemp(prefix="ringi-land-"))
    try:
        pad, sent = LandingPad(root, CONTRACT), pack(content)
        report = pad.send(sent, name)
        assert report.counts.lawful
        assert report.refused_whole == (report.fault is not None)
        assert pad.bronze("count(*)") in ([], [(report.counts.accepted,)])
        assert pad.quarantine("count(*)") in ([], [(report.counts.refused,)])
        assert pad.send(sent, name).again
    finally:
        shutil.rmtree(root)
