"""What applied plans have given on the tables of a lake, kept in its bucket: one object a database, replaced as a whole.

Written by `ringi access apply` (before its first call without what it takes away, at its end with what then holds), read when a
table is made anew. So nothing is ever put back that no applied plan gave, or that a plan has begun to take away.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from governance.lake_formation.elements import as_json, database_of, from_json, sort_key, table_of
from governance.lake_formation.resource import EVERY_TABLE
from governance.lake_formation.state import Attachment, CellsFilter, Element, OptIn, Permission, Tagged
from infra.aws.foreign import translated
from infra.aws.keys import Keys
from infra.aws.lake_formation.surroundings import keep_identities
from infra.aws.objects import Objects
from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.aws.account import Aws

FOLDER = "access/given"
CALLERS = 16


def table_element(one: Element) -> tuple[str, str] | None:
    """The one table that an element is on, and is lost with; None for what outlives every table, such as a wildcard."""
    if isinstance(one, CellsFilter | Attachment):
        return (one.database, one.table) if one.table else None
    found = table_of(one.resource) if isinstance(one, Permission | Tagged | OptIn) else None
    return None if found is None or found[1] == EVERY_TABLE else found


class S3Given:
    """Objects `<warehouse>/access/given/<database>.json`."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._root = f"{aws.settings.warehouse}/{FOLDER}"
        self._objects = Objects(aws, Keys(aws))

    def databases(self) -> frozenset[str]:
        """Databases on whose tables something was given."""
        with translated("looking for what was given"):
            return frozenset(name.removesuffix(".json") for name in self._objects.names(self._root))

    def elements(self, databases: Iterable[str]) -> frozenset[Element]:
        """All that was given on the tables of some databases."""
        with translated("reading what was given"), ThreadPoolExecutor(max_workers=CALLERS) as pool:
            return frozenset(one for some in pool.map(self._read, sorted(set(databases))) for one in some)

    def keep(self, held: Mapping[str, Iterable[Element]]) -> None:
        """What was given on the tables of each of these databases is exactly this from now on, and to whom is noted."""
        kept = {database: tuple(some) for database, some in held.items()}
        self._write_all(kept)
        keep_identities(self._aws, {one.principal for some in kept.values() for one in some if isinstance(one, Permission)})

    def _write_all(self, held: Mapping[str, Iterable[Element]]) -> None:
        with translated("keeping what was given"), ThreadPoolExecutor(max_workers=CALLERS) as pool:
            list(pool.map(lambda pair: self._write(*pair), held.items()))

    def forget(self, taken: Iterable[Element]) -> None:
        """From now on these are not put back; told before an apply takes them away."""
        by_database: dict[str, set[Element]] = {}
        for one in taken:
            if table_element(one) is not None and (database := database_of(one)) is not None:
                by_database.setdefault(database, set()).add(one)
        known = self.databases() & by_database.keys() if by_database else frozenset()
        left = {database: self.elements([database]) for database in sorted(known)}
        self._write_all({database: held - by_database[database] for database, held in left.items() if held & by_database[database]})

    def _read(self, database: str) -> tuple[Element, ...]:
        data = self._objects.read(f"{self._root}/{database}.json")
        if data is None:
            return ()
        try:
            return tuple(from_json(one) for one in json.loads(data)["elements"])
        except (ValueError, KeyError, TypeError) as error:
            raise InfraError(
                f"What was given in `{database}` cannot be read: {self._root}/{database}.json is damaged.",
                hint="restore an earlier version of the object, or run `ringi access apply` once more. More: ringi explain RNG-INF-063",
            ) from error

    def _write(self, database: str, held: Iterable[Element]) -> None:
        ordered = sorted((one for one in held if table_element(one) is not None), key=sort_key)
        told = {"schema_version": 1, "elements": [as_json(one) for one in ordered]}
        self._objects.put(f"{self._root}/{database}.json", json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode())
