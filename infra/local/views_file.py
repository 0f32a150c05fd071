"""The file `views.duckdb` of a local lake: saved copies as relations, and the definer views over them, for every country.

The local stand-in for Athena: for the operator and the dbt models of country teams. Analysts never meet it (`ringi query`
has a process of its own), and only the operator's account may read it. It holds definitions, no rows.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.local.foreign import translated
from views.dbt.copies import Copy, relation, statement
from views.dbt.project import SCHEMA

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

NAME = "views.duckdb"

_OWN_TABLES = f"""
create schema if not exists ringi;
create schema if not exists {SCHEMA};
create table if not exists ringi.copies (name varchar primary key, country varchar, view varchar, version varchar);
create table if not exists ringi.built (digest varchar, countries varchar);
"""


class BusyError(Exception):
    """Another process has the file open."""


class ViewsFile:
    """An open views file; made by `opened`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def refresh(self, copies: Sequence[Copy], pointers: Mapping[str, str], files: Callable[[str], Sequence[str]]) -> int:
        """Point the copies at their newest files and forget those that are wanted no more; returns how many were moved.

        `pointers` names the present state of each copy's table, and a copy without one does not exist; `files` lists the files
        of a copy, and is asked only where its state changed.
        """
        rows = self._connection.execute("select name, version, country, view from ringi.copies").fetchall()
        known = {name: version for name, version, _, _ in rows}
        wanted = {copy.name: (copy, _version(copy, pointers[copy.name])) for copy in copies if copy.name in pointers}
        moved = [(copy, version) for copy, version in wanted.values() if known.get(copy.name) != version]
        self._connection.execute("begin")
        for name, _, country, view in rows:
            if name not in wanted:
                self._forget(Copy(country, view, ()))
        for copy, version in moved:
            self._put(copy, version, files(copy.name))
        self._connection.execute("commit")
        return len(moved)

    def is_built(self, digest: str, *, whatever_countries: bool = False) -> bool:
        """Whether dbt built just this project last, with all tests passed, and for just the countries that have copies now."""
        row = self._connection.execute("select digest, countries from ringi.built").fetchone()
        return row is not None and row[0] == digest and (whatever_countries or row[1] == self._countries())

    def set_built(self, digest: str | None) -> None:
        """Remember what dbt built; None forgets it, so that the next run builds again."""
        self._connection.execute("delete from ringi.built")
        if digest is not None:
            self._connection.execute("insert into ringi.built values (?, ?)", [digest, self._countries()])

    def _countries(self) -> str:
        """All copies there are, as one text."""
        row = self._connection.execute("select coalesce(string_agg(name, ' ' order by name), '') from ringi.copies").fetchone()
        return str(row[0]) if row else ""

    def _put(self, copy: Copy, version: str, files: Sequence[str]) -> None:
        for name in (copy.name, copy.published):
            self._connection.execute(f'create schema if not exists "{name.partition(".")[0]}"')
        self._connection.execute(statement(copy, files))
        self._connection.execute("insert or replace into ringi.copies values (?, ?, ?, ?)", [copy.name, copy.country, copy.view, version])

    def _forget(self, copy: Copy) -> None:
        """Drop a copy, its definer view, and the relation over all countries, which the next build makes again where wanted."""
        for name in (copy.name, copy.published, f"{SCHEMA}.{copy.view}"):
            self._connection.execute(f"drop view if exists {relation(name)}")
        self._connection.execute("delete from ringi.copies where name = ?", [copy.name])


@contextmanager
def opened(path: Path, *, patience_seconds: float = 10) -> Iterator[ViewsFile]:
    """The views file, made where it is missing; raises BusyError where another process has it open and keeps it so.

    A short wait gets over the last moments of a dbt whose run was killed.
    """
    import duckdb

    with translated("opening the views file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.chmod(0o600)
    connection = _connected(path, time.monotonic() + patience_seconds)
    try:
        connection.execute(_OWN_TABLES)
        yield ViewsFile(connection)
    except duckdb.Error as error:
        raise _unreadable(path, str(error).splitlines()[0]) from error
    finally:
        connection.close()


def _connected(path: Path, until: float) -> duckdb.DuckDBPyConnection:
    import duckdb

    while True:
        others = os.umask(0o077)  # DuckDB makes the file and its log; nobody else may read them even for a moment
        try:
            return duckdb.connect(path)
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise _unreadable(path) from error
            if time.monotonic() >= until:
                raise BusyError(str(path)) from error
        finally:
            os.umask(others)
        time.sleep(0.2)


def _version(copy: Copy, pointer: str) -> str:
    promised = ",".join(f"{name}:{kind}" for name, kind in copy.columns)
    return blake2b(f"{pointer}\0{promised}".encode(), digest_size=16).hexdigest()


def _unreadable(path: Path, why: str = "it is no database of this version of DuckDB") -> InfraError:
    return InfraError(
        f"The SQL views in {path} could not be refreshed: {why}.",
        hint="move the file away and run `ringi run`, which makes it again; a team's own tables in it must be made again too.",
    )
