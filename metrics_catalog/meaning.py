"""The resolved meaning of a metric: everything its numbers depend on, as one canonical value with a digest.

Made from the catalog by `resolve`; what people turn keys over (`approval.py`), what the gate publishes, and what the
compiler reads (`logic`): a certified meaning can be computed from its JSON alone, whatever the YAML says meanwhile.

`logic` holds all that decides the numbers (both keys cover it), `business` all that decides how they are understood (the
Business key covers it too). Editorial fields are not in it. See docs/adr/0003-what-a-key-covers.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from metrics_catalog import canonical_json
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.lifecycle import certified_end
from metrics_catalog.logic import DimensionLogic, Logic, SourceLogic, VariantLogic
from metrics_catalog.resolve import Resolver, UnresolvedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from metrics_catalog.catalog import Catalog

__all__ = ["DimensionLogic", "Logic", "Meaning", "SourceLogic", "UnresolvedError", "VariantLogic", "read", "resolve", "resolve_all"]

FORM = 1
"""Version of the canonical form; a reader refuses forms it does not know."""


@dataclass(frozen=True)
class Meaning:
    """One resolved meaning. `business` maps dotted paths (`what.label.ja`) to JSON values.

    `countries` is what it takes from the countries, shared by all meanings of a catalog; its digest stands in the canonical
    JSON in place of `logic.time_zones`.
    """

    metric: str
    logic: Logic
    business: Mapping[str, Any]
    countries: CountryParts | None = None

    @property
    def country_parts(self) -> CountryParts:
        return self.countries if self.countries is not None else CountryParts.of_zones(self.logic.time_zones)

    def canonical(self) -> bytes:
        """Canonical JSON: UTF-8, NFC, sorted keys, no spaces; the bytes whose SHA-256 is the digest."""
        return canonical_json.dump(self._whole())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return self._digests[0]

    @property
    def logic_digest(self) -> str:
        """Names the logic less its clocks: equal for two meanings whose numbers differ at most by clocks."""
        return self._digests[1]

    @cached_property
    def _digests(self) -> tuple[str, str]:
        whole = canonical_json.plain(self._whole())
        return canonical_json.sha256(canonical_json.dump_plain(whole)), canonical_json.sha256(canonical_json.dump_plain(whole["logic"]))

    def take_digests(self, raw: bytes) -> None:
        """Take the digests from bytes that were read, where these are its canonical JSON: cheaper than to write it again.

        A large catalog has thousands of certified meanings; text in NFC, as in all that `approve` writes, is not walked again.
        """
        logic, business = canonical_json.dump_plain(_core(self.logic)), canonical_json.dump_plain(dict(self.business))
        head = b'{"business":%b,"countries":"%b","form":%d,"logic":' % (business, self.country_parts.digest.encode(), FORM)
        is_written_so = raw == b'%b%b,"metric":%b}' % (head, logic, canonical_json.dump_plain(self.metric))
        if is_written_so and canonical_json.is_nfc(raw.decode()):
            self.__dict__["_digests"] = canonical_json.sha256(raw), canonical_json.sha256(logic)

    def _whole(self) -> dict[str, Any]:
        parts = {"logic": _core(self.logic), "business": dict(self.business), "countries": self.country_parts.digest}
        return {"form": FORM, "metric": self.metric, **parts}


def _core(logic: Logic) -> dict[str, Any]:
    """The logic less its clocks; what equals its default is left out, so that a field added later changes no digest."""
    plain = logic.model_dump(mode="json", exclude={"time_zones", "parts"}, exclude_defaults=True)
    return {**plain, "parts": {name: _core(part) for name, part in logic.parts.items()}} if logic.parts else plain


def resolve(catalog: Catalog, metric: str) -> Meaning:
    """The present meaning of a metric; raises UnresolvedError where the catalog has findings that prevent it."""
    return _meaning(Resolver(catalog), metric)


def resolve_all(catalog: Catalog, metrics: Iterable[str] | None = None) -> dict[str, Meaning | UnresolvedError]:
    """The present meanings of many metrics (default: all), or for each the error that prevents it."""
    resolver = Resolver(catalog)
    found: dict[str, Meaning | UnresolvedError] = {}
    for metric in catalog.metrics if metrics is None else metrics:
        try:
            found[metric] = _meaning(resolver, metric)
        except UnresolvedError as error:
            found[metric] = error
    return found


def _meaning(resolver: Resolver, metric: str) -> Meaning:
    return Meaning(metric, resolver.logic(metric), resolver.business(metric), resolver.countries)


def read(raw: bytes, countries: Callable[[str], CountryParts]) -> Meaning:
    """A meaning from its canonical bytes; `countries` finds country parts by digest. Raises ValueError for anything else."""
    data = json.loads(raw)
    if not isinstance(data, dict) or data.get("form") != FORM or not isinstance(data.get("business"), dict):
        raise ValueError(f"this is no meaning of form {FORM}")
    try:
        parts = countries(str(data["countries"]))
        logic = with_time_zones(Logic.model_validate(data["logic"]), parts.time_zones)
        found = Meaning(str(data["metric"]), logic, data["business"], parts)
        certified_end(found.business)  # the gate reads this at each run: what cannot be read is no meaning
    except (KeyError, ValidationError) as error:
        raise ValueError("this is no meaning: a part of it is missing or of the wrong type") from error
    found.take_digests(raw)
    return found


def with_time_zones(logic: Logic, zones: dict[str, str]) -> Logic:
    """The logic and its parts, counted by the given clocks; the map is shared, not copied."""
    parts = {name: with_time_zones(part, zones) for name, part in logic.parts.items()}
    return logic.model_copy(update={"time_zones": zones, "parts": parts})
