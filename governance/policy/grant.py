"""A grant, as it is written in the files of `policy/`: which columns and rows of which published views it gives to whom.

Grants add up and nothing is ever subtracted (`access.py` defines what that means), so a grant that cannot be read gives
nothing and hides nothing that another gives.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from governance.policy.definer import Definer
from governance.policy.masks import Mask
from governance.policy.principal import Identity, PolicyName, Principal, Role
from metrics_catalog.model import EDITORIAL, CountryCode, Model, Name, Text
from metrics_catalog.source import Classification

ViewPattern = Annotated[str, StringConstraints(pattern=r"^(?:\*|[a-z](?:[a-z0-9_]|<cc>){0,62})\.(?:\*|[a-z][a-z0-9_]{0,62})$")]
"""`views_jp.title_daily`; `*` stands for every schema, or for every view of a schema."""

Sentence = Annotated[str, StringConstraints(min_length=1)]


class Included(Model):
    """These columns and no other."""

    include: Annotated[tuple[Name, ...], EDITORIAL] = Field(description="Columns that are given.", min_length=1)


class Excluded(Model):
    """Every column but these, those of later days too."""

    exclude: Annotated[tuple[Name, ...], EDITORIAL] = Field(description="Columns that are not given.", min_length=1)


class Grant(Model):
    """One grant. Days count by UTC and are half-open; without them it always holds."""

    to: Annotated[tuple[PolicyName, ...], EDITORIAL] = Field(description="Principals and roles that receive it.", min_length=1)
    views: Annotated[tuple[ViewPattern, ...], EDITORIAL] = Field(
        description="Published views, such as `views_jp.title_daily`; `*` for all.", min_length=1
    )
    columns: Annotated[Literal["all"] | Included | Excluded, EDITORIAL] = Field(default="all", description="`all`, or a list.")
    rows: Annotated[Sentence | None, EDITORIAL] = Field(
        default=None, description="Condition over the view's columns; a row counts where it is TRUE. Without it, all rows."
    )
    masks: Annotated[dict[Name, Mask], EDITORIAL] = Field(
        default={}, description="What is shown of a column in place of its values, by column; a column that is not here is shown clear."
    )
    classifications: Annotated[tuple[Classification, ...], EDITORIAL] = Field(
        default=(Classification.PUBLIC, Classification.INTERNAL),
        description="Classes of columns that it reaches. Personal columns only where `personal` is named.",
        min_length=1,
    )
    valid_from: Annotated[dt.date | None, EDITORIAL] = Field(default=None, description="First day on which it holds.")
    valid_until: Annotated[dt.date | None, EDITORIAL] = Field(default=None, description="First day on which it no longer holds.")
    purpose: Annotated[PolicyName | None, EDITORIAL] = Field(
        default=None, description="What it is used for, one of `purposes`. Kept and shown; not a condition."
    )
    through: Annotated[Literal["names", "tags"], EDITORIAL] = Field(
        default="names", description="How Lake Formation is told: view by view, or by an expression over tags."
    )
    reason: Annotated[Sentence, EDITORIAL] = Field(description="Why it is given.")

    def reaches(self, schema: str, view: str) -> bool:
        """Whether one of its patterns names that relation."""
        return any(pattern in (f"{schema}.{view}", f"{schema}.*", f"*.{view}", "*.*") for pattern in self.views)

    def holds(self, at: dt.datetime) -> bool:
        """Whether it counts at an instant (with its offset from UTC)."""
        day = at.astimezone(dt.UTC).date()
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_until is None or day < self.valid_until)


class Names(Model):
    """Principals, roles, grants and definers by name."""

    principals: Annotated[dict[PolicyName, Principal], EDITORIAL] = Field(default={}, description="Readers.")
    roles: Annotated[dict[PolicyName, Role], EDITORIAL] = Field(default={}, description="Sets of readers.")
    grants: Annotated[dict[PolicyName, Grant], EDITORIAL] = Field(default={}, description="What is given to whom.")
    definers: Annotated[dict[PolicyName, Definer], EDITORIAL] = Field(
        default={}, description="With whose rights published views read the saved copies."
    )


class PerCountry(Names):
    """The same once for each country: `<cc>` becomes its code in lower case, `<CC>` in upper case, wherever it stands."""

    countries: Annotated[Literal["all"] | tuple[CountryCode, ...], EDITORIAL] = Field(
        default="all", description="`all` of countries.yaml, or a list of codes."
    )

    def for_country(self, code: str) -> Names:
        """What it says for one country."""
        text = self.model_dump_json(exclude={"countries"})
        return Names.model_validate_json(text.replace("<cc>", code.lower()).replace("<CC>", code))


class PolicyFile(Names):
    """One file of `policy/`; all files together are the policy."""

    per_country: Annotated[tuple[PerCountry, ...], EDITORIAL] = Field(default=(), description="What is repeated for each country.")
    administrators: Annotated[tuple[PolicyName | Identity, ...], EDITORIAL] = Field(
        default=(), description="Who administers access in the account: principals of the policy, or identities. At most 30."
    )
    purposes: Annotated[dict[PolicyName, Text], EDITORIAL] = Field(default={}, description="What grants may be used for, in words.")
