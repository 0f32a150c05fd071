"""`ringi verify`: who turned which key over which meaning when, from git alone, and what was published without two keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringi.keys.ledger_at_hand import Ledger
    from ringi.keys.verifying import Place, Verified


def verify(
    context: typer.Context,
    metrics: Annotated[list[str] | None, typer.Argument(help="Only these metrics.", show_default=False)] = None,
    at: Annotated[str | None, typer.Option(help="As it was at a git ref, a date or an instant.", show_default=False)] = None,
    ledger: Annotated[
        Path | None, typer.Option(help="A warehouse, or copied files of its ledger (default: this project's lake).", show_default=False)
    ] = None,
    online: Annotated[bool, typer.Option("--online", help="Ask GitHub again about keys that were turned by review.")] = False,
    api_url: Annotated[
        str | None, typer.Option("--api-url", help="With --online: the API of an enterprise server.", show_default=False)
    ] = None,
) -> None:
    """Say for every certified metric who turned which key over which meaning when, and find what does not hold.

    Reads people, hearings and approvals alone: a git clone is enough, also a bare one (`--lake copy.git`), without a lake and
    without a network. Where a ledger is at hand, every publication in it must have been covered by two keys. Exit code 1
    where an approval does not count, a publication was not covered, or the ledger is not what was written. With --online GitHub
    is asked, as by `ringi approvals recheck`, whether the reviews behind keys were given.

    Example: ringi verify
    Example: ringi verify viewing_hours --at 2026-11-20
    Example: ringi --lake copy.git verify --at v1.2 --ledger /mnt/lake/warehouse
    """
    from datetime import UTC, datetime

    from metrics_catalog.errors import ExitCode
    from ringi.cli.verify_text import COLUMNS, as_json, as_rows, summary
    from ringi.keys.verifying import place_of, verify_place

    door = Door.of(context)
    place = place_of(door.root)
    _refuse_past(place, at, online=online)
    found = verify_place(place, datetime.now(UTC), at=at, metrics=metrics or (), ledger=_ledger(door, place, ledger))
    found = _asked_again(door, found, api_url, metrics or ()) if online else found
    if door.format is Format.JSON:
        door.out.json(as_json(found))
    else:
        door.out.rows(as_rows(found), COLUMNS)
        _tell(door, found)
    door.out.say(summary(found))
    if any(finding.blocks for finding in found.findings):
        raise typer.Exit(ExitCode.FINDINGS)


def _ledger(door: Door, place: Place, named: Path | None) -> Ledger | None:
    from ringi.keys.ledger_at_hand import ledger_at, ledger_of_project

    if named is not None:
        return ledger_at(named)
    return None if place.is_bare else ledger_of_project(place.folder, door.profile)


def _refuse_past(place: Place, at: str | None, *, online: bool) -> None:
    from metrics_catalog.errors import UsageError

    if online and (at is not None or place.is_bare):
        raise UsageError(
            "`--online` asks about the records as they lie in a project now.", hint="leave out --at, and name no bare repository."
        )


def _asked_again(door: Door, found: Verified, api_url: str | None, metrics: Sequence[str]) -> Verified:
    """The answer with what GitHub and git say otherwise of reviews."""
    from dataclasses import replace

    from metrics_catalog.catalog import sorted_findings
    from ringi.cli.approvals import asked_again

    given, findings = asked_again(door, api_url, wait=90)
    door.out.say(f"{given} keys turned by review asked about: {len(findings)} findings.")
    about = tuple(f"approvals/{name}/" for name in metrics)
    asked = [finding for finding in findings if not about or finding.place.file.startswith(about)]
    return replace(found, findings=sorted_findings([*found.findings, *asked]))


def _tell(door: Door, found: Verified) -> None:
    """Findings after the table; beside CSV, which must stay rows alone, on stderr."""
    from ringi.output import finding_text

    if door.format is Format.TEXT:
        if found.findings:
            typer.echo()
        door.out.findings(found.findings)
    else:
        for finding in found.findings:
            door.out.say(finding_text(finding))
