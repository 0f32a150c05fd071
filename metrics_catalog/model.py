"""The common ground of every model in a lake project's files: frozen values, no unknown fields, classed fields.

Every field carries a description (it becomes JSON Schema, so editors show it) and a class that says which keys its change
voids. A field that nobody classed counts as `logic`, the strictest; a test walks every field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


class FieldClass(StrEnum):
    """What a change of a field does to the keys: `editorial` voids none, `business` the Business key, `logic` both."""

    EDITORIAL = "editorial"
    BUSINESS = "business"
    LOGIC = "logic"


EDITORIAL, BUSINESS, LOGIC = FieldClass.EDITORIAL, FieldClass.BUSINESS, FieldClass.LOGIC


class Model(BaseModel):
    """A frozen value read from YAML; an unknown field is a fault, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name in SQL and in file names: lower-case ASCII letters, digits and underscores, at most 63."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, upper case."""


class Text(Model):
    """The same words in English and Japanese."""

    en: Annotated[str, StringConstraints(min_length=1)] = Field(description="English.")
    ja: Annotated[str, StringConstraints(min_length=1)] = Field(description="日本語。")


class Words(Model):
    """Search words in each language; readings in kana belong here too."""

    en: tuple[str, ...] = Field(default=(), description="English words people say instead.")
    ja: tuple[str, ...] = Field(default=(), description="言い換え、読み(かな)。")


class Owners(Model):
    """The two sides that answer for a thing; names of teams."""

    tech: Annotated[str, StringConstraints(min_length=1)] = Field(description="Team that answers for the computation.")
    business: Annotated[str, StringConstraints(min_length=1)] = Field(description="Team that answers for the meaning.")


def class_of(field: FieldInfo) -> FieldClass:
    """The class of a model's field, from its annotation; unclassed means `logic`."""
    return next((mark for mark in field.metadata if isinstance(mark, FieldClass)), FieldClass.LOGIC)
