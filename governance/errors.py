"""Errors of access and of the gate."""

from __future__ import annotations

from metrics_catalog.errors import ExitCode, RingiError


class GovernanceError(RingiError):
    """Refused: no policy gives it, or a key is missing. The message names the missing grant or key."""

    exit_code = ExitCode.REFUSED
