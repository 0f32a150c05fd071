"""`ringi stream` killed at one point after another, each time with a new file waiting: in the end the lake is as if nothing had happened.

Each call begins with what the one before left, so the kills are met in every state of landing, of the lake and of Spark's checkpoint.
The unharmed lake is made by `ringi land`, one file after the other.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.journeys.test_kill_land import EVENT, lake_of
from tests.lab.required import lab_skip
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.landing import lines

if TYPE_CHECKING:
    from pathlib import Path

POINTS = ("stream_offered", "land_kept", "land_judged", "land_written", "land_committed", "land_recorded", "stream_landed")


def file(number: int) -> bytes:
    """Events of which some are new, some repeat those of the file before, and one is refused."""
    keys = range(number * 3, number * 3 + 5)
    return lines(*({"event_id": f"e{key}", **EVENT} for key in keys), {"event_id": f"bad{number}", **EVENT, "event_type": "seek"})


def words(lake: Path, folder: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake), "stream", "viewing_events", "--from", str(folder)]
    return [*command, "--files", "1", *more]


def killed_at(point: str, lake: Path, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words(lake, folder, "--once"), env={**os.environ, "RINGI_KILL_AT": point}, capture_output=True, check=False)


def interrupted_after(count: int, lake: Path, folder: Path) -> tuple[int, str]:
    """A stream that goes on, interrupted when it has told of so many micro-batches; its exit code and what it said beside."""
    with subprocess.Popen(words(lake, folder, "--every", "10"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(count)]
        process.send_signal(signal.SIGINT)
        _, beside = process.communicate(timeout=120)
    assert all(line.startswith("micro-batch ") for line in told), beside
    return process.returncode, beside


@pytest.mark.slow
@pytest.mark.lab
def test_a_stream_that_is_killed_again_and_again_lands_each_record_once(tmp_path: Path) -> None:
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        lab_skip("there is no Java")
    killed, unharmed, folder = small_project(tmp_path / "killed"), small_project(tmp_path / "unharmed"), tmp_path / "in"
    folder.mkdir()
    for number, point in enumerate(POINTS):
        path = folder / f"{number}.jsonl"
        path.write_bytes(file(number))
        assert ringi("land", "viewing_events", path, lake=unharmed).code == 0
        died = killed_at(point, killed, folder)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    code, beside = interrupted_after(len(POINTS), killed, folder)
    assert code == 130 and "Ending after this micro-batch." in beside and "Traceback" not in beside
    assert lake_of(killed) == lake_of(unharmed)
