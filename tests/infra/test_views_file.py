"""The views file: copies follow their files, what is wanted no more goes, what is a team's stays, and nobody else may read it."""

from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from infra.errors import InfraError
from infra.local.views_file import BusyError, opened
from metrics_catalog.source import ColumnType
from views.dbt.copies import Copy

JP = Copy("JP", "daily", (("viewing_country", ColumnType.STRING), ("n", ColumnType.INTEGER)))
DE = replace(JP, country="DE")
POINTERS = {JP.name: "1", DE.name: "1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse" / "views.duckdb"


def parquet(folder: Path, name: str, n: int) -> str:
    path = folder / f"{name}.parquet"
    duckdb.connect().execute(f"copy (select 'JP' viewing_country, {n}::bigint n) to '{path}'")
    return str(path)


def numbers(path: Path, name: str = "saved_jp.daily") -> list[int]:
    with duckdb.connect(path, read_only=True) as connection:
        return [row[0] for row in connection.execute(f"select n from {name} order by n").fetchall()]


def test_copies_follow_their_files_and_only_changed_ones_are_listed(path: Path, tmp_path: Path) -> None:
    first, second = parquet(tmp_path, "a", 1), parquet(tmp_path, "b", 2)
    listed: list[str] = []

    def files(name: str) -> list[str]:
        listed.append(name)
        return [first] if len(listed) <= 2 else [first, second]

    with opened(path) as file:
        assert file.refresh([JP, DE], {JP.name: "1", DE.name: "1"}, files) == 2
        assert file.refresh([JP, DE], {JP.name: "1", DE.name: "1"}, files) == 0
        assert file.refresh([JP, DE], {JP.name: "2", DE.name: "1"}, files) == 1
    assert listed == [JP.name, DE.name, JP.name]
    assert numbers(path) == [1, 2]


def test_a_country_without_a_saved_copy_has_no_relation(path: Path) -> None:
    with opened(path) as file:
        assert file.refresh([JP, DE], {DE.name: "1"}, lambda _: ()) == 1
    assert numbers(path, "saved_de.daily") == []
    with pytest.raises(duckdb.CatalogException):
        numbers(path)


def test_a_changed_contract_makes_the_copy_again(path: Path) -> None:
    wider = replace(JP, columns=(*JP.columns, ("hours", ColumnType.DOUBLE)))
    with opened(path) as file:
        file.refresh([JP], POINTERS, lambda _: ())
        assert file.refresh([wider], POINTERS, lambda _: ()) == 1
    with duckdb.connect(path, read_only=True) as connection:
        assert connection.execute("select hours from saved_jp.daily").fetchall() == []


def test_what_is_wanted_no_more_goes_and_a_teams_own_stays(path: Path) -> None:
    with opened(path) as file:
        file.refresh([JP, DE], POINTERS, lambda _: ())
    with duckdb.connect(path) as connection:
        connection.execute("create view views_jp.daily as select * from saved_jp.daily")
        connection.execute("create table views_jp.of_the_team as select 1 as n")
        connection.execute("create view lake.daily as select * from views_jp.daily")
    with opened(path) as file:
        file.refresh([DE], POINTERS, lambda _: ())
    with duckdb.connect(path, read_only=True) as connection:
        found = connection.execute("select table_schema || '.' || table_name from information_schema.tables order by 1").fetchall()
    assert [name for (name,) in found if not name.startswith("ringi.")] == ["saved_de.daily", "views_jp.of_the_team"]


def test_only_the_operator_may_read_the_file(path: Path) -> None:
    with opened(path):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with opened(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_built_is_remembered_until_it_is_forgotten_or_a_country_joins(path: Path) -> None:
    with opened(path) as file:
        file.refresh([JP], {JP.name: "1"}, lambda _: ())
        assert not file.is_built("one")
        file.set_built("one")
    with opened(path) as file:
        assert file.is_built("one") and not file.is_built("two")
        file.refresh([JP, DE], POINTERS, lambda _: ())
        assert not file.is_built("one") and file.is_built("one", whatever_countries=True)
        file.set_built("two")
        assert file.is_built("two") and not file.is_built("one")
        file.set_built(None)
        assert not file.is_built("two")


def test_a_file_that_another_process_holds_is_busy(path: Path) -> None:
    with opened(path):
        pass
    hold = f"import duckdb; c = duckdb.connect({str(path)!r}); print('held', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(BusyError), opened(path, patience_seconds=0):
            pass
        other.communicate("\n")
    with opened(path) as file:
        assert not file.is_built("")


def test_a_file_that_is_soon_free_is_waited_for(path: Path) -> None:
    with opened(path):
        pass
    hold = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print('held', flush=True); time.sleep(0.5)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with opened(path) as file:
            assert not file.is_built("")


def test_a_damaged_file_is_said_in_a_sentence(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(InfraError, match="could not be refreshed"), opened(path):
        pass


def test_a_data_file_that_is_gone_is_said_and_nothing_changes(path: Path, tmp_path: Path) -> None:
    here = parquet(tmp_path, "a", 1)
    with opened(path) as file:
        file.refresh([JP], {JP.name: "1"}, lambda _: [here])
    with pytest.raises(InfraError, match="gone"), opened(path) as file:
        file.refresh([JP], {JP.name: "2"}, lambda _: [str(tmp_path / "gone.parquet")])
    assert numbers(path) == [1]
