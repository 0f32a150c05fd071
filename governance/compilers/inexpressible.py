"""What a target of a compiler cannot say: a principal is then given nothing of the relation there, and the reason is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inexpressible:
    """What a principal may see of a relation and a target cannot be told. `grants` are those that it comes from, by name."""

    target: str
    principal: str
    relation: str
    reason: str
    grants: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One sentence for a person."""
        return f"{self.target} cannot be told what `{self.principal}` may see of `{self.relation}`: {self.reason}."
