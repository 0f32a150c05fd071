"""A driver that `spark-submit` started keeps what the cluster gave it, and gets what decides the meaning of SQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyspark

from tests.lab.java import find_java
from tests.lab.required import lab_skip

REPOSITORY = Path(__file__).resolve().parents[2]


def test_what_was_submitted_stays_and_sql_means_the_same() -> None:
    if find_java(17) is None:
        lab_skip("Spark needs Java 17 or later.")
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    given = ["--master", "local[1]", "--conf", "spark.sql.shuffle.partitions=7", "--conf", "spark.sql.session.timeZone=Asia/Tokyo"]
    done = subprocess.run(
        [str(submit), *given, "--name", "submitted", "tests/support/spark_submitted.py"],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYSPARK_PYTHON": sys.executable, "SPARK_HOME": str(submit.parents[1])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "spark.master": "local[1]",
        "spark.sql.shuffle.partitions": "7",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.app.name": "submitted",
        "one": 1,
    }
