"""`ringi stream`: files that appear in a folder, or records of a Kafka topic or a Kinesis stream, are landed as they come."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door
from ringi.cli.land import as_object as landed_object
from ringi.cli.land import as_text as landed_text
from ringi.cli.land import to_do

if TYPE_CHECKING:
    from jobs.land.spark.stream import Landed

FIVE_MINUTES = 300


def stream(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="Source whose contract the files follow.")],
    folder: Annotated[
        Path | None, typer.Option("--from", help="The folder in which files appear, each moved in whole.", show_default=False)
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Land what is there, then end.")] = False,
    every: Annotated[int, typer.Option(help="Seconds from one look to the next.")] = FIVE_MINUTES,
    files: Annotated[int, typer.Option(min=1, help="Files of one micro-batch, at most.")] = 1_000,
) -> None:
    """Land what comes, with Spark: files that appear in a folder, or records of a Kafka topic or a Kinesis stream.

    Without --from the section [streams.SOURCE] of ringi.toml says which topic or stream; see docs/streaming.md.

    Each micro-batch is landed like any batch: kept as received, then accepted, repeated or refused by the contract. Every record
    comes into the lake once, also when this command is killed and started again. It goes on until it is interrupted; other
    commands can write to the lake between micro-batches. One line a micro-batch is printed, in JSON one object a micro-batch. The
    exit code is 1 where a file was refused whole.

    Example: ringi stream viewing_events --from incoming --once
    Example: ringi stream viewing_events --from incoming --every 60
    Example: ringi stream viewing_events --every 60
    """
    from metrics_catalog.errors import ExitCode
    from ringi.operations.streaming import stream_into

    door = Door.of(context)
    refused = False

    def tell(landed: Landed) -> None:
        nonlocal refused
        refused = refused or bool(landed.report.refused_whole)
        door.out.value(as_object(landed), lambda: as_text(landed))
        sys.stdout.flush()  # who reads along reads now
        for line in to_do(landed.report):
            door.out.say(line)

    stream_into(door.lake(), source, folder, door.out.say, tell, every=None if once else every, files_a_batch=files)
    if refused:
        raise typer.Exit(ExitCode.FINDINGS)


def as_object(landed: Landed) -> dict[str, Any]:
    """One micro-batch: what `ringi land` says of a batch, and which it is."""
    return {**landed_object(landed.report), "micro_batch": landed.number, "again": landed.again}


def as_text(landed: Landed) -> str:
    told = "landed before, nothing changed" if landed.again else landed_text(landed.report).splitlines()[-1]
    return f"micro-batch {landed.number}: {told}"
