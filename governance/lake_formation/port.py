"""The ports through which access meets an account: reading all of its state, doing one call, keeping the journal of an apply.

Implemented by `infra/aws/lake_formation`; the lab and the tests of plans use the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from governance.lake_formation.state import AccountState


@dataclass(frozen=True, slots=True)
class Call:
    """One call of AWS as a value: `service` is boto3's name, `operation` the API's (`BatchGrantPermissions`), parameters are JSON."""

    service: str
    operation: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call: nothing where it was done; else the entries that failed, by `Id`, each with its code and message."""

    failures: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    request_id: str | None = None


class Account(Protocol):
    """One account's access state."""

    def read(self, databases: Sequence[str] | None = None) -> AccountState:
        """The whole state, or, where databases are named, what concerns these (settings and tags are always read)."""
        ...

    def do(self, call: Call) -> Outcome:
        """Do one call. Raises an InfraError for what failed as a whole; a repeated call that is already done counts as done."""
        ...


class Journal(Protocol):
    """What an apply did so far, kept so that it is there after any stop."""

    def lines(self, digest: str) -> Iterator[Mapping[str, Any]]:
        """What was written for the plan with this digest, oldest first; a line cut off by a stop is left out."""
        ...

    def append(self, digest: str, line: Mapping[str, Any]) -> None:
        """Write one line, durably, before returning."""
        ...
