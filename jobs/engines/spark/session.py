"""A Spark session set up for lake work. Settings that a cluster or `spark-submit` gave stay as they are.

What decides the meaning of SQL (time zone, ANSI mode, quoting) is set always; what decides speed only where nothing is set.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark import SparkConf
    from pyspark.sql import SparkSession

MEANING: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.fieldId.read.enabled": "true",
    "spark.sql.parquet.fieldId.write.enabled": "true",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.writeLegacyFormat": "false",
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
"""Every session's, whoever started it."""

SPEED: Mapping[str, str] = {
    "spark.sql.adaptive.enabled": "true",  # skewed countries are split, small partitions are merged
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    "spark.sql.adaptive.skewJoin.enabled": "true",
    "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled": "true",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "128MB",
    "spark.sql.autoBroadcastJoinThreshold": "64MB",  # calendars and dimensions go to every executor
    "spark.sql.constraintPropagation.enabled": "false",  # doubles with each renamed column: wide views took all memory
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",  # one rename a file; nobody reads before the tables' commit
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
"""Unless the cluster says otherwise."""

CLUSTER: Mapping[str, str] = {"spark.app.name": "ringi", "spark.sql.shuffle.partitions": "4000"}
"""Unless the cluster says otherwise: many small pieces, which adaptive execution merges to the size that fits the data."""

_SUBMITTED = "PYSPARK_GATEWAY_PORT"
"""In the environment of a driver that `spark-submit` started."""

_OPTIONS_OF_JAVA = ("SPARK_SUBMIT_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
"""Where the environment holds options of a Java that Spark starts."""


def start(
    *, spill: Path | None = None, memory: str | None = None, threads: int | None = None, settings: Mapping[str, str] | None = None
) -> SparkSession:
    """The session of this process: the one that `spark-submit` prepared, or local mode with `threads` cores.

    `memory` is the size of local mode's Java heap as in ringi.toml (`4GB`); `settings` are a profile's own.
    Raises EngineError where PySpark or Java is missing.
    """
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.sql import SparkSession
    except ModuleNotFoundError as error:
        raise EngineError("Spark is not installed here.", hint="install it with: pip install 'ringi[spark]'") from error
    _need_java()
    if _SUBMITTED in os.environ:
        SparkContext._ensure_initialized()  # only a running Java tells what `spark-submit` was given
    conf = SparkConf()
    elsewhere = _SUBMITTED in os.environ and not (conf.get("spark.master") or "local").startswith("local")
    for name, value in {**SPEED, **(CLUSTER if elsewhere else _local(spill, memory, threads))}.items():
        conf.setIfMissing(name, value)
    for name, value in {**(settings or {}), **MEANING}.items():
        conf.set(name, value)
    if (conf.get("spark.master") or "").startswith("local"):
        conf.setIfMissing("spark.driver.defaultJavaOptions", _java_options(conf))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers of landing need what this environment has
    with _talk_into(None if spill is None else spill / "spark.log"):
        session = SparkSession.builder.config(conf=conf).getOrCreate()
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # it prints each refused statement beside the error
    logging.getLogger().addFilter(_is_not_py4js)
    return session


def _is_not_py4js(record: logging.LogRecord) -> bool:
    """py4j writes a traceback to the root logger when Java dies, beside the error that it raises and that becomes a sentence."""
    return "py4j" not in record.pathname


@contextmanager
def _talk_into(log: Path | None) -> Iterator[None]:
    """While Java starts, what it says goes into a file; it keeps that for its whole life. Under `spark-submit` it runs already."""
    from pyspark import SparkContext

    if log is None or SparkContext._gateway is not None or _SUBMITTED in os.environ:
        yield
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    ours = os.dup(2)
    try:
        with log.open("wb") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _local(spill: Path | None, memory: str | None, threads: int | None) -> dict[str, str]:
    cores = threads or os.cpu_count() or 1
    found = {
        "spark.app.name": "ringi",
        "spark.master": f"local[{cores}]",
        "spark.sql.shuffle.partitions": str(2 * cores),
        "spark.sql.files.minPartitionNum": str(16 * cores),  # small pieces: their groups stay in the processor's cache, no core waits long
        "spark.sql.adaptive.coalescePartitions.minPartitionSize": "64KB",  # a file a day of few rows each is work for all cores too
        "spark.driver.memory": _java_size(memory or "4GB"),
    }
    if spill is not None:
        found |= {"spark.local.dir": str(spill), "spark.sql.warehouse.dir": str(spill / "spark-warehouse")}
    return found


def _java_options(conf: SparkConf) -> str:
    """Of local mode's Java; a person's own options come after these.

    A heap that begins small is collected again and again until it has grown. The parallel collector stops longer and less in all,
    which is what batches want (ADR 12); Java refuses to start with two collectors, so another one that is asked for stays alone.
    """
    heap = f"-Xms{conf.get('spark.driver.memory')}"
    asked = [conf.get("spark.driver.extraJavaOptions") or "", *(os.environ.get(name, "") for name in _OPTIONS_OF_JAVA)]
    return heap if re.search(r"-XX:\+Use\w+GC\b", " ".join(asked)) else f"{heap} -XX:+UseParallelGC"


def _java_size(text: str) -> str:
    """A size of ringi.toml, such as `4GB` or `512MiB`, as Java writes it."""
    found = re.fullmatch(r"\s*(\d+)\s*([kmgt])i?b?\s*", text.lower())
    if found is None:
        raise EngineError(f"`memory_limit` is {text!r}, which Spark cannot take.", hint="write a whole number and a unit, such as 4GB.")
    return found[1] + found[2]


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if (home and (Path(home) / "bin" / "java").exists()) or shutil.which("java"):
        return
    raise EngineError(
        "Spark needs Java 17 or later, and no Java was found.",
        hint="on Debian or Ubuntu: sudo apt-get install openjdk-17-jre-headless; elsewhere install a JDK and set JAVA_HOME.",
    )
