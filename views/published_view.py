"""A published view as its readers know it: the stable contract of names, types and order of columns.

Made by `contract.publish` from a view file and the certified meanings of its metrics; read by the jobs that write the saved
copies, by `render` (SQL of the definer views) and by `dbt` (the project of the country teams). The same for every country.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.lifecycle import End
    from metrics_catalog.logic import Logic
    from metrics_catalog.source import Classification, ColumnType


class Role(StrEnum):
    """What a column of a published view is."""

    COUNTRY = "country"
    TIME = "time"
    DIMENSION = "dimension"
    METRIC = "metric"
    PART = "part"
    """The numerator or denominator of a ratio, published beside it though the view does not list it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a metric's column, as its readers are told: what it is called, and how its end was certified."""

    label_en: str
    label_ja: str
    end: End


@dataclass(frozen=True, slots=True)
class PublishedColumn:
    """One column: for metrics and parts also the unit, the logic it is computed with, and the digest of its certificate.

    `doc_en` and `doc_ja` are a few plain sentences. A part has the digest of the ratio it belongs to.
    """

    name: str
    type: ColumnType
    role: Role
    doc_en: str
    doc_ja: str
    classification: Classification
    unit: str = ""
    ending: Ending | None = None
    logic: Logic | None = None
    digest: str = ""

    @property
    def deprecated(self) -> bool:
        """Whether the column is going to be dropped."""
        return self.ending is not None

    @property
    def required(self) -> bool:
        """Whether it is never NULL: what names a row always is known, a missing member reads `unknown`."""
        return self.role in (Role.COUNTRY, Role.TIME, Role.DIMENSION)

    @property
    def doc(self) -> str:
        """Both languages in one line, as it is kept in the lake's own catalog."""
        return f"{self.doc_en} / {self.doc_ja}" if self.doc_ja else self.doc_en


@dataclass(frozen=True, slots=True)
class PublishedView:
    """One published view.

    Columns in order: viewing country, period, dimensions of the grain, metrics as listed, then parts of ratios not listed.
    `countries` are the codes it is published in, sorted.
    """

    name: str
    label_en: str
    label_ja: str
    description_en: str
    description_ja: str
    columns: tuple[PublishedColumn, ...]
    countries: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that together name one row."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def measured(self) -> Iterator[PublishedColumn]:
        """Columns that hold numbers: metrics and parts, in order."""
        return (column for column in self.columns if column.logic is not None)


def saved_name(country: str, view: str) -> str:
    """`saved_jp.title_daily`: the country's saved copy."""
    return f"saved_{country.lower()}.{view}"


def published_name(country: str, view: str) -> str:
    """`views_jp.title_daily`: what analysts of the country query."""
    return f"views_{country.lower()}.{view}"
