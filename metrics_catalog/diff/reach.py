"""Which countries two meanings of a metric differ in: what each country computes, and what it reads about the number.

Used by `effects`. A country whose own variant replaces a field is not touched by a change of that field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog.country_logic import computed, with_variant

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from metrics_catalog.meaning import Meaning


def numbers(before: Meaning, after: Meaning, today: dt.date) -> frozenset[str]:
    """Countries, known to either side, whose numbers differ. A variant that ended before `today` no longer holds."""
    old, new = before.logic, after.logic
    zones, now = old.time_zones, new.time_zones
    own = {*with_variant(old), *with_variant(new)}
    others = (zones.keys() | now.keys()) - own
    touched = {code for code in zones.keys() & now.keys() if zones[code] != now[code]}
    touched |= {code for code in own if computed(old, code, today) != computed(new, code, today)}
    if others and computed(old, None, today) != computed(new, None, today):
        touched |= others
    return frozenset(touched)


def words(before: Meaning, after: Meaning) -> frozenset[str]:
    """Countries for which something differs that people read beside the number."""
    everyone = before.logic.time_zones.keys() | after.logic.time_zones.keys()
    touched: set[str] = set()
    for path in _differing(before.business, after.business):
        first, _, rest = path.partition(".")
        touched |= {rest.split(".")[0]} if first == "countries" else everyone
    old, new = before.country_parts.business, after.country_parts.business
    return frozenset(touched | {code for code in old.keys() & new.keys() if old[code] != new[code]})


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
