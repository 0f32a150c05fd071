"""`ringi report`: a change as one Markdown comment, with its numbers, its SQL, its price and who must turn a key."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format


def report(
    context: typer.Context,
    base: Annotated[str, typer.Option(help="The git revision to compare with, such as `main`.")] = "HEAD",
    no_numbers: Annotated[bool, typer.Option("--no-numbers", help="Compute nothing; for a machine without the lake.")] = False,
    link_to: Annotated[
        str, typer.Option(envvar="RINGI_LINK_TO", help="Address under which the project's files are shown, for links.", show_default=False)
    ] = "",
    format: Annotated[Format | None, typer.Option(help="How data is printed.", show_default=False)] = None,
) -> None:
    """Tell a change in one Markdown comment: words, numbers, duplicates, keys, price, SQL.

    The numbers are computed from the events in the lake by the code of a run; nothing is published. Where this machine has no
    lake the report says so. The same files and the same lake give the same text, never longer than a comment may be.

    Example: ringi report --base main
    Example: ringi report --base HEAD --no-numbers
    Example: ringi --format json report --base main
    """
    from metrics_catalog.errors import UsageError
    from ringi.reporting.gather import report as gathered

    if link_to and not link_to.startswith(("https://", "http://")):
        raise UsageError(f"`{link_to}` is no address for links.", hint="give one that begins with https://, or leave `--link-to` out.")
    door = Door.of(context).with_format(format)
    found = gathered(door.lake(), base, with_numbers=not no_numbers, links=link_to, say=door.out.say)
    if door.format is Format.JSON:
        from ringi.reporting.as_json import as_object

        door.out.json(as_object(found))
    else:
        from ringi.reporting.markdown import text

        sys.stdout.write(text(found))
