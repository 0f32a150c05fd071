"""Countries: where viewing is reported, and by which clock; the file `countries.yaml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from metrics_catalog.model import BUSINESS, EDITORIAL, LOGIC, CountryCode, Model, Name, Text


class Country(Model):
    """One country. Day, week and month are local to its reporting time zone, whatever the device's clock said."""

    name: Annotated[Text, EDITORIAL] = Field(description="Display name.")
    reporting_time_zone: Annotated[Annotated[str, StringConstraints(min_length=1)], LOGIC] = Field(
        description="IANA name, such as `Asia/Tokyo`."
    )
    currency: Annotated[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], BUSINESS] = Field(description="ISO 4217 code.")
    team: Annotated[Name, EDITORIAL] = Field(description="The country team.")


class Countries(Model):
    """The whole of `countries.yaml`."""

    countries: Annotated[dict[CountryCode, Country], LOGIC] = Field(description="By ISO 3166-1 alpha-2 code.", min_length=1)
