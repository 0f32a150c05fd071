"""What can go wrong with a reader's query, in sentences for the reader; none of them names a file of the lake."""

from __future__ import annotations

from governance.errors import GovernanceError
from governance.ledgers.query_refusal import RefusalCode
from metrics_catalog.errors import ExitCode, RingiError


class QueryRefusedError(GovernanceError):
    """The query asks for something that queries may not do."""

    code = RefusalCode.FORBIDDEN


class SqlError(RingiError):
    """The SQL is wrong: it cannot be read, or names something that is not there."""

    exit_code = ExitCode.USAGE


class QueryFailedError(RingiError):
    """The query was run and did not finish: too long, too large, or a value that cannot be computed; `code` says which."""

    exit_code = ExitCode.FINDINGS

    def __init__(self, message: str, *, hint: str | None = None, code: RefusalCode = RefusalCode.FAILED) -> None:
        super().__init__(message, hint=hint)
        self.code = code
