"""What is published of a view in one country, as the query door needs it: columns, and how its rows are read.

`PublishedTables` finds it in the lake's tables and views, as it is or as it was published earlier; the port lets other places of
publication stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from governance.ledgers.query_refusal import RefusalCode
from infra.errors import InfraError
from infra.local.query_errors import QueryFailedError
from jobs.engines.duckdb import relation as from_files
from views.ending import endings_in
from views.plan import MARK
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobs.maintain.as_published import PublishedCopy
    from jobs.table import DataFile, DefinerView, TableColumn, Tables
    from metrics_catalog.source import ColumnType
    from views.published_view import Ending


COUNTRY = "ringi.country"
"""The property of a definer view that names its country."""


@dataclass(frozen=True, slots=True)
class PublishedRelation:
    """One definer view: `definition` is its SELECT for DuckDB, over the saved copy named `base_schema.base_table`.

    `base` is the FROM item of that copy. Both are texts of the lake; they never reach a reader.
    """

    types: Mapping[str, ColumnType]
    definition: str
    base_schema: str
    base_table: str
    base: str
    row_count: int
    endings: Mapping[str, Ending] = field(default_factory=dict)
    """Deprecated columns, and what their readers are told."""
    meant_otherwise: frozenset[str] = frozenset()
    """Columns of an earlier publication that had another certified meaning then than they have now."""


Then = Callable[[str, str], "PublishedCopy"]
"""The saved copy of a view and a country as it was published earlier; raises NotKeptError."""

Contract = tuple["Mapping[str, ColumnType]", "Mapping[str, str]"]
"""The columns of a published view, in order: the type of each, and what it holds."""


class Published(Protocol):
    """Where published views are found."""

    def contract(self, schema: str, view: str) -> Contract | None:
        """The columns of a published view, or None where it is not published."""

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        """One published view, or None where it is not published."""


@contextmanager
def _without_places() -> Iterator[None]:
    """Errors of the lake as a reader may see them: they name no file."""
    try:
        yield
    except InfraError as error:
        raise _unreadable() from error


def _columns_held(files: Sequence[DataFile], columns: Sequence[TableColumn]) -> frozenset[str]:
    """The columns that files of one copy have, by field id: one that was published later is none of them, though it would read as NULL."""
    if not files:
        return frozenset(column.name for column in columns)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(files[0].path)
    except (OSError, pa.ArrowInvalid) as error:
        raise _unreadable() from error
    ids = {int((field.metadata or {}).get(b"PARQUET:field_id", -1)) for field in schema}
    return frozenset(column.name for column in columns if column.id in ids)


def _unreadable() -> InfraError:
    return InfraError("A metadata file of the lake cannot be read.", hint="the operators of the lake see why with `ringi doctor`.")


class PublishedTables:
    """Published views of a lake's tables: as they are, or the rows that `then` finds, with the columns that they have in common."""

    def __init__(self, tables: Tables, then: Then | None = None) -> None:
        self._tables = tables
        self._then = then

    def contract(self, schema: str, view: str) -> Contract | None:
        definer = self._definer(schema, view)
        if definer is None:
            return None
        return {column.name: column.type for column in definer.columns}, {column.name: column.doc for column in definer.columns}

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        definer = self._definer(schema, view)
        if definer is None or "duckdb" not in definer.sql:
            return None
        country, mark = definer.properties[COUNTRY], definer.properties[MARK]
        saved = saved_name(country, mark)
        with _without_places():
            spec, files = self._tables.spec(saved), self._tables.files(saved)
        if spec is None:
            return None
        types = {column.name: column.type for column in definer.columns}
        otherwise: frozenset[str] = frozenset()
        if self._then is not None:
            copy = self._earlier(mark, country)
            files, otherwise = copy.files, self._meant_otherwise(saved, copy)
            held = _columns_held(files, spec.columns)
            types = {name: kind for name, kind in types.items() if name in held}
        base_schema, _, base_table = saved.partition(".")
        return PublishedRelation(
            types=types,
            definition=definer.sql["duckdb"],
            base_schema=base_schema,
            base_table=base_table,
            base=from_files([file.path for file in files], spec.columns),
            row_count=sum(file.rows for file in files),
            endings=endings_in(definer.properties),
            meant_otherwise=otherwise,
        )

    def _earlier(self, view: str, country: str) -> PublishedCopy:
        if self._then is None:
            raise ValueError("nothing earlier was asked for")
        from jobs.maintain.as_published import NotKeptError

        try:
            with _without_places():
                return self._then(view, country)
        except NotKeptError as error:
            raise QueryFailedError(error.message, hint=error.hint, code=RefusalCode.NOT_PUBLISHED) from error

    def _meant_otherwise(self, saved: str, copy: PublishedCopy) -> frozenset[str]:
        from jobs.maintain.as_published import meanings_of

        head = self._tables.snapshot(saved)
        now = {} if head is None else meanings_of(head)
        return frozenset(name for name, digest in copy.meanings.items() if name in now and now[name] != digest)

    def _definer(self, schema: str, view: str) -> DefinerView | None:
        with _without_places():
            definer = self._tables.view(f"{schema}.{view}")
        return definer if definer is not None and {MARK, COUNTRY} <= definer.properties.keys() else None  # else it is not Ringi's
