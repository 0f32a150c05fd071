"""What a lake of that size takes: cores, bytes read and exchanged, calls of a publication, and how much the present design repeats.

Made from the last day of a simulation; read by `report.py`. Each figure is a product of the model's counts and a measured constant, so
that a reader can do it again by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from jobs.scale import measured
from jobs.scale.demand import HEARTBEAT_SECONDS, HOURS, Demand
from jobs.scale.layout import Layout
from jobs.scale.simulation import Day

SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Publishing:
    """What is computed and published, and how often.

    `views` each with `rows` facts a country and day on the mean, of `row_bytes`; `runs` a day, of which `closed_runs` also compute the days
    before today that late events touched. With `partials` a run adds the new events to kept parts of the facts; else it reads all events
    of the touched periods. Copies hold `history_days`, and what was published stays readable for `keep_days`; where `whole_copies`, a
    publication writes all of a copy, else the days that changed. `writers` commit copies side by side (`infra/tables/iceberg.py`).
    Where days are `by_member`, a batch's rows are sorted by member, and so is each closed day, once more as a whole.
    """

    views: int = 3
    rows: int = 4_000
    row_bytes: int = 170
    runs: int = 24
    closed_runs: int = 24
    partials: bool = False
    history_days: int = 365
    whole_copies: bool = True
    keep_days: int = 92
    by_member: bool = False
    writers: int = 8


PUTS_A_COPY, GLUE_CALLS_A_COMMIT = 4, 3
"""Data file, manifest, manifest list and metadata file; reading the entry, reading it again and moving it (`infra/aws/glue_pointers.py`)."""

GETS_A_FILE = 4
"""Ranges of a data file that a reader asks for: its end, and the columns it needs."""

PAIRS_A_VIEWER = 3
"""Different titles and devices of a viewer's day."""


@dataclass(frozen=True, slots=True)
class Work:
    """A day's work; cores are those busy on the mean, all day. `publication_seconds` are those of one publication."""

    landing_cores: float
    repeats_cores: float
    compaction_cores: float
    facts_events: float
    facts_cores: float
    shuffled_bytes: float
    repeat_bytes: float
    copies: int
    copied_bytes: float
    copy_metadata: int
    copy_metadata_written: float
    publication_seconds: float
    puts: float
    gets: float
    glue_calls: float

    @property
    def cores(self) -> float:
        return self.landing_cores + self.repeats_cores + self.compaction_cores + self.facts_cores


def work(demand: Demand, layout: Layout, day: Day, publishing: Publishing) -> Work:
    """The work of a day like the given one."""
    per_day, rewritten = demand.events_a_day, day.rewritten + (demand.events_a_day if publishing.by_member else 0)
    closed_days = math.ceil(len(demand.late) / HOURS)
    today = per_day * publishing.views * (1 if publishing.partials else publishing.runs / 2)  # it is half full on the mean
    closed = per_day * publishing.views * publishing.closed_runs * closed_days
    in_file, in_day = pairs_an_event(demand, layout, publishing)
    copies = demand.countries * publishing.views * publishing.runs
    days_written = publishing.history_days if publishing.whole_copies else closed_days + 1
    files_an_event = day.files / max(day.events, 1)
    kept = publishing.keep_days * publishing.runs
    copy_metadata = measured.SHAPE_BYTES + kept * measured.COPY_SNAPSHOT_BYTES
    commit_ms = measured.COMMIT_MS + kept * measured.COMMIT_SNAPSHOT_MS
    a_copy = commit_ms + (PUTS_A_COPY + measured.GLUE_CALLS_A_COPY) * measured.CALL_MS
    return Work(
        landing_cores=_cores(per_day, measured.LAND_CORE_US),
        repeats_cores=_cores(day.looked_through, measured.REPEAT_CORE_US),
        compaction_cores=_cores(rewritten, measured.REWRITE_CORE_US),
        facts_events=today + closed,
        facts_cores=_cores(today + closed, measured.FACTS_CORE_US * measured.SPARK_FACTOR),
        shuffled_bytes=(today * in_file + closed * in_day) * measured.PAIR_BYTES,
        repeat_bytes=day.looked_through * measured.KEY_BYTES,
        copies=copies,
        copied_bytes=copies * days_written * publishing.rows * publishing.row_bytes,
        copy_metadata=copy_metadata,
        copy_metadata_written=float(copies * copy_metadata),
        publication_seconds=demand.countries * publishing.views * a_copy / 1000 / publishing.writers,
        puts=day.files_written + day.commits * 3 + copies * PUTS_A_COPY,
        gets=(today + closed + day.looked_through + rewritten) * files_an_event * GETS_A_FILE,
        glue_calls=day.commits * GLUE_CALLS_A_COMMIT + copies * measured.GLUE_CALLS_A_COPY,
    )


def pairs_an_event(demand: Demand, layout: Layout, publishing: Publishing) -> tuple[float, float]:
    """Rows that leave a task for each event it reads when it first joins events of like members: of today, and of closed days.

    A file in order of arrival holds a moment of everybody, so hardly two events of one viewer meet in it. A batch sorted by member
    holds a viewer's heartbeats side by side; a day sorted by member all of the viewer's day.
    """
    in_order = demand.viewers * -math.expm1(-layout.written / demand.viewers) / layout.written
    if not publishing.by_member:
        return in_order, in_order
    in_batch = min(in_order, HEARTBEAT_SECONDS / (layout.minutes * 60))
    return in_batch, min(in_batch, demand.viewers_a_day * PAIRS_A_VIEWER / demand.events_a_day)


def _cores(events: float, core_us: float) -> float:
    return events * core_us / 1e6 / SECONDS_A_DAY
