"""One account's access state on AWS: implements `governance.lake_formation.port.Account` over Lake Formation and Glue.

Made by `ringi/access` for an AWS profile, by the lab and by tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.aws.lake_formation.doing import do
from infra.aws.lake_formation.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.lake_formation.port import Call, Outcome
    from governance.lake_formation.state import AccountState
    from infra.aws.account import Aws


class LakeFormationAccount:
    """The account of a profile."""

    def __init__(self, aws: Aws) -> None:
        self._aws, self._reader = aws, Reader(aws)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the last reading left out because the account does not have it, one sentence each."""
        return self._reader.notes

    def read(self, databases: Sequence[str] | None = None) -> AccountState:
        """The whole state, or what concerns some databases; raises InfraError."""
        return self._reader.read(databases)

    def do(self, call: Call) -> Outcome:
        """Do one call; raises an InfraError for what failed as a whole."""
        return do(self._aws, call)
