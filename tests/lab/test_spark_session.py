"""The heap of a local session has its full size from the start, whatever size a profile gives it; a person's own options win."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.java_options import SPARK_LAUNCHER
from tests.support.spark import need_java

REPOSITORY = Path(__file__).resolve().parents[2]
PARALLEL, G1 = "-XX:+UseParallelGC", "-XX:+UseG1GC"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ([], ["-Xmx512m", "-Xms512m", PARALLEL]),
        (["spark.driver.memory=600m"], ["-Xmx600m", "-Xms600m", PARALLEL]),
        (["spark.driver.extraJavaOptions=-Xms300m"], ["-Xmx512m", "-Xms512m", PARALLEL, "-Xms300m"]),  # of two, Java takes the last
        ([f"spark.driver.extraJavaOptions={G1}"], ["-Xmx512m", "-Xms512m", G1]),
        (["spark.driver.defaultJavaOptions=-Xmn50m"], ["-Xmx512m", "-Xmn50m"]),
    ],
)
def test_what_java_is_told_about_its_memory(settings: list[str], told: list[str]) -> None:
    assert _told(settings, "") == told


def test_a_collector_of_the_environment_stays_the_only_one() -> None:
    assert sorted(_told([], G1)) == sorted(["-Xmx512m", "-Xms512m", G1])


def _told(settings: list[str], of_the_launcher: str) -> list[str]:
    need_java()
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.spark_heap", *settings],
        cwd=REPOSITORY,
        env={**os.environ, SPARK_LAUNCHER: of_the_launcher},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: list[str] = json.loads(done.stdout.splitlines()[-1])
    return told
