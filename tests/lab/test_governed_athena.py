"""Athena gives a role what Lake Formation lets it read, cell by cell, and refuses in its own words; whatever the query looks like."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tests.lab.governed import WORKGROUP, Governed, iceberg_at, make_view
from tests.lab.lake_formation_calls import ANALYST, DATABASE, NAME, TABLE, Desk, role, session_of, some, to

ROWS: list[dict[str, Any]] = [
    {"title_id": "a", "plays": 10, "plan": "free"},
    {"title_id": 'it\'s "b"', "plays": 3, "plan": "paid"},
    {"title_id": "東京", "plays": None, "plan": "paid"},
    {"title_id": None, "plays": 7, "plan": None},
]
ARROW = pa.schema({"title_id": pa.string(), "plays": pa.int64(), "plan": pa.string()})
DEFINER = role("definer")
VIEW = {"Table": {"DatabaseName": "views_jp", "Name": NAME}}


@pytest.fixture(scope="module")
def lake(governed: Governed) -> Governed:
    """A table with four rows, and a view over it."""
    moto = governed.moto
    catalog = iceberg_at(moto, "lake")
    moto.client("lakeformation").register_resource(ResourceArn="arn:aws:s3:::lake", UseServiceLinkedRole=True)
    for database in (DATABASE, "views_jp", "others"):
        catalog.create_namespace(database)
    for database in (DATABASE, "others"):
        catalog.create_table(f"{database}.{NAME}", ARROW).append(pa.Table.from_pylist(ROWS, ARROW))
    text = f"SELECT title_id, plays, plan FROM {DATABASE}.{NAME}"
    make_view(moto.client("glue"), "views_jp", NAME, text, definer=DEFINER, bases=[f"{DATABASE}.{NAME}"])
    return governed


@pytest.fixture
def desk(lake: Governed) -> Desk:
    """Nothing granted, no filter."""
    made = Desk(lake.moto)
    for told in made.lf.list_data_cells_filter()["DataCellsFilters"]:
        made.lf.delete_data_cells_filter(**{key: told[key] for key in ("TableCatalogId", "DatabaseName", "TableName", "Name")})
    for one in made.lf.list_permissions()["PrincipalResourcePermissions"]:
        made.lf.revoke_permissions(**{key: one[key] for key in ("Principal", "Resource", "Permissions")})
    return made


def read(lake: Governed, sql: str) -> list[list[Any]]:
    return lake.read("analyst_jp", sql, DATABASE)[1]


def test_a_filter_shows_its_rows_and_columns(lake: Governed, desk: Desk) -> None:
    desk.filtered("paid", "plan = 'paid'", ColumnNames=["title_id", "plays"])
    columns, rows = lake.read("analyst_jp", f"SELECT * FROM {DATABASE}.{NAME} ORDER BY plays")
    assert (columns, rows) == (["title_id", "plays"], [['it\'s "b"', 3], ["東京", None]])


def test_two_filters_show_each_column_on_its_own_rows(lake: Governed, desk: Desk) -> None:
    desk.filtered("paid", "plan = 'paid'", ColumnNames=["title_id"])
    desk.filtered("much", "plays > 5", ColumnNames=["plays"])
    assert sorted(read(lake, f"SELECT * FROM {NAME}"), key=str) == [['it\'s "b"', None], ["東京", None], [None, 10], [None, 7]]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT count(*) FROM {t}", [[2]]),
        ("SELECT t.plays FROM {t} t WHERE t.plays > 0", [[3]]),
        ("SELECT {n}.plays FROM {t} WHERE plays > 0", [[3]]),
        ("WITH x AS (SELECT * FROM {t}) SELECT count(*) FROM x", [[2]]),
        ("WITH {n} AS (SELECT 1 AS one) SELECT one FROM {n}", [[1]]),
        ("WITH {n} AS (SELECT count(*) AS n FROM {n}) SELECT n FROM {n}", [[2]]),
        ("SELECT (SELECT count(*) FROM {t}) + (SELECT count(*) FROM {t} b)", [[4]]),
        ("SELECT count(*) FROM {t} a JOIN {t} b ON a.title_id = b.title_id", [[2]]),
        ("SELECT count(*) FROM (VALUES 1, 2) AS v (x) WHERE EXISTS (SELECT 1 FROM {t} WHERE plays = v.x + 2)", [[1]]),
        ("SELECT count(*) FROM {t} UNION ALL SELECT -1", [[-1], [2]]),
        ('SELECT count(*) FROM "awsdatacatalog"."{d}"."{n}" -- a comment', [[2]]),
        ("SELECT title_id FROM {t} WHERE title_id = 'FROM others.title_daily'", []),
    ],
)
def test_every_place_in_a_query_is_filtered(lake: Governed, desk: Desk, sql: str, rows: list[list[Any]]) -> None:
    desk.filtered("paid", "plan = 'paid'", ColumnNames=["title_id", "plays"])
    assert sorted(read(lake, sql.format(t=f"{DATABASE}.{NAME}", n=NAME, d=DATABASE))) == rows


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT plan FROM {t}", "COLUMN_NOT_FOUND: line 1:8: Column 'plan' cannot be resolved or requester is not authorized to access"),
        ("SELECT plays FROM {t} WHERE plan = 'free'", "COLUMN_NOT_FOUND"),
        ("SELECT plays FROM {t} ORDER BY plan", "COLUMN_NOT_FOUND"),
        ('SELECT "$path" FROM {t}', "COLUMN_NOT_FOUND"),
        ("SELECT * FROM others.title_daily", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.others.title_daily' does not exist"),
        ("SELECT * FROM {t} JOIN others.title_daily o ON true", "TABLE_NOT_FOUND"),
        ("SELECT * FROM nowhere.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nowhere' does not exist"),
        ('SELECT * FROM {d}."title_daily$files"', "TABLE_NOT_FOUND"),
        ('SELECT * FROM {d}."title_daily$snapshots"', "TABLE_NOT_FOUND"),
        ("SELECT * FROM information_schema.tables", "SCHEMA_NOT_FOUND"),
        ("SELECT * FROM system.runtime.queries", "TABLE_NOT_FOUND"),
        ("SELECT * FROM TABLE(awsdatacatalog.system.table_changes('{d}', 'title_daily', 1, 2))", "PERMISSION_DENIED|SYNTAX_ERROR"),
        ("TABLE others.title_daily", "TABLE_NOT_FOUND"),
        ("SELECT * FROM {t} FOR VERSION AS OF 1", "SYNTAX_ERROR"),
        ("DELETE FROM {t}", "PERMISSION_DENIED"),
        ("INSERT INTO {t} VALUES ('x', 1, 'y')", "PERMISSION_DENIED"),
        ("DROP TABLE {t}", "PERMISSION_DENIED"),
        ("SHOW TABLES", "PERMISSION_DENIED"),
        ("CREATE TABLE others.mine AS SELECT * FROM {t}", "PERMISSION_DENIED"),
        ("CREATE VIEW {d}.mine AS SELECT * FROM {t}", "PERMISSION_DENIED"),
        ("EXECUTE IMMEDIATE 'SELECT * FROM others.title_daily'", "PERMISSION_DENIED"),
        ("EXPLAIN SELECT * FROM {t}", "PERMISSION_DENIED"),
        ("SELECT 1; SELECT * FROM others.title_daily", "SYNTAX_ERROR"),
    ],
)
def test_what_is_not_given_is_refused_as_athena_says_it(lake: Governed, desk: Desk, sql: str, said: str) -> None:
    desk.filtered("paid", "plan = 'paid'", ColumnNames=["title_id", "plays"])
    reason = lake.refusal("analyst_jp", sql.format(t=f"{DATABASE}.{NAME}", d=DATABASE))
    assert reason.startswith(tuple(said.split("|"))), reason


def test_who_may_know_of_a_table_but_read_nothing_is_told_so(lake: Governed, desk: Desk) -> None:
    desk.grant(TABLE, ["DESCRIBE"])
    assert "Relation contains no accessible columns" in lake.refusal("analyst_jp", f"SELECT 1 FROM {DATABASE}.{NAME}")


def test_a_view_reads_with_its_definers_rights_and_not_the_readers(lake: Governed, desk: Desk) -> None:
    desk.grant(VIEW)
    assert lake.refusal("analyst_jp", f"SELECT * FROM views_jp.{NAME}").startswith("TABLE_NOT_FOUND")
    desk.grant(TABLE, principal=DEFINER, grantable=["SELECT"])
    assert len(read(lake, f"SELECT * FROM views_jp.{NAME}")) == len(ROWS)
    assert lake.refusal("analyst_jp", f"SELECT * FROM {DATABASE}.{NAME}").startswith("TABLE_NOT_FOUND")
    columns = {"TableWithColumns": {"DatabaseName": "views_jp", "Name": NAME, "ColumnNames": ["plays"]}}
    desk.lf.revoke_permissions(Principal=to(ANALYST), Resource=VIEW, Permissions=["SELECT"])
    desk.grant(columns)
    assert lake.read("analyst_jp", f"SELECT * FROM views_jp.{NAME}")[0] == ["plays"]


def test_a_grant_that_is_taken_back_is_gone_at_the_next_query(lake: Governed, desk: Desk) -> None:
    desk.grant(some("plays"))
    assert len(read(lake, f"SELECT * FROM {NAME}")) == len(ROWS)
    desk.lf.revoke_permissions(Principal=to(ANALYST), Resource=some("plays"), Permissions=["SELECT"])
    assert lake.refusal("analyst_jp", f"SELECT plays FROM {DATABASE}.{NAME}").startswith("TABLE_NOT_FOUND")


@pytest.mark.parametrize("ctas", [False, True])
def test_awswrangler_reads_the_permitted_cells(lake: Governed, desk: Desk, ctas: bool) -> None:
    import awswrangler as wr

    desk.filtered("paid", "plan = 'paid'", ColumnNames=["title_id", "plays"])
    if ctas:
        desk.grant({"Database": {"Name": "others"}}, ["CREATE_TABLE"])
    frame = wr.athena.read_sql_query(
        f"SELECT title_id, plays FROM {DATABASE}.{NAME} ORDER BY plays",
        database="others",
        workgroup=WORKGROUP,
        ctas_approach=ctas,
        boto3_session=session_of(lake.moto, "analyst_jp"),
    )
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    assert sorted(rows, key=str) == [['it\'s "b"', 3], ["東京", None]]
