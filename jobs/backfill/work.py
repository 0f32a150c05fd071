"""Walks a backfill: its pieces one group after the other, the ledgers, and at the end the countries' copies.

Called by `ringi backfill` with a lake that is locked. Cut off anywhere, the same call goes on: the ledgers say which pieces are
there. What is published stays as it was until all pieces are computed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.backfill import pieces as parts
from jobs.backfill import state
from jobs.backfill.estimate import estimate, time_text
from jobs.backfill.plan import plan as planned
from jobs.backfill.report import BackfillReport
from jobs.checkpoint import reached
from jobs.facts import gold
from jobs.ledgers import restate, run_ledger
from jobs.ledgers.published import publications
from jobs.publishing import publish, publish_plan

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from jobs.backfill.estimate import Estimate
    from jobs.backfill.pieces import Sessions
    from jobs.backfill.plan import BackfillPlan, BackfillRequest, Begun, Piece
    from jobs.facts.run_plan import WantedView
    from jobs.running.run import Progress, RunLake

PATIENCE_SECONDS = 30
"""How often a person hears how long it will still take."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A backfill that can be walked: its plan, the record of its beginning where it has begun, and how many pieces are done."""

    plan: BackfillPlan
    asked: str
    begun: Begun | None
    done: int

    @property
    def left(self) -> tuple[Piece, ...]:
        return self.plan.pieces[self.done :]

    def estimate(self, lake: RunLake, vcpus: int) -> Estimate:
        """What the pieces that are left will read, take and cost."""
        known = state.measured(lake.tables, lake.engine, self.plan.name)
        return estimate(self.plan, self.left, lake.engine.dialect.name, vcpus, known)


def prepare(lake: RunLake, wanted: WantedView, request: BackfillRequest) -> Prepared:
    """Plan a backfill, or find the one of the same that was cut off. Changes nothing."""
    question = state.asked(wanted, request)
    begun = state.begun(lake.tables, lake.engine, question)
    plan = planned(lake.tables, wanted, request, lake.engine.most_rows, begun)
    done = state.pieces_done(lake.tables, lake.engine, plan.name, begun) if begun else 0
    return Prepared(plan, question, begun, done)


def backfill(
    lake: RunLake,
    prepared: Prepared,
    sessions: Sessions,
    now: dt.datetime,
    progress: Progress,
    say: Callable[[str], object],
    *,
    parallel: int = 1,
) -> BackfillReport:
    """Compute the pieces that are left, `parallel` of them side by side, and publish the countries that changed.

    Raises AuditError (the pieces before stay), PublicationError, CommitConflictError and the errors of the outside world; the same
    call goes on from there.
    """
    plan, started = prepared.plan, time.perf_counter()
    _complete(lake, plan.name, now)
    if not plan.pieces:
        return BackfillReport(plan.name, "", 0, 0, 0, 0, 0, 0.0)
    begun = prepared.begun or state.begin(lake.tables, lake.engine, plan, prepared.asked, now)
    reached("backfill_begun")
    spent, restated = 0.0, 0
    with progress("Computing pieces", len(prepared.left)) as advance:
        clock = _Clock(prepared.left, say)
        for first in range(prepared.done, len(plan.pieces), parallel):
            end = min(first + parallel, len(plan.pieces))
            restated += _group(lake, sessions, plan, begun, first, end, now)
            spent = clock.tell(end - prepared.done)
            advance(end - first)
    with progress("Publishing", None):
        copies = _publish(lake, plan, now)
    reached("backfill_published")
    rows = sum(piece.rows for piece in prepared.left)
    state.finish(lake.tables, lake.engine, plan, begun, now, rows, spent)
    reached("backfill_finished")
    return BackfillReport(
        view=plan.name,
        backfill_id=begun.id,
        pieces=len(prepared.left),
        done_before=prepared.done,
        periods=sum(len(piece.periods) for piece in prepared.left),
        restated=restated,
        published=copies,
        seconds=time.perf_counter() - started,
    )


def _group(lake: RunLake, sessions: Sessions, plan: BackfillPlan, begun: Begun, first: int, end: int, now: dt.datetime) -> int:
    """Some pieces side by side, on main and in the ledgers; gives how many published values they restated."""
    name = state.run_id(begun, first, end)
    parts.compute(lake.tables, sessions, lake.catalog, plan, plan.pieces[first:end], name, last=end == len(plan.pieces))
    return _complete(lake, plan.name, now)


def _complete(lake: RunLake, view: str, now: dt.datetime) -> int:
    """The ledgers' lines of the newest facts, if they are not there: those of the last pieces, or of a run that was cut off."""
    restated = restate.record(lake.tables, lake.engine, view, now)
    reached("restatements")
    run_ledger.record(lake.tables, lake.engine, [view], run_ledger.unfinished(lake.tables, [view]), 0, now)
    reached("backfill_recorded")
    return restated


def _publish(lake: RunLake, plan: BackfillPlan, now: dt.datetime) -> int:
    """The copies of the countries whose facts are complete and changed; all others, and other views, are left as they are."""
    held = gold.state(lake.tables, plan.name)
    ready = tuple(code for code in plan.wanted.countries if held is not None and held.countries.get(code) == plan.digests[code])
    due = publish_plan.plan(lake.tables, [replace(plan.wanted, countries=ready)], publications(lake.tables, lake.engine), lambda _: True)
    return publish.publish(lake.tables, lake.engine, due, now, lambda _: None).copies if not due.is_empty else 0


class _Clock:
    """Says how long the pieces that are left will take, after the first group and then now and again."""

    def __init__(self, pieces: Sequence[Piece], say: Callable[[str], object]) -> None:
        self._pieces, self._say = pieces, say
        self._begun = self._said = time.perf_counter()

    def tell(self, done: int) -> float:
        """Seconds since the beginning; a sentence where it is time for one."""
        now = time.perf_counter()
        spent, first = now - self._begun, self._said == self._begun
        if done < len(self._pieces) and (first or now - self._said >= PATIENCE_SECONDS):
            self._said = now
            rows_done, rows = sum(piece.rows for piece in self._pieces[:done]), sum(piece.rows for piece in self._pieces)
            left = spent * (rows - rows_done) / rows_done if rows_done else spent * (len(self._pieces) - done) / done
            self._say(f"{done} of {len(self._pieces)} pieces computed in {time_text(spent)}; about {time_text(left)} left.")
        return spent
