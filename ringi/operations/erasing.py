"""Erasure of an opened lake: reads the rules of retention, holds the lake, finds, asks nobody, erases. Used by `ringi erase`."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from governance.keys.ssh import Signer
    from governance.retention import Retention
    from jobs.erase.finding import Found
    from jobs.erase.lake import EraseLake
    from jobs.erase.ports import Places
    from jobs.erase.receipt import Receipt
    from jobs.erase.search.evidence import Evidence
    from ringi.lake import Lake
    from ringi.output import Output


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a person (`subject` as `viewer_id=…`), or what is too old by the rules (None)."""

    subject: str | None
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be done, sentences about what is left alone, and erasures that were begun and not finished."""

    found: Found
    left: tuple[str, ...]
    unfinished: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """A receipt that was checked: who signed it, and what the search found now (None where no value was given)."""

    receipt: Receipt
    person: str
    evidence: Evidence | None


def plan_erasure(lake: Lake, wanted: Wanted, out: Output, *, now: dt.datetime | None = None) -> Planned:
    """What an erasure would do now; nothing is changed. Raises UsageError for an unknown subject, HeldError under a legal hold."""
    moment = now or dt.datetime.now(dt.UTC)
    with _opened(lake, wanted.engine, out, moment) as parts:
        return _planned(parts, wanted, moment)


def erase_now(
    lake: Lake, wanted: Wanted, person: str, signer: Signer, confirmed: str | None, out: Output, *, now: dt.datetime | None = None
) -> Receipt | None:
    """Do it; None where there is nothing to do by the rules. `confirmed` is the digest of the plan that was agreed to; None: whatever it is.

    Raises UsageError where the plan is another by now, GovernanceError where the key is not the person's.
    """
    from jobs.erase.account import Eraser
    from jobs.erase.work import erase

    moment = now or dt.datetime.now(dt.UTC)
    refuse_stranger(lake, person, signer, moment)
    with _opened(lake, wanted.engine, out, moment) as parts:
        planned = _planned(parts, wanted, moment)
        found = planned.found
        if confirmed is not None and not found.plan.digest.startswith(confirmed):
            raise UsageError(
                f"The plan is another by now: its digest is {found.plan.digest[:16]}.", hint="look at it again, and confirm that one."
            )
        if found.subject is None and found.plan.is_empty and not planned.unfinished:
            return None
        made = erase(parts, found, Eraser(person, signer, moment))
        _refresh_views(lake, found)
        return made


def verify_erasure(lake: Lake, file: Path, subject: str | None, out: Output) -> Verified:
    """Check a receipt's signature, and with the person's value that it is about that person and that the lake still has none of it."""
    from governance.retention import Retention
    from jobs.erase import receipt as receipts
    from jobs.erase.finding import about
    from jobs.erase.reach import subject_of
    from jobs.erase.subject import parted
    from jobs.erase.work import search

    if not file.is_file():
        raise UsageError(f"There is no file `{file}`.", hint="receipts are kept in the lake's landing zone below `_erasures`.")
    made = receipts.read(file.read_bytes())
    person = receipts.signer_of(made, lake.catalog.people)
    if subject is None:
        return Verified(made, person, None)
    now = dt.datetime.now(dt.UTC)
    with _opened(lake, None, out, now, retention=_retention(lake, now) or Retention()) as parts:
        found, _ = subject_of(lake.catalog, parts.retention, *parted(subject))
        if about(parts, found) != made.said["about"]:
            raise receipts.ReceiptError(
                "The receipt is about somebody else, or about another lake.", hint="give the value that was erased under this receipt."
            )
        return Verified(made, person, search(parts, found))


def refuse_stranger(lake: Lake, person: str, signer: Signer, now: dt.datetime) -> None:
    """Raises GovernanceError where the key is not one of the person's in people.yaml now."""
    from governance.errors import GovernanceError
    from jobs.erase.receipt import counts

    if person not in lake.catalog.people:
        raise UsageError(f"There is no person `{person}` in people.yaml.", hint="say who you are with `--as`, by your short name.")
    if not counts(lake.catalog.people, person, signer.public_key.fingerprint, now):
        raise GovernanceError(
            f"The key {signer.public_key.fingerprint} is not one of `{person}` in people.yaml that counts now.",
            hint="sign with your own key, or add its public half to people.yaml.",
        )


def _planned(parts: EraseLake, wanted: Wanted, now: dt.datetime) -> Planned:
    from jobs.erase.expired import find_expired
    from jobs.erase.finding import find, refuse_held
    from jobs.erase.journal import under_way
    from jobs.erase.reach import subject_of
    from jobs.erase.subject import parted

    pending = {journal.plan.about: journal for journal in under_way(parts.objects)}
    if wanted.subject is None:
        found, left = find_expired(parts, now.date())
    else:
        subject, reach = subject_of(parts.catalog, parts.retention, *parted(wanted.subject))
        found, left = find(parts, subject, reach), ()
        refuse_held(parts, found, now.date())
    others = tuple(sorted(journal.receipt for about, journal in pending.items() if about != found.about))
    return Planned(found, left, others)


@contextmanager
def _opened(lake: Lake, engine: str | None, out: Output, now: dt.datetime, *, retention: Retention | None = None) -> Iterator[EraseLake]:
    """The lake's parts, held against every other writer."""
    from infra.tables.forgetting import TableForgetting
    from jobs.erase.lake import EraseLake

    rules = retention or _retention(lake, now)
    if rules is None:
        raise CatalogError(
            "retention.yaml cannot be relied on, and a legal hold in it could be lost, so nothing is erased.",
            hint="run `ringi check` and mend what it finds. More: ringi explain RNG-JOB-101",
        )
    if lake.catalog.broken.get("source"):
        raise CatalogError(
            "A source contract cannot be read, so nobody knows which columns are personal. Nothing was changed.",
            hint="run `ringi check` and mend what it finds.",
        )
    began = dt.datetime.now(dt.UTC)  # `now` may be any day: it is the day that rules are asked for
    with lake.held("erase", out.say), lake.engine(engine) as session, lake.embedded() as bench:
        forgetting = TableForgetting(lake.tables, lake.upkeep)
        yield EraseLake(lake.catalog, rules, lake.tables, lake.objects, session, bench, places_of(lake, began), forgetting, out.progress)


def places_of(lake: Lake, began: dt.datetime) -> Places:
    """Every file of the lake, but what engines spill that were opened since this call `began`."""
    if lake.aws is not None:
        from infra.aws.places import S3Places

        return S3Places(lake.aws, lake.root, lake.config.warehouse, began)
    from infra.local.places import LocalPlaces

    return LocalPlaces(lake.root, lake.config.warehouse, began)


def _retention(lake: Lake, now: dt.datetime) -> Retention | None:
    from governance.retention import load

    return load(lake.root, lake.catalog, now.date())[0]


def _refresh_views(lake: Lake, found: Found) -> None:
    """SQL views that name files of saved copies learn of the new ones."""
    if not any(name.startswith("saved_") for name in found.reach.derived):
        return
    from jobs.running.run import RunLake, wanted_views

    with lake.engine() as session, lake.sql_views() as sql_views:
        gate = lake.certification(dt.datetime.now(dt.UTC))
        contracts = [each.contract for each in wanted_views(RunLake(lake.catalog, gate.published, lake.tables, session))[0]]
        sql_views.start(contracts)
        sql_views.build(contracts, lake.tables)
