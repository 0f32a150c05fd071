"""Queries of what was published earlier: the rows of then, the columns that then and now have in common, the grants of today."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from governance.ledgers.query_refusal import RefusalCode
from infra.local.published import PublishedTables
from infra.local.query import Desk
from infra.local.query_errors import QueryFailedError, SqlError
from infra.tables.maintenance import TableUpkeep
from jobs.maintain import as_published
from tests.support.catalogs import edit, metric_file
from tests.support.lakes import NOW, RunningLake, event
from tests.support.policies import grant
from tests.support.query_desk import answer, make_desk, rows

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.maintain.as_published import PublishedCopy

DAY = dt.timedelta(days=1)
PLAYS = "select sum(plays) as plays from views_jp.title_daily"


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Two plays were published on the first day, a third on the tenth; the first publication is kept as `q4`."""
    made = RunningLake(tmp_path / "lake")
    made.events([event(1, "JP", "2026-11-01 10:00"), event(2, "JP", "2026-11-01 11:00")])
    made.run()
    as_published.keep(made.tables, TableUpkeep(made.tables), "q4")
    made.events([event(3, "JP", "2026-11-01 12:00")])
    made.run(now=NOW + 10 * DAY)
    return made


def desk_at(lake: RunningLake, tmp_path: Path, at: dt.datetime) -> Desk:
    def copy(view: str, country: str) -> PublishedCopy:
        return as_published.copy_at(lake.tables, lake.engine, view, country, at)

    desk = make_desk(tmp_path / "desk", grant(views=("views_jp.*",)))
    return replace(desk, published=PublishedTables(lake.tables, copy))


def desk_of(lake: RunningLake, tmp_path: Path, name: str) -> Desk:
    def copy(view: str, country: str) -> PublishedCopy:
        return as_published.copy_under(lake.tables, TableUpkeep(lake.tables), view, country, name)

    desk = make_desk(tmp_path / "desk", grant(views=("views_jp.*",)))
    return replace(desk, published=PublishedTables(lake.tables, copy))


def test_a_day_and_a_name_read_what_was_published_then(lake: RunningLake, tmp_path: Path) -> None:
    assert rows(desk_at(lake, tmp_path, NOW + 5 * DAY), PLAYS) == [{"plays": 2}]
    assert rows(desk_of(lake, tmp_path, "q4"), PLAYS) == [{"plays": 2}]
    assert rows(desk_at(lake, tmp_path, NOW + 11 * DAY), PLAYS) == [{"plays": 3}]


def test_what_was_not_published_then_or_not_kept_is_a_sentence(lake: RunningLake, tmp_path: Path) -> None:
    with pytest.raises(QueryFailedError, match=r"was not published for JP at 2026-11-21 12:00 UTC") as caught:
        rows(desk_at(lake, tmp_path, NOW - DAY), PLAYS)
    assert caught.value.code is RefusalCode.NOT_PUBLISHED
    with pytest.raises(QueryFailedError, match="not kept under the name `q3`"):
        rows(desk_of(lake, tmp_path, "q3"), PLAYS)


def test_grants_of_today_decide_before_anything_is_said_of_then(lake: RunningLake, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="views_de") as caught:
        rows(desk_at(lake, tmp_path, NOW - DAY), "select * from views_de.title_daily")
    assert "published" not in str(caught.value)


def test_a_column_that_was_published_later_is_not_there_then(lake: RunningLake, tmp_path: Path) -> None:
    then = desk_at(lake, tmp_path, NOW + 5 * DAY)
    assert "viewers" in rows(then, "select * from views_jp.title_daily")[0]
    edit(lake.root, "views/title_daily.yaml", lambda view: view["metrics"].remove("viewers"))
    lake.run(now=NOW + 12 * DAY)
    edit(lake.root, "views/title_daily.yaml", lambda view: view["metrics"].append("viewers"))
    without = desk_at(lake, tmp_path, NOW + 12 * DAY)
    lake.run(now=NOW + 13 * DAY)
    assert "viewers" in rows(desk_at(lake, tmp_path, NOW + 14 * DAY), "select * from views_jp.title_daily")[0]
    assert "viewers" not in rows(without, "select * from views_jp.title_daily")[0]
    with pytest.raises(SqlError, match="viewers"):
        rows(without, "select viewers from views_jp.title_daily")


def test_a_column_that_meant_something_else_then_says_so(lake: RunningLake, tmp_path: Path) -> None:
    then = desk_at(lake, tmp_path, NOW + 5 * DAY)
    assert answer(then, PLAYS).notes == ()
    edit(lake.root, metric_file("plays"), lambda metric: metric["how"].update(filter="event_type = 'start' and device_type = 'web'"))
    lake.run(now=NOW + 12 * DAY)
    (note,) = answer(then, PLAYS).notes
    assert note == "`plays` had another certified meaning when this was published than it has now; `ringi verify plays` lists both."
    assert answer(then, "select count(*) as n from views_jp.title_daily").notes == ()
    assert answer(desk_at(lake, tmp_path, NOW + 13 * DAY), PLAYS).notes == ()
