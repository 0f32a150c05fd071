"""Restatements of snapshot sources: which rows of the snapshot before changed or vanished in the one that is landed.

Used by `embedded.py`, and with the same statements by `spark/restate.py`, before bronze is replaced. Every such row, by its key,
is a line in the restatement ledger, with old and new values. A column that only one of the two files fills is another schema, not a restatement, and is not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.dialects import quoted
from jobs.engines.duckdb import literal
from jobs.land.report import Restated
from jobs.ledgers.ledger import RESTATEMENTS, append

if TYPE_CHECKING:
    from jobs.land.manifest import Manifest
    from jobs.land.workbench import Workbench
    from jobs.table import Tables
    from metrics_catalog.source import Source

TABLE = "land_restated"
REASON = "restated source"


def restate(bench: Workbench, tables: Tables, bronze: str, manifest: Manifest) -> Restated:
    """Compare with what bronze holds and write the ledger's lines; nothing where bronze holds nothing."""
    spec, source = tables.spec(bronze), bench.source
    files = [file.path for file in tables.files(bronze)]
    if spec is None or not files:
        return Restated()
    known = {column.name: column for column in spec.columns}
    old = bench.engine.relation(files, [known[name] for name in source.columns if name in known])
    values = _comparable(bench, old, [name for name in source.columns if name in known and name not in source.key])
    bench.engine.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS {differences(source, old, bench.accepted, values)}")
    append(tables, bench.engine, RESTATEMENTS, f"land {source.source} {manifest.batch}", ledger_lines(source, manifest))
    reached("land_restated")
    changed, vanished = bench.engine.rows(f"SELECT count(*) FILTER (NOT _vanished), count(*) FILTER (_vanished) FROM {TABLE}")[0]
    bench.engine.execute(f"DROP TABLE {TABLE}")
    return Restated(changed, vanished)


def _comparable(bench: Workbench, old: str, names: list[str]) -> list[str]:
    """Columns that both sides fill."""
    if not names:
        return []
    filled = ", ".join(f"count({quoted(name)}) > 0" for name in names)
    before, after = (bench.engine.rows(f"SELECT {filled} FROM {relation}")[0] for relation in (old, bench.accepted))
    return [name for name, left, right in zip(names, before, after, strict=True) if left and right]


def differences(source: Source, old: str, new: str, values: list[str]) -> str:
    """Rows of the old side that are another or no longer there: key, `_vanished`, `_columns`, `_old`, `_new`."""
    key = ", ".join(quoted(name) for name in source.key)
    match = " AND ".join(f"o.{quoted(name)} = n.{quoted(name)}" for name in source.key)
    differs = {name: f"o.{quoted(name)} IS DISTINCT FROM n.{quoted(name)}" for name in values}
    gone = f"n.{quoted(source.key[0])} IS NULL"
    changed = " OR ".join(differs.values()) or "false"
    named = ", ".join(f"CASE WHEN {test} THEN {literal(name)} END" for name, test in differs.items()) or "NULL"
    lists = f"list_filter([{named}], lambda name: name IS NOT NULL)"
    old_key = ", ".join(f"o.{quoted(name)} AS {quoted(name)}" for name in source.key)
    return (
        f"SELECT {old_key}{_context(source)}, {gone} AS _vanished, CASE WHEN {gone} THEN '*' ELSE array_to_string({lists}, ', ') END AS _columns, "
        f"{_json('o', values, differs, gone)} AS _old, CASE WHEN {gone} THEN NULL ELSE {_json('n', values, differs, gone)} END AS _new "
        f"FROM {old} o LEFT JOIN (SELECT {key}, {', '.join(map(quoted, values)) or 'NULL AS nothing'} FROM {new}) n ON {match} WHERE {gone} OR {changed}"
    )


def _context(source: Source) -> str:
    """Country and time of the old row, where they are not in the key."""
    wanted = {name for name in (source.country, source.event_time) if name is not None} - set(source.key)
    return "".join(f", o.{quoted(name)} AS {quoted(name)}" for name in sorted(wanted))


def _json(side: str, values: list[str], differs: dict[str, str], gone: str) -> str:
    """The values of one side that differ (all of them where the row vanished), as a JSON object of texts."""
    if not values:
        return "'{}'"
    names = ", ".join(f"CASE WHEN {gone} OR {differs[name]} THEN {literal(name)} END" for name in values)
    texts = ", ".join(f"CAST({side}.{quoted(name)} AS VARCHAR)" for name in values)
    return f"CAST(to_json(map_from_entries(list_filter(list_zip([{names}], [{texts}]), lambda pair: pair[1] IS NOT NULL))) AS VARCHAR)"


def ledger_lines(source: Source, manifest: Manifest) -> str:
    """The ledger's lines of the differences that were found."""
    country = quoted(source.country) if source.country else "NULL::VARCHAR"
    period = f"CAST({quoted(source.event_time)} AS DATE)" if source.event_time else "NULL::DATE"
    others = [name for name in source.key if name not in (source.country, source.event_time)]
    members = f"CAST(json_object({', '.join(f'{literal(name)}, {quoted(name)}' for name in others)}) AS VARCHAR)"
    recorded = f"{literal(manifest.received_at.isoformat())}::TIMESTAMPTZ"
    return (
        f"SELECT {literal(manifest.batch)} AS run_id, {recorded} AS recorded_at, {literal(source.source)} AS subject, {country} AS viewing_country, "
        f"{period} AS period, {members} AS members, _columns AS value_name, _old AS old_value, _new AS new_value, {literal(REASON)} AS reason FROM {TABLE}"
    )
