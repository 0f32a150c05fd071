"""A published view: what analysts of a country query; one YAML file under `views/`.

One row stands for a country, a period and one member of each dimension of the grain; one column a metric.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from metrics_catalog.model import BUSINESS, LOGIC, CountryCode, Model, Name, Owners, Text


class TimeGrain(StrEnum):
    """Length of a period, on the viewing country's clock; weeks are ISO weeks and are named by their Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


TIME_COLUMN = {TimeGrain.DAY: "viewing_date", TimeGrain.WEEK: "viewing_week", TimeGrain.MONTH: "viewing_month"}
"""The column that holds the first day of a row's period."""

COUNTRY_COLUMN = "viewing_country"
"""The column that holds the viewing country in facts and views."""


class Grain(Model):
    """What one row stands for, beside the country."""

    time: Annotated[TimeGrain, LOGIC] = Field(description="Length of a period.")
    dimensions: Annotated[tuple[Name, ...], LOGIC] = Field(default=(), description="Columns or attributes, one row a member.")


class View(Model):
    """One view file."""

    view: Annotated[Name, LOGIC] = Field(description="The view's name; the file is called the same.")
    label: Annotated[Text, BUSINESS] = Field(description="Display name.")
    description: Annotated[Text | None, BUSINESS] = Field(default=None, description="Who it is for.")
    grain: Annotated[Grain, LOGIC] = Field(description="What one row stands for.")
    metrics: Annotated[tuple[Name, ...], LOGIC] = Field(description="Metrics, one column each, in order.", min_length=1)
    countries: Annotated[Literal["all"] | tuple[CountryCode, ...], LOGIC] = Field(default="all", description="`all`, or a list of codes.")
    owners: Annotated[Owners, BUSINESS] = Field(description="The two sides that answer for it.")

    @property
    def time_column(self) -> str:
        return TIME_COLUMN[self.grain.time]
