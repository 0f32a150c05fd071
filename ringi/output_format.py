"""The formats in which commands print their data; a global option, and an option of commands that print rows."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How data is printed on stdout."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    GITHUB = "github"
    """As text, but findings as annotations of a GitHub workflow."""
