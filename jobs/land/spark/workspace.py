"""The port to the place where workers leave judged records until they are committed or let go.

Implemented in `infra`; sent to the workers, so it can be pickled. What lies there is known to no table: whatever a killed process
left is removed by the next one, and a task that ran twice leaves a file that nobody reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Workspace(Protocol):
    """Room for the judged records of one batch at a time. A location is a path as Spark opens it."""

    @property
    def folder(self) -> str:
        """Location of the room, for what Spark writes itself."""

    def opened(self) -> AbstractContextManager[Workspace]:
        """Room for one batch: emptied before and after."""

    def scratch(self) -> AbstractContextManager[str]:
        """A folder of this machine for a worker's files; gone afterwards, but for what was kept."""

    def keep(self, path: str, location: str) -> None:
        """Make a worker's file readable for everybody, durably, at a location nobody has written to."""

    def fetch(self, location: str, scratch: str) -> str:
        """A path at which this machine reads a file that was kept; below `scratch` where it had to be copied."""
