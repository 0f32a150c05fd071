"""The engines that a lake can compute with, and how a profile opens one."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from infra.aws.account import Aws
    from jobs.engine import Engine
    from jobs.engines.duckdb import DuckDb
    from ringi.project import Profile


class EngineName(StrEnum):
    """What `--engine` and the field `engine` of ringi.toml take."""

    DUCKDB = "duckdb"
    SPARK = "spark"


def opened(profile: Profile, name: str | None = None, aws: Aws | None = None) -> Engine:
    """A session of an engine, the profile's unless another is named; close it. `aws` is the account of a lake in S3."""
    wanted = name or profile.engine
    if wanted == EngineName.DUCKDB:
        if aws is not None:
            raise embedded_in_s3(profile)
        return embedded(profile)
    if wanted == EngineName.SPARK:
        from jobs.engines.spark import SparkEngine, start

        spill = profile.warehouse / ".spill"
        return SparkEngine(start(spill=spill, memory=profile.memory_limit, threads=profile.threads, settings=_settings(profile, aws)))
    raise UsageError(f"The engine `{wanted}` is not known.", hint="choose `duckdb` (one machine, no JVM) or `spark`.")


JARS = ("spark.jars.packages", "spark.jars.excludes", "spark.jars")
"""Lists of jars: a profile's own join those that Ringi needs."""


def _settings(profile: Profile, aws: Aws | None) -> dict[str, str]:
    """Spark's settings for a lake; what the profile says of its own comes last."""
    found = _in_s3(aws)
    joined = {name: f"{found[name]},{profile.spark[name]}" for name in JARS if name in found and name in profile.spark}
    return {**found, **profile.spark, **joined}


def _in_s3(aws: Aws | None) -> dict[str, str]:
    """What Spark needs to reach a lake in S3. Under `spark-submit` the jars are there, and a cluster's own setting for them stays."""
    if aws is None:
        return {}
    from infra.aws.spark_settings import s3a_settings

    return s3a_settings(aws)


def embedded_in_s3(profile: Profile) -> UsageError:
    """Why the embedded engine is refused for a lake in S3."""
    return UsageError(
        f"The engine `duckdb` computes on one machine's disk, and the lake of the profile `{profile.name}` is in S3.",
        hint="choose `spark`: with --engine, or as `engine` of the profile in ringi.toml.",
    )


def embedded(profile: Profile) -> DuckDb:
    """A session of the embedded engine, whatever the profile computes with; close it."""
    from jobs.engines.duckdb import DuckDb

    return DuckDb(spill=profile.warehouse / ".spill", memory_limit=profile.memory_limit, threads=profile.threads)


def beside(profile: Profile, engine: Engine, sessions: int) -> Engine:
    """One of so many further sessions of an open engine, each for a thread of its own; close it.

    On one machine they share memory and processors in equal parts; on Spark they share the application, and its scheduler.
    """
    from jobs.engines.duckdb import DuckDb

    if isinstance(engine, DuckDb):
        threads = max(1, (profile.threads or os.cpu_count() or 1) // sessions)
        return DuckDb(spill=profile.warehouse / ".spill", memory_limit=_share(profile.memory_limit, sessions), threads=threads)
    from jobs.engines.spark import SparkEngine
    from jobs.engines.spark.session import MEANING

    if not isinstance(engine, SparkEngine):
        raise UsageError("This engine has only one session.", hint="say `--parallel 1`.")
    session = engine.session.newSession()
    for name, value in MEANING.items():
        session.conf.set(name, value)
    return SparkEngine(session, owned=False)


def _share(memory: str, sessions: int) -> str:
    """An equal part of a size as DuckDB writes it, such as `4GB` or `80%`."""
    size = re.fullmatch(r"\s*([0-9.]+)\s*(\D+)", memory)
    return memory if size is None else f"{float(size.group(1)) / sessions:.3f}{size.group(2)}"
