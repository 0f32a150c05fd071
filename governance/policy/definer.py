"""A definer: the identity with whose rights published views read the saved copies; written in the files of `policy/`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from governance.policy.principal import Identity
from metrics_catalog.model import EDITORIAL, CountryCode, Model, Text


class Definer(Model):
    """With whose rights the views of some countries read. It may hand on what it reads, and nothing else."""

    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="What it is for.")
    identities: Annotated[tuple[Identity, ...], EDITORIAL] = Field(
        default=(), description="As whom the account knows it; without one, the `definer_role` of the profile."
    )
    countries: Annotated[Literal["all"] | tuple[CountryCode, ...], EDITORIAL] = Field(
        default="all", description="Countries whose saved copies it reads: `all`, or a list of codes."
    )
    reason: Annotated[str, EDITORIAL] = Field(description="Why it may read and hand on.", min_length=1)

    def reads(self, country: str) -> bool:
        """Whether it reads the saved copies of a country."""
        return self.countries == "all" or country in self.countries
