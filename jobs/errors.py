"""Errors of the work; each says what was kept and how to go on."""

from __future__ import annotations

from metrics_catalog.errors import ExitCode, RingiError


class JobError(RingiError):
    """A run could not do what it was asked to; the lake is as it was before the failed step."""


class CommitConflictError(JobError):
    """Another process changed a table between reading it and committing to it; nothing was written, trying again helps."""

    exit_code = ExitCode.OUTSIDE


class EngineError(JobError):
    """The engine met a failure of the outside world (disk full, file missing, memory); trying again may help."""

    exit_code = ExitCode.OUTSIDE
