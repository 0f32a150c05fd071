"""Walks an erasure: suppression first, then tables, landing, the past, loose files; then the search, the receipt and the ledgers.

Called with a lake that is held. Every step can be done again: what a killed call found is in its journal, so the next call with the
same person goes on and signs for all of it. At no moment is anything of another person lost.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.erase import account, facts, receipt, redact, rows
from jobs.erase.account import Done, Eraser
from jobs.erase.copies import refresh
from jobs.erase.finding import refuse_held
from jobs.erase.journal import Journal, under_way
from jobs.erase.landed import manifests
from jobs.erase.search.evidence import Evidence, look_through
from jobs.facts import gold
from jobs.land import scrub
from jobs.land.record_numbers import ALL, from_text
from jobs.land.store import Landing
from jobs.land.suppression import suppress
from jobs.maintain.plan import condensed_past
from jobs.table import Commit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from jobs.erase.finding import Found
    from jobs.erase.lake import EraseLake
    from jobs.erase.plan import ErasePlan
    from jobs.erase.ports import File
    from jobs.erase.receipt import Receipt
    from jobs.erase.subject import Subject


def erase(lake: EraseLake, found: Found, eraser: Eraser) -> Receipt:
    """Erase a person; gives the receipt, which is kept in the lake. Raises HeldError under a legal hold, before anything is changed.

    `found` is what `find` gave under the same hold of the lake. A call that was cut off is completed under its own receipt.
    """
    if found.subject is not None:
        refuse_held(lake, found, eraser.now.date())
    journal = _journal(lake, found, eraser.now)
    journal.write(lake.objects)
    reached("erase_begun")
    if found.subject is not None:
        aliases = [(source, column) for source, column in found.reach.elsewhere if column != found.subject.name]
        suppress(lake.objects, found.subject.name, found.about.partition(":")[2], aliases)
    reached("erase_suppressed")
    journal = _change(lake, found, journal)
    done = Done()
    _forget(lake, journal.plan, done)
    _remove_loose(lake, [*found.loose, *_remade(lake, found.subject)], _folders(journal.plan, found), done)
    evidence = Evidence(searched=False) if found.subject is None else search(lake, found.subject)
    reached("erase_searched")
    return _close(lake, journal, done, evidence, eraser, found)


def _remade(lake: EraseLake, subject: Subject | None) -> list[File]:
    """Files that hold the person and can be made again without."""
    files = lake.places.remade() if subject is not None else ()
    if subject is None or not files:
        return []
    hit = {place.file for place in look_through(lake.places, files, subject, lambda _: None).found}
    return [file for file in files if file.name in hit]


def search(lake: EraseLake, subject: Subject) -> Evidence:
    """Look through every file of the lake for a person."""
    files = list(lake.places.files())
    with lake.progress("Searching what is left", sum(file.bytes for file in files)) as advance:
        return look_through(lake.places, files, subject, advance)


def _journal(lake: EraseLake, found: Found, now: dt.datetime) -> Journal:
    """The journal of this erasure: a new one, or that of a call that was cut off, with what is found now."""
    for held in under_way(lake.objects):
        if held.plan.about == found.about:
            return replace(held, plan=found.plan.together(held.plan))
    heads = {work.table: head.id for work in found.plan.tables if (head := lake.tables.snapshot(work.table)) is not None}
    return Journal(f"erasure-{now:%Y%m%d}-{uuid.uuid4().hex[:12]}", now, found.plan, heads)


def _change(lake: EraseLake, found: Found, journal: Journal) -> Journal:
    """Tables, ledgers and objects without the person."""
    anew = found.plan.facts == "recompute"
    with lake.progress("Rewriting tables", len(found.targets)) as advance:
        for target in found.targets:
            of_source = target.matched.table.startswith("bronze.")
            rows.rewrite(lake.tables, lake.engine, target.matched, target.condition, anew=anew and of_source)
            advance(1)
    if found.redactions:
        told = redact.redact(lake.tables, lake.engine, found.redactions)
        kept = {"lines": told.lines, "before": told.before, "after": told.after, "block": told.block}
        journal = journal.with_redacted(kept if journal.redacted is None else {**kept, "before": journal.redacted["before"]})
        journal.write(lake.objects)
    sources = {held.name: held.source for held in found.reach.held}
    with lake.progress("Rewriting what was landed", len(journal.plan.objects)) as advance:
        for work in journal.plan.objects:
            landing = Landing(lake.objects, sources[work.source])
            manifest = landing.manifest(work.batch)
            if manifest is not None:
                records = None if work.records == ALL else from_text(work.records)
                scrub.erase(landing, manifest, work.number, records, journal.receipt, work.counted)
            advance(1)
    refresh(lake, sources, journal.plan.objects)
    for source in sources.values():  # what landing itself was cut off in
        _settle(Landing(lake.objects, source))
    return journal


def _settle(landing: Landing) -> None:
    for manifest in manifests(landing):
        for number, landed in enumerate(manifest.objects):
            if landed.erased:
                scrub.settle(landing, manifest, number)


def _forget(lake: EraseLake, plan: ErasePlan, done: Done) -> None:
    """The tables that held the person forget their past, and the files of it go."""
    with lake.progress("Forgetting the past", len(plan.tables)) as advance:
        for work in plan.tables:
            if not work.is_empty and lake.tables.snapshot(work.table) is not None:
                facts.tell(lake.tables, work.table)
                _write_past_down(lake, work.table)
                past = lake.forgetting.forget(work.table)
                done.forgotten[work.table] = {"snapshots": max(work.snapshots, past.snapshots), "names": list(work.names or past.tags)}
                done.snapshots += max(work.snapshots, past.snapshots)
                reached("erase_forgotten")
                left = lake.forgetting.leftovers(work.table)
                lake.forgetting.remove([stray.path for stray in left])
                done.files += len(left)
                done.bytes += sum(stray.bytes for stray in left)
            advance(1)


def _write_past_down(lake: EraseLake, name: str) -> None:
    """Facts know which countries changed when, also when the snapshots are gone: publishing asks."""
    head = lake.tables.snapshot(name)
    others = frozenset(snapshot.id for snapshot in lake.tables.snapshots(name) if head is not None and snapshot.id != head.id)
    history = condensed_past(lake.tables, lake.engine, name, others)
    if head is not None and history:
        lake.tables.commit(Commit(name, [], summary=gold.carried(head, history), parent=head.id, rewrites=True))


def _remove_loose(lake: EraseLake, loose: Sequence[File], folders: Sequence[str], done: Done) -> None:
    """Files that no table knows: half-received bytes, staged copies, spill, results of queries, and files that can be made again."""
    gone = [*lake.places.passing(), *loose]
    lake.places.remove(gone)
    done.files += len(gone)
    done.bytes += sum(file.bytes for file in gone)
    purged = lake.places.purge(folders)
    done.versions, done.refused_versions = purged.versions, purged.refused
    reached("erase_removed")


def _folders(plan: ErasePlan, found: Found) -> list[str]:
    """Folders of the lake in which an object store may keep older versions of what was erased."""
    sources = sorted({held.name for held in found.reach.held})
    of_sources = [
        place for name in sources for place in (f"landing/{name}", f"landing/_incoming/{name}", f"bronze/{name}", f"quarantine/{name}")
    ]
    tables = [work.table.replace(".", "/", 1) for work in plan.tables]
    return list(dict.fromkeys([*of_sources, *tables]))


def _close(lake: EraseLake, journal: Journal, done: Done, evidence: Evidence, eraser: Eraser, found: Found) -> Receipt:
    """Sign the receipt, keep it, and tell the ledgers; the journal ends."""
    made = receipt.kept(lake.objects, journal.receipt)
    if made is None:
        made = receipt.signed(account.said(lake, journal, done, evidence, eraser, found), eraser.signer)
        receipt.keep(lake.objects, made)
    reached("erase_signed")
    account.record(lake, made, journal)
    reached("erase_recorded")
    journal.end(lake.objects)
    return made
