"""What one query may use, as data: the section `[query]` of ringi.toml, for every door that answers queries.

    [query]
    memory = "2GB"     # of the locked process
    seconds = 60       # for taking in the data, and again for running the SQL; --seconds can ask for less

What the file does not say is as in `infra.local.query_process.Limits`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import UsageError
from ringi.project import FILE, read_section

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.local.query_process import Limits

LEAST_MEMORY_MIB, MOST_SECONDS = 64, 3600
_UNITS = {"MB": 10**6, "GB": 10**9, "MIB": 2**20, "GIB": 2**30}


def limits(root: Path, *, rows: int, seconds: int | None = None) -> Limits:
    """The limits of a query that wants so many rows and seconds; raises UsageError for a section that cannot be meant, and where
    more seconds are asked for than the project gives."""
    from infra.local.query_process import Limits

    section = read_section(root, "query")
    known = {"memory": _memory, "seconds": _seconds}
    for name, value in section.items():
        if name not in known:
            raise UsageError(f"{FILE}: [query] has an unknown field `{name}`.", hint=f"it knows {', '.join(known)}.")
        known[name](value)
    given = Limits(rows=rows)
    if "memory" in section:
        given = replace(given, memory_mib=_memory(section["memory"]))
    return replace(given, seconds=_granted(section, given.seconds, seconds))


def _granted(section: Mapping[str, Any], usual: int, asked: int | None) -> int:
    most = section.get("seconds")
    if asked is not None and most is not None and asked > most:
        raise UsageError(f"A query may take {most} seconds in this project, and {asked} were asked for.", hint=f"see [query] in {FILE}.")
    return int(asked or most or usual)


def _memory(value: object) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]i?B)\s*", value, re.IGNORECASE) if isinstance(value, str) else None
    size = int(float(found[1]) * _UNITS[found[2].upper()]) // 2**20 if found and found[2].upper() in _UNITS else 0
    if size < LEAST_MEMORY_MIB:
        raise UsageError(
            f"{FILE}: `memory` of [query] is {value!r}.", hint=f'expected a size from {LEAST_MEMORY_MIB} MiB on, such as "2GB".'
        )
    return size


def _seconds(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_SECONDS:
        raise UsageError(f"{FILE}: `seconds` of [query] is {value!r}.", hint=f"expected a whole number from 1 to {MOST_SECONDS}.")
    return value
