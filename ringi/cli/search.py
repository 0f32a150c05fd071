"""`ringi search`: find metrics, views, dimensions, sources, hearings and countries, in English or Japanese."""

from __future__ import annotations

from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format


def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(help="What to look for, in any order.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many hits to show.")] = 10,
    format: Annotated[Format | None, typer.Option(help="How data is printed.", show_default=False)] = None,
) -> None:
    """Find metrics in English or Japanese.

    Looks at names, labels, aliases, dimensions and descriptions. Half-width kana, small typos and beginnings of words are
    understood; a country among the words shows that country's views. Finding nothing is no failure: the exit code stays 0.

    Example: ringi search viewing hours
    Example: ringi search 日本の視聴時間
    Example: ringi --format json search device
    """
    from metrics_catalog.search.service import search as find
    from ringi.catalog.search_content import content
    from ringi.cli.search_text import rows, text

    door = Door.of(context).with_format(format)
    lake, asked = door.lake(), " ".join(words)
    found = find(lake.root, asked, lambda: content(lake), limit=limit, say=door.out.say)
    if door.format is Format.CSV:
        door.out.rows(rows(found), ("kind", "name", "label_en", "label_ja", "unit", "matched"))
        return
    door.out.value(found.as_object(), lambda: text(found))
