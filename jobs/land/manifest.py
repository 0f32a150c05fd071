"""The manifest of a batch: what was received, and, once the batch is in the lake, what became of it.

Written before anything is parsed (`verdict` is null then) and again at the very end; read when the same bytes come again and
when a batch that was cut off is finished. It is `manifest.json` in the batch's folder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jobs.land.report import Counts, Fault, FileReport, Restated, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from metrics_catalog.source import Source

NAME = "manifest.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes of an object that was rewritten: their SHA-256 and how many."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Erased:
    """Records that are no longer in an object: `by` names the receipt, or says `suppression`; `records` are the numbers that they had
    in the object as it was received, such as `3,7-9`, or `all`."""

    by: str
    records: str


@dataclass(frozen=True, slots=True)
class Landed:
    """One object of a batch; `report` is None until the batch is done.

    `sha256` and `size` are those of the bytes as they were received, always. Where records were erased, `erased` says which and
    `kept` what the object holds now.
    """

    object: str
    name: str
    sha256: str
    size: int
    report: FileReport | None = None
    erased: tuple[Erased, ...] = ()
    kept: Kept | None = None

    @property
    def holds(self) -> Kept:
        """The bytes that the object should hold now."""
        return self.kept or Kept(self.sha256, self.size)

    def is_of(self, sha256: str) -> bool:
        """Whether bytes of this digest are those of the object, as it was received or as it is now."""
        return sha256 in (self.sha256, self.holds.sha256)

    def without(self, erased: Erased, kept: Kept) -> Landed:
        """The same object after records were erased."""
        return replace(self, erased=(*self.erased, erased), kept=kept)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One batch. `contract` is the digest of the contract by which it was judged last, or will be."""

    source: str
    batch: str
    received_at: dt.datetime
    contract_version: str
    contract: str
    objects: tuple[Landed, ...]

    @property
    def done(self) -> bool:
        return all(landed.report is not None for landed in self.objects)

    def judged(self, reports: Sequence[FileReport], source: Source) -> Manifest:
        """The manifest with what became of each object."""
        objects = tuple(replace(landed, report=report) for landed, report in zip(self.objects, reports, strict=True))
        return replace(self, objects=objects, contract_version=source.version, contract=contract_digest(source))

    def to_json(self) -> bytes:
        head = {
            "schema_version": SCHEMA_VERSION,
            "source": self.source,
            "batch": self.batch,
            "received_at": self.received_at.isoformat(),
            "contract_version": self.contract_version,
            "contract": self.contract,
            "objects": [_object(landed) for landed in self.objects],
        }
        return (json.dumps(head, ensure_ascii=False, indent=2) + "\n").encode()


def read_manifest(data: bytes) -> Manifest:
    """The manifest of such bytes."""
    held = json.loads(data)
    objects = tuple(_landed(entry, held["batch"]) for entry in held["objects"])
    received_at = dt.datetime.fromisoformat(held["received_at"])
    return Manifest(held["source"], held["batch"], received_at, held["contract_version"], held["contract"], objects)


def batch_id(digests: Iterable[str]) -> str:
    """The batch's name: a digest of the digests of what it holds, so that the same bytes always make the same batch."""
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()[:20]


def contract_digest(source: Source) -> str:
    """A digest of all that decides how records are judged; a refused file gets another chance when it changes."""
    facts = source.model_dump(
        mode="json", include={"source", "delivery", "columns", "key", "event_time", "received_time", "unknown_fields"}
    )
    for column in facts["columns"].values():
        column.pop("description", None)
        column.pop("classification", None)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def reports_json(reports: Sequence[FileReport]) -> str:
    """Reports as they are kept in the snapshot of bronze, so that a batch cut off after its commit can still be closed."""
    return json.dumps([_report(report) for report in reports], ensure_ascii=False, separators=(",", ":"))


def read_reports(text: str, batch: str) -> tuple[FileReport, ...]:
    """The reports of such a text."""
    return tuple(_read_report(entry, batch) for entry in json.loads(text))


def _object(landed: Landed) -> dict[str, Any]:
    told: dict[str, Any] = {"object": landed.object, "name": landed.name, "sha256": landed.sha256, "size": landed.size}
    if landed.erased:
        told["erased_records"] = [{"by": one.by, "records": one.records} for one in landed.erased]
    if landed.kept is not None:
        told["kept"] = {"sha256": landed.kept.sha256, "size": landed.kept.size}
    if landed.report is None:
        return {**told, "verdict": None}
    return {**told, **{key: value for key, value in _report(landed.report).items() if key not in told}}


def _landed(entry: dict[str, Any], batch: str) -> Landed:
    report = _read_report(entry, batch) if entry["verdict"] is not None else None
    erased = tuple(Erased(one["by"], one["records"]) for one in entry.get("erased_records", ()))
    kept = Kept(entry["kept"]["sha256"], entry["kept"]["size"]) if entry.get("kept") else None
    return Landed(entry["object"], entry["name"], entry["sha256"], entry["size"], report, erased, kept)


def _report(report: FileReport) -> dict[str, Any]:
    return {
        "object": report.object,
        "name": report.name,
        "verdict": report.verdict.value,
        "records": report.counts.received,
        "accepted": report.counts.accepted,
        "repeated": report.counts.repeated,
        "refused": report.counts.refused,
        **({"erased": report.counts.erased} if report.counts.erased else {}),
        "reasons": [{"reason": reason, "field": field, "records": count} for (reason, field), count in report.reasons.items()],
        "fault": None if report.fault is None else {"code": report.fault.code, "message": report.fault.message, "hint": report.fault.hint},
        "restated": None if report.restated is None else {"changed": report.restated.changed, "vanished": report.restated.vanished},
    }


def _read_report(entry: dict[str, Any], batch: str) -> FileReport:
    return FileReport(
        name=entry["name"],
        batch=batch,
        object=entry["object"],
        verdict=Verdict(entry["verdict"]),
        counts=Counts(entry["records"], entry["accepted"], entry["repeated"], entry["refused"], entry.get("erased", 0)),
        reasons={(reason["reason"], reason["field"]): reason["records"] for reason in entry["reasons"]},
        fault=Fault(**entry["fault"]) if entry["fault"] else None,
        restated=Restated(**entry["restated"]) if entry["restated"] else None,
    )
