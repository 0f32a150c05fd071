"""What was published last: for each view and country the newest line of the publication ledger. Read by `publish.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.ledgers import ledger

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.table import Tables

PUBLISHED, WITHDRAWN = "published", "withdrawn"


@dataclass(frozen=True, slots=True)
class Publication:
    """One country's copy of a view as it was last published, or withdrawn."""

    view: str
    country: str
    gold_snapshot: int
    withdrawn: bool


def publications(tables: Tables, engine: Engine) -> dict[tuple[str, str], Publication]:
    """The newest publication of each view and country."""
    spec = tables.spec(ledger.PUBLICATIONS.name)
    if spec is None:
        return {}
    held = engine.relation([file.path for file in tables.files(spec.name)], spec.columns)
    rows = engine.rows(
        "SELECT view, viewing_country, max_by(gold_snapshot, (block_number, line)), max_by(action, (block_number, line))"
        f" FROM {held} GROUP BY view, viewing_country"
    )
    return {(view, code): Publication(view, code, snapshot, action == WITHDRAWN) for view, code, snapshot, action in rows}
