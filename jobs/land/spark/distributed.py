"""Runs a function for each of several items on Spark's workers; answers are small and come back in the order of the items."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from jobs.engines.spark.engine import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyspark.sql import SparkSession

T = TypeVar("T")
R = TypeVar("R")


def each(session: SparkSession, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """One task an item. Spark runs a task again where a machine is lost, so the function must not mind being called twice."""
    if not items:
        return []
    with translated():
        return session.sparkContext.parallelize(items, len(items)).map(function).collect()
