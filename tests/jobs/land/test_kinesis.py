"""The Kinesis inlet over a stream in memory: every record once, the same bytes again, parents first, and nothing lost in silence."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.errors import EngineError
from jobs.land.spark.kinesis.gone import RecordsGoneError
from jobs.land.spark.kinesis.ranges import Ranges
from tests.support.kinesis import BEGUN, DAY, MemoryShards, Reader

FIRST, SECOND = "shardId-000000000000", "shardId-000000000001"
HOUR = dt.timedelta(hours=1)


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"%d" % number for number in range(start, start + count)]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(MemoryShards(2), tmp_path)


def test_what_came_since_the_last_look_is_one_range(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(5))
    reader.shards.put(SECOND, *numbered(2, 5))
    assert reader.look() is False
    assert reader.landed == numbered(7)
    reader.shards.put(FIRST, *numbered(1, 7))
    assert reader.look() is False and reader.landed == numbered(8)
    assert reader.look() is False and reader.landed == numbered(8)
    assert [path.name for path in reader.ranges()] == ["range-000000000002.json"]


def test_a_range_has_at_most_so_many_records_and_says_that_more_are_there(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(10))
    reader.records_a_batch = 8
    assert reader.look() is True and reader.landed == numbered(4)
    reader.catch_up()
    assert reader.landed == numbered(10)


def test_a_range_that_is_offered_again_gives_the_same_files_and_bytes(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(7))
    reader.look()
    files = reader.land()
    before = {file: Path(file).read_bytes() for file in files}
    reader.shards.put(FIRST, b"later")
    shutil.rmtree(reader.root / "desk")
    assert {file: Path(file).read_bytes() for file in reader.land()} == before
    Path(files[0]).write_bytes(b"something else\n")
    assert {file: Path(file).read_bytes() for file in reader.land()} == before


def test_parents_are_read_to_their_end_before_their_children(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0")
    reader.look()
    reader.shards.put(FIRST, b"1")
    left, right = reader.shards.split(FIRST)
    reader.shards.put(left, b"2")
    reader.shards.put(right, b"3")
    merged = reader.shards.merge(left, right)
    reader.shards.put(merged, b"4")
    reader.look()
    assert reader.landed == [b"0", b"1", b"2", b"3", b"4"]
    reader.shards.reads.clear()
    reader.shards.put(merged, b"5")
    reader.look()
    assert reader.landed[-1] == b"5" and sorted(reader.shards.reads) == [SECOND, merged], "closed shards are read once"


def test_children_wait_for_a_parent_that_a_range_could_not_finish(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(6))
    left, _ = reader.shards.split(FIRST)
    reader.shards.put(left, b"6")
    reader.records_a_batch = 4
    assert reader.look() is True and b"6" not in reader.landed
    reader.catch_up()
    assert reader.landed == numbered(7)


def test_records_deleted_while_nobody_read_stop_the_stream_and_name_the_remedy(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0")
    reader.look()
    reader.shards.pass_time(HOUR)
    reader.shards.put(FIRST, b"lost")
    reader.shards.pass_time(DAY + HOUR)
    reader.shards.put(FIRST, b"2")
    with pytest.raises(RecordsGoneError, match=r"Records of `shardId-.*` of the Kinesis stream `plays` may have been deleted") as told:
        reader.look()
    assert "keeps records for 24 hours" in str(told.value) and f"remove the folder `{reader.root / 'streams'}`" in str(told.value.hint)
    shutil.rmtree(reader.root / "streams")
    reader.look()
    assert reader.landed == [b"0", b"2"]


def test_records_deleted_while_a_look_was_behind_are_missed_too(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(10))
    reader.shards.pass_time(20 * HOUR)
    reader.records_a_batch = 8
    assert reader.look() is True
    reader.shards.pass_time(5 * HOUR)
    reader.shards.put(FIRST, b"10")
    with pytest.raises(RecordsGoneError, match=f"Records of `{FIRST}`"):
        reader.look()


def test_a_shard_that_was_deleted_whole_before_its_end_was_read_stops_the_stream(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0")
    reader.look()
    reader.shards.put(FIRST, b"lost")
    reader.shards.split(FIRST)
    reader.shards.pass_time(DAY + HOUR)
    assert FIRST not in reader.shards.held
    with pytest.raises(RecordsGoneError, match=FIRST):
        reader.look()


def test_an_idle_shard_whose_last_record_is_gone_loses_nothing_while_it_is_looked_at(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0")
    for _ in range(10):
        reader.look()
        reader.shards.pass_time(5 * HOUR)
    reader.shards.put(FIRST, b"1")
    reader.look()
    assert reader.landed == [b"0", b"1"]


def test_records_deleted_between_their_range_and_its_landing_are_told(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0", b"1")
    assert reader.inlet.look(lambda: False).fresh
    shutil.rmtree(reader.root / "desk")
    reader.shards.pass_time(DAY + HOUR)
    with pytest.raises(RecordsGoneError, match=f"2 records of `{FIRST}`"):
        reader.land()


def test_a_stream_made_anew_under_the_same_name_is_another_stream(reader: Reader) -> None:
    reader.look()
    reader.shards.made = "2026-11-23T00:00:00+00:00"
    with pytest.raises(RecordsGoneError, match="is another one than before"):
        reader.look()


def test_reading_begins_at_an_instant_where_one_is_given_also_after_a_quiet_start(tmp_path: Path) -> None:
    reader = Reader(MemoryShards(), tmp_path, since=BEGUN + HOUR)
    reader.shards.put(FIRST, b"before")
    reader.shards.pass_time(HOUR)
    reader.look()
    reader.since = BEGUN + 9 * HOUR  # counts at the first look only
    reader.shards.put(FIRST, b"after")
    reader.shards.pass_time(HOUR)
    reader.look()
    assert reader.landed == [b"after"]


def test_a_second_process_on_the_same_stream_is_told_and_hides_no_record(reader: Reader) -> None:
    reader.look()
    ranges = Ranges(reader.root / "streams" / "ranges")
    newest = ranges.newest()
    assert newest is not None
    with pytest.raises(EngineError, match="Another process reads the same stream: it wrote range 1"):
        ranges.write(newest)
    assert ranges.newest() == newest and len(list(ranges.folder.glob("range-*"))) == 1


def test_a_range_that_spark_did_not_offer_is_not_passed_over(reader: Reader) -> None:
    reader.shards.put(FIRST, b"0")
    assert reader.inlet.look(lambda: False).fresh
    with pytest.raises(EngineError, match=r"Spark has not offered `.*range-000000000001.json`") as told:
        reader.look()
    assert "remove the folder" in str(told.value.hint)
    reader.land()
    reader.look()
    assert reader.landed == [b"0"]


def test_a_range_that_cannot_be_read_is_named_with_what_to_do(reader: Reader) -> None:
    reader.look()
    reader.ranges()[0].write_text('{"number": 1}', encoding="utf-8")
    with pytest.raises(EngineError, match=r"range-000000000001.json`, which says how far a stream is read, cannot be read") as told:
        reader.look()
    assert "restore it from a backup, or remove the folder" in str(told.value.hint)


def test_a_stream_that_is_told_to_leave_keeps_what_it_has_read(reader: Reader) -> None:
    reader.shards.put(FIRST, *numbered(9))
    reader.shards.put(SECOND, *numbered(9, 9))
    told = iter([False, False, True])
    found = reader.inlet.look(lambda: next(told, True))
    assert found.behind
    if found.fresh:
        reader.land()
    reader.catch_up()
    assert sorted(reader.landed, key=int) == numbered(18)


MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 9), st.integers(1, 6)),
        st.tuples(st.just("split"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("merge"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("look"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("die"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 5), st.just(0)),
    ),
    max_size=25,
)


@given(MOVES)
@settings(max_examples=60, deadline=None)
def test_whatever_happens_each_record_is_landed_once_and_in_its_shards_order(
    tmp_path_factory: pytest.TempPathFactory, moves: object
) -> None:
    reader = Reader(MemoryShards(2), tmp_path_factory.mktemp("kinesis"))
    shards, sent = reader.shards, 0
    history: dict[bytes, str] = {}
    assert isinstance(moves, list)
    for what, number, count in moves:
        shard = shards.open[number % len(shards.open)]
        if what == "put":
            records = numbered(count, sent)
            shards.put(shard, *records)
            history |= dict.fromkeys(records, shard)
            sent += count
        elif what == "split":
            shards.split(shard)
        elif what == "merge" and len(shards.open) > 1:
            shards.merge(shard, shards.open[number % len(shards.open) - 1])
        elif what == "wait":
            shards.pass_time(HOUR * number / 10)
        elif what in ("look", "die"):
            reader.records_a_batch = number
            found = reader.inlet.look(lambda: False)
            if what == "die":  # a new process, on another machine: nothing is left but the ranges
                shutil.rmtree(reader.root / "desk")
            if found.fresh:
                reader.land()
    reader.records_a_batch = 7
    reader.catch_up()
    assert sorted(reader.landed, key=int) == numbered(sent)
    for name in set(history.values()):
        of_shard = [int(each) for each in reader.landed if history[each] == name]
        assert of_shard == sorted(of_shard)
