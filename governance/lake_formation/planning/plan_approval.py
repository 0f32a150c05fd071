"""An approval of an access plan: one key turned by one person over the plan's digest; a file under `access/approvals/<digest>/`.

The file holds one kind of evidence: an SSH signature over `signed_text`, which `ssh-keygen -Y verify` checks from git alone, or what
a passkey answered to its SHA-256. Namespace and first line are its own: an approval of a metric never counts here, nor the other way
round. Made and checked by `keys.py`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from metrics_catalog.approval import Method, PasskeyAssertion
from metrics_catalog.model import EDITORIAL, Model, Name
from metrics_catalog.person import Side

NAMESPACE = "ringi-access-plan@v1"
"""The SSH signature namespace of these approvals."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class PlanApproval(Model):
    """One file."""

    plan: Annotated[Digest, EDITORIAL] = Field(description="SHA-256 of the plan.")
    account: Annotated[str, EDITORIAL] = Field(description="The AWS account that the plan is for.")
    side: Annotated[Side, EDITORIAL] = Field(description="The side the key was turned for.")
    person: Annotated[Name, EDITORIAL] = Field(description="Who turned it.")
    approved_at: Annotated[datetime, EDITORIAL] = Field(description="When, in UTC.")
    signature: Annotated[str | None, EDITORIAL] = Field(default=None, description="Armoured SSH signature over the signed text.")
    passkey: Annotated[PasskeyAssertion | None, EDITORIAL] = Field(
        default=None, description="Instead of a signature: what the passkey answered on the page."
    )

    @property
    def method(self) -> Method:
        """How the key was turned, as the evidence in the file says."""
        return Method.PASSKEY if self.passkey is not None else Method.SSH

    def signed_text(self) -> bytes:
        """The bytes a person signs: each fact on a line of its own, so that the signer can read them."""
        lines = (
            "ringi access plan v1",
            f"plan: {self.plan}",
            f"account: {self.account}",
            f"side: {self.side.value}",
            f"person: {self.person}",
            f"approved_at: {self.approved_at.isoformat()}",
        )
        return ("\n".join(lines) + "\n").encode()

    def challenge(self) -> bytes:
        """What a passkey is asked to sign: the SHA-256 of the signed text."""
        return hashlib.sha256(self.signed_text()).digest()

    def text(self) -> str:
        """The text of the file."""
        return (
            f"plan: {self.plan}\n"
            f'account: "{self.account}"\n'
            f"side: {self.side.value}\n"
            f"person: {self.person}\n"
            f'approved_at: "{self.approved_at.isoformat()}"\n'
            f"{self._evidence()}"
        )

    def _evidence(self) -> str:
        if self.passkey is not None:
            return "passkey:\n" + "".join(f'  {name}: "{value}"\n' for name, value in self.passkey.model_dump(mode="json").items())
        return "signature: |\n" + "".join(f"  {line}\n" for line in (self.signature or "").splitlines())
