"""`ringi status`: lifecycle and keys of the metrics, and what voided a key."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.cli.format import Format


def status(
    context: typer.Context,
    metrics: Annotated[list[str] | None, typer.Argument(help="Only these metrics.", show_default=False)] = None,
) -> None:
    """Show lifecycle and keys of metrics, and which field voided a key.

    A key is shown with who turned it and when; `void` names the fields that changed since. Published is the digest of the
    latest meaning under both keys. Approvals that do not count are told on stderr.

    Example: ringi status
    Example: ringi status viewing_hours
    """
    from datetime import UTC, datetime

    from governance.gate import certified
    from governance.status import as_json, as_rows
    from ringi.cli.output import finding_text

    door = Door.of(context)
    certification = certified(door.lake().catalog, datetime.now(UTC), metrics or None)
    for finding in certification.findings:
        door.out.say(finding_text(finding))
    if door.format is Format.JSON:
        door.out.json(as_json(certification))
    else:
        door.out.rows(as_rows(certification), ("metric", "lifecycle", "tech key", "business key", "published"))
