"""`ringi access drift`: what the account holds otherwise than the policy says."""

from __future__ import annotations

import typer

from ringi.cli.door import Door


def drift(context: typer.Context) -> None:
    """Say what the account holds otherwise than the policy: missing, changed and foreign grants, settings, views, places.

    Foreign grants are told with who changed them last and when. Exit code 1 where something drifted, 0 where nothing did. Nothing
    is changed.

    Example: ringi --profile aws access drift
    Example: ringi --profile aws --format json access drift
    """
    from ringi.access.looking import find_drift

    door = Door.of(context)
    found = find_drift(door.lake())
    for note in found.notes:
        door.out.say(f"Note: {note}.")
    door.out.value(found.as_json(), found.text)
    if found.found:
        raise typer.Exit(1)
