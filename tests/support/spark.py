"""One small Spark session for the tests of a process: two cores, two gigabytes, no web page; skipped where there is no JDK."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import EngineError
from tests.lab.required import lab_skip
from tests.support.java_options import JAVA_FOR_TESTS

if TYPE_CHECKING:
    from jobs.engines.spark import SparkEngine

SETTINGS = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.executor.extraJavaOptions": " ".join(JAVA_FOR_TESTS),
}


def need_java() -> None:
    """For tests that start Spark in a process of their own: skip where there is no JDK."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        lab_skip("Spark needs Java 17 or later, and no Java was found.")


@lru_cache(maxsize=1)
def engine() -> SparkEngine:
    """The engine over that session; it ends with the process."""
    from jobs.engines.spark import SparkEngine, start

    spill = Path(tempfile.mkdtemp(prefix="ringi-spark-"))
    atexit.register(shutil.rmtree, spill, ignore_errors=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Spark's own, while it starts
            held = SparkEngine(start(spill=spill, memory="2GB", threads=2, settings=SETTINGS))
    except EngineError as error:
        lab_skip(str(error))
    atexit.register(held.close)
    return held
