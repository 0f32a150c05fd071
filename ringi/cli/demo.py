"""`ringi demo`: a whole lake, from raw events to queries, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringi.cli.door import Door
from ringi.engines import EngineName


def demo(
    context: typer.Context,
    dir: Annotated[Path, typer.Option(help="A new folder for the demo lake.")] = Path("demo"),
    events: Annotated[int, typer.Option(min=1000, help="Records of viewing events to simulate.")] = 100_000,
    engine: Annotated[EngineName, typer.Option(help="The engine that lands and computes.")] = EngineName.DUCKDB,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a demo lake that is there.")] = False,
) -> None:
    """Make a demo lake: simulate a week of viewing, land it, check the keys, compute, publish, and query.

    Everything stays in the folder. The lake is a git repository of YAML, as your own would be. Both engines give the same numbers;
    Spark needs a JDK.

    Example: ringi demo --dir my-lake --events 100000
    Example: ringi demo --engine spark
    """
    from ringi.setup.demo import Demo, run_demo

    door = Door.of(context)
    figures = run_demo(Demo(dir.resolve(), events, engine, replace), door.out)
    if door.format == "json":
        door.out.json(figures)
