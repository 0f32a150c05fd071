"""`ringi check`: every file of the lake project against every rule, and with `--examples` every metric against its examples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door
from ringi.engines import EngineName

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metrics_catalog.finding import Finding
    from ringi.lake import Lake
    from ringi.output import Output


def check(
    context: typer.Context,
    examples: Annotated[bool, typer.Option("--examples", help="Compute each metric's examples, and try every small change of it.")] = False,
    metric: Annotated[list[str] | None, typer.Option("--metric", help="With --examples: only this metric; may be repeated.")] = None,
    base: Annotated[str | None, typer.Option(help="With --examples: only metrics that changed since this commit.")] = None,
    engine: Annotated[EngineName, typer.Option(help="With --examples: where examples are computed.")] = EngineName.DUCKDB,
) -> None:
    """Check every file and print the findings.

    Each finding has a code, a place, what is wrong and a hint; errors end with exit code 1, warnings do not. With `--examples` each
    metric's examples are computed as well, and then again with the metric changed in one small way at a time: a change that no
    example notices is a finding, with events that would tell the two apart.

    Example: ringi check

    Example: ringi check --examples --base main

    Example: ringi --format json check --examples --metric viewing_hours
    """
    from metrics_catalog.errors import ExitCode, UsageError

    if not examples and (metric or base or engine is not EngineName.DUCKDB):
        raise UsageError("`--metric`, `--base` and `--engine` go with `--examples`.", hint="say `ringi check --examples …`.")
    door = Door.of(context)
    lake = door.lake()
    findings = list(lake.findings())
    if examples:
        findings += _of_examples(door.out, lake, metric, base, engine)
    door.out.findings(findings)
    door.out.say(_summary(lake, findings))
    if any(finding.blocks for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)


def _of_examples(out: Output, lake: Lake, metric: list[str] | None, base: str | None, engine: EngineName) -> Iterable[Finding]:
    from ringi.proposal.checking import changed_since, check_examples

    names = None if metric is None and base is None else {*(metric or ()), *(changed_since(lake, base) if base is not None else ())}
    checked = check_examples(lake, names, engine=engine.value)
    tried = f", {_counted(checked.changes, 'small change')} of {'it' if checked.metrics == 1 else 'them'} tried" if checked.changes else ""
    out.say(f"{_counted(checked.examples, 'example')} of {_counted(checked.metrics, 'metric')} computed{tried}.")
    return checked.findings


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _summary(lake: Lake, findings: Iterable[Finding]) -> str:
    counted = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{count} {severity.replace('_', ' ')}{'s' if count > 1 else ''}" for severity, count in sorted(counted.items()))
    catalog = lake.catalog
    held = f"{len(catalog.metrics)} metrics, {len(catalog.views)} views, {len(catalog.countries)} countries"
    return f"{held} checked: {told or 'no findings'}."
