"""How a batch is shared out among workers: every line is read once, with its own number, wherever an object is cut."""

from __future__ import annotations

import datetime as dt
import io
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infra.local.object_store import LocalObjectStore
from jobs.engine import Written
from jobs.land.lines import Heard, line_batches
from jobs.land.manifest import Landed, Manifest
from jobs.land.parts import PartReader, lines_begun
from jobs.land.report import Fault
from jobs.land.sorting import Batch
from jobs.land.spark.shares import LEAST, MOST, Share, Stretch, plan, share_size
from jobs.land.spark.writing import portions
from jobs.land.tally import Tally, together
from tests.support.landing import NOW, contract, events, lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXTS = st.lists(st.sampled_from([b"", b"a", b"bc", b"\r", b"\xef\xbb\xbfx", b"\xff"]), max_size=12).map(b"\n".join)
ENDS = st.sampled_from([b"", b"\n", b"\r\n"])
DAY = dt.date(2026, 11, 1)


def numbered(read: Any, **how: Any) -> list[tuple[int, str | None, bytes | None]]:
    batches = line_batches(read, 0, Heard(), count(), **how)
    columns = ("record", "line", "bytes")
    return [row for batch in batches for row in zip(*(batch.column(name).to_pylist() for name in columns), strict=True)]


@settings(max_examples=200, deadline=None)
@given(TEXTS, ENDS, st.integers(1, 9))
@example(b"\xef\xbb\xbfa\n\xef\xbb\xbfb", b"\n", 3)
@example(b"a very long line\nb", b"", 2)
def test_the_parts_of_an_object_hold_each_line_once_with_its_number(text: bytes, end: bytes, size: int) -> None:
    content = text + end
    found, first = [], 1
    for start in range(0, len(content), size):
        stop = min(start + size, len(content))
        found += numbered(PartReader(io.BytesIO(content), start, stop).read, first=first, inside=start > 0)
        first += lines_begun(io.BytesIO(content), start, stop)
    assert found == numbered(io.BytesIO(content).read)


def batch(root: Path, contents: Sequence[bytes]) -> Batch:
    names = [f"{number:04d}-events.jsonl" for number, _ in enumerate(contents, 1)]
    objects = LocalObjectStore(root)
    objects.write_all("plays/b", dict(zip(names, contents, strict=True)))
    landed = tuple(Landed(name, name, name, len(content)) for name, content in zip(names, contents, strict=True))
    return Batch(contract(), Manifest("plays", "b", NOW, "1", "c", landed), objects)


def counted(stretches: Sequence[Stretch]) -> list[int]:
    return [stretch.lines() for stretch in stretches]


def test_small_objects_go_together_and_large_lines_are_cut(tmp_path: Path) -> None:
    large = lines(*events(100))
    longer = large.replace(b"{", b" {")
    shares = plan(batch(tmp_path, [lines(*events(2)), lines(*events(3)), large, longer]), 1_000, counted)
    whole = [[piece.number for piece in share.pieces] for share in shares if share.pieces[0].part is None]
    assert whole == [[0, 1]]
    parts = [share.pieces[0] for share in shares if share.pieces[0].part]
    assert [sum(piece.number == number for piece in parts) for number in (2, 3)] == [-(-len(text) // 1_000) for text in (large, longer)]
    firsts = [piece.part.first for piece in parts if piece.part and piece.number == 2]
    assert sorted(firsts) == firsts and firsts[0] == 1 and firsts[-1] > 90


@pytest.mark.parametrize("content", [b"id,at\n" + b"e,2026-11-01T20:00:00Z\n" * 100, b"\x1f\x8b" + b"0" * 5_000, b"PAR1" + b"0" * 5_000])
def test_what_cannot_be_read_from_the_middle_is_read_by_one_task(tmp_path: Path, content: bytes) -> None:
    assert [len(share.pieces) for share in plan(batch(tmp_path, [content]), 1_000, counted)] == [1]
    assert plan(batch(tmp_path, [content]), 1_000, counted)[0].pieces[0].part is None


def test_the_largest_share_is_first(tmp_path: Path) -> None:
    shares: list[Share] = plan(batch(tmp_path, [lines(*events(n)) for n in (1, 20, 5)]), 2_000, counted)
    assert [share.size for share in shares] == sorted((share.size for share in shares), reverse=True)


def test_a_share_is_neither_too_small_nor_too_large() -> None:
    assert share_size(1, 100) == LEAST and share_size(2**50, 100) == MOST
    assert LEAST < share_size(300 * 2**20, 2) < MOST


def test_parts_of_an_object_add_up_and_the_first_that_cannot_be_read_decides() -> None:
    first = Tally(3, 2, {("a", ""): 1})
    second = Tally(5, 2, {("b", "x"): 2, ("a", ""): 1})
    assert together([first, second]) == Tally(8, 4, {("a", ""): 2, ("b", "x"): 2})
    fault = Fault("RNG-JOB-007", "too long")
    assert together([first, Tally(fault=fault), second]) == Tally(fault=fault)


def judged(*sizes: int) -> list[Written]:
    return [Written(f"{number}.parquet", 10, size) for number, size in enumerate(sizes)]


def test_a_batch_spread_over_many_days_is_written_by_days_and_a_large_one_by_files() -> None:
    days = {DAY + dt.timedelta(days=number): 10 for number in range(30)}
    by_days = portions(judged(*[20 * 2**20] * 8), days, 2)
    assert [portion.days for portion in by_days] == [
        (DAY, DAY + dt.timedelta(days=14)),
        (DAY + dt.timedelta(days=15), DAY + dt.timedelta(days=29)),
    ]
    by_files = portions(judged(*[200 * 2**20] * 8), {DAY: 80}, 2)
    assert len(by_files) == 7 and sorted(path for portion in by_files for path in portion.files) == [f"{n}.parquet" for n in range(8)]
    assert [len(portion.files) for portion in portions(judged(1, 1, 1), {DAY: 3}, 16)] == [3]


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 10**6), min_size=2, max_size=60), st.integers(2, 8))
@settings(max_examples=50, deadline=None)
def test_every_day_is_in_one_stretch(rows: dict[int, int], cores: int) -> None:
    days = {DAY + dt.timedelta(days=number): records for number, records in rows.items()}
    found = portions(judged(*[16 * 2**20] * cores), days, cores)
    if found[0].days is None:
        assert len(days) < cores or 16 * 2**20 * cores >= 64 * 2**20 * len(days)
        return
    assert all(sum(1 for p in found if p.days and p.days[0] <= day <= p.days[1]) == 1 for day in days)
