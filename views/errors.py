"""Errors of published views."""

from __future__ import annotations

from metrics_catalog.errors import RingiError


class ViewError(RingiError):
    """A published view cannot be made as its file says."""
