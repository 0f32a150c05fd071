"""What a plan moves of the row policies on each table: which come, which go, and which say something else. Used by `suspend.py`.

One kind of move by itself is safe. The first policy that comes narrows, each further one widens to what will be; of those that go all
but the last narrow, and the last widens; one that says something else does so in one call. Two kinds together, or two policies that
say something else, can leave beside each other what neither end shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from governance.errors import GovernanceError
from governance.lake_formation.planning.plan import Step
from governance.lake_formation.state import AccountState, Attachment, RowPolicy

At = tuple[str, str] | None
"""A table; None for all of them, since a policy that is put on tags may be anywhere."""


@dataclass
class _Moves:
    """On one table. `whom` are the identities concerned; None stands for everybody."""

    come: bool = False
    go: bool = False
    reworded: set[str] = field(default_factory=set)
    whom: set[str | None] = field(default_factory=set)

    @property
    def is_unsafe(self) -> bool:
        return self.come + self.go + len(self.reworded) > 1


class RowMoves:
    """Of one plan; its steps about tags need not be among those given. Raises GovernanceError for a row policy that cannot be changed safely."""

    def __init__(self, before: AccountState, after: AccountState, steps: Iterable[Step], *, tags_move: bool) -> None:
        self._at: dict[At, _Moves] = defaultdict(_Moves)
        attached = before.attachments | after.attachments
        for step in steps:
            match step.element:
                case Attachment() as each:
                    moves = self._note(each)
                    moves.come, moves.go = moves.come or step.after is not None, moves.go or step.after is None
                case RowPolicy() if isinstance(step.before, RowPolicy) and isinstance(step.after, RowPolicy):
                    _same_columns(step.before, step.after)
                    for each in attached:
                        if each.policy == step.after.name:
                            self._note(each).reworded.add(each.policy)
        on_tags = [each for each in attached if each.on is not None]
        for each in on_tags if tags_move else ():  # tags that move put it on tables and take it off others
            moves = self._note(each)
            moves.come = moves.go = True

    def _note(self, each: Attachment) -> _Moves:
        moves = self._at[(each.database, each.table) if each.on is None else None]
        moves.whom.add(None if each.default else each.principal)
        return moves

    def has(self, table: tuple[str, str]) -> bool:
        """Whether anything moves there."""
        return table in self._at or None in self._at

    def unsafe(self) -> Iterator[tuple[At, set[str | None]]]:
        """Tables on which nobody concerned may read in between; what is everywhere is told with every table beside."""
        everywhere = self._at.get(None)
        for table, moves in self._at.items():
            both = everywhere is not None and table is not None
            if moves.is_unsafe or both:
                yield table, moves.whom | (everywhere.whom if everywhere is not None and both else set())


def _same_columns(old: RowPolicy, new: RowPolicy) -> None:
    if old.columns != new.columns:
        raise GovernanceError(
            f"The row policy `{new.name}` was changed by hand and reads other columns now. Changed back, it would be off its tables for a while.",
            hint=f"take the grants on its tables away, delete `{new.name}`, then plan again.",
        )
