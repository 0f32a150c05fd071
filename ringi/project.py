"""The file `ringi.toml` of a lake project: where the lake is and which engine computes, one profile a place."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.aws.settings import FIELDS as AWS_FIELDS
from infra.aws.settings import JOB_ROLES, SCHEME, AwsSettings, read_settings
from metrics_catalog.errors import UsageError

FILE = "ringi.toml"


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile.

    `warehouse` is a folder of this machine: the lake itself, or for a lake on AWS (`aws` is set) the folder below the project in
    which engines spill and keep what can be made again.
    """

    name: str
    warehouse: Path
    engine: str = "duckdb"
    memory_limit: str = "4GB"
    threads: int | None = None
    aws: AwsSettings | None = None
    spark: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Settings of Spark by their own names, such as `spark.jars.packages`."""


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


def read_section(root: Path, name: str) -> dict[str, Any]:
    """A section of ringi.toml beside the profiles; empty where it is not there."""
    section = _read(root).get(name, {})
    if not isinstance(section, dict):
        raise UsageError(f"{FILE}: `{name}` is {section!r}.", hint=f"expected a section: [{name}] and its fields.")
    return section


def _read(root: Path) -> dict[str, Any]:
    try:
        return tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{root / FILE} cannot be read: {error}.", hint="it is TOML 1.0; see the starter's for an example.") from error


FIELDS: dict[str, type] = {"warehouse": str, "engine": str, "memory_limit": str, "threads": int, "spark": dict}
"""Fields of every profile and their types; a lake in S3 has those of `infra.aws.settings` too."""


def _profile(root: Path, name: str, fields: dict[str, Any]) -> Profile:
    place = f"{FILE}: profile `{name}`"
    warehouse = fields.get("warehouse", "warehouse")
    in_s3 = isinstance(warehouse, str) and "://" in warehouse
    known = {**FIELDS, **dict.fromkeys(AWS_FIELDS, str)} if in_s3 else FIELDS
    if in_s3 and isinstance(fields.get(JOB_ROLES), dict):
        known[JOB_ROLES] = dict
    for field, value in fields.items():
        expected = known.get(field)
        if expected is None:
            raise UsageError(f"{place} has an unknown field `{field}`.", hint=_known_fields(field, known))
        if not isinstance(value, expected) or isinstance(value, bool):
            raise UsageError(f"{FILE}: `{field}` of profile `{name}` is {value!r}.", hint=f"expected a {_WORDS[expected]}.")
    return Profile(
        name=name,
        warehouse=root / ".ringi" / name if in_s3 else root / warehouse,
        engine=fields.get("engine", "spark" if in_s3 else "duckdb"),
        memory_limit=fields.get("memory_limit", "4GB"),
        threads=fields.get("threads"),
        aws=read_settings(place, {name: value for name, value in fields.items() if name != "spark"}) if in_s3 else None,
        spark=_spark(place, fields.get("spark", {})),
    )


_WORDS = {int: "number", str: "text", dict: "table of names and texts"}


def _spark(place: str, settings: Mapping[str, Any]) -> dict[str, str]:
    for name, value in settings.items():
        if not name.startswith("spark.") or not isinstance(value, str):
            raise UsageError(f"{place}: `spark` has {name!r} = {value!r}.", hint='expected names and texts of Spark: "spark.…" = "…".')
    return dict(settings)


def _known_fields(field: str, known: dict[str, type]) -> str:
    if field in AWS_FIELDS and field not in known:
        return f"`{field}` is for a lake in S3: set `warehouse` to `{SCHEME}bucket/prefix`."
    return f"it knows {', '.join(known)}."
