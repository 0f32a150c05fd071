"""The Glue catalog as the keeper of pointers: each table's `metadata_location`, moved under Glue's optimistic lock.

Glue changes one table a call, so every pointer moves by itself: it is moved when it still names the file that the change began
with and Glue's version of the table is the one that was read. A call whose answer was lost counts by what the catalog then says.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import CONFLICTS, code_of, translated
from infra.aws.glue_columns import table_columns
from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from infra.aws.account import Aws
    from infra.tables.ports import Kind, Move

LOCATION, BEFORE, TABLE_TYPE = "metadata_location", "previous_metadata_location", "table_type"
ICEBERG = "ICEBERG"
LONGEST = 4_000
"""Characters of a parameter: what metastores of Hive's kind keep; Glue itself takes 512,000."""

OWN = "ringi."
"""What begins so in a snapshot's summary is shown in the catalog too: run, meanings and input snapshots."""


class GluePointers:
    """Pointers in the Glue databases of one lake; implements `infra.tables.ports.Pointers`. Views are kept by `GlueViews`."""

    at_once = False

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: set[str] = set()

    @cached_property
    def _glue(self) -> Any:
        return self._aws.client("glue")

    @cached_property
    def place(self) -> dict[str, str]:
        """What each call says about the catalog it means."""
        catalog = self._aws.settings.catalog_id
        return {"CatalogId": catalog} if catalog else {}

    def pointer(self, name: str, kind: Kind) -> str | None:
        if kind == "VIEW":
            return None
        with translated(f"asking the catalog for `{name}`"):
            return self._ours(name, self.table(name))

    def pointers(self, namespace: str, kind: Kind) -> dict[str, str]:
        if kind == "VIEW":
            return {}
        found = {f"{namespace}.{table['Name']}": _location(table) for table in self.tables(namespace)}
        ours = f"{self._aws.settings.warehouse}/"
        return {name: location for name, location in sorted(found.items()) if location is not None and location.startswith(ours)}

    def namespaces(self) -> tuple[str, ...]:
        with translated("asking the catalog for its databases"):
            pages = self._glue.get_paginator("get_databases").paginate(**self.place)
            held = [one for page in pages for one in page["DatabaseList"]]
        return tuple(sorted(one["Name"] for one in held if self._is_ours(one)))

    def move(self, moves: Sequence[Move]) -> tuple[str, ...]:
        """Moves each pointer by itself, in order; ends with the first that another process was faster with."""
        for move in moves:
            with translated(f"changing `{move.name}` in the catalog"):
                if not self._moved(move):
                    return (move.name,)
        return ()

    def table(self, name: str) -> dict[str, Any] | None:
        """The catalog's entry of a table or view, or None. Raises botocore's errors."""
        from botocore.exceptions import ClientError

        database, _, table = name.rpartition(".")
        try:
            return dict(self._glue.get_table(DatabaseName=database, Name=table, **self.place)["Table"])
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return None
            raise

    def tables(self, namespace: str) -> list[dict[str, Any]]:
        """The catalog's entries of a database; none where there is no such database."""
        from botocore.exceptions import ClientError

        with translated(f"asking the catalog for the tables of `{namespace}`"):
            try:
                pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=namespace, **self.place)
                return [one for page in pages for one in page["TableList"]]
            except ClientError as error:
                if code_of(error) == "EntityNotFoundException":
                    return []
                raise

    def ensure_database(self, namespace: str) -> None:
        """Make the database of a namespace; refused where one of that name belongs to another lake. Raises botocore's errors."""
        if namespace in self._known:
            return
        if (wanted := self.missing_database(namespace)) is not None:
            self._make_database(wanted)
        self._known.add(namespace)

    def missing_database(self, namespace: str) -> dict[str, Any] | None:
        """The parameters of CreateDatabase for a namespace that has no database, else None; refused and raises as `ensure_database`."""
        from botocore.exceptions import ClientError

        try:
            held = self._glue.get_database(Name=namespace, **self.place)["Database"]
        except ClientError as error:
            if code_of(error) != "EntityNotFoundException":
                raise
            place = f"{self._aws.settings.warehouse}/{namespace}"
            return {"DatabaseInput": {"Name": namespace, "LocationUri": place}, **self.place}
        if not self._is_ours(held):
            raise _another_lakes(f"The Glue database `{namespace}`", held["LocationUri"])
        return None

    def _make_database(self, wanted: dict[str, Any]) -> None:
        from botocore.exceptions import ClientError

        try:
            self._glue.create_database(**wanted)
        except ClientError as error:
            if code_of(error) != "AlreadyExistsException":  # another process made it just now
                raise

    def _is_ours(self, database: dict[str, Any]) -> bool:
        """A database without a place of its own is taken for ours: the console makes such ones."""
        place = str(database.get("LocationUri") or "")
        return not place or f"{place.rstrip('/')}/".startswith(f"{self._aws.settings.warehouse}/")

    def _ours(self, name: str, table: dict[str, Any] | None) -> str | None:
        """The pointer of a table; an InfraError where the table of that name is another lake's."""
        location = _location(table)
        if location is not None and not location.startswith(f"{self._aws.settings.warehouse}/"):
            raise _another_lakes(f"The table `{name}` in the Glue catalog", location)
        return location

    def _moved(self, move: Move) -> bool:
        held = self.table(move.name)
        if move.before is None:
            return self._attempted(move, lambda: self._create(move)) if held is None else False
        if held is None or self._ours(move.name, held) != move.before:
            return False
        if move.after is None:
            database, _, table = move.name.rpartition(".")
            self._glue.delete_table(DatabaseName=database, Name=table, **self.place)
            return True
        return self._attempted(move, lambda: self._update(move, held))

    def _attempted(self, move: Move, call: Any) -> bool:
        """Whether the pointer names the new file after the call, which may have worked although its answer was lost."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            call()
        except (ClientError, BotoCoreError) as error:
            held = self.table(move.name)
            if _location(held) == move.after:
                return True
            if code_of(error) in CONFLICTS or code_of(error) == "AlreadyExistsException":
                return False
            raise
        return True

    def _create(self, move: Move) -> None:
        database, _, _ = move.name.rpartition(".")
        self.ensure_database(database)
        self._glue.create_table(DatabaseName=database, TableInput=table_input(move, {}), **self.place)

    def _update(self, move: Move, held: dict[str, Any]) -> None:
        database, _, _ = move.name.rpartition(".")
        self._glue.update_table(
            DatabaseName=database, TableInput=table_input(move, held), SkipArchive=True, VersionId=held["VersionId"], **self.place
        )


def _another_lakes(what: str, place: str) -> InfraError:
    return InfraError(
        f"{what} belongs to `{place}`, not to this lake. Nothing was written.",
        hint="keep one lake an account and region, or move the other. More: ringi explain RNG-INF-036",
    )


def table_input(move: Move, held: dict[str, Any]) -> dict[str, Any]:
    """What Glue is told of an Iceberg table whose pointer moves; parameters that others gave the table stay."""
    if move.metadata is None or move.after is None:
        raise ValueError("a table's pointer moves together with its metadata")
    metadata = move.metadata
    others = {name: value for name, value in (held.get("Parameters") or {}).items() if not name.startswith(OWN) and name != BEFORE}
    return {
        "Name": move.name.rpartition(".")[2],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            **others,
            TABLE_TYPE: ICEBERG,
            LOCATION: move.after,
            **({BEFORE: move.before} if move.before else {}),
            **dict(_said(metadata)),
        },
        "StorageDescriptor": {"Columns": table_columns(metadata), "Location": metadata.location},
    }


def _said(metadata: Any) -> Iterator[tuple[str, str]]:
    """Run, meanings and input snapshots of the newest snapshot, for readers who know the catalog alone.

    Longer values, such as the report of a batch of many files, stand in the table's metadata only.
    """
    snapshot = metadata.current_snapshot()
    if snapshot is not None and snapshot.summary is not None:
        held = snapshot.summary.additional_properties.items()
        yield from ((name, value) for name, value in held if name.startswith(OWN) and len(value) <= LONGEST)


def _location(table: dict[str, Any] | None) -> str | None:
    parameters = (table or {}).get("Parameters") or {}
    if str(parameters.get(TABLE_TYPE, "")).upper() != ICEBERG:
        return None
    location = parameters.get(LOCATION)
    return None if location is None else str(location)
