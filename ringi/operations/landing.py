"""Landing files into an opened lake: finds the contract, looks whether the files are there, holds the lake, and lands.

Used by `ringi land`, `ringi stream` and `ringi demo`.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING

from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean
from ringi.engines import EngineName, embedded_in_s3

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jobs.engine import Engine
    from jobs.land import LandReport
    from jobs.land.landing import Progress
    from jobs.land.sorting import Sorting
    from jobs.land.spark.workspace import Workspace
    from metrics_catalog.source import Source
    from ringi.lake import Lake
    from ringi.output import Output


def land_files(
    lake: Lake, source: str, files: Sequence[Path], out: Output, *, now: dt.datetime | None = None, engine: str | None = None
) -> LandReport:
    """Land files of one source, in the order given, as received `now`; waits for another writer of the lake.

    `engine` sorts the records: this process by default, or Spark's workers. Without files, what an earlier call received is brought in.
    Raises UsageError for an unknown source or a file that is not there, CatalogError for a contract that has findings.
    """
    from jobs.land import LandingLake, land

    contract = contract_of(lake, source)
    for file in files:
        _present(file)
    progress: Progress = out.progress
    with sorting_of(lake, engine) as sorting, lake.held("land", out.say):
        parts = LandingLake(lake.tables, lake.objects, sorting)
        return land(contract, [str(file) for file in files], parts, now=now or dt.datetime.now(dt.UTC), progress=progress)


@contextmanager
def sorting_of(lake: Lake, engine: str | None) -> Iterator[Sorting]:
    """What sorts the records of a lake's batches; those of a lake in S3 are Spark's to sort."""
    if engine == EngineName.SPARK or (engine is None and lake.aws is not None):
        with lake.engine(EngineName.SPARK) as spark:
            yield spark_sorting(lake, spark)
    elif engine in (None, EngineName.DUCKDB):
        from jobs.land.embedded import EmbeddedSorting

        if lake.aws is not None:
            raise embedded_in_s3(lake.config)
        with lake.embedded() as embedded:
            yield EmbeddedSorting(embedded)
    else:
        raise UsageError(f"The engine `{engine}` is not known.", hint="choose `duckdb` (one machine, no JVM) or `spark`.")


def spark_sorting(lake: Lake, engine: Engine) -> Sorting:
    """Spark's workers as sorters of a lake's batches."""
    from jobs.engines.spark import SparkEngine
    from jobs.land.spark import SparkSorting

    if not isinstance(engine, SparkEngine):
        raise TypeError("Spark was asked for")
    return SparkSorting(engine, _workspace(lake))


def _workspace(lake: Lake) -> Workspace:
    if lake.aws is not None:
        from infra.aws.workspace import S3Workspace

        return S3Workspace(lake.aws)
    from infra.local.workspace import LocalWorkspace

    return LocalWorkspace(lake.config.warehouse / ".spill" / "judged")


def contract_of(lake: Lake, source: str) -> Source:
    """A source of the project whose contract can be relied on."""
    from metrics_catalog.rules.sources import column_constraints, source_columns, source_delivery

    catalog = lake.catalog
    contract = catalog.sources.get(source)
    if contract is None and catalog.is_broken("source", source):
        raise CatalogError(f"The contract of `{source}` cannot be read.", hint="run `ringi check` and mend what it finds.")
    if contract is None:
        known = ", ".join(f"`{name}`" for name in sorted(catalog.sources)) or "none"
        raise UsageError(f"There is no source `{source}`.", hint=did_you_mean(source, catalog.sources) or f"the sources are: {known}.")
    file = catalog.files.get(("source", source))
    rules = (source_columns, source_delivery, column_constraints)
    wrong = [finding for rule in rules for finding in rule(catalog) if finding.blocks and finding.place.file == file]
    if wrong:
        raise CatalogError(
            f"The contract of `{source}` cannot be relied on: {wrong[0].message} ({wrong[0].place})", hint="run `ringi check` and mend it."
        )
    return contract


def _present(file: Path) -> None:
    if file.is_dir():
        raise UsageError(f"`{file}` is a folder.", hint=f"name its files: `ringi land … {file}/*`.")
    if not file.exists():
        near = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
        raise UsageError(f"There is no file `{file}`.", hint=did_you_mean(file.name, near) or "look at the path again.")
