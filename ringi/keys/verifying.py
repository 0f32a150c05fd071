"""Verification over a project folder or a bare git repository, as it is or as it was, with a ledger where one is at hand.

Used by `ringi verify` and by any other door that must tell who turned which key. Decides only what to read: the rules stand
in `governance.verification.verify` and `governance.verification.verify_published`.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from ringi.query.moments import instant_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from governance.verification.verify import Verification
    from governance.verification.verify_published import Uncovered
    from metrics_catalog.finding import Finding
    from metrics_catalog.records import Records
    from ringi.keys.ledger_at_hand import Ledger

NEEDED = ("ringi.toml", "people.yaml", "hearings", "approvals", "metrics")
"""What is read of a commit."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records are: a folder with files, or a bare repository and the project's folder in it."""

    folder: Path
    is_bare: bool = False
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """The whole answer. `commit` is None for the files as they lie; `ledger` says which ledger was looked at, if any."""

    commit: str | None
    verification: Verification
    findings: tuple[Finding, ...]
    ledger: str | None = None
    publications: int = 0
    uncovered: tuple[Uncovered, ...] = ()


@dataclass(frozen=True, slots=True)
class _AsOf:
    """Records as they lie in `folder`, judged at an instant; `today` is where to look for what was revoked since."""

    folder: Path
    commit: str | None
    at: dt.datetime
    today: Path | None = None


def place_of(root: Path | None) -> Place:
    """The project or bare repository that `--lake` names, or that the current folder belongs to; raises UsageError."""
    from infra.local.git_history import bare_repository
    from ringi.project import find

    bare = bare_repository(root or Path.cwd())
    return Place(bare[0], is_bare=True, inside=bare[1]) if bare else Place(find(root))


def verify_place(
    place: Place, now: dt.datetime, *, at: str | None = None, metrics: Collection[str] = (), ledger: Ledger | None = None
) -> Verified:
    """Who turned which key, by the records as they are, or as they were at a git ref or a date.

    As of a ref the records are judged at the instant of its commit, as of a date at that date; what people.yaml says today of
    revoked and compromised keys counts too. Raises UsageError for an unknown ref, date or metric.
    """
    from governance.verification.verify import verify

    with _as_of(place, at, now) as asked:
        records = _records(asked)
        verification = verify(records, asked.at, metrics or None)
        answer = Verified(asked.commit, verification, verification.findings)
        if ledger is None:
            return answer
        whole = verify(records, asked.at) if metrics else verification  # the part of a ratio has the digest of the ratio
        return _with_ledger(answer, whole, ledger, metrics)


def _with_ledger(answer: Verified, whole: Verification, ledger: Ledger, metrics: Collection[str]) -> Verified:
    from governance.verification.verify_published import uncovered
    from metrics_catalog.catalog import sorted_findings
    from metrics_catalog.finding import Finding
    from metrics_catalog.finding import Place as Where

    held = ledger.read()
    until = answer.verification.at
    known = [each for each in held.publications if each.at <= until]
    if metrics:
        known = [replace(each, meanings={name: each.meanings[name] for name in metrics if name in each.meanings}) for each in known]
    found = uncovered(whole, known)
    hint = "restore the lake from a backup, and find out who can write to it."
    broken = [Finding("RNG-GOV-073", Where(each.ledger), each.sentence, hint) for each in held.faults]
    findings = sorted_findings([*answer.findings, *(each.finding for each in found), *broken])
    return replace(answer, findings=findings, ledger=ledger.name, publications=len(known), uncovered=found)


def _records(asked: _AsOf) -> Records:
    from governance.keys.revocations import with_later_revocations
    from metrics_catalog.loading import load_book
    from metrics_catalog.records import read_records

    records = read_records(asked.folder)
    if asked.today is None:
        return records
    today = load_book(asked.today.resolve(), "person")
    people = with_later_revocations(records.catalog.people, today.models)
    return replace(records, catalog=replace(records.catalog, people=people), findings=(*records.findings, *today.findings))


@contextmanager
def _as_of(place: Place, at: str | None, now: dt.datetime) -> Iterator[_AsOf]:
    """The records that are asked for, in a folder of their own where they are not those that lie in the project."""
    if at is None and not place.is_bare:
        yield _AsOf(place.folder, None, now)
        return
    from infra.local.memory_folder import memory_folder

    commit, instant = _commit(place, at, now)
    with memory_folder("ringi-verify-") as folder:
        then = folder / "then"
        _materialise(place, commit, then)
        if at is None:
            yield _AsOf(then, commit, instant)
            return
        today = place.folder
        if place.is_bare:
            today = folder / "today"
            _materialise(place, _commit(place, None, now)[0], today, ("ringi.toml", "people.yaml"))
        yield _AsOf(then, commit, instant, today)


def _commit(place: Place, at: str | None, now: dt.datetime) -> tuple[str, dt.datetime]:
    """The commit that is asked for, and the instant at which its records are judged."""
    from infra.local.git import Repository
    from infra.local.git_history import committed_at, last_commit

    repository = Repository.of(place.folder)
    if at is None:
        return repository.resolve("HEAD"), now
    if (instant := instant_of(at, "; for a branch of that name write `refs/heads/…`")) is not None:
        return last_commit(place.folder, instant), min(instant, now)
    commit = repository.resolve(at)
    return commit, committed_at(place.folder, commit)


def _materialise(place: Place, commit: str, into: Path, only: tuple[str, ...] = NEEDED) -> None:
    from infra.local.git import Repository

    into.mkdir()
    tree = f"{commit}:{place.inside}" if place.inside else commit
    Repository.of(place.folder).materialise(tree, into, only)
    if not (into / "ringi.toml").is_file():
        where = f"the folder `{place.inside}` of {place.folder}" if place.inside else str(place.folder)
        hint = f"name the folder of the project in it, such as `--lake {place.folder}/lakes/content`." if place.is_bare else None
        raise UsageError(f"At the commit {commit[:12]}, {where} is no lake project: it has no ringi.toml.", hint=hint)
