"""Principals and roles: who can be granted something; written in the files of `policy/`.

A principal is one reader (a person, a team's service, a tool). A role is a named set of principals, so that a grant can be
given to all of them at once. Both are read by `policy.py`; a name is either a principal or a role, never both.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from governance.policy.identities import canonical, is_of_each_country
from metrics_catalog.model import EDITORIAL, Model, Text

PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-z](?:[a-z0-9_]|<cc>){0,62}$")]
"""A name of the policy; `<cc>` stands for a country's code inside `per_country`."""

Country = Annotated[str, StringConstraints(pattern=r"^(?:[A-Z]{2}|<CC>)$")]
"""A country's code; `<CC>` stands for one inside `per_country`."""


def _identity(written: str) -> str:
    """In canonical form; one that is repeated for each country is checked as that of some country, and stays as it is written."""
    of_some_country = written.replace("<cc>", "zz").replace("<CC>", "ZZ")
    found = canonical(of_some_country)
    return written if is_of_each_country(written) else found


Identity = Annotated[str, AfterValidator(_identity)]
"""As whom an account knows a principal; see `identities.py`."""


class Principal(Model):
    """One reader."""

    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="Who or what reads.")
    team: Annotated[PolicyName | None, EDITORIAL] = Field(default=None, description="The team that answers for it.")
    identities: Annotated[tuple[Identity, ...], EDITORIAL] = Field(
        default=(), description="As whom AWS knows it; without one, the profile's `principal_identity`."
    )
    country: Annotated[Country | None, EDITORIAL] = Field(
        default=None, description="Its country: it reads what is published there and nothing of any other, whatever a grant says."
    )

    def may_enter(self, country: str | None) -> bool:
        """Whether a country's views lie inside its fence; None is a country that nobody knows."""
        return self.country is None or self.country == country


class Role(Model):
    """A set of principals."""

    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="What its members do.")
    members: Annotated[tuple[PolicyName, ...], EDITORIAL] = Field(description="Principals that hold it.", min_length=1)
