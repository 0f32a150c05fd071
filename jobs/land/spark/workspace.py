"""The port to the place where workers leave judged records until they are committed or let go.

Implemented in `infra`; sent to the workers, so it can be pickled. What lies there is known to no table: whatever a killed process
left is removed by the next one, and a task that ran twice leaves a file that nobody reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Workspace(Protocol):
    """Room for the judged records of one batch at a time."""

    def opened(self) -> AbstractContextManager[Workspace]:
        """Room for one batch: emptied before and after."""

    def scratch(self) -> str:
        """A folder of this machine in which a worker may write files before they are kept."""

    def keep(self, path: str) -> str:
        """Make a local file readable for every worker; its path as the engine opens it. The local file is gone then."""
