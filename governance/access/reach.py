"""Which relations the grants of a principal name, without asking about each relation: for exports, that go over all principals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from governance.policy.policy import Policy
    from governance.policy.relation import Relation


class Reach:
    """Relations by the patterns that reach them."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        self._relations = tuple(relations)
        self._by_pattern: dict[str, list[int]] = {}
        for number, each in enumerate(self._relations):
            for pattern in (f"{each.schema}.{each.view}", f"{each.schema}.*", f"*.{each.view}", "*.*"):
                self._by_pattern.setdefault(pattern, []).append(number)

    def of(self, policy: Policy, principal: str) -> tuple[Relation, ...]:
        """Relations inside the principal's fence that some grant to it names, in order; the evaluator says what it sees of each."""
        patterns = {pattern for grant in policy.given_to(principal).values() for pattern in grant.views}
        numbers = sorted({number for pattern in patterns for number in self._by_pattern.get(pattern, ())})
        return tuple(each for each in map(self._relations.__getitem__, numbers) if policy.may_enter(principal, each.country))
