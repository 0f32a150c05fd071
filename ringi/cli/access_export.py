"""`ringi access export`: the policy as files of an engine that enforces it itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door
from ringi.targets.settings import ExportTarget

if TYPE_CHECKING:
    from ringi.access.exporting import Export
    from ringi.output import Output


def export(
    context: typer.Context,
    target: Annotated[ExportTarget, typer.Option(help="The engine, or the form, that the policy is written for.", show_default=False)],
    principal: Annotated[str | None, typer.Option("--as", help="Only this principal (default: every one).", show_default=False)] = None,
    out: Annotated[Path | None, typer.Option(help="A folder for the files (default: print them).", show_default=False)] = None,
) -> None:
    """Write the policy as files for Trino, DuckDB, or catalogs that hand out Iceberg's ReadRestrictions.

    Each principal is given exactly what `ringi query` gives it, in one expression a relation and column. What the target cannot be
    told is left out, which refuses it there; each such case is named with its reason, and the command ends with exit code 1.
    The files hold for today's policy and what is published now: write them again after each publication, and on the day that is told.

    Example: ringi access export --target trino --out etc/
    Example: ringi access export --target read-restrictions --as analyst_jp
    """
    from metrics_catalog.errors import ExitCode
    from ringi.access.exporting import export as exported

    door = Door.of(context)
    made, findings = exported(door.lake(), target, principal)
    faulty = sum(finding.blocks for finding in findings)
    if faulty:
        door.out.say(f"The policy has {faulty} {_plural(faulty, 'finding')}; what is faulty gives nothing.\n  Hint: run `ringi check`.")
    if out is None:
        door.out.value(made.as_json(), lambda: _text(made))
    else:
        _write(out, made)
        door.out.value({**made.as_json(), "folder": str(out)}, lambda: "\n".join(f"{out}/{name}" for name in made.files) or "nothing")
    _tell(door.out, made)
    if made.refused:
        raise typer.Exit(ExitCode.FINDINGS)


def _text(made: Export) -> str:
    if list(made.files) == ["rules.json"] or made.target is ExportTarget.TRINO:
        return made.files["rules.json"]
    mark = "--" if made.target is ExportTarget.DUCKDB else "#"
    between = "---\n" if made.target is ExportTarget.READ_RESTRICTIONS else ""
    return between.join(f"{mark} {name}\n{text}" for name, text in made.files.items())


def _write(folder: Path, made: Export) -> None:
    """Write the files; each stands whole or not at all. Raises UsageError where the folder cannot be written."""
    from metrics_catalog.errors import UsageError

    for name, text in made.files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.unfinished")
            unfinished.write_text(text, encoding="utf-8", newline="\n")
            unfinished.replace(path)
        except OSError as error:
            raise UsageError(
                f"`{path}` cannot be written: {error.strerror or error}.", hint="name a folder that can, with --out."
            ) from error


def _tell(out: Output, made: Export) -> None:
    for each in made.refused:
        out.say(f"refused: {each.message}")
    if made.unpublished:
        out.say(f"not published yet, and in no file: {', '.join(made.unpublished)}.")
    if made.right_until is not None:
        out.say(f"A grant begins or ends on {made.right_until}: write the files again on that day.")
    count = len(made.refused)
    if count:
        out.say(
            f"{count} {_plural(count, 'relation')} could not be told and {'is' if count == 1 else 'are'} refused there.\n"
            "  Hint: docs/access/engines.md says what each engine can be told."
        )


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"
