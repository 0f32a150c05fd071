"""`ringi init`: a new lake project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringi.cli.door import Door


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Make a new lake project from the starter, as a git repository.

    It holds metrics to learn from and to change, schemas for your editor, and no data yet.

    Example: ringi init my-lake
    """
    from ringi.starting import start

    door = Door.of(context)
    files = start(folder)
    door.out.value({"schema_version": 1, "folder": str(folder), "files": list(files)}, lambda: str(folder))
    door.out.say(f"A lake project of {len(files)} files, in git. Next: cd {folder}, then `ringi check` and `ringi new metric NAME`.")
