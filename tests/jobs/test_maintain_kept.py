"""Which snapshots stay: the rule by itself, without a lake."""

from __future__ import annotations

import datetime as dt

from jobs.maintain.kept import STREAM, Needs, expirable
from jobs.maintain.upkeep import Ref
from jobs.table import Snapshot

FIRST = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
NOTHING = Needs({}, {}, ())


def line(count: int, **said: dict[str, str]) -> list[Snapshot]:
    """Snapshots 1 to `count`, one a day, each after the one before; what some say, as `s3={…}`."""
    return [Snapshot(n, n - 1 or None, FIRST + n * DAY, said.get(f"s{n}", {})) for n in range(1, count + 1)]


def forgotten(snapshots: list[Snapshot], *refs: Ref, needs: Needs = NOTHING, before: int = 100) -> tuple[int, ...]:
    return expirable("bronze.events", snapshots, snapshots[-1], [Ref("main", len(snapshots), False), *refs], needs, FIRST + before * DAY)


def test_all_but_the_head_go_when_nobody_needs_them() -> None:
    assert forgotten(line(4)) == (1, 2, 3)


def test_age_counts_from_when_a_snapshot_was_superseded() -> None:
    assert forgotten(line(5), before=4) == (1, 2), "snapshot 3 was the head until day 4"


def test_a_tag_keeps_its_snapshot_alone() -> None:
    assert forgotten(line(4), Ref("kept-q3", 2, True)) == (1, 3)


def test_from_the_oldest_that_facts_were_computed_from_all_stay() -> None:
    needs = Needs({"bronze.events": frozenset({2, 4}), "bronze.other": frozenset({1})}, {}, ())
    assert forgotten(line(5), needs=needs) == (1,)


def test_what_was_published_stays() -> None:
    assert forgotten(line(4), needs=Needs({}, {"bronze.events": frozenset({1})}, ())) == (2, 3)


def test_blocks_that_may_be_asked_for_stay() -> None:
    snapshots = line(4, s1={"ringi.block": "abc/title_daily"}, s2={"ringi.block": "def"})
    assert forgotten(snapshots, needs=Needs({}, {}, ("abc",))) == (2, 3)


def test_the_last_micro_batch_of_each_stream_stays() -> None:
    assert forgotten(line(5, s1={STREAM: "a"}, s2={STREAM: "b"}, s3={STREAM: "a"})) == (1, 4)


def test_a_snapshot_that_never_was_the_head_goes_by_its_own_age() -> None:
    snapshots = line(3)
    aside = Snapshot(9, 1, FIRST + 2 * DAY, {})
    assert expirable("gold.v", [*snapshots, aside], snapshots[-1], [], NOTHING, FIRST + 3 * DAY) == (1, 9)


def test_a_table_without_a_head_is_left() -> None:
    assert expirable("gold.v", line(2), None, [], NOTHING, FIRST) == ()
