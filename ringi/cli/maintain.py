"""`ringi maintain`: keeps the lake's tables within their budget of files and snapshots."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door


def maintain(
    context: typer.Context,
    tables: Annotated[list[str] | None, typer.Argument(help="Tables by their full names; all by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, list the files, and touch nothing.")] = False,
    keep_days: Annotated[float | None, typer.Option(min=0, help="Forget snapshots superseded for longer than this.")] = None,
    stray_days: Annotated[float | None, typer.Option(min=0, help="Remove files without a table that are older than this.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Allow less than a safe age, while nobody else works.")] = False,
    engine: Annotated[str | None, typer.Option(help="Merge with this engine instead of the profile's.")] = None,
) -> None:
    """Merge small files, forget old snapshots, remove files that nothing refers to.

    Numbers never change, and readers notice nothing: each merge is compared row by row before it is committed, and a snapshot
    stays while it is young, while a branch or a name holds it, while a publication of the last months reads it, and while the
    next run needs it. The budget stands in the section [maintenance] of ringi.toml. Cut off, it is simply called again.

    Example: ringi maintain --dry-run
    Example: ringi maintain bronze.viewing_events gold.title_daily
    """
    from ringi.operations.maintaining import maintain_lake

    door = Door.of(context)
    given = {name: value for name, value in (("keep_days", keep_days), ("stray_days", stray_days)) if value is not None}
    report = maintain_lake(door.lake(), door.out, tables or (), dry_run=dry_run, force=force, changes=given, engine=engine)
    door.out.value(report.as_json(), lambda: "\n".join(report.summary()))
