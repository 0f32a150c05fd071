"""Queries over permitted data: values, refusals, limits, and what happens when the process dies."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from governance.access.additivity import NotAdditiveError
from governance.access.explain import AccessRefusedError
from infra.errors import InfraError
from infra.local.query import listed
from infra.local.query_errors import QueryFailedError, QueryRefusedError, SqlError
from infra.local.query_process import Limits, QueryProcess
from metrics_catalog.errors import ExitCode
from tests.support.policies import grant
from tests.support.query_desk import answer, make_desk, rows

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.query import Desk

VIEW = "views_jp.title_daily"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def desk(place: Path) -> Desk:
    return make_desk(place)


def test_a_select_over_a_permitted_view_gives_its_rows(desk: Desk) -> None:
    found = answer(desk, f"select viewing_date, sum(plays) n from {VIEW} group by 1 order by 1 limit 2")
    assert found.columns == ("viewing_date", "n")
    assert found.rows == [{"viewing_date": dt.date(2026, 11, 1), "n": 1800}, {"viewing_date": dt.date(2026, 11, 2), "n": 1820}]
    assert found.complete


def test_values_come_back_as_what_they_are(desk: Desk) -> None:
    sql = """select 1 i, 1.5::decimal(9, 2) m, 0.1::double d, null n, true b, date '2026-01-31' "day", timestamp '2026-01-31 12:00:00.25' "at",
        timestamptz '2026-01-31 12:00:00+09' z, 'it''s 日本' s, 170141183460469231731687303715884105727::hugeint h, 'x'::blob bytes,
        [1, null] l, {'a': 1.5::decimal(9, 2), 'b': [date '2026-01-01']} o, 'nan'::double nan, '-inf'::double inf, time '09:30' t,
        map {1: 'a'} m2, interval 36 hour w, uuid '00000000-0000-0000-0000-000000000001' u, date 'infinity' never"""
    (row,) = rows(desk, sql)
    assert row == {
        "i": 1, "m": Decimal("1.50"), "d": 0.1, "n": None, "b": True, "day": dt.date(2026, 1, 31),
        "at": dt.datetime(2026, 1, 31, 12, 0, 0, 250000), "z": dt.datetime(2026, 1, 31, 3, tzinfo=dt.UTC), "s": "it's 日本",
        "h": 2**127 - 1, "bytes": b"x", "l": [1, None], "o": {"a": "1.50", "b": ["2026-01-01"]}, "nan": "NaN", "inf": "-Infinity",
        "t": dt.time(9, 30), "m2": {"1": "a"}, "w": "1 day, 12:00:00", "u": "00000000-0000-0000-0000-000000000001", "never": "9999-12-31",
    } | {"never": row["never"]}  # fmt: skip


def test_columns_of_one_name_are_numbered(desk: Desk) -> None:
    assert rows(desk, "select 1 a, 2 a, 3 a_1, 4 a") == [{"a": 1, "a_2": 2, "a_1": 3, "a_3": 4}]


def test_rows_keep_the_order_in_which_they_were_saved(desk: Desk) -> None:
    assert [row["plays"] for row in rows(desk, f"select plays from {VIEW} limit 3")] == [0, 2, 4]


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT count(*) FROM {VIEW}",
        'select count(*) from "VIEWS_JP"."Title_Daily"',
        f"from {VIEW} select count(*)",
        f"with t as (select * from {VIEW}) select count(*) from t",
        f"select count(*) from (select viewing_date from {VIEW})",
        f"select count(*) from {VIEW} -- how many?\n",
        f"/* how many */ select count(*) from {VIEW};",
        f"select (select count(*) from {VIEW})",
        f"select count(*) from {VIEW} where plays >= 0 and device_type in ('tv', 'web', 'mobile')",
        f"select sum(n) from (select count(*) n from {VIEW} group by title_id union all select 0)",
        f"with recursive r(i) as (select 1 union all select i + 1 from r where i < 3) select (select count(*) from {VIEW}) from r limit 1",
        f"select count(*) from {VIEW} t join range(1) on true",
        f'select "1" from (pivot (select 1 x, 1 y from {VIEW}) on x in (1) using count(y))',
        f"select max(n) from (select row_number() over (order by plays) n from {VIEW})",
    ],
)
def test_ordinary_sql_is_run(desk: Desk, sql: str) -> None:
    try:
        (row,) = rows(desk, sql)
    except SqlError as error:
        pytest.fail(str(error))
    assert list(row.values()) == [200]


@pytest.mark.parametrize("principal", ["analyst_de", "stranger"])
def test_a_view_that_is_not_given_is_refused_by_name(desk: Desk, principal: str) -> None:
    with pytest.raises(AccessRefusedError) as caught:
        answer(desk, f"select count(*) from {VIEW}", principal)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert principal in caught.value.message
    assert VIEW in caught.value.message
    assert caught.value.hint


def test_one_view_that_is_not_given_refuses_the_whole_query(desk: Desk) -> None:
    with pytest.raises(AccessRefusedError, match=r"views_de\.title_daily"):
        answer(desk, f"select * from {VIEW} union all select * from views_de.title_daily")


def test_a_misspelt_view_is_guessed_among_those_that_may_be_read(desk: Desk) -> None:
    with pytest.raises(AccessRefusedError) as caught:
        answer(desk, "select * from views_jp.titel_daily")
    assert caught.value.hint == f"did you mean `{VIEW}`?"


def test_a_view_that_is_not_published_yet_says_how_to_publish_it(place: Path) -> None:
    wide = make_desk(place, grant(views=("*.*",)))
    with pytest.raises(QueryFailedError, match=r"`views_us\.title_daily` is not published yet") as caught:
        answer(wide, "select * from views_us.title_daily")
    assert "ringi run" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("selec 1", "syntax error"),
        ("", "There is no statement"),
        ("-- nothing", "There is no statement"),
        ("select ?", "parameters"),
        ("select 1\x00; attach 'x'", "no text"),
        ("select '\ud800'", "no text"),
        ("select " + "1, " * 400_000 + "1", "longer than"),
        (f"select nothing from {VIEW}", 'column "nothing" not found'),
        (f"select plays || from {VIEW}", "syntax error"),
        ("select date_part('nothing', date '2026-01-01')", "nothing"),
        ("select 'x' + 1 + []", ""),
    ],
)
def test_wrong_sql_is_said_to_be_wrong(desk: Desk, sql: str, words: str) -> None:
    with pytest.raises((SqlError, QueryFailedError)) as caught:
        answer(desk, sql)
    assert words in caught.value.message
    assert caught.value.hint
    assert "Error" not in caught.value.message
    assert "LINE" not in caught.value.message


def test_a_wrong_column_is_answered_with_all_that_may_be_read(desk: Desk) -> None:
    with pytest.raises(SqlError) as caught:
        answer(desk, f"select nothing from {VIEW}")
    assert "viewing_date" in str(caught.value.hint)
    assert "viewer_id" not in str(caught.value)


def test_a_misspelt_function_is_guessed(desk: Desk) -> None:
    with pytest.raises(QueryRefusedError, match="did you mean `count`") as caught:
        answer(desk, f"select coutn(*) from {VIEW}")
    assert caught.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        (f"select sum(viewers) from {VIEW}", "at the grain it is published at"),
        (f"select device_type, SUM(viewers) from {VIEW} group by 1", "at the grain"),
        (f"select sum(t.viewers) from {VIEW} t", "at the grain"),
        (f"select sum(v) from (select viewers v from {VIEW})", "at the grain"),
        (f"with t as (select * from {VIEW}) select sum(viewers) from t", "at the grain"),
        (f"select sum(coalesce(viewers, 0)::bigint) from {VIEW}", "at the grain"),
        (f"select sum(viewers) over (partition by title_id) from {VIEW}", "at the grain"),
        (f"select plays from {VIEW} group by all having sum(viewers) > 1", "at the grain"),
        (f"select avg(completion_rate) from {VIEW}", "sum(completions) / sum(plays)"),
        (f"select sum(completion_rate) from {VIEW}", "sum(completions) / sum(plays)"),
    ],
)
def test_a_sum_that_means_nothing_is_refused_with_the_right_way(desk: Desk, sql: str, hint: str) -> None:
    with pytest.raises(NotAdditiveError) as caught:
        answer(desk, sql)
    assert hint in str(caught.value.hint)
    assert caught.value.exit_code is ExitCode.FINDINGS


@pytest.mark.parametrize(
    "sql",
    [
        f"select sum(plays), sum(viewing_hours), sum(completions) / sum(plays) from {VIEW}",
        f"select max(viewers), avg(viewers), median(completion_rate) from {VIEW}",
        f"select sum(completion_rate * plays) / sum(plays) from {VIEW}",
        f"select sum(viewers) from (select count(*) viewers from {VIEW} group by title_id)",
        f"select count(viewers) from {VIEW}",
    ],
)
def test_a_sum_that_means_something_is_run(desk: Desk, sql: str) -> None:
    assert len(rows(desk, sql)) == 1


def test_what_may_be_read_is_listed_column_by_column(place: Path) -> None:
    narrow = grant(
        rows="device_type = 'tv'",
        columns={"include": ("plays", "title_id")},
        masks={"title_id": "show-last-4"},
        views=("views_jp.*", "views_us.*"),
    )
    other = make_desk(place, narrow)
    title = {"column": "title_id", "type": "string", "rows": "device_type = 'tv'", "shown": "show-last-4"}
    plays = {"column": "plays", "type": "integer", "rows": "device_type = 'tv'", "shown": "clear"}
    assert listed(other, "analyst_jp") == [
        {"relation": VIEW, **title, "description": ""},
        {"relation": VIEW, **plays, "description": "How often a play began."},
        {"relation": "views_us.title_daily", **title, "description": "not published yet"},
        {"relation": "views_us.title_daily", **plays, "description": "not published yet"},
    ]
    assert listed(other, "analyst_de") == []


def test_a_masked_column_is_read_masked_and_filtered_masked(place: Path) -> None:
    masked = make_desk(place, grant(masks={"title_id": "mask-alphanum", "viewing_date": "truncate-to-year"}))
    assert answer(masked, f"select distinct title_id, viewing_date from {VIEW} order by all").rows == [
        {"title_id": "xn", "viewing_date": dt.date(2026, 1, 1)},
        {"title_id": "xxxxxx-xxxxx", "viewing_date": dt.date(2026, 1, 1)},
    ]
    assert answer(masked, f"select count(*) as n from {VIEW} where title_id = 't1'").rows == [{"n": 0}]


def test_a_mask_hides_a_value_from_its_reader_but_not_from_the_condition_of_the_grant(place: Path) -> None:
    masked = make_desk(place, grant(rows="title_id = 't1'", masks={"title_id": "mask-to-fixed-value"}))
    assert answer(masked, f"select distinct title_id from {VIEW}").rows == [{"title_id": "XXXXXXXX"}]


def test_a_hash_of_one_query_is_another_in_the_next(place: Path) -> None:
    masked = make_desk(place, grant(masks={"title_id": "sha-256-query-local"}))
    sql = f"select title_id, count(*) as n from {VIEW} group by all order by n desc, title_id"
    first, second = answer(masked, sql).rows, answer(masked, sql).rows
    assert len(first) == len(second) == 10
    assert not {row["title_id"] for row in first} & {row["title_id"] for row in second}


def test_rows_are_cut_at_the_limit_and_it_is_said(desk: Desk) -> None:
    found = answer(desk, f"select * from {VIEW}", limits=Limits(rows=7, seconds=10))
    assert (len(found.rows), found.complete) == (7, False)
    exact = answer(desk, f"select * from {VIEW} limit 7", limits=Limits(rows=7, seconds=10))
    assert (len(exact.rows), exact.complete) == (7, True)
    endless = answer(desk, "select * from range(100000000000)", limits=Limits(rows=5, seconds=10))
    assert (len(endless.rows), endless.complete) == (5, False)


BOMBS = [
    "select unnest(range(1000000000000))",
    "select list(i) from range(1000000000) t(i)",
    "select repeat('x', 4000000000)",
    "select length(repeat(repeat('x', 1000000), 1000000))",
    "select string_agg(repeat('x', 1000000), '') from range(100000)",
    "select a.i, b.i from range(100000000) a(i), range(100000000) b(i) order by hash(a.i * b.i)".replace("hash", "md5").replace(
        "a.i * b.i", "(a.i * b.i)::varchar"
    ),
    "select " + "(" * 3000 + "1" + ")" * 3000,
    "select " + "abs(" * 900 + "1" + ")" * 900,
    "select * from " + "(select * from " * 300 + "range(1)" + ")" * 300,
    "select " + " + ".join(["1"] * 20000),
    "select " + ", ".join(f"{i} a{i}" for i in range(30000)),
    "select lpad('x', 2000000000, 'y')",
    "select printf('%2000000000d', 1)",
    "select 10 ** 10 ** 10, factorial(100000)",
]


@pytest.mark.slow
@pytest.mark.parametrize("sql", BOMBS, ids=range(len(BOMBS)))
def test_a_query_that_asks_for_too_much_ends_with_a_sentence(desk: Desk, sql: str) -> None:
    begun = time.monotonic()
    try:
        answer(desk, sql, limits=Limits(seconds=3, memory_mib=256, result_mib=4))
    except (QueryFailedError, QueryRefusedError, SqlError) as error:
        assert error.hint
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    "sql",
    [
        "with recursive r as (select 1 n union all select n + 1 from r) select count(*) from r",
        "select count(*) from range(10000000000000)",
        "select count(*) from range(1000000) a, range(1000000) b",
    ],
)
def test_a_query_that_takes_too_long_is_ended(desk: Desk, sql: str) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryFailedError, match=r"longer than 1 seconds|needs more than"):
        answer(desk, sql, limits=Limits(seconds=1, memory_mib=256))
    assert time.monotonic() - begun < 15


def test_a_result_that_is_too_large_is_refused(desk: Desk) -> None:
    with pytest.raises(QueryFailedError, match="larger than 1 MiB"):
        answer(desk, "select repeat('x', 100000) from range(100)", limits=Limits(seconds=10, result_mib=1))


def test_data_that_does_not_fit_is_said_to_be_too_large(tmp_path: Path) -> None:
    large = make_desk(tmp_path, rows=1_000_000)
    with pytest.raises(QueryFailedError, match="do not fit in 8 MiB") as caught:
        answer(large, f"select * from {VIEW}", limits=Limits(seconds=20, memory_mib=8))
    assert "instead of `*`" in str(caught.value.hint)
    assert rows(large, f"select count(*) n from {VIEW}", memory_mib=64) == [{"n": 1_000_000}]


def test_a_lost_file_is_told_without_its_path(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    (file,) = tmp_path.rglob("saved_jp/**/*.parquet")
    file.unlink()
    with pytest.raises(InfraError) as caught:
        answer(desk, f"select * from {VIEW}")
    assert str(tmp_path) not in str(caught.value)
    assert "cannot be read" in caught.value.message


def test_a_process_that_dies_is_a_sentence() -> None:
    with QueryProcess(Limits()) as process:
        process.parse("select 1")
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(QueryFailedError, match="ended before it answered"):
            process.run("select 1")


def test_the_process_is_gone_when_the_query_is_interrupted() -> None:
    with pytest.raises(KeyboardInterrupt), QueryProcess(Limits()) as process:
        process.parse("select 1")
        raise KeyboardInterrupt
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_many_queries_at_once_do_not_meet(desk: Desk) -> None:
    found: list[list[dict[str, Any]]] = []
    threads = [threading.Thread(target=lambda: found.append(rows(desk, f"select count(*) n from {VIEW}"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[{"n": 200}]] * 4


def test_a_grant_that_has_ended_gives_nothing_any_more(place: Path) -> None:
    later = replace(make_desk(place, grant(valid_until=dt.date(2026, 12, 1))), now=dt.datetime(2026, 12, 1, tzinfo=dt.UTC))
    with pytest.raises(AccessRefusedError, match="The grant `g0` ended before 2026-12-01"):
        answer(later, f"select * from {VIEW}")
