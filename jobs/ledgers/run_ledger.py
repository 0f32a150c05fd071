"""The lines of the ledger of runs: which runs it does not know yet, and one line a run from what the facts say about it.

Used by `run.py` and by backfills.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.facts import gold
from jobs.ledgers import ledger

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from jobs.engine import Engine
    from jobs.table import Tables


def unfinished(tables: Tables, views: Iterable[str]) -> list[str]:
    """Runs whose facts are published and which the ledger does not know: they were cut off."""
    heads = [state.run_id for name in views if (state := gold.state(tables, name)) is not None]
    return [each for each in dict.fromkeys(heads) if not ledger.recorded(tables, ledger.RUNS, each)]


def record(tables: Tables, engine: Engine, views: Iterable[str], run_ids: Sequence[str], published: int, now: dt.datetime) -> None:
    """One line a run; `views` are those whose facts may be of these runs."""
    states = {name: tuple(gold.lineage(tables, name)) for name in sorted(views)} if run_ids else {}
    for run_id in dict.fromkeys(run_ids):
        mine = {name: state for name, held in states.items() for state in held if state.run_id == run_id}
        line = {
            "run_id": run_id,
            "recorded_at": now,
            "views": sorted(mine),
            "inputs": {name: snapshot for state in mine.values() for name, snapshot in state.inputs.items()},
            "meanings": {f"{name}.{column}": digest for name, state in mine.items() for column, digest in state.meanings.items()},
            "cells": sum(state.cells for state in mine.values()),
            "restated": sum(state.restated for state in mine.values()),
            "publications": published,
        }
        ledger.append_values(tables, engine, ledger.RUNS, run_id, [line])
