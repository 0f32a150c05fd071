"""What happened in a lake, from all of its ledgers in one list; used by `ringi audit list`.

Lines of the audit ledger, publications and queries, oldest first, each with the event of CloudTrail that has its request id where
CloudTrail's files are at hand. Nothing is verified here: `ringi audit verify` does that.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.ledgers.audit_line import Kind
from jobs.ledgers import audit_ledger, ledger
from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from infra.aws.cloudtrail import Event
    from jobs.engine import Engine
    from ringi.lake import Lake

FOREIGN = "aws_call"
"""The kind of a call that changed access, stands in CloudTrail, and in no ledger of ours."""

_CHANGES = re.compile(r"(Batch)?(Grant|Revoke)Permissions|(Create|Update|Delete)(DataCellsFilter|LFTag|RLSPolicy|LakeFormationOptIn)\w*")
_MORE_CHANGES = re.compile(r"(Add|Remove)LFTags\w+|PutDataLakeSettings|(Register|Deregister|Update)Resource|(Attach|Detach)RLSPolicy\w*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines to list; `who` and `subject` are names, or patterns with `*`."""

    kinds: frozenset[str] = frozenset()
    since: dt.datetime | None = None
    who: str | None = None
    subject: str | None = None

    def takes(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def fits(self, line: Listed) -> bool:
        return (
            self.takes(line.kind)
            and (self.since is None or line.at >= self.since)
            and (self.who is None or fnmatchcase(line.who, self.who))
            and (self.subject is None or any(fnmatchcase(name, self.subject) for name in (line.subject, *line.subject.split(", "))))
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """One line. `aws` is the event of CloudTrail with its request id: who called there, what, when, and for which role."""

    at: dt.datetime
    kind: str
    who: str
    subject: str
    details: Mapping[str, Any]
    request_id: str | None = None
    aws: Mapping[str, Any] = field(default_factory=dict)


def list_lines(lake: Lake, wanted: Wanted, *, cloudtrail: str | None = None) -> list[Listed]:
    """The lines that are wanted, oldest first. `cloudtrail` is where its files lie: a folder, or `s3://bucket/prefix`."""
    found = [line for line in _lines(lake, wanted) if wanted.fits(line)]
    if cloudtrail is not None:
        found = _joined(lake, found, wanted, cloudtrail)
    return sorted(found, key=lambda line: line.at)


def instant(text: str, now: dt.datetime) -> dt.datetime:
    """`7d`, `24h`, a date or an instant as an instant; raises UsageError."""
    if back := re.fullmatch(r"(\d{1,5})([dh])", text):
        return now - (dt.timedelta(days=int(back[1])) if back[2] == "d" else dt.timedelta(hours=int(back[1])))
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"`{text}` is no moment.", hint="write `7d`, `24h`, `2026-11-20` or `2026-11-20T09:00:00Z`.") from error
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _lines(lake: Lake, wanted: Wanted) -> Iterator[Listed]:
    with lake.ledger_engine() as engine:
        for row in audit_ledger.read(lake.tables, engine, wanted.kinds or None, wanted.since):
            yield Listed(row.at, row.kind, row.actor, row.subject, json.loads(row.details), row.request_id)
        if wanted.takes(Kind.PUBLICATION):
            yield from _publications(lake, engine)
    if lake.config.aws is None:
        yield from _queries(lake, wanted)


def _publications(lake: Lake, engine: Engine) -> Iterator[Listed]:
    """One line for each view that was published or withdrawn at one time."""
    spec = lake.tables.spec(ledger.PUBLICATIONS.name)
    if spec is None:
        return
    held = engine.relation([file.path for file in lake.tables.files(spec.name)], spec.columns)
    micros = engine.dialect.micros("recorded_at")
    rows = engine.rows(
        f"SELECT {micros}, view, action, run_id, min(metrics), count(*), min(viewing_country), max(viewing_country), sum(row_count)"
        f" FROM {held} GROUP BY {micros}, view, action, run_id, block"
    )
    for at, view, action, run, metrics, countries, first, last, count in rows:
        details = {"outcome": action, "run_id": run, "countries": countries, "rows": count, "digests": json.loads(metrics or "{}")}
        details |= {"country": first} if first == last else {}
        yield Listed(audit_ledger.instant(at), Kind.PUBLICATION, audit_ledger.SELF, view, details)


def _queries(lake: Lake, wanted: Wanted) -> Iterator[Listed]:
    """Queries that were answered, and those that were refused or stopped."""
    from ringi.query.answering import query_ledger

    found, since = query_ledger(lake), wanted.since.date() if wanted.since else dt.date.min
    for line in found.lines(since) if wanted.takes(Kind.QUERY) else ():
        columns = sorted({f"{relation}.{column}" for relation, read in line.reads.items() for column in read})
        yield Listed(line.at, Kind.QUERY, line.principal, ", ".join(sorted(line.reads)), {"columns": columns, "rows": line.rows})
    for refused in found.refusals(since) if wanted.takes(Kind.REFUSAL) else ():
        details = {"outcome": refused.code.value, **({"others": refused.others} if refused.others else {})}
        yield Listed(refused.at, Kind.REFUSAL, refused.principal, ", ".join(refused.relations), details)


def _joined(lake: Lake, lines: list[Listed], wanted: Wanted, place: str) -> list[Listed]:
    """The lines with their events, and the calls that changed access and are in no line."""
    ours = {name for line in lines for name in _requests(line)}
    since = wanted.since or min((line.at for line in lines), default=None)
    events = list(_events(lake, place, since, lambda event: event.request_id in ours or _changes_access(event)))
    by_request = {event.request_id: event for event in events if event.request_id in ours}
    joined = [_with(line, [by_request[name] for name in _requests(line) if name in by_request]) for line in lines]
    foreign = (Listed(event.at, FOREIGN, event.actor, event.name, {}, event.request_id, _told(event)) for event in events)
    recorded = {name for row in _all_requests(lake) for name in row} if wanted.takes(FOREIGN) else set()
    return [*joined, *(line for line in foreign if line.request_id not in ours | recorded and wanted.fits(line))]


def _all_requests(lake: Lake) -> Iterator[tuple[str, ...]]:
    """Request ids in every line of the audit ledger, listed or not."""
    with lake.ledger_engine() as engine:
        for row in audit_ledger.read(lake.tables, engine):
            yield _requests(Listed(row.at, row.kind, row.actor, row.subject, json.loads(row.details), row.request_id))


def _requests(line: Listed) -> tuple[str, ...]:
    return (*([line.request_id] if line.request_id else []), *line.details.get("request_ids", ()))


def _changes_access(event: Event) -> bool:
    named = _CHANGES.fullmatch(event.name) or _MORE_CHANGES.fullmatch(event.name)
    return event.service == "lakeformation" and named is not None and event.error is None


def _events(lake: Lake, place: str, since: dt.datetime | None, wanted: Any) -> Iterable[Event]:
    from infra.aws import cloudtrail

    if not place.startswith(cloudtrail.SCHEME):
        return cloudtrail.in_folder(Path(place), since, wanted)
    if lake.aws is None:
        raise UsageError(
            f"`{place}` is in S3, and the profile `{lake.config.name}` names no account.",
            hint="name the profile of the account with --profile.",
        )
    return cloudtrail.in_bucket(lake.aws.client("s3"), place, since, wanted)


def _with(line: Listed, events: list[Event]) -> Listed:
    if not events:
        return line
    told = _told(events[0]) if len(events) == 1 else {"events": [_told(event) for event in events], "actor": events[0].actor}
    return Listed(line.at, line.kind, line.who, line.subject, line.details, line.request_id, told)


def _told(event: Event) -> dict[str, Any]:
    facts = {"actor": event.actor, "call": event.name, "at": event.at, "source_identity": event.source_identity, "error": event.error}
    return {name: value for name, value in facts.items() if value is not None}
