"""The ledger: what was run, published and restated, in append-only tables whose blocks are chained by hashes.

Written by `run` and `land`, read by people and by `verify`. What one step appends is a block: it has a name that is the same
when the step is repeated, so that a step cut off and done again adds nothing twice. Each line has the SHA-256 of its
canonical JSON; each block that of the previous block's hash, its own lines and its name: no line can be changed, moved or left
out unseen. The head's hash stands in the snapshot summary. `ledger_check.py` recomputes all of it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from jobs.dialects import literal
from jobs.errors import CommitConflictError
from jobs.table import Commit, TableColumn, TableSpec
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.engine import Engine
    from jobs.table import Tables

GENESIS = "0" * 64
BLOCK, BLOCK_HASH, BLOCK_NUMBER = "ringi.block", "ringi.block-hash", "ringi.block-number"
CARRIED = "ringi.carried-blocks"
"""In the summary of a ledger that was redacted: names of earlier blocks that somebody may still ask for, one a line."""

ATTEMPTS = 5

CHAIN = (
    TableColumn("block", ColumnType.STRING, required=True, doc="Name of the step that wrote the line."),
    TableColumn("block_number", ColumnType.INTEGER, required=True, doc="Number of the block, from 1."),
    TableColumn("line", ColumnType.INTEGER, required=True, doc="Number of the line in its block, from 1."),
    TableColumn("line_hash", ColumnType.STRING, required=True, doc="SHA-256 of the line's canonical JSON."),
    TableColumn("previous_hash", ColumnType.STRING, required=True, doc="Hash of the block before; 64 zeros for the first."),
    TableColumn("hash", ColumnType.STRING, required=True, doc="SHA-256 of previous_hash, the block's line hashes in order, and its name."),
)

_CHAINED = frozenset(column.name for column in CHAIN)


def _spec(name: str, **columns: tuple[ColumnType, str]) -> TableSpec:
    return TableSpec(f"ledger.{name}", (*(TableColumn(column, kind, doc=doc) for column, (kind, doc) in columns.items()), *CHAIN))


_TEXT, _NUMBER, _DATE, _TIME = ColumnType.STRING, ColumnType.INTEGER, ColumnType.DATE, ColumnType.TIMESTAMP

RUNS = _spec(
    "runs",
    run_id=(_TEXT, "Name of the run: a digest of what it started from."),
    recorded_at=(_TIME, "When the run was closed."),
    views=(_TEXT, "Views that were computed or published, as a JSON array."),
    inputs=(_TEXT, "Snapshot of each table that was read, as a JSON object."),
    meanings=(_TEXT, "Digest of each certified meaning that was computed, as a JSON object."),
    cells=(_NUMBER, "Country and period pairs that were computed."),
    restated=(_NUMBER, "Published values that changed."),
    publications=(_NUMBER, "Saved copies that were published."),
)
PUBLICATIONS = _spec(
    "publications",
    run_id=(_TEXT, "The run that published it."),
    recorded_at=(_TIME, "When it was recorded."),
    view=(_TEXT, "Published view."),
    viewing_country=(_TEXT, "Country whose copy it is."),
    action=(_TEXT, "`published` or `withdrawn`."),
    gold_snapshot=(_NUMBER, "Snapshot of the facts that it was copied from."),
    saved_snapshot=(_NUMBER, "Snapshot of the saved copy."),
    row_count=(_NUMBER, "Rows of the saved copy."),
    metrics=(_TEXT, "Digest of each published meaning, as a JSON object."),
)
RESTATEMENTS = _spec(
    "restatements",
    run_id=(_TEXT, "The run, or the batch, that changed the value."),
    recorded_at=(_TIME, "When it was recorded."),
    subject=(_TEXT, "Published view, or the source of a snapshot delivery."),
    viewing_country=(_TEXT, "Country of the value."),
    period=(_DATE, "First day of the value's period."),
    members=(_TEXT, "The other key columns of the row, as a JSON object."),
    value_name=(_TEXT, "Metric, or column of the source."),
    old_value=(_TEXT, "Value before; NULL where the row did not exist."),
    new_value=(_TEXT, "Value after; NULL where the row no longer exists."),
    reason=(_TEXT, "`new events`, `new meaning` or `restated source`."),
)


def block_name(parts: Sequence[str]) -> str:
    """A name for a block that is made of several things, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(parts)).encode()).hexdigest()[:24]


def recorded(tables: Tables, spec: TableSpec, block: str) -> bool:
    """Whether the block is in the ledger already."""
    told = (snapshot.summary for snapshot in tables.snapshots(spec.name))
    return any(each.get(BLOCK) == block or block in each.get(CARRIED, "").split("\n") for each in told)


def append(tables: Tables, engine: Engine, spec: TableSpec, block: str, lines: str) -> int:
    """Append the rows of a query as one block; returns how many. Nothing is added where the block is there or has no line.

    `lines` gives the ledger's own columns by name, less those of the chain. Raises CommitConflictError when others keep
    appending at the same time.
    """
    for _ in range(ATTEMPTS):
        if recorded(tables, spec, block):
            return 0
        head = tables.snapshot(spec.name)
        shape = tables.shape(spec)
        folder = f"{tables.data_folder(spec.name)}/{uuid.uuid4().hex}"
        previous, number = (head.summary[BLOCK_HASH], int(head.summary[BLOCK_NUMBER]) + 1) if head else (GENESIS, 1)
        files = engine.write(block_sql(engine.dialect, spec, block, number, lines, previous), folder, shape.columns, sort=("line",))
        if not files:
            return 0
        paths = [file.path for file in files]
        block_hash = engine.value(f'SELECT min("hash") FROM {engine.relation(paths, shape.columns)}')
        summary = {BLOCK: block, BLOCK_NUMBER: str(number), BLOCK_HASH: block_hash}
        try:
            tables.commit(Commit(spec.name, paths, summary=summary, spec=spec, parent=head.id if head else None))
        except CommitConflictError:
            continue
        return sum(file.rows for file in files)
    raise CommitConflictError(f"Other processes kept writing to `{spec.name}`.", hint="run the same command again.")


def append_values(tables: Tables, engine: Engine, spec: TableSpec, block: str, lines: Sequence[Mapping[str, Any]]) -> int:
    """Append a few lines that are at hand as values; see `append`."""
    return append(tables, engine, spec, block, values_sql(engine.dialect, lines)) if lines else 0


def values_sql(dialect: Dialect, lines: Sequence[Mapping[str, Any]]) -> str:
    """A query that gives the lines; all have the same names."""
    names = list(lines[0])
    rows = ", ".join("(" + ", ".join(literal(dialect, line[name]) for name in names) + ")" for line in lines)
    return f"SELECT * FROM (VALUES {rows}) AS given({', '.join(names)})"


def block_sql(dialect: Dialect, spec: TableSpec, block: str, number: int, lines: str, previous: str) -> str:
    """A query that gives the lines of a block with the columns of the chain; `previous` is the hash of the block before."""
    own = [column for column in spec.columns if column.name not in _CHAINED]
    order = ", ".join(f'"{column.name}" NULLS FIRST' for column in own)
    cast = ", ".join(f'CAST("{column.name}" AS {dialect.type(column.type)}) AS "{column.name}"' for column in own)
    numbered = (
        f"SELECT *, {literal(dialect, block)} AS block, {number} AS block_number, row_number() OVER (ORDER BY {order}) AS line,"
        f" {line_hash(dialect, spec)} AS line_hash FROM given"
    )
    before = literal(dialect, previous)
    return (
        f"WITH given AS (SELECT {cast} FROM ({lines}) AS lines), {dialect.kept('numbered', numbered)}"
        f" SELECT *, {before} AS previous_hash, (SELECT {block_hash(dialect, before, literal(dialect, block))} FROM numbered) AS hash FROM numbered"
    )


def line_hash(dialect: Dialect, spec: TableSpec) -> str:
    """SQL for the hash of a line: canonical JSON of its own columns, times in microseconds since 1970."""
    own = sorted((column for column in spec.columns if column.name not in _CHAINED), key=lambda column: column.name)
    times = ColumnType.TIMESTAMP
    fields = [(column.name, dialect.micros(f'"{column.name}"') if column.type is times else f'"{column.name}"') for column in own]
    return dialect.sha256(dialect.json_object(fields))


def block_hash(dialect: Dialect, previous: str, block: str | None) -> str:
    """SQL for the hash of a block; `block` is None for those of before their names were covered."""
    joined = f"{previous} || {dialect.joined('line_hash', 'line')}"
    return dialect.sha256(joined if block is None else f"{joined} || {block}")
