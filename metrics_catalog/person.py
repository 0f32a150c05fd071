"""People: who may turn which key, with which SSH keys, and when; the file `people.yaml`."""

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


class PublicKey(Model):
    """One SSH public key of a person, and when it counts; validity is half-open."""

    public_key: Annotated[Annotated[str, StringConstraints(pattern=r"^(ssh-|ecdsa-|sk-)\S+ \S+")], LOGIC] = Field(
        description="As in `id_ed25519.pub`."
    )
    valid_from: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which it counts.")
    valid_until: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which it no longer counts.")


class Person(Model):
    """One person."""

    name: Annotated[Annotated[str, StringConstraints(min_length=1)], EDITORIAL] = Field(description="As written by the person.")
    email: Annotated[str | None, EDITORIAL] = Field(default=None, description="Address of the person's commits.")
    team: Annotated[Name, EDITORIAL] = Field(description="The person's team.")
    sides: Annotated[tuple[Side, ...], LOGIC] = Field(default=(), description="Sides this person may turn a key for.")
    keys: Annotated[tuple[PublicKey, ...], LOGIC] = Field(default=(), description="SSH public keys.")
    valid_from: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which the person holds the sides.")
    valid_until: Annotated[datetime | None, LOGIC] = Field(default=None, description="First instant at which no longer.")


class People(Model):
    """The whole of `people.yaml`."""

    people: Annotated[dict[Name, Person], LOGIC] = Field(description="By short name.")
