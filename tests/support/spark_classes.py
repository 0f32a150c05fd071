"""The classes that Spark loads, as Java keeps them ready to use: tests start Java some forty times, each time four seconds cheaper.

Java reads the file where it is there and fits, and says nothing where not (`-Xlog:disable`), so it is never needed. It is made by the
first test of the group "spark", see tests/conftest.py, and lies in the virtual environment, for it fits that one alone.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from tests.support.java_options import JAVA_FOR_TESTS, SPARK_LAUNCHER

REPOSITORY = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 300


def classes() -> Path:
    """Where they are kept; the name tells which PySpark, installed when."""
    found = importlib.util.find_spec("pyspark")
    jars = Path(found.origin).parent / "jars" if found is not None and found.origin is not None else Path(sys.prefix)
    return Path(sys.prefix) / f"spark-classes-{jars.stat().st_mtime_ns}.jsa"


def options() -> str:
    """What Spark's launcher is told in tests."""
    kept = classes()
    ready = () if " " in str(kept) else ("-Xlog:disable", f"-XX:SharedArchiveFile={kept}")
    return " ".join((*JAVA_FOR_TESTS, *ready))


@lru_cache(maxsize=1)
def keep_classes() -> None:
    """Let one small run tell which classes there are; where that fails nothing is kept and nothing is lost."""
    kept = classes()
    if kept.exists():
        return
    with tempfile.TemporaryDirectory(prefix="ringi-classes-") as folder:
        told = Path(folder) / "classes.jsa"
        launcher = " ".join((*JAVA_FOR_TESTS, "-Xlog:disable", f"-XX:ArchiveClassesAtExit={told}"))
        command = [sys.executable, "-m", "tests.support.spark_run", str(Path(folder) / "lake")]
        environment = {**os.environ, SPARK_LAUNCHER: launcher}
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, timeout=LONGEST_SECONDS, check=False)
        if told.exists():
            passing = kept.with_suffix(f".{os.getpid()}")
            passing.write_bytes(told.read_bytes())
            for old in kept.parent.glob("spark-classes-*.jsa"):
                old.unlink()
            passing.rename(kept)
