"""Runs a function for each of several items on Spark's workers; answers are small and come back in the order of the items."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from zipimport import zipimporter

from jobs.engines.spark.engine import translated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

T = TypeVar("T")
R = TypeVar("R")


def each(session: SparkSession, function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """One task an item. Spark runs a task again where a machine is lost, so the function must not mind being called twice."""
    if not items:
        return []
    with translated():
        return session.sparkContext.parallelize(items, len(items)).map(Task(function)).collect()


@dataclass(frozen=True, slots=True)
class Task(Generic[T, R]):
    """The function as a worker calls it, which is left fit for its next task."""

    function: Callable[[T], R]

    def __call__(self, item: T) -> R:
        try:
            return self.function(item)
        finally:
            forget_archives()


def forget_archives() -> None:
    """Let go of the finders of zip files; Python makes new ones when it needs them, from the lists of contents that it keeps.

    Before each task PySpark calls `importlib.invalidate_caches`, upon which each finder of CPython before 3.12 reads its archive
    again (github.com/python/cpython/issues/103200): of `pyspark.zip`, 0.2 s a task.
    """
    for path, finder in list(sys.path_importer_cache.items()):
        if isinstance(finder, zipimporter):
            del sys.path_importer_cache[path]
