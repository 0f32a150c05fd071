"""The chain of the ledger of queries: what is changed, moved, taken out, added or cut is found, at its line; killed writers harm nothing."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.ledgers.query_chain import Link, check
from governance.ledgers.query_ledger import QueryLine
from infra.errors import InfraError
from infra.local.query_ledger import QueryLedger

if TYPE_CHECKING:
    from pathlib import Path

DAY = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
LINE = QueryLine(DAY, "analyst_jp", {"views_jp.title_daily": ("plays", "viewers")}, 3)
DAYS, A_DAY = 3, 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three days of four lines."""
    ledger = QueryLedger(tmp_path / "queries")
    for day in range(DAYS):
        for number in range(A_DAY):
            ledger.append(replace(LINE, at=DAY + dt.timedelta(days=day, minutes=number), rows=10 * day + number))
    return tmp_path / "queries"


def faults(folder: Path) -> list[tuple[str, int]]:
    return [(fault.file, fault.line) for fault in QueryLedger(folder).check().faults]


def file_of(folder: Path, day: int) -> Path:
    return folder / f"2026-11-{20 + day}.jsonl"


def rewrite(path: Path, lines: list[bytes]) -> None:
    path.write_bytes(b"".join(lines))


def test_what_was_written_has_no_fault(folder: Path) -> None:
    checked = QueryLedger(folder).check([1, 7])
    assert (checked.faults, checked.lines, checked.loose, checked.first) == ((), 12, 0, Link())
    assert checked.end == QueryLedger(folder).end() and checked.end.number == 12
    assert set(checked.links) == {1, 7}


@pytest.mark.parametrize("day", range(DAYS))
@pytest.mark.parametrize("line", range(A_DAY))
@pytest.mark.parametrize("part", ["principal", "rows", "at", "reads", "number", "previous", "hash", "schema_version"])
def test_a_line_that_was_changed_is_found_where_it_stands(folder: Path, day: int, line: int, part: str) -> None:
    path = file_of(folder, day)
    lines = path.read_bytes().splitlines(keepends=True)
    facts = json.loads(lines[line])
    other = {"principal": "analyst_de", "rows": 999, "at": "2026-11-20T09:00:01.000+00:00", "reads": {}, "number": 999, "schema_version": 2}
    facts[part] = other.get(part, "f" * 64)
    lines[line] = json.dumps(facts, separators=(",", ":")).encode() + b"\n"
    rewrite(path, lines)
    assert (path.name, line + 1) in faults(folder) or (part == "hash" and faults(folder)[0][1] == line + 1)


@pytest.mark.parametrize("day", range(DAYS))
@pytest.mark.parametrize("line", range(A_DAY))
def test_a_line_that_was_taken_out_is_missed_unless_it_was_the_last_of_all(folder: Path, day: int, line: int) -> None:
    path = file_of(folder, day)
    lines = path.read_bytes().splitlines(keepends=True)
    number = 4 * day + line + 1
    rewrite(path, lines[:line] + lines[line + 1 :])
    checked = QueryLedger(folder).check([number])
    if number in (1, 12):  # the first says what it follows, the last is missed by a seal alone
        assert checked.faults == () and (checked.first, checked.end.number) != (Link(), 12)
    else:
        assert len(checked.faults) == 1 and f"line {number} is missing" in checked.faults[0].message
    assert number not in checked.links


@pytest.mark.parametrize("first", range(DAYS * A_DAY - 1))
def test_two_lines_that_changed_places_are_found(folder: Path, first: int) -> None:
    paths = [file_of(folder, day) for day in range(DAYS)]
    lines = [line for path in paths for line in path.read_bytes().splitlines(keepends=True)]
    lines[first], lines[first + 1] = lines[first + 1], lines[first]
    for day, path in enumerate(paths):
        rewrite(path, lines[day * A_DAY : (day + 1) * A_DAY])
    assert faults(folder)


@pytest.mark.parametrize("place", range(DAYS * A_DAY + 1))
@pytest.mark.parametrize("copied", [False, True])
def test_a_line_that_was_added_is_found(folder: Path, place: int, copied: bool) -> None:
    path = file_of(folder, min(place // A_DAY, DAYS - 1))
    lines = path.read_bytes().splitlines(keepends=True)
    lines.insert(place - A_DAY * min(place // A_DAY, DAYS - 1), lines[1] if copied else LINE.as_text().encode())
    rewrite(path, lines)
    assert faults(folder)


def test_a_whole_day_that_was_removed_or_renamed_is_found(folder: Path) -> None:
    file_of(folder, 1).rename(folder / "2026-11-29.jsonl")
    assert len(faults(folder)) == 2
    (folder / "2026-11-29.jsonl").unlink()
    [fault] = QueryLedger(folder).check().faults
    assert (fault.file, fault.line) == ("2026-11-22.jsonl", 1) and "lines 5 to 8 are missing" in fault.message


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_no_single_byte_can_be_changed_unseen(at: int, value: int) -> None:
    files = written()
    raw = bytearray(files[1][1])
    at %= len(raw)
    if raw[at] == value:
        return
    raw[at] = value
    changed = [files[0], (files[1][0], bytes(raw)), files[2]]
    assert check([(name, text.splitlines(keepends=True)) for name, text in changed]).faults


_WRITTEN: list[tuple[str, bytes]] = []


def written() -> list[tuple[str, bytes]]:
    """The three files as they were written, made once."""
    if not _WRITTEN:
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as name:
            ledger = QueryLedger(Path(name))
            for number in range(9):
                ledger.append(replace(LINE, at=DAY + dt.timedelta(days=number // 3), rows=number))
            _WRITTEN.extend((path.name, path.read_bytes()) for path in sorted(Path(name).glob("*.jsonl")))
    return _WRITTEN


@pytest.mark.parametrize("cut", range(1, 330, 9))
def test_a_writer_killed_at_any_byte_leaves_a_chain_that_goes_on(folder: Path, cut: int) -> None:
    path = file_of(folder, DAYS - 1)
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    path.write_bytes(whole[: len(whole) - len(last) + min(cut, len(last) - 1)])
    torn = QueryLedger(folder).check()
    assert torn.faults == () and torn.lines in (11, 12)
    link = QueryLedger(folder).append(replace(LINE, at=DAY + dt.timedelta(days=DAYS)))
    after = QueryLedger(folder).check()
    assert after.faults == () and after.loose == 0 and after.end == link and link.number == after.lines == torn.lines + 1


def test_what_a_killed_writer_left_cannot_be_changed_either(folder: Path) -> None:
    path = file_of(folder, DAYS - 1)
    with path.open("ab") as file:
        file.write(b'{"at":"2026-11-22T')
    QueryLedger(folder).append(LINE)
    assert faults(folder) == []
    path.write_bytes(path.read_bytes().replace(b'{"at":"2026-11-22T\n', b'{"at":"2026-11-23T\n'))
    assert faults(folder) == [(path.name, A_DAY + 2)]


def test_lines_of_before_the_chain_are_covered_by_its_first(tmp_path: Path) -> None:
    for day in (20, 21):
        (tmp_path / f"2026-11-{day}.jsonl").write_text(LINE.as_text() * 2, encoding="utf-8")
    ledger = QueryLedger(tmp_path)
    assert ledger.check().faults == () and ledger.check().lines == 0
    ledger.append(replace(LINE, at=DAY + dt.timedelta(days=2)))
    checked = ledger.check()
    assert (checked.faults, checked.lines) == ((), 1)
    assert len([*ledger.lines(DAY.date())]) == 5
    (tmp_path / "2026-11-20.jsonl").write_text(LINE.as_text(), encoding="utf-8")
    assert faults(tmp_path) == [("2026-11-22.jsonl", 1)]


def test_a_clock_that_is_late_writes_into_the_newest_day(folder: Path) -> None:
    QueryLedger(folder).append(LINE)
    assert faults(folder) == [] and len(file_of(folder, DAYS - 1).read_bytes().splitlines()) == A_DAY + 1
    assert LINE not in list(QueryLedger(folder).lines(dt.date(2026, 11, 22)))


def test_old_days_can_go_and_the_chain_says_what_it_follows(folder: Path) -> None:
    ledger = QueryLedger(folder)
    names, link = ledger.days_before(dt.date(2026, 11, 22))
    assert names == ("2026-11-20.jsonl", "2026-11-21.jsonl") and link.number == 8
    ledger.remove(names)
    checked = ledger.check()
    assert (checked.faults, checked.first, checked.lines) == ((), link, 4)
    assert ledger.days_before(dt.date(2027, 1, 1)) == ((), Link()), "the newest file stays"


def test_a_day_that_ends_in_a_piece_stays_until_the_day_after_it_goes(folder: Path) -> None:
    with file_of(folder, 0).open("ab") as file:
        file.write(b"piece")
    assert QueryLedger(folder).days_before(dt.date(2026, 11, 21)) == ((), Link())
    assert len(QueryLedger(folder).days_before(dt.date(2026, 11, 22))[0]) == 2


def test_many_processes_make_one_chain_and_a_kill_lets_the_others_go_on(tmp_path: Path) -> None:
    code = (
        "import sys, datetime as dt\nfrom pathlib import Path\n"
        "from governance.ledgers.query_ledger import QueryLine\nfrom infra.local.query_ledger import QueryLedger\n"
        "ledger = QueryLedger(Path(sys.argv[1]))\nprint('on', flush=True)\n"
        "for _ in range(int(sys.argv[2])):\n"
        "    ledger.append(QueryLine(dt.datetime(2026, 11, 22, tzinfo=dt.UTC), 'a', {'v.t': ('c',)}, 1))\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(lines)], stdout=subprocess.PIPE) for lines in (60, 60, 10**6)
    ]
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == b"on\n"
    time.sleep(0.2)
    writers[2].send_signal(signal.SIGKILL)
    assert [writer.wait(60) for writer in writers] == [0, 0, -signal.SIGKILL]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    ledger = QueryLedger(tmp_path)
    link = ledger.append(LINE)
    checked = ledger.check()
    assert checked.faults == () and checked.end == link and checked.lines >= 121


def test_a_lock_that_nobody_lets_go_does_not_stop_queries(folder: Path) -> None:
    descriptor = os.open(folder / ".lock", os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(InfraError):
            QueryLedger(folder, patience=0.05).append(LINE)
    finally:
        os.close(descriptor)
    QueryLedger(folder).append(LINE)
