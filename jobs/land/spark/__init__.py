"""Landing at scale: Spark spreads the objects of a batch over its workers, and each worker judges its share as one machine would.

`SparkSorting` implements the port `jobs.land.sorting.Sorting`; the design is in docs/adr/0018-landing-on-spark.md.
"""

from jobs.land.spark.sorting import SparkSorting
from jobs.land.spark.workspace import Workspace

__all__ = ["SparkSorting", "Workspace"]
