"""Finds repeated records with Spark: the rule of `jobs.land.repeats`, over more rows than one machine holds.

A digest of eight bytes a record is enough to find the few that may be repeated, in the batch or in the days of bronze that it
touches; among those the key itself decides. So only digests are shuffled, never rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jobs.engines.spark.files import quoted_name
from jobs.land.workbench import PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

    from metrics_catalog.source import Source

BROADCAST = 1_000_000
"""So many suspects at most are sent to every worker; more are shuffled."""

DIGEST, MINE, DAY, RECEIVED, RECORD = "_digest", "_mine", "_day", "_received", "_record"


@contextmanager
def repeats(source: Source, batch: DataFrame, bronze: DataFrame | None) -> Iterator[DataFrame | None]:
    """Number and record of every repeated record of a batch of sound records; `bronze` has the rows of the days it touches.

    None where no two digests meet.

    What bronze holds was received first; within the batch the earliest received time wins, then the lowest object and record.
    """
    from pyspark.sql import functions as f

    of_received = batch.schema[source.received_time].dataType if source.received_time else "timestamp"
    sides = [_side(source, batch, of_received, mine=True)]
    if bronze is not None:
        sides.append(_side(source, bronze, of_received, mine=False))
    suspects = _suspects(sides).persist()
    try:
        count = suspects.count()
        yield _ranked(source, sides, f.broadcast(suspects) if count < BROADCAST else suspects) if count else None
    finally:
        suspects.unpersist()


def _ranked(source: Source, sides: list[DataFrame], suspects: DataFrame) -> DataFrame:
    """Among the suspects the key itself decides."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    held = [side.join(suspects, DIGEST, "left_semi") for side in sides]
    rows = held[0] if len(held) == 1 else held[0].unionByName(held[1])
    key = [quoted_name(name) for name in (*source.key, DAY)]
    first = Window.partitionBy(*key).orderBy(MINE, f.col(RECEIVED).asc_nulls_last(), PLACE, RECORD)
    ranked = rows.withColumn("_place", f.row_number().over(first))
    return ranked.where(f.col(MINE) & (f.col("_place") > 1)).select(PLACE, RECORD)


def _side(source: Source, rows: DataFrame, of_received: DataType | str, *, mine: bool) -> DataFrame:
    """Key, day, digest, and what decides who was first."""
    from pyspark.sql import functions as f

    nothing = f.lit(None)
    key: list[Column] = [f.col(quoted_name(name)) for name in source.key]
    by_day = source.delivery == "events" and source.event_time is not None
    day = f.to_date(f.col(quoted_name(source.event_time))) if by_day and source.event_time else nothing.cast("date")
    known = mine and source.received_time is not None
    received = f.col(quoted_name(source.received_time)) if known and source.received_time else nothing.cast(of_received)
    place = [f.col(PLACE), f.col(RECORD)] if mine else [nothing.cast("bigint").alias(PLACE), nothing.cast("bigint").alias(RECORD)]
    told = [received.alias(RECEIVED), *place, f.lit(mine).alias(MINE)]
    return rows.select(*key, day.alias(DAY), f.xxhash64(*key, day).alias(DIGEST), *told)


def _suspects(sides: list[DataFrame]) -> DataFrame:
    """Digests that are there more than once, and at least once in the batch."""
    from pyspark.sql import functions as f

    digests = [side.select(DIGEST, MINE) for side in sides]
    both = digests[0] if len(digests) == 1 else digests[0].unionByName(digests[1])
    counted = both.groupBy(DIGEST).agg(f.count("*").alias("times"), f.bool_or(MINE).alias(MINE))
    return counted.where((f.col("times") > 1) & f.col(MINE)).select(DIGEST)
