"""`ringi preview`: a metric's numbers as its file now says, beside the certified ones."""

from __future__ import annotations

from typing import Annotated

import typer

from metrics_catalog.view import TimeGrain
from ringi.cli.door import Door
from ringi.cli.format import Format


def preview(
    context: typer.Context,
    metric: Annotated[str, typer.Argument(help="The metric, as its file now says.")],
    time: Annotated[TimeGrain, typer.Option(help="Length of a period, on each country's clock.")] = TimeGrain.WEEK,
    country: Annotated[list[str] | None, typer.Option(help="Only this viewing country, such as JP; may be repeated.")] = None,
) -> None:
    """Compute a metric under its pending meaning, beside the certified one; nothing is published.

    Every country and period is computed from the events in the lake, by the code that a run uses.

    Example: ringi preview viewing_hours --time day --country JP
    """
    from ringi.previewing import preview_lake

    door = Door.of(context)
    lines = preview_lake(door.lake(), metric, time, country or ())
    rows = [
        {
            "viewing_country": line.viewing_country,
            time.value: line.period,
            "certified": line.certified,
            "pending": line.pending,
            "change": line.change if door.format is not Format.TEXT else "" if line.change is None else f"{line.change:+.1%}",
        }
        for line in lines
    ]
    door.out.rows(rows, ("viewing_country", time.value, "certified", "pending", "change"))
    changed = len({line.viewing_country for line in lines if line.certified != line.pending})
    door.out.say(f"{changed} of {len({line.viewing_country for line in lines})} countries change. Nothing was published.")
