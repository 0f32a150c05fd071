"""What is computed, as plain frozen values: the only thing the compiler reads, whatever the YAML says meanwhile.

Made by `resolve` from the catalog, or read back from a certified meaning's JSON; part of a `Meaning`.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from metrics_catalog.model import CountryCode, Model, Name
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["count", "count_distinct", "sum", "average", "minimum", "maximum", "ratio", "derived"]


class SourceLogic(Model):
    """The part of a source contract that numbers depend on; `columns` holds only the columns that are used."""

    source: Name
    delivery: Literal["events", "snapshot"]
    key: tuple[Name, ...]
    event_time: Name | None
    received_time: Name | None
    country: Name | None
    columns: dict[Name, ColumnType]


class DimensionLogic(Model):
    """How an attribute is found for a row: joined on `key`, at the row's local day where the table has a validity."""

    dimension: Name
    key: Name
    source: Name | None
    rows_digest: str | None
    valid_from: Name | None
    valid_until: Name | None
    attribute: Name
    type: ColumnType


class VariantLogic(Model):
    """One country's own logic; None means inherited. Holds for local days before `until`."""

    filter: str | None
    expression: str | None
    until: dt.date | None


class Logic(Model):
    """What is computed. Expressions and filters are canonical text; ratio and derived metrics embed their parts."""

    metric: Name
    kind: Kind
    source: SourceLogic | None = None
    expression: str | None = None
    filter: str | None = None
    dimensions: dict[Name, DimensionLogic | None] = Field(
        default={}, description="Each name it may be sliced by; None: a column of the source."
    )
    variants: dict[CountryCode, VariantLogic] = Field(default={}, description="Country variants.")
    numerator: Name | None = None
    denominator: Name | None = None
    parts: dict[Name, Logic] = Field(default={}, description="Logic of the metrics that a ratio or derived metric names.")
    time_zones: dict[CountryCode, str] = Field(default={}, description="Reporting time zone by country.")
    others: dict[str, Any] = Field(
        default={}, description="All other facts classed `logic`, by dotted path; keys cover them, the compiler does not read them."
    )

    def measured(self) -> Iterator[Logic]:
        """The logics below that read a source: itself, or those of its parts at any depth."""
        if not self.parts:
            yield self
        for part in self.parts.values():
            yield from part.measured()

    def sliceable(self) -> dict[Name, DimensionLogic | None]:
        """Names it may be sliced by: its own, or for a ratio or derived metric those that all of its parts share."""
        if not self.parts:
            return self.dimensions
        first, *rest = (part.sliceable() for part in self.parts.values())
        return {name: found for name, found in first.items() if all(name in other for other in rest)}
