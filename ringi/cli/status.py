"""`ringi status`: lifecycle and keys of the metrics, and what voided a key."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format


def status(
    context: typer.Context,
    metrics: Annotated[list[str] | None, typer.Argument(help="Only these metrics.", show_default=False)] = None,
) -> None:
    """Show lifecycle and keys of metrics, and which field voided a key.

    The lifecycle follows from the records: draft, heard, proposed, approved, published (the lake has it), deprecated, retired.
    A key is shown with who turned it and when; `void` names the fields that changed since. Published is the digest of the
    latest meaning under both keys. Of deprecated metrics it lists who read them in the last 90 days. Approvals that do not
    count are told on stderr.

    Example: ringi status
    Example: ringi status viewing_hours
    """
    from datetime import UTC, datetime

    from governance.gate.status import as_json, as_rows, reader_rows
    from ringi.catalog.standing import standing
    from ringi.output import finding_text, table

    door = Door.of(context)
    certification, around = standing(door.lake(), metrics, datetime.now(UTC))
    for finding in certification.findings:
        door.out.say(finding_text(finding))
    if door.format is Format.JSON:
        door.out.json(as_json(certification, around))
        return
    door.out.rows(as_rows(certification, around), ("metric", "lifecycle", "tech key", "business key", "published"))
    readers = reader_rows(around)
    if readers and door.format is Format.TEXT:
        typer.echo("\n" + table(list(readers[0]), readers), nl=False)
