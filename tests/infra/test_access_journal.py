"""The journal of an apply on this machine: lines come back in order, and one that was cut off is as if it had never begun."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.access_journal import LocalJournal

DIGEST = "sha256:ab12"


def test_lines_come_back_in_order_by_plan(tmp_path: Path) -> None:
    journal = LocalJournal(tmp_path / "journal")
    assert list(journal.lines(DIGEST)) == []
    for number in range(5):
        journal.append(DIGEST, {"call": number, "title": "視聴"})
    journal.append("sha256:cd", {"call": "of another plan"})
    assert [line["call"] for line in LocalJournal(tmp_path / "journal").lines(DIGEST)] == list(range(5))


@given(cut=st.integers(min_value=0, max_value=60))
@settings(max_examples=30, deadline=None)
def test_a_stop_in_the_middle_of_a_line_loses_that_line_alone(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = LocalJournal(folder)
    for number in range(3):
        journal.append(DIGEST, {"call": number})
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: max(0, len(whole) - cut)])
    left = [line["call"] for line in journal.lines(DIGEST)]
    assert left == list(range(whole[: max(0, len(whole) - cut)].count(b"\n")))
    journal.append(DIGEST, {"call": "next"})
    assert [line["call"] for line in journal.lines(DIGEST)] == [*left, "next"]
