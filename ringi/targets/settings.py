"""The section `[access]` of ringi.toml: for which targets the policy must be expressible, and how Trino knows the lake.

Read by `settings_of` for `ringi check` and `ringi access export`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SECTION = "access"
FIELDS: Mapping[str, str] = {
    "targets": 'targets that the policy must be expressible on: a list of "trino", "duckdb", "read-restrictions"',
    "trino_catalog": "the name of Trino's catalog of the lake",
    "trino_owner": "the user of Trino that makes the lake's tables and views, and may do everything",
}


class ExportTarget(StrEnum):
    """What the policy can be exported to."""

    TRINO = "trino"
    DUCKDB = "duckdb"
    READ_RESTRICTIONS = "read-restrictions"


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """The section `[access]` of ringi.toml."""

    targets: tuple[ExportTarget, ...] = ()
    trino_catalog: str | None = None
    trino_owner: str | None = None


def settings_of(root: Path) -> AccessSettings:
    """The section `[access]` of a lake project. Raises UsageError for a field or a target that is none."""
    from ringi.project import FILE, read_section

    section = read_section(root, SECTION)
    for name, value in section.items():
        if name not in FIELDS:
            raise UsageError(f"{FILE}: `{SECTION}` has an unknown field `{name}`.", hint=f"it knows {', '.join(FIELDS)}.")
        words = value if name == "targets" and isinstance(value, list) else [value]
        known = [str(each) for each in ExportTarget] if name == "targets" else None
        if (name == "targets") != isinstance(value, list) or not all(_is_word(each, known) for each in words):
            raise UsageError(f"{FILE}: `{name}` of `{SECTION}` is {value!r}.", hint=f"expected {FIELDS[name]}.")
    targets = tuple(dict.fromkeys(ExportTarget(each) for each in section.get("targets", ())))
    return AccessSettings(targets, section.get("trino_catalog"), section.get("trino_owner"))


def _is_word(value: object, known: list[str] | None) -> bool:
    return isinstance(value, str) and bool(value) and (known is None or value in known)
