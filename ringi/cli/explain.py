"""`ringi explain`: what the code of a finding means, offline."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door


def explain(
    context: typer.Context,
    code: Annotated[str | None, typer.Argument(help="A code such as RNG-CAT-020; all codes without it.", show_default=False)] = None,
) -> None:
    """Explain the code of a finding: what it means, an example, what to do.

    Without a code, all codes and their titles.

    Example: ringi explain RNG-CAT-020

    Example: ringi explain
    """
    from metrics_catalog.codes import codes, page

    door = Door.of(context)
    if code is None:
        door.out.rows([{"code": one, "title": page(one).title} for one in codes()], ("code", "title"))
        return
    found = page(code)
    door.out.value({"schema_version": 1, "code": found.code, "title": found.title, "text": found.text}, lambda: found.text)
