"""What a plan newly shows is counted on the project's own lake, and only by conditions of Ringi's own language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.published import PublishedTables
from ringi.access.counting import LocalCounter
from ringi.lake import Lake
from tests.support.lakes import RunningLake, event

NOTHING: frozenset[str] = frozenset()
EVENTS = [
    event(1, "JP", "2026-11-01 20:00", "start", title_id="t1"),
    event(2, "JP", "2026-11-01 20:00", "start", title_id="t2"),
    event(3, "JP", "2026-11-01 20:00", "start", title_id="t3"),
    event(4, "DE", "2026-11-01 20:00", "start", title_id="t1"),
]


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCounter]:
    running = RunningLake(tmp_path_factory.mktemp("counting"))
    running.events(EVENTS)
    running.run()
    lake = Lake(running.root)
    engine = lake.embedded()
    yield LocalCounter(PublishedTables(lake.tables), engine, {"views_jp": "views_jp", "saved_jp": "views_jp", "views_fr": "views_fr"})
    engine.close()


def conditions(*texts: str) -> frozenset[str]:
    return frozenset(texts)


def test_all_rows_are_counted_through_the_view_and_through_the_saved_copy(counter: LocalCounter) -> None:
    assert counter.rows("views_jp", "title_daily", ((None, NOTHING),)) == 3
    assert counter.rows("saved_jp", "title_daily", ((None, NOTHING),)) == 3


def test_rows_that_were_seen_before_are_not_new(counter: LocalCounter) -> None:
    assert counter.rows("views_jp", "title_daily", ((None, conditions("title_id = 't1'")),)) == 2
    one_more = (conditions("title_id = 't1'", "title_id = 't2'"), conditions("title_id = 't1'"))
    assert counter.rows("views_jp", "title_daily", (one_more,)) == 1


def test_a_row_that_two_parts_show_counts_once(counter: LocalCounter) -> None:
    parts = ((conditions("title_id = 't1'"), NOTHING), (conditions("title_id in ('t1', 't2')"), NOTHING))
    assert counter.rows("views_jp", "title_daily", parts) == 2


@pytest.mark.parametrize(
    ("database", "table", "condition"),
    [
        ("views_jp", "title_daily", "(select count(*) from read_text('/etc/passwd')) > 0"),
        ("views_jp", "title_daily", "getenv('HOME') = 'x'"),
        ("views_jp", "title_daily", "no_such_column = 1"),
        ("views_jp", "no_such_view", "title_id = 't1'"),
        ("views_fr", "title_daily", "title_id = 't1'"),
        ("finance", "salaries", "title_id = 't1'"),
    ],
)
def test_what_cannot_be_counted_is_not_guessed(counter: LocalCounter, database: str, table: str, condition: str) -> None:
    assert counter.rows(database, table, ((conditions(condition), NOTHING),)) is None
