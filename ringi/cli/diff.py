"""`ringi diff`: what the project's files change against a commit, in words."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format


def diff(
    context: typer.Context,
    base: Annotated[
        str, typer.Option(help="The commit to compare with: anything git names; `main...` is where the work left main.")
    ] = "HEAD",
    matrix: Annotated[str | None, typer.Option(help="Instead, what each country will see of this metric.", show_default=False)] = None,
    format: Annotated[Format | None, typer.Option(help="How data is printed.", show_default=False)] = None,
) -> None:
    """Say in words what changed since a commit, and what follows from it.

    Each changed field comes with its class and the keys it voids; below stand the metrics, views and countries that are
    touched. Uncommitted and untracked files count. Nothing is computed and nothing is changed.

    Example: ringi diff --base main
    Example: ringi diff --base main... --matrix viewing_hours
    Example: ringi --format json diff --base HEAD~3
    """
    from metrics_catalog.diff.diff_json import as_json
    from ringi.cli.diff_text import text
    from ringi.project import find
    from ringi.proposal.diffing import diff_against

    door = Door.of(context).with_format(format)
    if matrix is not None:
        _matrix(door, base, matrix)
        return
    found = diff_against(find(door.root), base)
    for note in found.notes:
        door.out.say(note)
    if door.format is Format.CSV:
        door.out.rows(
            [{**row, "voids": " ".join(row["voids"])} for row in as_json(found)["changes"]],
            ("file", "metric", "field", "class", "voids", "sentence"),
        )
        return
    door.out.value(as_json(found), lambda: text(found))


def _matrix(door: Door, base: str, metric: str) -> None:
    """One line a country."""
    from metrics_catalog.diff.matrix import COLUMNS, as_json, as_rows
    from metrics_catalog.diff.matrix import matrix as lines_of
    from ringi.project import find
    from ringi.proposal.diffing import diff_against

    lines = lines_of(diff_against(find(door.root), base, metrics=(metric,)), metric)
    if door.format is Format.JSON:
        door.out.json(as_json(metric, lines))
    else:
        door.out.rows(as_rows(lines), COLUMNS)
