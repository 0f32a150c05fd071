"""Errors of the outside world, translated from foreign ones here and nowhere else."""

from __future__ import annotations

from metrics_catalog.errors import ExitCode, RingiError


class InfraError(RingiError):
    """The outside world failed (disk, network, another process); trying again may help."""

    exit_code = ExitCode.OUTSIDE
