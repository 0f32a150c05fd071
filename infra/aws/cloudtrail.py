"""CloudTrail's own record of calls, read from the files it delivers: in the bucket of `infra/terraform/modules/audit`, or copied.

Used by `ringi audit list --cloudtrail`. Of an event only its names are kept, never its parameters, which may hold values. The files
are read and not the API `LookupEvents`, which knows ninety days and no data events.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated
from infra.errors import InfraError
from infra.local.foreign import translated as translated_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SCHEME = "s3://"
LATE = dt.timedelta(hours=24)
"""How long after a call its event may be delivered; files are named by their delivery."""

_KEY = re.compile(r"(?:^|/)\d{12}_CloudTrail_[\w-]+_(\d{8}T\d{4}Z)_\w+\.json(?:\.gz)?$")


@dataclass(frozen=True, slots=True)
class Event:
    """One call as CloudTrail saw it: `source_identity` is the role that Lake Formation read for (SET_SOURCE_IDENTITY)."""

    at: dt.datetime
    service: str
    name: str
    request_id: str | None
    actor: str
    source_identity: str | None
    error: str | None


def in_folder(folder: Path, since: dt.datetime | None, wanted: Callable[[Event], bool]) -> Iterator[Event]:
    """Events in copied files, in no order; `since` leaves out files that were delivered before."""
    with translated_here("looking through the files of CloudTrail"):
        paths = [path for path in sorted(folder.rglob("*.json*")) if _is_due(path.name, since)]
    for path in paths:
        with translated_here(f"reading {path}"):
            raw = path.read_bytes()
        yield from filter(wanted, _events(raw, str(path)))


def in_bucket(client: Any, place: str, since: dt.datetime | None, wanted: Callable[[Event], bool]) -> Iterator[Event]:
    """Events below `s3://bucket/prefix`, which may begin above or below CloudTrail's own folders."""
    bucket, _, prefix = place.removeprefix(SCHEME).partition("/")
    with translated(f"looking through `{place}`"):
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [held["Key"] for page in pages for held in page.get("Contents", []) if _is_due(held["Key"], since)]
    for key in keys:
        with translated(f"reading `{SCHEME}{bucket}/{key}`"):
            raw = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        yield from filter(wanted, _events(raw, f"{SCHEME}{bucket}/{key}"))


def _is_due(name: str, since: dt.datetime | None) -> bool:
    """Whether a file of events (not of digests) was delivered since a moment."""
    found = _KEY.search(name)
    if found is None:
        return False
    delivered = dt.datetime.strptime(found[1], "%Y%m%dT%H%MZ").replace(tzinfo=dt.UTC)
    return since is None or delivered >= since - dt.timedelta(hours=1)


def _events(raw: bytes, name: str) -> Iterator[Event]:
    try:
        text = gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw
        records = json.loads(text)["Records"]
        yield from [_event(record) for record in records]
    except (ValueError, KeyError, TypeError, AttributeError, OSError, EOFError, zlib.error) as error:
        raise InfraError(f"`{name}` is no file of CloudTrail, or damaged.", hint="fetch it again from the bucket of the trail.") from error


def _event(record: dict[str, Any]) -> Event:
    identity = record.get("userIdentity") or {}
    context = identity.get("sessionContext") or {}
    more = record.get("additionalEventData") or {}
    return Event(
        at=dt.datetime.fromisoformat(record["eventTime"]),
        service=str(record["eventSource"]).removesuffix(".amazonaws.com"),
        name=str(record["eventName"]),
        request_id=record.get("requestID"),
        actor=str(identity.get("arn") or identity.get("principalId") or identity.get("invokedBy") or identity.get("type") or "unknown"),
        source_identity=context.get("sourceIdentity") or more.get("sourceIdentity") or more.get("lakeFormationPrincipal"),
        error=record.get("errorCode"),
    )
