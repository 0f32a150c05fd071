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


def stream(lake: Path, folder: Path, point: str | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake), "stream", "viewing_events", "--from", str(folder), "--once"]
    env = {name: value for name, value in os.environ.items() if name != "RINGI_KILL_AT"}
    return subprocess.run(
        [*command, "--files", "1"], env=env | ({"RINGI_KILL_AT": point} if point else {}), capture_output=True, check=False
    )


@pytest.mark.slow
@pytest.mark.lab
@pytest.mark.xdist_group("spark")
def test_a_stream_that_is_killed_again_and_again_lands_each_record_once(tmp_path: Path) -> None:
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        lab_skip("there is no Java")
    killed, unharmed, folder = small_project(tmp_path / "killed"), small_project(tmp_path / "unharmed"), tmp_path / "in"
    folder.mkdir()
    for number, point in enumerate(POINTS):
        path = folder / f"{number}.jsonl"
        path.write_bytes(file(number))
        assert ringi("land", "viewing_events", path, lake=unharmed).code == 0
        died = stream(killed, folder, point)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    last = stream(killed, folder)
    assert last.returncode == 0, last.stderr.decode()
    assert lake_of(killed) == lake_of(unharmed)
    assert stream(killed, folder).stdout == b""
