"""What the rules of retention say is too old: days of bronze, quarantined records and landed objects of sources with such rules.

The same erasure does it, without suppression and without a search, since nobody is looked for. Facts stay as they are: they are
counts, and computing them anew would count what is left.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.dialects import literal
from jobs.erase import facts, rows
from jobs.erase.finding import Found, Target, held_error, refuse_unfinished
from jobs.erase.landed import manifests
from jobs.erase.plan import ErasePlan, ObjectWork, TableWork
from jobs.erase.reach import Held, Reach
from jobs.land.record_numbers import ALL
from jobs.land.report import Counts
from jobs.land.store import Landing
from metrics_catalog.canonical_json import digest
from metrics_catalog.source import Classification, ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from governance.retention import Hold
    from jobs.erase.lake import EraseLake
    from jobs.erase.rows import Matched
    from metrics_catalog.source import Source

STRICTEST = (Classification.PERSONAL, Classification.INTERNAL, Classification.PUBLIC)


@dataclass(frozen=True, slots=True)
class Rule:
    """One source and the first day of it that is kept."""

    source: Source
    classification: Classification
    days: int
    keeps_from: dt.date


def rules(lake: EraseLake, today: dt.date) -> tuple[Rule, ...]:
    """The sources that are not kept for ever, by name."""
    found = []
    for _, source in sorted(lake.catalog.sources.items()):
        classes = {column.classification for column in source.columns.values()}
        strictest = next(each for each in STRICTEST if each in classes)
        days = lake.retention.days_of(source.source, strictest)
        if days is not None:
            found.append(Rule(source, strictest, days, today - dt.timedelta(days=days)))
    return tuple(found)


def holding(lake: EraseLake, source: Source, today: dt.date) -> tuple[str, Hold] | None:
    """The first hold that keeps a source as a whole: one of the source, of a person it may have, or of a country it may have."""
    for name, hold in lake.retention.holds(today).items():
        subject = (hold.subject or "").partition(":")[0]
        named = {each.partition(".")[0] for each in lake.retention.file.subjects.get(subject, ())}
        has_subject = bool(subject) and (subject in source.columns or source.source in named)
        if hold.source == source.source or has_subject or (hold.country is not None and source.country is not None):
            return name, hold
    return None


def find_expired(lake: EraseLake, today: dt.date) -> tuple[Found, tuple[str, ...]]:
    """What is too old today, and a sentence for each source that a hold keeps."""
    objects: list[ObjectWork] = []
    targets: list[Target] = []
    left: list[str] = []
    done: list[Rule] = []
    for rule in rules(lake, today):
        if (held := holding(lake, rule.source, today)) is not None:
            left.append(held_error(*held).message.replace("so nothing was erased", f"so `{rule.source.source}` is left as it is"))
            continue
        done.append(rule)
    reach = Reach(tuple(Held(rule.source, next(iter(rule.source.columns))) for rule in done), {})
    refuse_unfinished(lake, reach)
    for rule in done:
        objects += _objects(lake, rule)
        targets += _targets(lake, rule)
    works = tuple(sorted((_work(lake, target.matched) for target in targets), key=lambda work: work.table))
    named = f"retention:{digest([[rule.source.source, rule.keeps_from] for rule in done])}"
    behind = tuple(sorted({view for target in targets if target.matched.live for view in facts.behind(lake.tables, target.matched.table)}))
    plan = ErasePlan(named, tuple(sorted(objects, key=lambda work: work.key)), works, "keep", behind)
    return Found(None, named, reach, plan, tuple(targets)), tuple(left)


def _objects(lake: EraseLake, rule: Rule) -> Iterator[ObjectWork]:
    """Objects that were received too long ago and still hold something; those of the snapshot that bronze has stay."""
    present = _present_batches(lake, rule.source)
    for manifest in manifests(Landing(lake.objects, rule.source)):
        if manifest.received_at.astimezone(dt.UTC).date() >= rule.keeps_from or manifest.batch in present:
            continue
        for number, landed in enumerate(manifest.objects):
            if landed.holds.size:
                counts = landed.report.counts if landed.report is not None else Counts()
                counted = Counts(accepted=counts.accepted, repeated=counts.repeated, refused=counts.refused)
                yield ObjectWork(rule.source.source, manifest.batch, number, ALL, counted)


def _present_batches(lake: EraseLake, source: Source) -> frozenset[str]:
    spec = lake.tables.spec(f"bronze.{source.source}")
    if spec is None or source.delivery != "snapshot":
        return frozenset()
    held = lake.engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
    return frozenset(row[0] for row in lake.engine.rows(f'SELECT DISTINCT "_batch_id" FROM {held}'))


def _targets(lake: EraseLake, rule: Rule) -> Iterator[Target]:
    source, time = rule.source, rule.source.event_time
    moment = dt.datetime.combine(rule.keeps_from, dt.time(), dt.UTC)
    conditions = {f"quarantine.{source.source}": f'"landed_at" < {literal(lake.engine.dialect, moment)}'}
    if time is not None and source.delivery == "events":
        first: object = moment if source.columns[time].type is ColumnType.TIMESTAMP else rule.keeps_from
        conditions[f"bronze.{source.source}"] = f'"{time}" < {literal(lake.engine.dialect, first)}'
    for name, condition in sorted(conditions.items()):
        matched = rows.matched(lake.tables, lake.engine, lake.forgetting, name, condition)
        if matched is not None:
            yield Target(condition, matched)


def _work(lake: EraseLake, matched: Matched) -> TableWork:
    past = lake.forgetting.past(matched.table)
    touched = bool(matched.live or matched.past)
    return TableWork(
        matched.table, matched.rows, len(matched.live), len(matched.past),
        past.snapshots if touched else 0, past.tags if touched else (), past.branches if touched else (),
    )  # fmt: skip
