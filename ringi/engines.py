"""The engines that a lake can compute with, and how a profile opens one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from jobs.engine import Engine
    from jobs.engines.duckdb import DuckDb
    from ringi.project import Profile


class EngineName(StrEnum):
    """What `--engine` and the field `engine` of ringi.toml take."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def opened(profile: Profile, name: str | None = None) -> Engine:
    """A session of an engine, the profile's unless another is named; close it."""
    wanted = name or profile.engine
    if wanted == EngineName.DUCKDB:
        return embedded(profile)
    if wanted == EngineName.SPARK:
        from jobs.engines.spark import SparkEngine, start

        return SparkEngine(start(spill=profile.warehouse / ".spill", memory=profile.memory_limit, threads=profile.threads))
    raise UsageError(f"The engine `{wanted}` is not known.", hint="choose `duckdb` (one machine, no JVM) or `spark`.")


def embedded(profile: Profile) -> DuckDb:
    """A session of the embedded engine, whatever the profile computes with; close it."""
    from jobs.engines.duckdb import DuckDb

    return DuckDb(spill=profile.warehouse / ".spill", memory_limit=profile.memory_limit, threads=profile.threads)
