"""The resolved meaning of a metric: everything its numbers depend on, as one canonical value with a digest.

Made from the catalog by `resolve`; what people turn keys over (`approval.py`), what the gate publishes, and the only thing
the compiler reads: a certified meaning can be computed from its JSON alone, whatever the YAML says meanwhile.

`logic` holds all that decides the numbers (both keys cover it), `business` all that decides how they are understood (the
Business key covers it too). Editorial fields are not in it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from metrics_catalog.model import CountryCode, Model, Name
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from metrics_catalog.catalog import Catalog

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
    dimensions: dict[Name, DimensionLogic | None] = Field(default={}, description="Each name it may be sliced by; None: a column of the source.")
    variants: dict[CountryCode, VariantLogic] = {}
    numerator: Name | None = None
    denominator: Name | None = None
    parts: dict[Name, Logic] = Field(default={}, description="Logic of the metrics that a ratio or derived metric names.")
    time_zones: dict[CountryCode, str] = Field(default={}, description="Reporting time zone by country.")


class Meaning(Model):
    """One resolved meaning. `business` maps dotted paths (`what.label.ja`) to JSON values."""

    metric: Name
    logic: Logic
    business: dict[str, Any]

    def canonical(self) -> bytes:
        """Canonical JSON: UTF-8, NFC, sorted keys, no spaces; the bytes whose SHA-256 is the digest."""
        raise NotImplementedError

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        raise NotImplementedError


def resolve(catalog: Catalog, metric: str) -> Meaning:
    """The present meaning of a metric; raises CatalogError where the catalog has findings that prevent it."""
    raise NotImplementedError
