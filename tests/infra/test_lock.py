"""The lake's lock: one changes it at a time, the other waits or is told who holds it, and a killed holder lets go."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from infra.errors import InfraError
from infra.local.lock import held

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from infra.local.lock import held
with held(Path(sys.argv[1]), "run"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def holder(warehouse: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(warehouse), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_the_second_waits_and_says_for_whom(tmp_path: Path) -> None:
    said: list[str] = []
    with holder(tmp_path, 0.5) as process, held(tmp_path, "land", say=said.append):
        assert (
            len(said) == 1
            and said[0].startswith(f"another run (pid {process.pid}, since 2")
            and said[0].endswith("holds the lake; waiting")
        )


def test_patience_ends_with_a_sentence_and_exit_5(tmp_path: Path) -> None:
    with holder(tmp_path, 30) as process:
        with (
            pytest.raises(InfraError, match=rf"Another run \(pid {process.pid}.*gave up after 0 seconds") as caught,
            held(tmp_path, "run", patience=dt.timedelta(seconds=0.3)),
        ):
            pass
        process.kill()
    assert caught.value.exit_code == 5


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path, 30) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with held(tmp_path, "run", patience=dt.timedelta(0)):
        assert (tmp_path / ".lock").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here is no folder")
    with pytest.raises(InfraError, match="While locking the lake"), held(blocked / "warehouse", "run"):
        pass
