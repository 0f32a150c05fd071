"""`ringi check`: every file of the lake project against every rule."""

from __future__ import annotations

from collections import Counter

import typer

from ringi.cli.door import Door


def check(context: typer.Context) -> None:
    """Check every file and print the findings.

    Each finding has a code, a place, what is wrong and a hint; errors end with exit code 1, warnings do not.

    Example: ringi check

    Example: ringi --format json check
    """
    from metrics_catalog.errors import ExitCode

    door = Door.of(context)
    lake = door.lake()
    findings = lake.findings()
    door.out.findings(findings)
    counted = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{count} {severity.replace('_', ' ')}{'s' if count > 1 else ''}" for severity, count in sorted(counted.items()))
    catalog = lake.catalog
    door.out.say(
        f"{len(catalog.metrics)} metrics, {len(catalog.views)} views, {len(catalog.countries)} countries checked: {told or 'no findings'}."
    )
    if any(finding.blocks for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)
