"""What the rules of the policy look things up in: its named parts, and the relations that the catalog declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from governance.policy.grant import Grant
    from governance.policy.names import NamedParts
    from governance.policy.relation import Relations


class Ground(NamedTuple):
    """What the rules look things up in."""

    parts: NamedParts
    relations: Relations

    def views_of(self, grant: Grant) -> tuple[str, ...]:
        """Names of the catalog's views that the grant's patterns reach in some country."""
        views: set[str] = set()
        for pattern in grant.views:
            schema, _, view = pattern.partition(".")
            candidates = self.relations.views if schema == "*" else self.relations.views_of(schema)
            views.update(candidates if view == "*" else {view} & set(candidates))
        return tuple(sorted(views))
