"""The ledger that a verification may look at: that of the project's own lake on this machine, or one that is named.

Used by `ringi verify`. A lake in S3 is not reached from here: verification needs no account. A copy of its ledger is enough.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from jobs.ledgers.ledger_publications import LedgerOfPublications

CATALOG = "catalog.db"


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger on this machine: a whole warehouse, or copied data files of `ledger.publications`."""

    warehouse: Path | None
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Where it lies, for people."""
        return str(self.warehouse or (self.files[0] if len(self.files) == 1 else self.files[0].parent))

    def read(self) -> LedgerOfPublications:
        """Its publications, and where it is not what was written; nothing is changed."""
        from infra.local.iceberg import LocalTables
        from jobs.engines.duckdb import DuckDb
        from jobs.ledgers.ledger_publications import of_files, of_lake

        with tempfile.TemporaryDirectory(prefix="ringi-verify-") as spill, DuckDb(spill=Path(spill)) as engine:
            if self.warehouse is not None:
                return of_lake(LocalTables(self.warehouse), engine)
            return of_files(engine, [str(path) for path in self.files])


def ledger_of_project(root: Path, profile: str) -> Ledger | None:
    """The ledger of the project's own lake; None where it is in S3, or nothing was ever run here."""
    from ringi.project import read_profile

    config = read_profile(root, profile)
    return Ledger(config.warehouse) if config.aws is None and (config.warehouse / CATALOG).is_file() else None


def ledger_at(path: Path) -> Ledger:
    """The ledger that a person names: a warehouse, a Parquet file, or a folder with Parquet files; raises UsageError."""
    if (path / CATALOG).is_file():
        return Ledger(path)
    files = (path,) if path.is_file() else tuple(sorted(path.rglob("*.parquet")))
    if not files or not all(_is_parquet(each) for each in files):
        raise UsageError(
            f"`{path}` holds no ledger.",
            hint="name a warehouse, or the data files of `ledger.publications` copied from one (Parquet).",
        )
    return Ledger(None, files)


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False
