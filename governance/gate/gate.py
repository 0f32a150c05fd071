"""The gate: what is published, and how the keys of each metric stand. Decided here and nowhere else.

Published is always the latest certified meaning: an edit changes nothing until both keys are turned on it. Asked again at
each run; decided from the project's files alone, offline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from governance.gate.judged import judge
from governance.gate.replay import Certificate, Standing
from governance.gate.still_runs import can_still_run
from governance.keys.meaning_store import MeaningStore
from governance.keys.refusal import utc
from governance.keys.turned_key import TurnedKey
from metrics_catalog.collection import rare_collection
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, did_you_mean
from metrics_catalog.lifecycle import KeyState, Lifecycle, is_retired, lifecycle
from metrics_catalog.meaning import Meaning, UnresolvedError, resolve_all, with_time_zones
from metrics_catalog.meaning_diff import changes
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from metrics_catalog.catalog import Catalog


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How one key stands to the present meaning; `voided_by` names the fields that changed since it was turned.

    `replaced_at`: a key was over this very meaning until another meaning was certified at that instant.
    """

    state: KeyState
    by: str | None = None
    at: datetime | None = None
    voided_by: tuple[str, ...] = ()
    replaced_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MetricStatus:
    """One metric: its present meaning and keys, its newest certificate, and what is published of it."""

    metric: str
    lifecycle: Lifecycle
    present: Meaning | None
    """None where its files have faults that leave it without a meaning."""
    keys: Mapping[Side, KeyStatus]
    certificate: Certificate | None
    published: Meaning | None
    """The certified meaning, counted also for countries that joined since; None: not published."""
    standing: Standing
    unresolved: UnresolvedError | None = None
    """Why there is no present meaning, where the metric's own file can be read."""
    is_over: bool = False
    """Whether the certified meaning is published no more: retired, past the last day of its deprecation, or withdrawn."""

    @property
    def published_digest(self) -> str | None:
        """The digest of the latest certified meaning; None where there is none, or where that one is over."""
        return None if self.is_over or self.certificate is None else self.certificate.meaning.digest

    @property
    def current_digest(self) -> str | None:
        """The digest of the present meaning: the certified one's while both keys hold, also if a country joined since."""
        if self.certificate and all(key.state is KeyState.VALID for key in self.keys.values()):
            return self.certificate.meaning.digest
        return self.present.digest if self.present else None


@dataclass(frozen=True, slots=True)
class Certification:
    """The answer of the gate for a whole catalog."""

    metrics: Mapping[str, MetricStatus]
    findings: tuple[Finding, ...]
    """Approvals that do not count, and certified metrics that can no longer run."""

    @property
    def published(self) -> dict[str, Meaning]:
        """The meanings to compute and publish, by metric."""
        return {name: status.published for name, status in self.metrics.items() if status.published is not None}


def certified(catalog: Catalog, now: datetime, metrics: Iterable[str] | None = None) -> Certification:
    """What is certified at the instant `now`, for the given metrics or all.

    Raises UsageError for an unknown metric, and GovernanceError where the people who turned keys cannot be read.
    """
    names = sorted({*catalog.metrics, *catalog.approvals} if metrics is None else {_known(catalog, name) for name in metrics})
    with rare_collection():
        return _certified(catalog, now, names)


def approval_findings(catalog: Catalog, now: datetime) -> tuple[Finding, ...]:
    """What is wrong with approvals, and certified metrics that cannot run; for `check`, which goes on where people cannot be read."""
    readable = (name for name, given in catalog.approvals.items() if not any(catalog.is_broken("person", each.person) for each in given))
    return certified(catalog, now, readable).findings


def _certified(catalog: Catalog, now: datetime, names: list[str]) -> Certification:
    present = resolve_all(catalog, [name for name in names if name in catalog.metrics])
    store = MeaningStore(catalog.root)
    for name, meaning in present.items():
        if name in catalog.approvals and isinstance(meaning, Meaning):
            store.knows(meaning)
    findings: list[Finding] = []
    found = {name: _status(catalog, store, name, present.get(name), now, findings) for name in names}
    return Certification(found, tuple(sorted(findings, key=Finding.sort_key)))


def _known(catalog: Catalog, name: str) -> str:
    if name in catalog.metrics or name in catalog.approvals or catalog.is_broken("metric", name):
        return name
    raise UsageError(f"There is no metric `{name}`.", hint=did_you_mean(name, catalog.metrics) or "`ringi status` lists all metrics.")


def _status(
    catalog: Catalog, store: MeaningStore, name: str, present: Meaning | UnresolvedError | None, now: datetime, findings: list[Finding]
) -> MetricStatus:
    standing = _standing(catalog, store, name, now, findings)
    keys = {side: _key_status(standing, side, present) for side in Side}
    said = standing.certificate.meaning.business if standing.certificate else None
    stage = lifecycle(catalog, name, keys[Side.TECH].state, keys[Side.BUSINESS].state, said, utc(now).date())
    is_over = said is not None and (stage is Lifecycle.WITHDRAWN or is_retired(said, utc(now).date()))
    published = None if is_over else _published(catalog, standing.certificate, findings)
    meaning, unresolved = (present, None) if isinstance(present, Meaning) else (None, present)
    return MetricStatus(name, stage, meaning, keys, standing.certificate, published, standing, unresolved, is_over)


def _standing(catalog: Catalog, store: MeaningStore, name: str, now: datetime, findings: list[Finding]) -> Standing:
    for approval in catalog.approvals.get(name, ()):
        if catalog.is_broken("person", approval.person):
            raise _unreadable_people(approval.person)
    judged = judge(catalog, store, name, now)
    findings.extend(judged.findings(catalog))
    return judged.standing


def _key_status(standing: Standing, side: Side, present: Meaning | UnresolvedError | None) -> KeyStatus:
    if isinstance(present, Meaning) and (key := standing.holding(side, present)):
        return KeyStatus(KeyState.VALID, key.approval.person, key.at)
    key = standing.newest(side)
    if key is None:
        return KeyStatus(KeyState.MISSING)
    gone = standing.had_its_time(side, present) if isinstance(present, Meaning) else None
    voided = _voided_by(key, present) or _unheard_fields(standing, key)
    return KeyStatus(KeyState.VOID, key.approval.person, key.at, voided, gone.by.certified_at if gone else None)


def _unheard_fields(standing: Standing, key: TurnedKey) -> tuple[str, ...]:
    """What a Business key changes of the newest certificate without a talk about it: such a key does not count."""
    if standing.certificate is None or standing.unheard(key) is None:
        return ()
    return tuple(change.field for change in changes(standing.certificate.meaning, key.meaning))


def _voided_by(key: TurnedKey, present: Meaning | UnresolvedError | None) -> tuple[str, ...]:
    if isinstance(present, Meaning):
        return tuple(change.field for change in changes(key.meaning, present) if key.side in change.voids)
    return () if present is None else (present.field,)


def _published(catalog: Catalog, certificate: Certificate | None, findings: list[Finding]) -> Meaning | None:
    if certificate is None:
        return None
    if withheld := can_still_run(certificate.meaning, catalog):
        findings.append(withheld)
        return None
    return _with_new_countries(certificate, catalog)


def _with_new_countries(certificate: Certificate, catalog: Catalog) -> Meaning:
    """The certified meaning with the clocks of countries that joined since: they void no key, and count by their own clock."""
    meaning, tech = certificate.meaning, certificate.tech.meaning
    approved = meaning.country_parts.time_zones
    if tech.country_parts is not meaning.country_parts:
        approved = tech.country_parts.time_zones | approved
    joined = {code: country.reporting_time_zone for code, country in catalog.countries.items() if code not in approved}
    if not joined and meaning.logic.time_zones == approved:
        return meaning
    zones = dict(sorted((approved | joined).items()))
    return Meaning(meaning.metric, with_time_zones(meaning.logic, zones), meaning.business, meaning.country_parts)


def _unreadable_people(person: str) -> GovernanceError:
    message = f"`{person}` turned keys, but that entry of people.yaml cannot be read, so no key can be checked; nothing is published or withdrawn."
    return GovernanceError(message, hint="run `ringi check` and mend people.yaml.")
