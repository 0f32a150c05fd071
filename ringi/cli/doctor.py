"""`ringi doctor`: what this machine and this lake project lack; reads only."""

from __future__ import annotations

import typer

from ringi.cli.door import Door

SIGNS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


def doctor(context: typer.Context) -> None:
    """Say what this machine and this lake project lack, and how to mend it.

    Each line is ok, warn (a part will not work) or FAIL (nothing will). Exit code 1 where anything is FAIL.

    Example: ringi doctor
    """
    from dataclasses import asdict

    from infra.local.machine import Health, examine
    from ringi.cli.doctor_project import project_checks

    door = Door.of(context)
    lake, checks = project_checks(door)
    found = [*examine(lake.config.warehouse if lake else None), *checks]
    door.out.value(
        {"schema_version": 1, "checks": [asdict(check) for check in found]},
        lambda: "\n".join(
            f"{SIGNS[check.health]}  {check.name}: {check.detail}" + (f"\n      -> {check.mend}" if check.mend else "") for check in found
        ),
    )
    if any(check.health is Health.FAIL for check in found):
        raise typer.Exit(1)
