"""Saved copies: each country's own rows of a view's facts, in files below its own folder, audited before anybody sees them.

Used by `publish.py`, which commits them.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from jobs.errors import JobError
from jobs.facts import gold
from jobs.table import Commit, PartitionField, TableColumn, TableSpec
from metrics_catalog.view import COUNTRY_COLUMN
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.engine import Engine, Written
    from jobs.publishing.publish_plan import ViewPublication
    from jobs.table import Snapshot, Tables

GOLD_SNAPSHOT = "ringi.gold-snapshot"
"""In the summary of a copy's snapshot: the snapshot of the facts that it was copied from."""

STAGING = ".staging"
"""Folder of the lake in which copies lie until each is moved below its own country's folder."""

BY_COUNTRY = (PartitionField(COUNTRY_COLUMN),)
"""How the files of copies are cut: one country a file."""


class PublicationError(JobError):
    """Saved copies are not what the facts say; nothing of the view was published."""


def write(tables: Tables, engine: Engine, view: ViewPublication, due: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Data files of the copies by country, in each country's own folder; audited. Copies of one shape are one statement."""
    by_shape: dict[tuple[TableColumn, ...], list[str]] = {}
    for code in due:
        by_shape.setdefault(tables.shape(_saved_spec(view, code), replacing=True).columns, []).append(code)
    found: dict[str, tuple[str, ...]] = {}
    for columns, codes in by_shape.items():
        facts = _facts_sql(tables, engine, view, codes)
        folder = f"{tables.data_folder(f'{STAGING}.{view.wanted.contract.name}')}/{uuid.uuid4().hex}"
        files = engine.write(facts, folder, columns, BY_COUNTRY, sort=view.wanted.contract.keys)
        audit(engine, view, columns, facts, files)
        for code in codes:
            paths = [file.path for file in files if file.partition == (code,)]
            found[code] = tables.take(saved_name(code, view.wanted.contract.name), paths)
    return found


def _facts_sql(tables: Tables, engine: Engine, view: ViewPublication, codes: Sequence[str]) -> str:
    """A query of the countries' rows of the facts, with the columns of the contract."""
    name = gold.gold_name(view.wanted.contract.name)
    spec = tables.spec(name)
    names = ", ".join(f'"{column.name}"' for column in view.wanted.contract.columns)
    held = engine.relation([file.path for file in tables.files(name, snapshot_id=view.head.snapshot_id)], spec.columns if spec else ())
    listed = ", ".join(f"'{code}'" for code in codes)
    return f'SELECT {names} FROM {held} WHERE "{COUNTRY_COLUMN}" IN ({listed})'


def audit(engine: Engine, view: ViewPublication, columns: Sequence[TableColumn], facts: str, files: Sequence[Written]) -> None:
    """The copies hold the rows of the facts, each once, and each file the rows of its country alone."""
    copies = engine.relation([file.path for file in files], columns)
    lost = engine.value(f"SELECT count(*) FROM (({facts}) EXCEPT ALL (SELECT * FROM {copies})) AS lost")
    rows = engine.value(f"SELECT count(*) FROM ({facts}) AS facts")
    strangers = _strangers(engine, columns, files)
    if lost or rows != sum(file.rows for file in files) or strangers:
        what = (
            f"{lost} rows differ from the facts"
            if lost
            else f"{strangers} rows lie in another country's copy"
            if strangers
            else "rows are missing or too many"
        )
        raise PublicationError(
            f"The saved copies of `{view.wanted.contract.name}` failed their audit: {what}. Nothing of the view was published.",
            hint="this is a fault of Ringi, or files of the lake were changed by hand: please report it. More: ringi explain RNG-JOB-041",
        )


def _strangers(engine: Engine, columns: Sequence[TableColumn], files: Sequence[Written]) -> int:
    """Rows of the files that are not of the one country whose copy each becomes."""
    (country,) = (column for column in columns if column.name == COUNTRY_COLUMN)
    held = engine.tally([file.path for file in files], country)
    return sum(count for file in files for code, count in held.get(file.path, {}).items() if code != file.partition[0])


def _saved_spec(view: ViewPublication, code: str) -> TableSpec:
    return TableSpec(saved_name(code, view.wanted.contract.name), gold.table_columns(view.wanted.contract))


def commit_of(tables: Tables, view: ViewPublication, code: str, paths: Sequence[str]) -> Commit:
    spec = _saved_spec(view, code)
    head = tables.snapshot(spec.name)
    summary = {
        gold.RUN_ID: view.head.run_id,
        GOLD_SNAPSHOT: str(view.head.snapshot_id),
        gold.MEANINGS: json.dumps(dict(view.head.meanings), sort_keys=True, separators=(",", ":")),
    }
    return Commit(spec.name, paths, replace_all=True, summary=summary, spec=spec, parent=head.id if head else None)


def is_committed(tables: Tables, view: ViewPublication, code: str) -> bool:
    """Whether a run that was cut off had committed this very copy."""
    snapshot = tables.snapshot(saved_name(code, view.wanted.contract.name))
    return snapshot is not None and snapshot.summary.get(GOLD_SNAPSHOT) == str(view.head.snapshot_id)


def present(tables: Tables, view: str, code: str) -> Snapshot:
    snapshot = tables.snapshot(saved_name(code, view))
    if snapshot is None:
        raise JobError(f"The saved copy `{saved_name(code, view)}` vanished while it was published.", hint="run again.")
    return snapshot
