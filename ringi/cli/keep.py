"""`ringi keep`: what is published now stays readable under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door

if TYPE_CHECKING:
    from ringi.operations.maintaining import KeptNames


def keep(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(help="A name such as 2026-q4; without one, the names are listed.", show_default=False)
    ] = None,
    let_go: Annotated[bool, typer.Option("--let-go", help="Forget the name; maintenance may then remove what it kept.")] = False,
) -> None:
    """Keep the present publications of all countries readable under a name.

    Maintenance keeps what was published for some months (`keep_published_days` in ringi.toml); a name keeps it until it is let
    go. A copy that has the name already goes on keeping what the name stood for.

    Example: ringi keep 2026-q4
    Example: ringi keep 2026-q4 --let-go
    """
    from metrics_catalog.errors import UsageError
    from ringi.operations.maintaining import keep_publications

    if let_go and name is None:
        raise UsageError("Which name should be let go?", hint="for example `ringi keep 2026-q4 --let-go`.")
    door = Door.of(context)
    found = keep_publications(door.lake(), door.out, name, let_go=let_go)
    door.out.value({"schema_version": 1, "changed": found.changed, "names": found.names}, lambda: _text(found, name, let_go=let_go))


def _text(found: KeptNames, name: str | None, *, let_go: bool) -> str:
    lines = []
    if name is not None:
        what = "let go of" if let_go else "kept under the name"
        lines.append(f"{_copies(found.changed)} {what} `{name}`.")
    lines += [f"{kept}: {_copies(copies)}" for kept, copies in found.names.items()]
    return "\n".join(lines) or "No publication is kept under a name."


def _copies(number: int) -> str:
    return f"{number:,} saved {'copy' if number == 1 else 'copies'}"
