"""The Spark engine: for a lake that outgrew one machine; local mode, `spark-submit` and EMR Serverless alike.

It reads and writes the Parquet data files of the lake's Iceberg tables; commits go through the same port as DuckDB's.
"""

from jobs.engines.spark.engine import SparkEngine
from jobs.engines.spark.session import start

__all__ = ["SparkEngine", "start"]
