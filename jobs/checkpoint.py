"""Named points at which the lake has just changed. A test aid: a process can be made to die exactly there.

With `RINGI_KILL_AT=<name>` in the environment the process kills itself with SIGKILL when the point is reached, with
`<name>:<n>` when it is reached the n-th time. Otherwise reaching a point does nothing. Every point is listed here, so that a
test can drive each of them.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

LAND_POINTS = (
    "land_received",  # the files are copied to a place nobody looks into
    "land_kept",  # the batch is in the landing zone, with its manifest
    "land_restated",  # the lines of restated rows are in the ledger (snapshot sources)
    "land_written",  # records lie in Parquet files that no table knows
    "land_committed",  # bronze and quarantine have moved
    "land_recorded",  # the manifest has its verdict
)
"""Points of `land`, in order."""

STREAM_POINTS = (
    "stream_read",  # records of a stream that Spark cannot look into lie on the desk, and nothing says how far it is read
    "stream_fixed",  # a range says so, and nothing of it is landed
    "stream_offered",  # a micro-batch is offered, and nothing was done with it
    "land_judged",  # Spark's workers have left judged records in files that no table knows (of `land --engine spark` too)
    "stream_landed",  # it is in the lake, and Spark's checkpoint does not know yet
)
"""Points of a micro-batch of `stream`, beside those of `land`."""

ERASE_POINTS = (
    "erase_begun",  # the journal says what will be erased
    "erase_suppressed",  # and nobody can bring it back
    "erase_table_written",  # rows of the others lie in Parquet files that no table knows
    "erase_table_committed",  # the table has them
    "erase_facts_told",  # the facts know from which state of the events they are up to date
    "landing_told",  # the manifest of a batch says what an object will hold (of `land` too, where a person came again)
    "landing_rewritten",  # and the object holds it
    "erase_forgotten",  # a table has forgotten its past
    "erase_removed",  # files are gone
    "erase_redacted",  # a ledger has a hash in the place of a value
    "erase_searched",  # nothing was found any more
    "erase_signed",  # the receipt is kept
    "erase_recorded",  # the ledgers say so
)
"""Points of `erase`, in order."""

RUN_POINTS = (
    "gold_written",  # facts lie in Parquet files that no table knows
    "gold_branch",  # they are on the run's branch
    "gold_audited",  # and were found right
    "gold_published",  # main has moved
    "restatements",  # the lines of changed values are in the ledger
    "saved_written",  # the countries' copies lie in files that no table knows
    "saved_published",  # the copies are published
    "views_published",  # the definer views are
    "publications",  # the ledger says so
    "run_recorded",  # the run is closed
)
"""Points of `run`, in order."""

MAINTAIN_POINTS = (
    "compact_written",  # merged rows lie in Parquet files that no table knows
    "compact_committed",  # the table has them
    "history_written",  # the facts of a view know what the snapshots changed that are about to go
    "snapshots_expired",  # a table has forgotten old snapshots
    "strays_removed",  # files that nothing refers to are gone below one folder
    "maintenance_recorded",  # the ledger says so
)
"""Points of `maintain`, in order."""

BACKFILL_POINTS = (
    "backfill_begun",  # the ledger says what will be computed, in which pieces
    "backfill_audited",  # the branches of some pieces were found right
    "backfill_merged",  # main has them
    "backfill_branches",  # and their branches are gone
    "backfill_recorded",  # the ledger has the run of these pieces
    "backfill_published",  # the countries' copies are published
    "backfill_finished",  # the ledger says that it is done
)
"""Points of `backfill`, in order; those of `run` lie between them."""

_VARIABLE = "RINGI_KILL_AT"
_reached: Counter[str] = Counter()


def reached(name: str) -> None:
    """Say that a point was reached; the process dies here when its environment asks for it."""
    wanted = os.environ.get(_VARIABLE)
    if not wanted:
        return
    _reached[name] += 1
    point, _, times = wanted.partition(":")
    if point == name and _reached[name] == int(times or 1):
        os.kill(os.getpid(), signal.SIGKILL)
