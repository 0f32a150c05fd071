"""People: who may turn which key, with what, and when; the file `people.yaml`.

A person may hold SSH keys, passkeys and a GitHub account. All windows of time are half-open: the first instant counts, the
last does not.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, LOGIC, Model, Name


class Side(StrEnum):
    """The two sides that must both agree."""

    TECH = "tech"
    BUSINESS = "business"


Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
"""Bytes as WebAuthn writes them: base64 with `-` and `_`, without `=`."""

GithubLogin = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9_])?$")]
"""A GitHub user name; enterprise accounts end with `_company`."""


class Registration(Model):
    """When something that turns keys counts: from, until, and whether it was called back."""

    valid_from: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which it counts.")
    valid_until: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which it no longer counts.")
    revoked_at: Annotated[datetime | None, LOGIC] = Field(
        default=None, description="Called back: nothing that says it was approved at or after this instant counts."
    )
    compromised: Annotated[bool, LOGIC] = Field(
        default=False, description="True: somebody else may have used it, so nothing it ever approved counts."
    )


class PublicKey(Registration):
    """One SSH public key of a person."""

    public_key: Annotated[Annotated[str, StringConstraints(pattern=r"^(ssh-|ecdsa-|sk-)\S+ \S+")], LOGIC] = Field(
        description="As in `id_ed25519.pub`."
    )


class Passkey(Registration):
    """One passkey (WebAuthn credential) of a person; `ringi passkey register` prints these lines."""

    credential_id: Annotated[Base64Url, LOGIC] = Field(description="Its name, given by the device that holds it; base64url.")
    public_key: Annotated[Base64Url, LOGIC] = Field(description="Public half as a COSE key; base64url.")
    rp_id: Annotated[Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")], LOGIC] = Field(
        description="Host name of the page it was made for, such as `localhost`; it signs for no other."
    )


class GithubAccount(Registration):
    """A GitHub account of a person, where the plain login does not say enough."""

    login: Annotated[GithubLogin, LOGIC] = Field(description="The user name.")


class EarlierSide(Model):
    """A side that a person held once; what was approved then still counts."""

    side: Annotated[Side, LOGIC] = Field(description="tech or business.")
    valid_from: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which the person held it.")
    valid_until: Annotated[datetime, LOGIC] = Field(description="First instant at which no longer.")


class Person(Model):
    """One person."""

    name: Annotated[Annotated[str, StringConstraints(min_length=1)], EDITORIAL] = Field(description="As written by the person.")
    email: Annotated[str | None, EDITORIAL] = Field(default=None, description="Address of the person's commits.")
    team: Annotated[Name, EDITORIAL] = Field(description="The person's team.")
    sides: Annotated[tuple[Side, ...], LOGIC] = Field(default=(), description="Sides this person may turn a key for.")
    keys: Annotated[tuple[PublicKey, ...], LOGIC] = Field(default=(), description="SSH public keys.")
    passkeys: Annotated[tuple[Passkey, ...], LOGIC] = Field(default=(), description="Passkeys: fingerprint, face or security key.")
    github: Annotated[GithubLogin | tuple[GithubAccount, ...] | None, LOGIC] = Field(
        default=None, description="GitHub login whose reviews count; or a list of accounts, each with its time."
    )
    valid_from: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which the person holds the sides.")
    valid_until: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which no longer.")
    earlier_sides: Annotated[tuple[EarlierSide, ...], LOGIC] = Field(
        default=(), description="Sides held before, each with its time; for a person who changed sides."
    )

    @property
    def github_accounts(self) -> tuple[GithubAccount, ...]:
        """The GitHub accounts, however they are written."""
        if isinstance(self.github, str):
            return (GithubAccount(login=self.github),)
        return self.github or ()


class People(Model):
    """The whole of `people.yaml`."""

    people: Annotated[dict[Name, Person], LOGIC] = Field(description="By short name.")
