"""A dimension: a reference table whose attributes metrics may be sliced by; one YAML file under `dimensions/`.

Its rows come from a snapshot source or stand in the file. A join to it never multiplies rows and never drops one: a key it
does not know, or a NULL attribute, reads as the visible member `unknown`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from metrics_catalog.model import BUSINESS, EDITORIAL, LOGIC, Model, Name, Owners, Text
from metrics_catalog.source import Classification, ColumnType

UNKNOWN = "unknown"
"""The member that stands for a missing dimension value in facts and views."""

Scalar = str | int | float | bool | None


class Attribute(Model):
    """One column of a dimension that can be sliced by."""

    type: Annotated[ColumnType, LOGIC] = Field(default=ColumnType.STRING, description="Logical type.")
    label: Annotated[Text | None, EDITORIAL] = Field(default=None, description="Display name.")
    classification: Annotated[Classification, LOGIC] = Field(default=Classification.PUBLIC, description="How freely it may be shown.")


class Validity(Model):
    """Columns that say from when (inclusive) until when (exclusive) a row holds."""

    valid_from: Annotated[Name, LOGIC] = Field(description="First day on which the row holds.")
    valid_until: Annotated[Name, LOGIC] = Field(description="First day on which it no longer holds; NULL while it does.")


class Dimension(Model):
    """One dimension file; exactly one of `source` and `rows` is given."""

    dimension: Annotated[Name, LOGIC] = Field(description="The dimension's name; the file is called the same.")
    label: Annotated[Text, BUSINESS] = Field(description="Display name.")
    description: Annotated[Text, EDITORIAL] = Field(description="What one row stands for.")
    key: Annotated[Name, LOGIC] = Field(description="The column of events, and of this table, that is joined.")
    attributes: Annotated[dict[Name, Attribute], LOGIC] = Field(description="Columns that can be sliced by.", min_length=1)
    source: Annotated[Name | None, LOGIC] = Field(default=None, description="Snapshot source that holds the rows.")
    rows: Annotated[tuple[dict[str, Scalar], ...], LOGIC] = Field(default=(), description="The rows themselves, for a small table.")
    validity: Annotated[Validity | None, LOGIC] = Field(default=None, description="Where rows change over time.")
    owners: Annotated[Owners, BUSINESS] = Field(description="The two sides that answer for it.")
