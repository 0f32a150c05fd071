"""An approval: one key turned by one person over one meaning; one YAML file under `approvals/<metric>/`.

A key is turned in one of three ways, and the file holds the evidence of exactly one: an SSH signature, the answer of a
passkey, or a GitHub review. The signed text is fixed by `signed_text`, so that `ssh-keygen -Y verify` checks an SSH
signature from git alone; a passkey signs the SHA-256 of the same text.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, Model, Name
from metrics_catalog.person import Base64Url, GithubLogin, Side

NAMESPACE = "ringi-approval@v1"
"""The SSH signature namespace: a signature made for anything else never counts as an approval."""

WITNESS_NAMESPACE = "ringi-github-review@v1"
"""The namespace of a witness's signature: it never counts as an approval of the witness's own, nor the other way round."""


class Method(StrEnum):
    """How a key is turned."""

    SSH = "ssh"
    PASSKEY = "passkey"
    GITHUB = "github"


class PasskeyAssertion(Model):
    """What a passkey answered to the challenge of an approval; all four base64url, exactly as the browser gave them."""

    credential_id: Annotated[Base64Url, EDITORIAL] = Field(description="Which passkey of the person answered.")
    authenticator_data: Annotated[Base64Url, EDITORIAL] = Field(
        description="What the device says: for which host, and that a person was there."
    )
    client_data_json: Annotated[Base64Url, EDITORIAL] = Field(description="What the browser says: the challenge and the page's origin.")
    signature: Annotated[Base64Url, EDITORIAL] = Field(description="The passkey's signature over the two above.")


class GithubReview(Model):
    """An approving review of a pull request, as GitHub's API gave it."""

    repository: Annotated[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")], EDITORIAL] = Field(
        description="`owner/name`."
    )
    pull_request: Annotated[int, EDITORIAL] = Field(ge=1, description="Number of the pull request.")
    review_id: Annotated[int, EDITORIAL] = Field(ge=1, description="GitHub's number of the review.")
    commit: Annotated[Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")], EDITORIAL] = Field(
        description="The commit that was reviewed."
    )
    login: Annotated[GithubLogin, EDITORIAL] = Field(description="Who reviewed.")
    submitted_at: Annotated[datetime, EDITORIAL] = Field(description="When, by GitHub's clock.")
    url: Annotated[str, EDITORIAL] = Field(description="Where the review can be read.")
    server: Annotated[str, EDITORIAL] = Field(description="The GitHub server, such as `https://github.com`.")
    witnessed_at: Annotated[datetime | None, EDITORIAL] = Field(default=None, description="When the witness read it there, in UTC.")
    witness: Annotated[str | None, EDITORIAL] = Field(
        default=None, description="Armoured SSH signature of a witness that ringi.toml names, over the signed text and the review."
    )


class Approval(Model):
    """One approval file."""

    metric: Annotated[Name, EDITORIAL] = Field(description="The approved metric.")
    side: Annotated[Side, EDITORIAL] = Field(description="The side the key was turned for.")
    person: Annotated[Name, EDITORIAL] = Field(description="Who turned it.")
    meaning: Annotated[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], EDITORIAL] = Field(
        description="SHA-256 of the canonical meaning."
    )
    approved_at: Annotated[datetime, EDITORIAL] = Field(description="When, in UTC.")
    method: Annotated[Method, EDITORIAL] = Field(default=Method.SSH, description="How the key was turned: ssh, passkey or github.")
    signature: Annotated[str | None, EDITORIAL] = Field(
        default=None, description="With `ssh`: armoured SSH signature over the signed text."
    )
    passkey: Annotated[PasskeyAssertion | None, EDITORIAL] = Field(default=None, description="With `passkey`: what the passkey answered.")
    github: Annotated[GithubReview | None, EDITORIAL] = Field(default=None, description="With `github`: the review.")

    def signed_text(self) -> bytes:
        return signed_text(self.metric, self.side, self.person, self.meaning, self.approved_at)

    def witnessed_text(self) -> bytes:
        """The bytes a witness signs: the signed text, and below it what GitHub said of the review."""
        if self.github is None:
            raise ValueError("only an approval by review has a witness")
        facts = self.github.model_dump(mode="json", exclude={"witness"})
        return self.signed_text() + "".join(f"github.{name}: {value}\n" for name, value in facts.items()).encode()

    def challenge(self) -> bytes:
        """What a passkey is asked to sign: the SHA-256 of the signed text, so that it fits this approval and no other."""
        return hashlib.sha256(self.signed_text()).digest()


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
