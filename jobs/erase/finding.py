"""Finds a person in the lake and makes the plan of the erasure; and says which holds forbid it. Nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from jobs.dialects import literal
from jobs.erase import facts, redact, rows
from jobs.erase.copies import copies
from jobs.erase.landed import Scan, manifests
from jobs.erase.plan import ErasePlan, TableWork
from jobs.erase.reach import Held, Reach, with_derived
from jobs.erase.search.evidence import look_through
from jobs.errors import JobError
from jobs.land.store import Landing
from jobs.land.suppression import hashed, key_of
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from governance.retention import Hold
    from jobs.erase.lake import EraseLake
    from jobs.erase.plan import ObjectWork
    from jobs.erase.ports import File
    from jobs.erase.rows import Matched
    from jobs.erase.subject import Subject


class HeldError(GovernanceError):
    """A legal hold forbids the erasure; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Target:
    """One table to rewrite: the condition that is true on the rows to go, and what a match of it gave."""

    condition: str
    matched: Matched


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found of one person, or that is too old (then `subject` is None).

    `redactions` are lines of the restatement ledger, `loose` results of queries.
    """

    subject: Subject | None
    about: str
    reach: Reach
    plan: ErasePlan
    targets: tuple[Target, ...]
    redactions: tuple[redact.Line, ...] = ()
    loose: tuple[File, ...] = ()


def about(lake: EraseLake, subject: Subject) -> str:
    """The person as plans, ledgers and receipts call it: `viewer_id:HASH`."""
    return f"{subject.name}:{hashed(key_of(lake.objects), subject.name, subject.text)}"


def instead_of(named: str) -> str:
    """What stands in a ledger where the person's value stood."""
    return f"erased:{named.partition(':')[2][:16]}"


def find(lake: EraseLake, subject: Subject, reach: Reach) -> Found:
    """Look for a person everywhere; reads the landing zone of each source that may have it. Raises JobError for unfinished landings."""
    refuse_unfinished(lake, reach)
    reach, named = with_derived(reach, lake.tables), about(lake, subject)
    objects: list[ObjectWork] = []
    targets: list[Target] = []
    for held in reach.held:
        of_source = list(_of_source(lake, held, subject, objects))
        targets += of_source
    for name, column in reach.derived.items():
        targets += _target(lake, name, _equals(lake, subject, column), subject, column)
    lines = _redactions(lake, subject, reach, named)
    works = [_work(lake, target.matched) for target in targets]
    works += _ledger_work(lake, lines)
    loose = _results(lake, subject)
    beside = tuple(sorted(file.name for file, _ in copies(lake, [held.source for held in reach.held], objects)))
    behind = tuple(sorted({view for target in targets for view in facts.behind(lake.tables, target.matched.table)}))
    plan = ErasePlan(
        named, tuple(sorted(objects, key=lambda work: work.key)), tuple(sorted(works, key=lambda work: work.table)),
        lake.retention.file.facts, behind, tuple(file.name for file in loose), beside,
    )  # fmt: skip
    return Found(subject, named, reach, plan, tuple(targets), tuple(lines), loose)


def refuse_unfinished(lake: EraseLake, reach: Reach) -> None:
    """A landing that was cut off still needs what it left, so it is finished first."""
    for held in reach.held:
        if lake.objects.names(f"_unfinished/{held.name}"):
            raise JobError(
                f"A landing of `{held.name}` was cut off, so nothing is erased yet.",
                hint=f"finish it with `ringi land {held.name}`, then run this again.",
            )


def refuse_held(lake: EraseLake, found: Found, day: dt.date) -> None:
    """Raises HeldError where a legal hold covers the person, one of the sources that have it, or a country of its records."""
    holds = lake.retention.holds(day)
    touched = {work.source for work in found.plan.objects} | {
        work.table.partition(".")[2] for work in found.plan.tables if not work.is_empty
    }
    countries = _countries(lake, found) if any(hold.country for hold in holds.values()) else set()
    for name, hold in holds.items():
        if hold.subject == found.about or hold.source in touched or hold.country in countries:
            raise held_error(name, hold)


def held_error(name: str, hold: Hold) -> HeldError:
    what = "this person" if hold.subject else f"the source `{hold.source}`" if hold.source else f"records of {hold.country}"
    until = f" until {hold.until}" if hold.until else ""
    asked = f" It was asked for by {hold.by}." if hold.by else ""
    return HeldError(
        f"The legal hold `{name}` keeps {what}{until}, so nothing was erased. Its reason: {hold.reason}{asked}",
        hint="whoever answers for the hold takes it out of retention.yaml, or gives it an end. More: ringi explain RNG-JOB-100",
    )


def _of_source(lake: EraseLake, held: Held, subject: Subject, objects: list[ObjectWork]) -> Iterator[Target]:
    """Rows of bronze and quarantine; what is found in landing goes into `objects`."""
    bronze, quarantine = f"bronze.{held.name}", f"quarantine.{held.name}"
    condition = _equals(lake, subject, held.column)
    accepted = rows.places_of(lake.tables, lake.engine, bronze, condition)
    total = sum(landed.size for manifest in manifests(Landing(lake.objects, held.source)) for landed in manifest.objects)
    with lake.progress(f"Reading what was landed of {held.name}", total) as advance:
        landed = Scan(lake.objects, lake.bench, held, subject, accepted).run(advance)
    objects += landed.objects
    yield from _target(lake, bronze, condition, subject, held.column)
    refused = landed.refused | rows.refused_of(lake.tables, lake.engine, quarantine, held.field, subject, lambda text: _quoted(lake, text))
    yield from _target(lake, quarantine, rows.by_places(sorted(refused), lambda text: _quoted(lake, text)), subject)


def _target(lake: EraseLake, name: str, condition: str, subject: Subject, column: str = "") -> Iterator[Target]:
    bounded = subject if column else None
    matched = rows.matched(lake.tables, lake.engine, lake.forgetting, name, condition, bounded, column)
    if matched is not None:
        told = look_through(lake.places, lake.forgetting.metadata_files(name), subject, lambda _: None).found
        yield Target(condition, replace(matched, told=tuple(place.file for place in told)))


def _work(lake: EraseLake, matched: Matched) -> TableWork:
    past = lake.forgetting.past(matched.table)
    touched = not matched.is_empty
    return TableWork(
        matched.table, matched.rows, len(matched.live), len(matched.past) + len(matched.told),
        past.snapshots if touched else 0, past.tags if touched else (), past.branches if touched else (),
    )  # fmt: skip


def _redactions(lake: EraseLake, subject: Subject, reach: Reach, named: str) -> list[redact.Line]:
    spec = lake.tables.spec(redact.SPEC.name)
    if spec is None:
        return []
    held = lake.engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
    return redact.holding(lake.engine, held, subject, frozenset(one.column for one in reach.held), instead_of(named))


def _ledger_work(lake: EraseLake, lines: Sequence[redact.Line]) -> list[TableWork]:
    if not lines:
        return []
    past = lake.forgetting.past(redact.SPEC.name)
    return [TableWork(redact.SPEC.name, len(lines), 1, 0, past.snapshots, past.tags, past.branches, lines=True)]


def _results(lake: EraseLake, subject: Subject) -> tuple[File, ...]:
    """Results of queries that hold the person."""
    files = lake.places.results()
    if not files:
        return ()
    hit = {place.file for place in look_through(lake.places, files, subject, lambda _: None).found}
    return tuple(file for file in files if file.name in hit)


def _countries(lake: EraseLake, found: Found) -> set[str]:
    """Viewing countries of the person's accepted records."""
    countries: set[str] = set()
    for held in found.reach.held:
        spec = lake.tables.spec(f"bronze.{held.name}")
        if spec is None or held.source.country is None:
            continue
        if found.subject is None:
            continue
        relation = lake.engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
        rows_ = lake.engine.rows(
            f'SELECT DISTINCT "{held.source.country}" FROM {relation} WHERE {_equals(lake, found.subject, held.column)}'
        )
        countries |= {row[0] for row in rows_}
    return countries


def _equals(lake: EraseLake, subject: Subject, column: str) -> str:
    value = str(subject.value) if subject.type is ColumnType.INTEGER else _quoted(lake, subject.text)
    return f'"{column}" = {value}'


def _quoted(lake: EraseLake, text: str) -> str:
    return literal(lake.engine.dialect, text)
