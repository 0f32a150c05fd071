"""Runs over a test lake in processes of their own, which may die on the way or meet a full disk or a closed folder.

`python -m tests.support.cut_off` reads one JSON request a line and forks a child for each, so that imports are paid once:
`{"lake": …, "work": "run", "kill": "gold_branch", "largest_file": 3072, "rootless": true, "hold": true}`, all but `lake` optional.
`work` may also be `maintain`, `backfill`, `erase` or `land_again`. It answers with
one JSON line: `{"code": …, "out": …, "err": …}`, the code negative for a signal. In the lake's folder the file `holding` says that
the run holds the lake, `waiting` has what it said while it waited, and with `hold` it goes on when `release` is there.
`CutOff` is the client.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.backfill.report import BackfillReport
    from jobs.maintain.report import MaintenanceReport
    from jobs.running.run_report import RunReport
    from tests.support.erasing import Erased
    from tests.support.lakes import RunningLake

REPOSITORY = Path(__file__).resolve().parents[2]
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str


class CutOff:
    """The client; close it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.support.cut_off"]
        self._server = subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, lake: Path, **request: Any) -> None:
        """Send a request; `end` waits for its answer."""
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps({"lake": str(lake), **request}) + "\n")
        self._server.stdin.flush()

    def end(self) -> Ended:
        assert self._server.stdout is not None
        return Ended(**json.loads(self._server.stdout.readline()))

    def run(self, lake: Path, **request: Any) -> Ended:
        """One run, from beginning to its end."""
        self.start(lake, **request)
        return self.end()

    def close(self) -> None:
        self._server.communicate(timeout=30)


def serve() -> None:
    import duckdb  # noqa: F401  imported here, opened in the children only
    import pyiceberg.io.pyarrow
    import pyiceberg.table  # noqa: F401

    import jobs.running.run  # noqa: F401
    import tests.support.lakes  # noqa: F401

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        child = os.fork()
        if child == 0:
            with out.open("w") as told, err.open("w") as failed, redirect_stdout(told), redirect_stderr(failed):
                code = _child(request)
            os._exit(code)
        _, status = os.waitpid(child, 0)
        return {"code": os.waitstatus_to_exitcode(status), "out": out.read_text(), "err": err.read_text()}


def _child(request: dict[str, Any]) -> int:
    import traceback

    try:
        if "kill" in request:
            os.environ["RINGI_KILL_AT"] = request["kill"]
        if request.get("rootless"):
            _give_up_rights_of_root()
        if "largest_file" in request:
            _limit_files(request["largest_file"])
        return _run(request)
    except BaseException:  # noqa: BLE001  the child must end here, never in the server's code
        traceback.print_exc()
        return 99


def _run(request: dict[str, Any]) -> int:
    from infra.local.lock import held
    from metrics_catalog.errors import RingiError
    from tests.support.lakes import RunningLake

    lake = RunningLake(Path(request["lake"]))
    try:
        with held(lake.root / "warehouse", "run", say=(lake.root / "waiting").write_text):
            (lake.root / "holding").touch()
            while request.get("hold") and not (lake.root / "release").exists():
                time.sleep(0.02)
            report = _worked(lake, request.get("work", "run"))
    except RingiError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    sys.stdout.write("\n".join(report.summary()))
    return 0


def _worked(lake: RunningLake, work: str) -> RunReport | MaintenanceReport | BackfillReport | Erased:
    """What is done with the lake: a run, maintenance as soon as it can, or a backfill of all days, two pieces side by side."""
    if work == "maintain":
        from tests.support.maintaining import maintained

        return maintained(lake)
    if work == "backfill":
        from tests.support.backfilling import backfilled

        return backfilled(lake, "2026-10-01", "2026-12-01", parallel=2)
    if work in ("erase", "land_again"):
        from tests.support.erasing import erased, landed_again

        return erased(lake.root) if work == "erase" else landed_again(lake.root)
    return lake.run()


def _limit_files(size: int) -> None:
    """No file may grow beyond `size`: what a full disk looks like to a process, without needing a disk of one's own."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _give_up_rights_of_root() -> None:
    """Root may write anywhere; a process that gives this right up meets permissions as everybody does. Linux only."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.capget(header, sets)
    for place in (0, 1):
        sets[place] &= ~(1 << CAP_DAC_OVERRIDE)
    libc.capset(header, sets)


if __name__ == "__main__":
    serve()
