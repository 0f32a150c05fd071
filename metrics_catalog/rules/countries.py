"""Countries: their clocks exist."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from metrics_catalog.finding import did_you_mean
from metrics_catalog.rules.common import At, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


def unknown_time_zones(catalog: Catalog) -> Iterator[Finding]:
    """Each country's reporting time zone is one that the IANA knows, in its exact spelling."""
    for code, country in catalog.countries.items():
        zone = country.reporting_time_zone
        if not _exists(zone):
            at = At("country", code, ("reporting_time_zone",))
            hint = did_you_mean(zone, available_timezones()) or "use an IANA name such as `Asia/Tokyo`."
            yield found(catalog, "RNG-CAT-090", at, f"There is no time zone `{zone}` (for {code}).", hint)


@cache
def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # OSError: a folder of the database, or a name too long for a file
        return False
    return zone != "localtime"
