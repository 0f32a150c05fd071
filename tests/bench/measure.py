"""Whole processes, measured: wall seconds and peak memory of the process tree; a bar is a ratio or a limit, said as such."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
RINGI = str(ROOT / ".venv" / "bin" / "ringi")
PYTHON = str(ROOT / ".venv" / "bin" / "python")
SHARED = Path(os.environ.get("RINGI_BENCH_DIR", ROOT.parent / "shared" / "bench"))


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished process."""

    seconds: float
    peak_mib: float
    stdout: str
    stderr: str
    code: int


def run(words: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float = 1800) -> Measured:
    """Run a command and measure it; memory is the summed resident size of its process tree, looked at every 20 ms."""
    start = time.perf_counter()
    process = subprocess.Popen(words, cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), peak, done), daemon=True)
    watcher.start()
    out, err = process.communicate(timeout=timeout)
    seconds = time.perf_counter() - start
    done.set()
    watcher.join()
    return Measured(seconds, peak[0], out, err, process.returncode)


def _watch(process: psutil.Process, peak: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        try:
            tree = [process, *process.children(recursive=True)]
            peak[0] = max(peak[0], sum(each.memory_info().rss for each in tree) / 2**20)
        except psutil.Error:
            continue


def median_run(words: Sequence[str], runs: int = 5, **more: object) -> Measured:
    """The run with the median time, after one that warms the file cache."""
    run(words, **more)  # type: ignore[arg-type]  # the same keywords as `run`
    all_runs = [run(words, **more) for _ in range(runs)]  # type: ignore[arg-type]  # the same keywords as `run`
    middle = median(each.seconds for each in all_runs)
    return min(all_runs, key=lambda each: abs(each.seconds - middle))


def verdict(name: str, figure: float, bar: float, *, unit: str = "", detail: str = "", at_least: bool = False) -> bool:
    """Print one line of the bench; True where the bar is met."""
    met = figure >= bar if at_least else figure <= bar
    sign, word = (">=" if at_least else "<="), "met" if met else "MISSED"
    print(f"{word:7}{name}: {figure:.2f}{unit} (bar {sign} {bar:g}{unit}){'  ' + detail if detail else ''}", flush=True)
    return met
