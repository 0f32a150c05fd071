"""The file `ringi.toml` of a lake project: where the lake is and which engine computes, one profile a place."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrics_catalog.errors import UsageError

FILE = "ringi.toml"


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. `warehouse` is a folder below the project, or elsewhere when it is absolute."""

    name: str
    warehouse: Path
    engine: str = "duckdb"
    memory_limit: str = "4GB"
    threads: int | None = None


def find(root: Path | None) -> Path:
    """The lake project's folder: `root`, or the nearest folder upward that holds a ringi.toml."""
    start = (root or Path.cwd()).resolve()
    if root is not None:
        if not (start / FILE).is_file():
            raise UsageError(
                f"`{root}` is not a lake project: it has no {FILE}.",
                hint=f"make one with `ringi init {root}`, or name another with --lake.",
            )
        return start
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(
        f"No lake project here: no {FILE} in {start} or any folder above it.",
        hint="name one with --lake DIR, or make one with `ringi init DIR`.",
    )


def read_profile(root: Path, name: str) -> Profile:
    """One profile of ringi.toml; a UsageError names the profiles that exist, the field, and what was expected."""
    profiles = _read(root).get("profiles")
    if not isinstance(profiles, dict) or name not in profiles or not isinstance(profiles[name], dict):
        known = ", ".join(f"`{each}`" for each in profiles) if isinstance(profiles, dict) and profiles else "none"
        raise UsageError(
            f"{FILE} has no profile `{name}` (it has {known}).", hint=f"add a section [profiles.{name}] or choose another with --profile."
        )
    return _profile(root, name, profiles[name])


def _read(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{root / FILE} cannot be read: {error}.", hint="it is TOML 1.0; see the starter's for an example.") from error


FIELDS: dict[str, type | tuple[type, ...]] = {"warehouse": str, "engine": str, "memory_limit": str, "threads": int}


def _profile(root: Path, name: str, fields: dict[str, Any]) -> Profile:
    for field, value in fields.items():
        expected = FIELDS.get(field)
        if expected is None:
            raise UsageError(f"{FILE}: profile `{name}` has an unknown field `{field}`.", hint=f"it knows {', '.join(FIELDS)}.")
        if not isinstance(value, expected) or isinstance(value, bool):
            raise UsageError(
                f"{FILE}: `{field}` of profile `{name}` is {value!r}.", hint=f"expected a {'number' if expected is int else 'text'}."
            )
    return Profile(
        name=name,
        warehouse=root / fields.get("warehouse", "warehouse"),
        engine=fields.get("engine", "duckdb"),
        memory_limit=fields.get("memory_limit", "4GB"),
        threads=fields.get("threads"),
    )
