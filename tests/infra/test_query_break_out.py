"""Attempts to leave the permitted views, against each layer by itself: what the statement may hold, and the locked process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from governance.access.evaluator import decide
from governance.errors import GovernanceError
from infra.local.query_process import Limits, Loading, QueryProcess, RawResult
from infra.local.query_statement import read
from metrics_catalog.errors import RingiError
from tests.support.break_outs import CATALOGS, FILES, STATEMENTS
from tests.support.break_outs_more import ENGINE, LOOKALIKES, VERBS
from tests.support.policies import grant
from tests.support.query_desk import HIDDEN_TITLE, SECRET, TYPES, answer, make_desk, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.query import Desk

PARSER = duckdb.connect(":memory:")
CONSTANTS = ("select current_user", "select session_user", "select user", "select current_role", "select current_catalog")
"""Words that the engine answers with its own name."""
UNKNOWN_TYPES = ("select 'duckdb_tables'::regclass", "select cast('{secret}' as file)")
"""Refused by the engine, which knows no such type."""
ATTEMPTS = [*FILES, *CATALOGS, *STATEMENTS, *(each for each in (*ENGINE, *VERBS) if each not in (*CONSTANTS, *UNKNOWN_TYPES))]
HARMLESS = ("attach ':memory:'", "use temp", "detach memory", "select 1;;drop", "pivot views_jp", "explain", "begin")
"""What the engine alone would do: it changes only this process's own memory, or tells what its reader may know."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


@pytest.fixture(scope="module")
def desk(place: Path) -> Desk:
    return make_desk(place)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk whose analyst may not read the rows of one title."""
    return make_desk(tmp_path_factory.mktemp("lake"), grant(rows=f"title_id <> '{HIDDEN_TITLE}'"))


def filled(attempt: str, place: Path) -> str:
    parquet = place / "warehouse" / "saved_jp" / "title_daily" / "data" / "part-0.parquet"
    return attempt.replace("{secret}", f"{place}/secret.csv").replace("{parquet}", str(parquet)).replace("{folder}", f"{place}/warehouse")


def parsed(sql: str) -> dict[str, object]:
    options = "skip_null := true, skip_empty := true, skip_default := true"
    row = PARSER.execute(f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]).fetchone()
    assert row is not None
    return dict(json.loads(row[0]))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_statement_alone_is_refused(attempt: str, desk: Desk, place: Path) -> None:
    """Refused when it is read, or because it names no published view of the catalog."""
    try:
        statement = read(parsed(filled(attempt, place)))
    except GovernanceError as error:
        assert error.hint
        return
    except RingiError as error:
        assert error.exit_code == 2
        return
    assert any(not desk.relations.has(schema, view) for schema, view in statement.relations), statement.relations


@pytest.mark.parametrize("attempt", LOOKALIKES)
def test_another_countrys_view_is_refused_however_it_is_written(attempt: str, desk: Desk) -> None:
    """Refused as not given, or because it names nothing that is published; before a row is read."""
    try:
        statement = read(parsed(attempt))
    except RingiError as error:
        assert error.exit_code in (2, 4)
        return
    for schema, view in statement.relations:
        if (schema, view) != ("views_jp", "title_daily"):
            assert not desk.relations.has(schema, view) or not decided(desk, schema, view), (schema, view)
    assert set(statement.relations) - {("views_jp", "title_daily")}, "the other view was not seen"


def decided(desk: Desk, schema: str, view: str) -> bool:
    """Whether the analyst of Japan may read anything of a view."""
    return bool(decide(desk.policy, "analyst_jp", desk.relations.published(schema, view, TYPES), desk.now))


@pytest.fixture(scope="module")
def locked(place: Path, desk: Desk) -> Iterator[QueryProcess]:
    """A locked process that holds two columns of Japan's view, and takes SQL that nobody looked at."""
    relation = desk.published.get("views_jp", "title_daily")
    assert relation is not None
    sql = f"SELECT title_id, plays FROM ({relation.definition}) WHERE title_id <> '{HIDDEN_TITLE}'"
    with QueryProcess(Limits(seconds=5, memory_mib=256)) as process:
        process.parse("select 1")
        process.load([Loading('"views_jp"', '"title_daily"', sql, f'"{relation.base_schema}"', '"title_daily"', relation.base)])
        yield process


@pytest.mark.parametrize(
    "attempt", [each for each in (*ATTEMPTS, *CONSTANTS, *UNKNOWN_TYPES, *LOOKALIKES) if not each.startswith(HARMLESS)]
)
def test_the_locked_process_alone_gives_nothing_away(attempt: str, locked: QueryProcess, place: Path) -> None:
    """The engine may answer what is harmless, such as its own version; never a file, a path, a hidden cell."""
    sql = filled(attempt, place)
    before = sorted(place.rglob("*"))
    try:
        shown = told(locked.run(sql))
    except RingiError as error:
        shown = str(error)
    for word in (SECRET, HIDDEN_TITLE, "viewer_id", "saved_jp", "part-0.parquet"):
        assert word not in shown or word in sql, word  # a name may come back to the one who wrote it
    assert sorted(place.rglob("*")) == before


def told(result: RawResult) -> str:
    return json.dumps([result.columns, result.rows])


@pytest.mark.parametrize("settings", ["enable_external_access", "disabled_filesystems", "lock_configuration", "memory_limit", "threads"])
def test_no_setting_changes_after_the_lock(settings: str, locked: QueryProcess) -> None:
    with pytest.raises(RingiError, match="locked"):
        locked.run(f"set {settings} = 1")


def test_the_process_has_given_up_the_right_to_open_files(locked: QueryProcess) -> None:
    """Beneath the engine's own lock: the kernel refuses this process any further file, whoever asks."""
    limits = Path(f"/proc/{locked.pid}/limits")
    if not limits.exists():
        pytest.skip("this system has no /proc")
    lines = {line[:26].strip(): line[26:].split() for line in limits.read_text(encoding="ascii").splitlines()}
    assert lines["Max open files"][:2] == ["0", "0"]
    assert lines["Max file size"][:2] == ["0", "0"]
    assert lines["Max core file size"][:2] == ["0", "0"]
    assert lines["Max address space"][1] != "unlimited"


def test_the_process_knows_nothing_of_its_parents_environment(locked: QueryProcess) -> None:
    environment = Path(f"/proc/{locked.pid}/environ")
    if not environment.exists():
        pytest.skip("this system has no /proc")
    assert environment.read_bytes() == b""
    assert {path.name for path in Path(f"/proc/{locked.pid}/fd").iterdir()} >= {"0", "1", "2"}
    opened = {str(path.readlink()) for path in Path(f"/proc/{locked.pid}/fd").iterdir()}
    assert not [target for target in opened if not target.startswith(("pipe:", "/dev/null", "anon_inode:"))]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from views_jp.title_daily t where t.viewer_id is not null",
        "select count(distinct viewer_id) from views_jp.title_daily",
        "select max(viewer_id) over () from views_jp.title_daily",
        "select * from views_jp.title_daily order by viewer_id",
        "select VIEWER_ID from views_jp.title_daily",
        'select "Viewer_Id" from views_jp.title_daily',
        "select title_id from views_jp.title_daily group by viewer_id, title_id",
        "select (select max(viewer_id) from views_jp.title_daily)",
        "select a.title_id from views_jp.title_daily a join views_jp.title_daily b using (viewer_id)",
    ],
)
def test_a_column_that_is_not_given_is_refused_wherever_it_stands(sql: str, desk: Desk) -> None:
    with pytest.raises(GovernanceError, match="`analyst_jp` may not read `viewer_id` of"):
        answer(desk, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from views_jp.title_daily",
        "select t from views_jp.title_daily t",
        "select row_to_json(t) from views_jp.title_daily t",
        "select views_jp.title_daily from views_jp.title_daily",
        "select columns('.*') from views_jp.title_daily",
        "select * from views_jp.title_daily natural join (select 1 one)",
        "from views_jp.title_daily positional join (select 1)",
        "from views_jp.title_daily x(a, b, c)",
        "unpivot views_jp.title_daily on columns(*::varchar) into name n value v",
        "summarize views_jp.title_daily",
        "describe views_jp.title_daily",
        "table views_jp.title_daily",
        "select unnest(list(t)) from views_jp.title_daily t",
    ],
)
def test_whole_rows_hold_only_what_is_given(sql: str, desk: Desk) -> None:
    try:
        shown = str(answer(desk, sql))
    except RingiError as error:
        shown = str(error)
    assert SECRET not in shown
    assert "viewer_id" not in shown
    assert "kept_back" not in shown


@pytest.mark.parametrize(
    "sql",
    [
        "select distinct title_id from views_jp.title_daily",
        "select min(title_id) over (order by plays rows between unbounded preceding and unbounded following) from views_jp.title_daily",
        "select title_id from views_jp.title_daily where plays < 0 or true",
        "select a.title_id from views_jp.title_daily a full join views_jp.title_daily b on true",
        "select title_id from views_jp.title_daily except select 'x'",
        "select error_message from (select try(title_id::int)::varchar error_message from views_jp.title_daily)",
        "select title_id::int from views_jp.title_daily order by title_id",
        "select * from views_jp.title_daily tablesample 100%",
        "select approx_top_k(title_id, 100) from views_jp.title_daily",
    ],
)
def test_rows_that_are_not_given_cannot_be_seen_or_inferred(sql: str, narrow: Desk) -> None:
    try:
        shown = str(answer(narrow, sql))
    except RingiError as error:
        shown = str(error)
    assert HIDDEN_TITLE not in shown


def test_rows_that_are_given_are_all_there(narrow: Desk) -> None:
    assert rows(narrow, "select count(*) n, count(distinct title_id) d from views_jp.title_daily") == [{"n": 180, "d": 9}]


def test_only_what_the_statement_names_is_taken_in(place: Path) -> None:
    """A view that is permitted, but not asked for, is not in the process."""
    both = make_desk(place, grant(views=("*.*",)))
    with pytest.raises(GovernanceError):
        rows(both, "select * from views_jp.title_daily, (select table_name from duckdb_tables())")
    assert rows(both, "select count(*) n from views_jp.title_daily j join views_de.title_daily d using (plays)") == [{"n": 200}]
