"""The root of every error a person may see, and the registry's own branch of it.

A message says what happened, with which value, what was expected, and after `Hint:` what to do.
Each error knows the exit code of the command line (design, section 10).
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells the shell; documented in docs/exit-codes.md."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    CHANGES = 3
    REFUSED = 4
    OUTSIDE = 5
    INTERRUPTED = 130


class RingiError(Exception):
    """Something a person must know about; `message` is shown as it is, `hint` says what to do."""

    exit_code: ExitCode = ExitCode.FINDINGS

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  Hint: {self.hint}" if self.hint else self.message


class UsageError(RingiError):
    """The words of a command do not make sense together."""

    exit_code = ExitCode.USAGE


class CatalogError(RingiError):
    """The lake project's files do not say what is needed."""
