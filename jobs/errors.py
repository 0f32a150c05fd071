"""Errors of the work; each says what was kept and how to go on."""

from __future__ import annotations

from metrics_catalog.errors import RingiError


class JobError(RingiError):
    """A run could not do what it was asked to; the lake is as it was before the failed step."""
