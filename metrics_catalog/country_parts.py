"""What meanings take from `countries.yaml`: the facts of each country, by class.

Every metric is counted by every country's clock, so all meanings of a catalog share one value, held beside them under its
own digest: 12,000 approvals do not repeat 204 time zones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics_catalog import canonical_json
from metrics_catalog.field_facts import facts_of
from metrics_catalog.model import FieldClass

if TYPE_CHECKING:
    from metrics_catalog.country import Country

ZONE = "reporting_time_zone"

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class CountryParts:
    """Facts by country and path, such as `{"JP": {"reporting_time_zone": "Asia/Tokyo"}}`, for both keys' classes."""

    logic: Mapping[str, Facts] = field(default_factory=dict)
    business: Mapping[str, Facts] = field(default_factory=dict)

    @staticmethod
    def of(countries: Mapping[str, Country]) -> CountryParts:
        """The parts of the countries of a catalog."""
        logic: dict[str, dict[str, Any]] = {code: {} for code in countries}
        business: dict[str, dict[str, Any]] = {code: {} for code in countries}
        for code, country in countries.items():
            for fact in facts_of(country):
                if fact.field_class is not FieldClass.EDITORIAL:
                    (business if fact.field_class is FieldClass.BUSINESS else logic)[code][fact.path] = fact.value
        return CountryParts(logic, business)

    @staticmethod
    def of_zones(zones: Mapping[str, str]) -> CountryParts:
        """The parts where only the clocks are known."""
        return CountryParts({code: {ZONE: zone} for code, zone in zones.items()}, {code: {} for code in zones})

    @staticmethod
    def read(raw: bytes) -> CountryParts:
        """The parts from their canonical bytes; raises ValueError for anything else."""
        data = json.loads(raw)
        if not isinstance(data, dict) or set(data) != {"logic", "business"} or not all(_is_table(table) for table in data.values()):
            raise ValueError("these are not the parts of countries")
        return CountryParts(data["logic"], data["business"])

    @cached_property
    def canonical(self) -> bytes:
        return canonical_json.dump({"logic": dict(self.logic), "business": dict(self.business)})

    @cached_property
    def digest(self) -> str:
        return canonical_json.sha256(self.canonical)

    @cached_property
    def time_zones(self) -> dict[str, str]:
        """Reporting time zone by country."""
        return {code: facts[ZONE] for code, facts in sorted(self.logic.items())}


def _is_table(table: object) -> bool:
    return isinstance(table, dict) and all(isinstance(facts, dict) for facts in table.values())
