"""SQL of definer views: the same text as the reviewed one, parsed by each dialect, run by DuckDB."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.snapshots import same_as
from tests.support.view_catalog import title_daily
from views.render import DIALECTS, definer_sql, quoted, select, text_literal

CONNECTION = duckdb.connect()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_text_is_the_reviewed_one(dialect: str) -> None:
    same_as("views", f"title_daily.jp.{dialect}.sql", definer_sql(title_daily(), "JP", dialect))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_text_is_one_select_of_named_columns_in_its_dialect(dialect: str) -> None:
    tree = sqlglot.parse_one(definer_sql(title_daily(), "JP", dialect), read=dialect)
    assert isinstance(tree, sqlglot.exp.Select)
    assert [column.alias_or_name for column in tree.expressions] == [column.name for column in title_daily().columns]
    assert all(column.this.quoted for column in tree.expressions)
    assert [(table.db, table.name) for table in tree.find_all(sqlglot.exp.Table)] == [("saved_jp", "title_daily")]


def test_a_row_of_another_country_in_the_saved_copy_stays_hidden() -> None:
    view = title_daily()
    connection = duckdb.connect()
    connection.execute("create schema saved_jp")
    columns = ", ".join(f"'x' as {column.name}" for column in view.columns if column.name != "viewing_country")
    connection.execute(f"create table saved_jp.title_daily as select c as viewing_country, {columns} from unnest(['JP', 'DE', null]) t(c)")
    assert [row[0] for row in connection.execute(definer_sql(view, "JP", "duckdb")).fetchall()] == ["JP"]


@settings(max_examples=60)
@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=12))
def test_any_name_and_any_text_stay_one_name_and_one_text(text: str) -> None:
    found = CONNECTION.execute(f"select {text_literal(text, 'duckdb')} as {quoted(text, 'duckdb')}")
    assert found.description is not None
    assert (found.description[0][0], found.fetchall()) == (text, [(text,)])


@pytest.mark.parametrize("text", ["it's", "back\\slash", '"', "`", "'; drop table x; --"])
def test_spark_and_trino_read_the_same_text(text: str) -> None:
    for dialect in ("spark", "trino"):
        name = quoted('a`b"c', dialect)
        tree = sqlglot.parse_one(f"select {text_literal(text, dialect)} as {name}", read=dialect)
        assert tree.expressions[0].this.this == text
        assert tree.expressions[0].alias == 'a`b"c'


def test_a_select_names_its_relation_in_parts() -> None:
    assert select(["a"], "saved_jp.v", "spark", where="= 'JP'") == "select\n    `a`\nfrom `saved_jp`.`v`\nwhere `viewing_country` = 'JP'\n"
