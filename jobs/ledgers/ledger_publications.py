"""The publications that a ledger tells of, and whether the ledger is as it was written. Read by `verify`."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.verification.verify_published import Publication
from jobs.ledgers import ledger, ledger_check
from jobs.ledgers.published import PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobs.engine import Engine
    from jobs.table import Tables


@dataclass(frozen=True, slots=True)
class LedgerOfPublications:
    """What was read: publications that can be understood, and places where the ledger is not what was written."""

    publications: tuple[Publication, ...]
    faults: tuple[ledger_check.Fault, ...]


def of_lake(tables: Tables, engine: Engine) -> LedgerOfPublications:
    """The ledger of a lake, with its chain of hashes checked up to its head; empty where nothing was ever published."""
    spec = tables.spec(ledger.PUBLICATIONS.name)
    if spec is None:
        return LedgerOfPublications((), ())
    relation = engine.relation([file.path for file in tables.files(spec.name)], spec.columns)
    return _read(engine, relation, ledger_check.verify(tables, engine, ledger.PUBLICATIONS))


def of_files(engine: Engine, files: Sequence[str]) -> LedgerOfPublications:
    """The ledger in copied data files. Their chain is checked from its beginning; that its end is there cannot be known."""
    columns = [replace(column, id=number) for number, column in enumerate(ledger.PUBLICATIONS.columns, start=1)]
    faults = ledger_check.check_files(engine, replace(ledger.PUBLICATIONS, columns=tuple(columns)), files).faults
    return _read(engine, engine.relation(files, columns), faults)


def _read(engine: Engine, relation: str, faults: tuple[ledger_check.Fault, ...]) -> LedgerOfPublications:
    micros = engine.dialect.micros("recorded_at")
    rows = engine.rows(
        f"SELECT block, view, run_id, {micros}, metrics, viewing_country FROM {relation} WHERE action = '{PUBLISHED}' ORDER BY 4, 2, 3, 1, 6"
    )
    grouped: dict[tuple[str, str, str, int, str], list[str]] = {}
    for block, view, run_id, at, metrics, country in rows:
        grouped.setdefault((block, view, run_id or "", at, metrics), []).append(country)
    publications: list[Publication] = []
    found = list(faults)
    for (block, view, run_id, at, metrics), countries in grouped.items():
        try:
            publications.append(Publication(view, tuple(countries), run_id, _instant(at), dict(_digests(metrics))))
        except (ValueError, RecursionError, OverflowError, TypeError):
            found.append(
                ledger_check.Fault(ledger.PUBLICATIONS.name, block, f"a line about `{view}` does not say which meanings it published")
            )
    return LedgerOfPublications(tuple(publications), tuple(dict.fromkeys(found)))


def _instant(micros: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)


def _digests(metrics: str) -> Iterator[tuple[str, str]]:
    read = json.loads(metrics)
    if not isinstance(read, dict):
        raise ValueError("expected an object")
    for column, digest in read.items():
        if not isinstance(digest, str):
            raise ValueError("expected a digest")
        yield column, digest
