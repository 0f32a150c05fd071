"""`ringi init`: a new lake project, or the files of a forge for one that is there."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from ringi.setup.forge import Planned


class Forge(StrEnum):
    """Where the project's pull requests live."""

    GITHUB = "github"


def init(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)] = None,
    forge: Annotated[
        Forge | None, typer.Option(help="Only the files of a forge, into the project that is there already.", show_default=False)
    ] = None,
) -> None:
    """Make a new lake project from the starter, as a git repository.

    It holds metrics to learn from and to change, schemas for your editor, a workflow for GitHub, and no data yet. With `--forge`
    an existing project gets the workflow, the owners of files and the hooks: what is there is never overwritten, and where it differs
    the difference is shown. Of CODEOWNERS the part between Ringi's marks is brought up to date.

    Example: ringi init my-lake

    Example: ringi init --forge github
    """
    from metrics_catalog.errors import UsageError

    door = Door.of(context)
    if forge is not None:
        _add_forge(door if folder is None else Door(folder, door.profile, door.format))
    elif folder is None:
        raise UsageError(
            "No folder is named.", hint="for example `ringi init my-lake`; for a project that is there, `ringi init --forge github`."
        )
    else:
        _start(door, folder)


def _start(door: Door, folder: Path) -> None:
    from ringi.setup.starting import start

    files = start(folder)
    door.out.value({"schema_version": 1, "folder": str(folder), "files": list(files)}, lambda: str(folder))
    door.out.say(f"A lake project of {len(files)} files, in git. Next: cd {folder}, then `ringi check` and `ringi new metric NAME`.")
    _say_where_from(door, folder)


def _add_forge(door: Door) -> None:
    from ringi.project import find
    from ringi.setup.forge import State, add_to

    planned = add_to(find(door.root))
    value = {
        "schema_version": 1,
        "files": [{"file": each.path, "state": each.state.value, "difference": each.difference} for each in planned],
    }
    door.out.value(value, lambda: "\n".join(_line(each) for each in planned))
    for each in planned:
        if each.state in (State.DIFFERS, State.RENEWED):
            door.out.say(each.difference)
    if any(each.state is State.DIFFERS for each in planned):
        door.out.say("Files that differ were left as they are. To take Ringi's, delete yours and run this again.")
    _say_where_from(door, find(door.root))


def _say_where_from(door: Door, root: Path) -> None:
    """The jobs of the forge must know where Ringi comes from."""
    from ringi.project import read_section
    from ringi.setup.installing import UNKNOWN, install_of

    if install_of(read_section(root, "forge")) is None:
        door.out.say(UNKNOWN)


def _line(planned: Planned) -> str:
    words = {"new": "written", "same": "up to date", "renewed": "its part is brought up to date", "differs": "yours differs; left as it is"}
    return f"{planned.path}: {words[planned.state.value]}"
