"""Spark's own process dies while a batch is landed: the command says so in a sentence, and the next call finishes the batch."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_kill_land import EVENTS, lake_of
from tests.lab.required import lab_skip
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.java_processes import java_below

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

PATIENCE = 300


def java_of(process: subprocess.Popen[bytes], judging: Path) -> psutil.Process:
    """The Java process of a command, once its workers have begun to judge."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if judging.exists():
            return java_below(process)[0]
        time.sleep(0.01)
    raise AssertionError("the workers never began")


@pytest.mark.slow
@pytest.mark.lab
def test_a_batch_whose_spark_died_is_finished_by_the_next_call(tmp_path: Path) -> None:
    if shutil.which("java") is None:
        lab_skip("there is no Java")
    sent = tmp_path / "sent.jsonl"
    sent.write_bytes(EVENTS)
    killed, unharmed = small_project(tmp_path / "killed"), small_project(tmp_path / "unharmed")
    assert ringi("land", "viewing_events", sent, lake=unharmed).code == 0
    words = ["--lake", str(killed), "land", "viewing_events", str(sent), "--engine", "spark"]
    with subprocess.Popen([sys.executable, "-m", "ringi.cli.app", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        java_of(process, killed / "warehouse" / ".spill" / "judged").kill()
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 5, told.decode()
    assert b"Hint:" in told and b"Traceback" not in told and b"py4j" not in told.lower()
    assert ringi("land", "viewing_events", lake=killed).code == 0
    assert lake_of(killed) == lake_of(unharmed)
