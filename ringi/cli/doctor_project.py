"""The part of `doctor` that looks at a lake project: its files, its tables, and the account of a lake on AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.machine import Check, Health
from metrics_catalog.errors import RingiError, UsageError

if TYPE_CHECKING:
    from ringi.cli.door import Door
    from ringi.lake import Lake


def project_checks(door: Door) -> tuple[Lake | None, tuple[Check, ...]]:
    """The lake project and what was found in it; no project is a warning, since the machine can be looked at without one."""
    try:
        lake = door.lake()
    except UsageError as error:
        return None, (Check("Lake project", Health.WARN, error.message, error.hint or ""),)
    if lake.aws is not None:
        from infra.aws.lake_formation.doctor import examine_access
        from infra.aws.machine import examine_aws

        account = tuple(examine_aws(lake.aws, lake.catalog.countries))
        reached = len(account) > 1  # without credentials there is nothing more to ask
        return lake, (_files(lake), *account, *(examine_access(lake.aws, lake.catalog.countries) if reached else ()))
    return lake, (_files(lake), _tables(lake))


def _files(lake: Lake) -> Check:
    errors = sum(finding.blocks for finding in lake.findings())
    counts = f"{lake.root}: {len(lake.catalog.metrics)} metrics, {len(lake.catalog.views)} views, {len(lake.catalog.countries)} countries"
    if errors:
        return Check("Lake project", Health.WARN, f"{counts}; {errors} findings", "run `ringi check`")
    return Check("Lake project", Health.OK, counts)


def _tables(lake: Lake) -> Check:
    if not (lake.config.warehouse / "catalog.db").exists():
        return Check("Tables", Health.OK, "none yet; the first `ringi land` makes them")
    try:
        spaces = lake.tables.namespaces()
        return Check("Tables", Health.OK, f"{sum(len(lake.tables.names(space)) for space in spaces)} in {len(spaces)} namespaces")
    except RingiError as error:
        return Check("Tables", Health.FAIL, error.message, error.hint or "")
