"""`ringi access explain`: every way in which a principal reads a table, and the fewest revokes that close them."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door


def explain(
    context: typer.Context,
    principal: Annotated[str, typer.Argument(help="A principal of policy/, or an identity such as an IAM role's ARN.", show_default=False)],
    table: Annotated[str, typer.Argument(help="`views_jp.title_daily`, or one column: `views_jp.title_daily.plays`.", show_default=False)],
) -> None:
    """Say why somebody reads a table, and what to revoke so that it no longer does.

    On an AWS profile, every way that the account gives: by a grant, by a wildcard, by tags, by the whole catalog, as definer,
    administrator or creator, or because IAM decides; then what the policy gives. On a lake on this machine, the grants and roles of
    the policy, each with its file and line. Nothing is changed.

    Example: ringi access explain analyst_jp views_jp.title_daily
    Example: ringi --profile aws access explain arn:aws:iam::123456789012:role/intern views_jp.title_daily.plays
    """
    from ringi.access.explaining import explain_access

    door = Door.of(context)
    found = explain_access(door.lake(), principal, table)
    for note in found.notes:
        door.out.say(f"Left out: {note}.")
    door.out.value(found.as_json(), found.text)
