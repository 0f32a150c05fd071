"""The port through which publishing keeps access whole: a table or view that is made anew gets back what had been given on it.

An account forgets grants and filters together with the table they were on. Implemented by `infra/aws/lake_formation/regain.py`; a lake
on this machine asks its policy at every query and has nothing to put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.lake_formation.port import Call


class Regain(Protocol):
    """Told before tables and views are made, and after. Names are full: `saved_jp.title_daily`."""

    def governs(self, name: str) -> bool:
        """Whether anything was ever given in the namespace of a table or view."""

    def making(self, names: Sequence[str]) -> None:
        """Note that these are about to be made, so that a stop in between is not forgotten."""

    def made(self, names: Sequence[str]) -> None:
        """Put back what applied plans had given on them. What cannot be put back is told by `notes`, and tried again by `complete`."""

    def complete(self) -> None:
        """Finish what an earlier run left; nothing happens where it left nothing."""

    def foreseen(self, names: Sequence[str]) -> tuple[Call, ...]:
        """The calls that would give back access if these were made now, and those for what an earlier run left; nothing is changed."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be put back, one sentence each."""
        ...


class NothingToRegain:
    """Of a lake whose tables carry no grants."""

    notes: tuple[str, ...] = ()

    def governs(self, name: str) -> bool:
        return False

    def making(self, names: Sequence[str]) -> None:
        return

    def made(self, names: Sequence[str]) -> None:
        return

    def complete(self) -> None:
        return

    def foreseen(self, names: Sequence[str]) -> tuple[Call, ...]:
        return ()
