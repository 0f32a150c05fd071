"""Making a new lake project from the starter; used by `ringi init` and `ringi demo`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from metrics_catalog.errors import UsageError

MESSAGE = "A lake project from the starter of Ringi"


def start(folder: Path, prepare: Callable[[Path], object] = str) -> tuple[str, ...]:
    """Copy the starter into an empty or missing folder, with schemas, editor settings and a forge's files, as a repository of one commit.

    `prepare` may change the copy before its commit. The folder appears whole or not at all. Gives the files, relative to the folder; raises UsageError where the folder holds
    something, InfraError where git fails.
    """
    from infra.local import dbt_project
    from infra.local.repository import start_repository
    from metrics_catalog.catalog import load
    from ringi.setup import forge
    from ringi.setup.editor_schemas import write_schemas
    from ringi.setup.installing import own_origin, settings_text

    _refuse_what_is_there(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ringi-init-", dir=folder.parent) as beside:
        made = Path(beside) / "project"
        with resources.as_file(resources.files("metrics_catalog") / "starter") as starter:
            shutil.copytree(starter, made, ignore=shutil.ignore_patterns("__pycache__"))
        (made / "gitignore").rename(made / ".gitignore")
        with (made / "ringi.toml").open("a", encoding="utf-8", newline="\n") as settings:
            settings.write(settings_text(own_origin()))
        write_schemas(made)
        dbt_project.begin(made)
        prepare(made)
        forge.apply(made, forge.plan(made, forge.wanted(load(made)[0], {})))
        start_repository(made, MESSAGE)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    return tuple(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts))


def _refuse_what_is_there(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"`{folder}` is there already and is no folder.", hint="name a new folder.")
    if folder.exists() and any(folder.iterdir()):
        names = ", ".join(sorted(entry.name for entry in folder.iterdir())[:3])
        raise UsageError(f"`{folder}` is not empty: it holds {names}.", hint="name a new or empty folder; nothing was written.")
