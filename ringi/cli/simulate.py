"""`ringi simulate`: writes simulated viewing events to files, ready to be landed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from jobs.simulate import SimulationReport


def simulate(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="A new or empty folder for the files.")],
    events: Annotated[int, typer.Option(min=1, help="Records of viewing events, repeats included.")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 20261026,
    days: Annotated[int, typer.Option(min=1, max=31, help="Local days, from 2026-10-26.")] = 7,
) -> None:
    """Write simulated viewing events and titles to files, with the faults of real deliveries.

    Files of one source are printed in the order in which they were received; land them in that order.

    Example: ringi simulate --out simulated --events 100000 --seed 1 --days 7
    """
    from jobs.simulate import simulate as run

    door = Door.of(context)
    report = run(out, events=events, seed=seed, days=days)
    door.out.rows(
        [{"file": str(file.path), "source": file.source, "records": file.records, "fault": file.fault or ""} for file in report.files],
        ("file", "source", "records", "fault"),
    )
    door.out.say(_summary(report))


def _summary(report: SimulationReport) -> str:
    return (
        f"{report.records} records of viewing events in {len(report.countries)} countries: {report.events} events, {report.repeated} repeated; "
        f"{report.late} late, {report.without_country} without a viewing country, {report.of_unknown_titles} of unknown titles, {report.broken} broken."
    )
