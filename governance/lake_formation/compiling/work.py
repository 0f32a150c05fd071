"""What each kind of work needs of Lake Formation: the least verbs on the databases that it reads or writes, and none elsewhere.

A profile says which role does which work; `standing.py` turns that into permissions. docs/aws.md has the same as a table, and a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from governance.lake_formation.resource import EVERY_TABLE, Database, Table
from governance.lake_formation.state import Permission


class Work(StrEnum):
    """A kind of work that a role of the lake does. Words of commands beside these: see `docs/aws.md`."""

    ACCESS = "access"
    """`ringi access apply` and `drift`: an administrator, who notes each apply in the ledgers and reads no data."""
    ERASE = "erase"
    """`ringi erase`: every row of every table, since the person may be anywhere."""
    LAND = "land"
    """`ringi land` and `ringi stream`: raw events into bronze and quarantine."""
    MAINTAIN = "maintain"
    """`ringi maintain`: files are written anew, snapshots forgotten; of saved copies the metadata alone."""
    RUN = "run"
    """`ringi run` and `ringi backfill`: from bronze to facts, saved copies and views."""


EVERY_WORK = frozenset(Work)

SEES = frozenset({"DESCRIBE"})
MAKES = SEES | {"CREATE_TABLE"}
READS = SEES | {"SELECT"}
ADDS = READS | {"ALTER", "INSERT"}
"""New rows beside those that are there; ALTER, since each commit changes what the catalog says of the table."""
WRITES = ADDS | {"DELETE"}
DROPS = WRITES | {"DROP"}
MOVES = SEES | {"ALTER"}
"""The pointer to a table's metadata, and no row of it."""


@dataclass(frozen=True, slots=True)
class Right:
    """Verbs on the databases whose names match one of the patterns, and on every table in them, those of later days too."""

    databases: tuple[str, ...]
    on_database: frozenset[str]
    on_tables: frozenset[str]


RIGHTS: Mapping[Work, tuple[Right, ...]] = {
    Work.ACCESS: (Right(("ledger",), MAKES, ADDS),),
    Work.ERASE: (
        Right(("bronze", "quarantine", "gold", "saved_*"), SEES, WRITES),
        Right(("ledger",), MAKES, WRITES),
    ),
    Work.LAND: (Right(("bronze", "quarantine"), MAKES, WRITES), Right(("ledger",), MAKES, ADDS)),
    Work.MAINTAIN: (
        Right(("bronze", "quarantine", "gold"), SEES, WRITES),
        Right(("ledger",), MAKES, WRITES),
        Right(("saved_*",), SEES, MOVES),
        Right(("views_*",), SEES, SEES),
    ),
    Work.RUN: (
        Right(("bronze",), SEES, READS),
        Right(("gold",), MAKES, DROPS),
        Right(("ledger",), MAKES, ADDS),
        Right(("saved_*",), MAKES | {"ALTER"}, DROPS),
        Right(("views_*",), MAKES | {"ALTER"}, MOVES | {"DROP"}),
    ),
}
"""ALTER on a database closes what it gives to new tables by itself, before one is made anew in it."""


@dataclass(frozen=True, slots=True)
class JobRole:
    """A role of the lake, by its ARN, with the work that it does."""

    identity: str
    works: frozenset[Work] = EVERY_WORK

    def rights(self, databases: Iterable[str]) -> Iterator[Permission]:
        """Its permissions on those of the lake's databases that are there."""
        for database in databases:
            for right in self._on(database):
                yield from (Permission(self.identity, Database(database), action) for action in sorted(right.on_database))
                yield from (Permission(self.identity, Table(database, EVERY_TABLE), action) for action in sorted(right.on_tables))

    def makes_tables(self, database: str) -> bool:
        """Whether its work makes tables there: their maker holds everything on them."""
        return any("CREATE_TABLE" in right.on_database for right in self._on(database))

    def _on(self, database: str) -> Iterator[Right]:
        for work in sorted(self.works):
            yield from (right for right in RIGHTS[work] if any(fnmatchcase(database, each) for each in right.databases))
