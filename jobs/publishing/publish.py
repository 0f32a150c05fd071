"""Publishing: each country's saved copy and definer view, for the countries whose facts changed.

All copies of a view are written by one statement, compared with the facts, and committed at one moment together with the definer
views over them. What was published is a line in the publication ledger.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.checkpoint import reached
from jobs.ledgers import ledger
from jobs.ledgers.published import PUBLISHED, WITHDRAWN
from jobs.publishing import copies, definers
from views.published_view import published_name, saved_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.facts.run_plan import WantedView
    from jobs.publishing.publish_plan import PublicationPlan, ViewPublication
    from jobs.table import Tables


@dataclass(frozen=True, slots=True)
class Published:
    """How many saved copies and definer views were published."""

    copies: int
    definers: int


def publish(tables: Tables, engine: Engine, planned: PublicationPlan, now: dt.datetime, advance: Callable[[int], None]) -> Published:
    """Write, audit and commit the saved copies together with their definer views, and record them."""
    lines: list[dict[str, Any]] = []
    views = 0
    for view in planned.views:
        put, recorded = _publish_view(tables, engine, view, now)
        views += put
        lines += recorded
        advance(len(view.countries))
    for name, code in planned.withdrawn:
        tables.drop(published_name(code, name))
        tables.drop(saved_name(code, name))
        lines.append(_line(name, code, WITHDRAWN, now))
    reached("saved_published")
    _record(tables, engine, lines)
    reached("publications")
    return Published(sum(len(view.countries) for view in planned.views), views)


def publish_definers(tables: Tables, planned: PublicationPlan, wanted: Sequence[WantedView], left: Callable[[str], bool]) -> int:
    """Create, replace and drop definer views so that they are as the contracts say; gives how many changed."""
    changes = definers.plan_all(tables, planned, wanted, left)
    tables.put_views([definers.as_table_view(view) for view in changes.to_put])
    for name in changes.to_drop:
        tables.drop(name)
    reached("views_published")
    return len(changes.to_put) + len(changes.to_drop)


def _publish_view(tables: Tables, engine: Engine, view: ViewPublication, now: dt.datetime) -> tuple[int, list[dict[str, Any]]]:
    """Publish the copies of one view together with the definer views over them; gives how many of these, and the ledger's lines."""
    contract = view.wanted.contract
    meanings = dict(view.head.meanings)
    due = [code for code in view.countries if not copies.is_committed(tables, view, code)]
    written = copies.write(tables, engine, view, due)
    reached("saved_written")
    views = definers.changed_over(tables, view.wanted, due)
    made = tables.commit_all([copies.commit_of(tables, view, code, written[code]) for code in due], views)
    snapshots = dict(zip(due, made, strict=True))
    lines = []
    for code in view.countries:
        snapshot = snapshots.get(code) or copies.present(tables, contract.name, code)
        line = _line(contract.name, code, PUBLISHED, now)
        rows = int(snapshot.summary.get("total-records", "0"))
        lines.append({**line, "run_id": view.head.run_id, "gold_snapshot": view.head.snapshot_id, "saved_snapshot": snapshot.id,
                      "row_count": rows, "metrics": meanings})  # fmt: skip
    return len(views), lines


def _line(view: str, code: str, action: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "run_id": "",
        "recorded_at": now,
        "view": view,
        "viewing_country": code,
        "action": action,
        "gold_snapshot": None,
        "saved_snapshot": None,
        "row_count": None,
        "metrics": {},
    }


def _record(tables: Tables, engine: Engine, lines: Sequence[Mapping[str, Any]]) -> None:
    """One block for all that was published; its name says what, so that a repeated step adds nothing."""
    named = sorted(
        [line["view"], line["viewing_country"], line["action"], str(line["saved_snapshot"] or line["recorded_at"])] for line in lines
    )
    block = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    ledger.append_values(tables, engine, ledger.PUBLICATIONS, block, lines)
