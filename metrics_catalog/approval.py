"""An approval: one key turned by one person over one meaning; one YAML file under `approvals/<metric>/`.

The signed text is fixed by `signed_text`, so that `ssh-keygen -Y verify` checks it from git alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, Model, Name
from metrics_catalog.person import Side

NAMESPACE = "ringi-approval@v1"
"""The SSH signature namespace: a signature made for anything else never counts as an approval."""


class Approval(Model):
    """One approval file."""

    metric: Annotated[Name, EDITORIAL] = Field(description="The approved metric.")
    side: Annotated[Side, EDITORIAL] = Field(description="The side the key was turned for.")
    person: Annotated[Name, EDITORIAL] = Field(description="Who turned it.")
    meaning: Annotated[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], EDITORIAL] = Field(
        description="SHA-256 of the canonical meaning."
    )
    approved_at: Annotated[datetime, EDITORIAL] = Field(description="When, in UTC.")
    method: Annotated[Literal["ssh"], EDITORIAL] = Field(default="ssh", description="How the key was turned.")
    signature: Annotated[str, EDITORIAL] = Field(description="Armoured SSH signature over the signed text.")

    def signed_text(self) -> bytes:
        return signed_text(self.metric, self.side, self.person, self.meaning, self.approved_at)


def signed_text(metric: str, side: Side, person: str, meaning: str, approved_at: datetime) -> bytes:
    """The bytes a person signs: each fact on a line of its own, so that the signer can read them."""
    lines = (
        "ringi approval v1",
        f"metric: {metric}",
        f"side: {side}",
        f"person: {person}",
        f"meaning: {meaning}",
        f"approved_at: {approved_at.isoformat()}",
    )
    return ("\n".join(lines) + "\n").encode()
