"""`ringi show`: one definition, for a person to read."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A metric, view, source, dimension, hearing, person or country code.")],
) -> None:
    """Show a metric: What, Why, How, country variants, keys, and the views that publish it.

    Any other definition is shown too, with the metrics that use it.

    Example: ringi show viewing_hours

    Example: ringi --format json show title_daily
    """
    from ringi.catalog.showing import show as facts_of
    from ringi.cli.show_text import text

    door = Door.of(context)
    facts = facts_of(door.lake(), name)
    door.out.value(facts, lambda: text(facts))
