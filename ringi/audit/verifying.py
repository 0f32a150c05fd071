"""Verification of every ledger of a lake, or of files that were copied from one; used by `ringi audit verify`.

Gathers what is there and hands it to the rules: `jobs.ledgers.ledger_check` for tables, `governance.ledgers.query_chain` for queries, and
`governance.ledgers.audit_verdict` for what they say of each other. Nothing is changed, and no lock is taken.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from governance.ledgers.audit_line import Kind
from governance.ledgers.audit_verdict import AuditVerdict, Chain, ChainFault, Vouched, judged
from governance.ledgers.query_chain import Link
from jobs.ledgers import audit_ledger, ledger_check
from metrics_catalog.errors import UsageError
from ringi.audit.recording import QUERIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from governance.ledgers.query_chain import Checked
    from jobs.engine import Engine
    from jobs.ledgers.audit_ledger import AuditRow
    from jobs.table import Tables, TableSpec
    from ringi.lake import Lake


@dataclass(frozen=True, slots=True)
class _Found:
    """Ledgers that were walked, the lines of the audit ledger, and how to walk the ledger of queries."""

    ledgers: Sequence[ledger_check.Checked]
    audit: Sequence[AuditRow]
    queries: Callable[[frozenset[int]], Checked] | None = None


def verify_lake(lake: Lake, *, noted: str | None = None) -> AuditVerdict:
    """Every ledger of an opened lake; `noted` is a head that somebody kept elsewhere."""
    from ringi.query.answering import query_ledger

    with lake.ledger_engine() as engine:
        found = _of_tables(lake.tables, engine)
    return _verdict(replace(found, queries=query_ledger(lake).check if lake.config.aws is None else None), noted)


def verify_copy(folder: Path, *, noted: str | None = None) -> AuditVerdict:
    """Every ledger in a warehouse, or in a copy of its folder `ledger`; raises UsageError where there is none."""
    from infra.local.copied_ledgers import is_original, ledgers_below, query_folder
    from infra.local.iceberg import LocalTables
    from infra.local.query_ledger import QueryLedger
    from jobs.engines.duckdb import DuckDb

    if not folder.is_dir():
        raise UsageError(f"`{folder}` is no folder.", hint="name a copied warehouse, or a copy of its folder `ledger`.")
    inside = folder / "ledger" if (folder / "ledger").is_dir() else folder
    queries = query_folder(inside)
    with tempfile.TemporaryDirectory(prefix="ringi-audit-") as spill, DuckDb(spill=Path(spill)) as engine:
        found = _of_tables(LocalTables(folder), engine) if is_original(folder) else _of_files(engine, ledgers_below(inside))
    if not found.ledgers and queries is None:
        raise UsageError(f"`{folder}` holds no ledger.", hint="name a copied warehouse, or a copy of its folder `ledger`.")
    return _verdict(replace(found, queries=QueryLedger(queries).check if queries else None), noted)


def _of_tables(tables: Tables, engine: Engine) -> _Found:
    """Seals are read before what they speak of, so that one written meanwhile accuses nobody."""
    audit = _audit_rows(lambda: audit_ledger.read(tables, engine))
    return _Found([ledger_check.check(tables, engine, name) for name in tables.names("ledger")], audit)


def _of_files(engine: Engine, held: Mapping[str, tuple[TableSpec, tuple[str, ...]]]) -> _Found:
    ledgers = [ledger_check.check_files(engine, spec, files, copied=True) for spec, files in held.values()]
    if audit_ledger.AUDIT.name not in held:
        return _Found(ledgers, ())
    spec, files = held[audit_ledger.AUDIT.name]
    relation = f"(SELECT DISTINCT * FROM {engine.relation(files, spec.columns)}) AS held"
    return _Found(ledgers, _audit_rows(lambda: audit_ledger.read_relation(engine, relation)))


def _audit_rows(read: Callable[[], tuple[AuditRow, ...]]) -> tuple[AuditRow, ...]:
    """The lines of the audit ledger; none where it cannot be read, which the walk over it has told."""
    from metrics_catalog.errors import RingiError

    try:
        return read()
    except RingiError:
        return ()


def _verdict(found: _Found, noted: str | None) -> AuditVerdict:
    seals = audit_ledger.seals(found.audit)
    removals = [_link(row) for row in found.audit if row.kind == Kind.REMOVAL]
    chains = [_table_chain(each) for each in found.ledgers]
    if found.queries is not None:
        chains.append(_query_chain(found.queries(frozenset(seals.get(QUERIES, ())))))
    return judged(chains, Vouched(seals, removals, audit_ledger.redacted(found.audit)), noted)


def _link(row: AuditRow) -> Link:
    facts = json.loads(row.details)
    return Link(int(facts["number"]), str(facts["head"]))


def _table_chain(checked: ledger_check.Checked) -> Chain:
    faults = tuple(ChainFault(fault.message, fault.file, fault.block or None, fault.line) for fault in checked.faults)
    return Chain(checked.ledger, checked.lines, Link(*checked.end), "block", faults, checked.blocks)


def _query_chain(checked: Checked) -> Chain:
    faults = tuple(ChainFault(fault.message, fault.file, None, fault.line) for fault in checked.faults)
    return Chain(QUERIES, checked.lines, checked.end, "line", faults, checked.links, checked.first or Link(), loose=checked.loose)
