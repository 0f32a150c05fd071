"""`ringi land`: files of raw events are kept as received and brought into the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door
from ringi.engines import EngineName

if TYPE_CHECKING:
    from jobs.land import FileReport, LandReport
    from jobs.land.report import Counts

MOST_REASONS = 3


def land(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Source whose contract the files follow.")],
    files: Annotated[list[Path] | None, typer.Argument(help="JSON lines, CSV, TSV or Parquet; plain, gzip or zstd.")] = None,
    engine: Annotated[EngineName | None, typer.Option(help="What sorts the records: this process, or Spark's workers.")] = None,
) -> None:
    """Land files of raw events, kept as received.

    Each record is accepted, found repeated, or put into quarantine with its reason. A file that is not what the contract says is
    kept and refused whole; the others go on, and the exit code is 1. The same bytes twice change nothing.

    Without files, batches that lie in landing and were not finished are brought in; every call does that first. With Spark the
    records are judged by its workers, by the same rules: for batches that one machine takes too long for.

    Example: ringi land viewing_events events_2026-10-26.jsonl.gz
    Example: ringi land titles exports/*.csv
    Example: ringi land viewing_events exports/*.gz --engine spark
    """
    from metrics_catalog.errors import ExitCode
    from ringi.operations.landing import land_files

    door = Door.of(context)
    report = land_files(door.lake(), source, files or (), door.out, engine=engine)
    door.out.value(as_object(report), lambda: as_text(report))
    for line in to_do(report):
        door.out.say(line)
    if report.refused_whole:
        raise typer.Exit(ExitCode.FINDINGS)


def as_text(report: LandReport) -> str:
    """One line a file, and the total."""
    lines = [f"{file.name}: finished from an earlier call: {_outcome(file)}" for file in report.finished]
    lines += [f"{file.name}: {_outcome(file)}" for file in report.files]
    refused = len(report.refused_whole)
    whole = f"; {refused} {'file' if refused == 1 else 'files'} refused whole" if refused else ""
    files = f"{len(report.files)} {'file' if len(report.files) == 1 else 'files'}"
    return "\n".join([*lines, f"{report.source}: {files}, {_counts(report.counts)}{whole}"])


def to_do(report: LandReport) -> list[str]:
    """What a person has to know and do, for stderr."""
    lines = []
    for file in report.refused_whole:
        if file.fault is not None:
            lines.append(
                f"{file.name} is refused whole. {file.fault.message}\n  Hint: {file.fault.hint}\n  More: ringi explain {file.fault.code}"
            )
    if report.counts.refused:
        commonest = ", ".join(_reason(*reason, count) for reason, count in list(report.reasons.items())[:MOST_REASONS])
        lines.append(
            f"{report.counts.refused:,} records are in `quarantine.{report.source}`, verbatim: {commonest}.\n  More: ringi explain RNG-JOB-020"
        )
    return lines


def as_object(report: LandReport) -> dict[str, Any]:
    counts = report.counts
    return {
        "schema_version": 1,
        "source": report.source,
        "files": [_file_object(file) for file in report.files],
        "finished": [_file_object(file) for file in report.finished],
        "total": {"received": counts.received, "accepted": counts.accepted, "repeated": counts.repeated, "refused": counts.refused},
    }


def _file_object(file: FileReport) -> dict[str, Any]:
    return {
        "name": file.name,
        "verdict": file.verdict.value,
        "again": file.again,
        "batch": file.batch,
        "object": file.object,
        "received": file.counts.received,
        "accepted": file.counts.accepted,
        "repeated": file.counts.repeated,
        "refused": file.counts.refused,
        **({"erased": file.counts.erased} if file.counts.erased else {}),
        "reasons": [{"reason": reason, "field": field or None, "records": count} for (reason, field), count in file.reasons.items()],
        "fault": None if file.fault is None else {"code": file.fault.code, "message": file.fault.message, "hint": file.fault.hint},
        "restated": None if file.restated is None else {"changed": file.restated.changed, "vanished": file.restated.vanished},
    }


def _outcome(file: FileReport) -> str:
    if file.refused_whole:
        return "refused whole already, nothing changed" if file.again else "refused whole"
    if file.again:
        return f"already landed, nothing changed ({_counts(file.counts)})"
    restated = file.restated
    told = (
        f"; {restated.changed:,} rows restated, {restated.vanished:,} gone" if restated and (restated.changed or restated.vanished) else ""
    )
    return f"{_counts(file.counts)}{told}"


def _counts(counts: Counts) -> str:
    """`11 received = 3 accepted + 1 repeated + 7 quarantined`: the law of landing, shown."""
    erased = f" + {counts.erased:,} erased" if counts.erased else ""
    return f"{counts.received:,} received = {counts.accepted:,} accepted + {counts.repeated:,} repeated + {counts.refused:,} quarantined{erased}"


def _reason(reason: str, field: str, count: int) -> str:
    return f"{count:,} {reason} ({field})" if field else f"{count:,} {reason}"
