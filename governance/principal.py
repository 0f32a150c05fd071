"""Principals and roles: who can be granted something; written in the files of `policy/`.

A principal is one reader (a person, a team's service, a tool). A role is a named set of principals, so that a grant can be
given to all of them at once. Both are read by `policy.py`; a name is either a principal or a role, never both.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from metrics_catalog.model import EDITORIAL, Model, Text

PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-z](?:[a-z0-9_]|<cc>){0,62}$")]
"""A name of the policy; `<cc>` stands for a country's code inside `per_country`."""


class Principal(Model):
    """One reader."""

    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="Who or what reads.")
    team: Annotated[PolicyName | None, EDITORIAL] = Field(default=None, description="The team that answers for it.")


class Role(Model):
    """A set of principals."""

    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="What its members do.")
    members: Annotated[tuple[PolicyName, ...], EDITORIAL] = Field(description="Principals that hold it.", min_length=1)
