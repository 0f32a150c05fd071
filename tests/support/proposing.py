"""A lake project in a git repository with one commit, and what people change in it: for tests of diff, preview and report."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNTRIES = ("JP", "DE", "US")
KINDS = ("start", "heartbeat", "stop", "heartbeat")


def committed_lake(root: Path, days: int = 9, events: int = 900) -> RunningLake:
    """A small lake with events in three countries, its files committed."""
    lake = RunningLake(root)
    lake.events(
        [
            event(
                number,
                COUNTRIES[number % 3],
                f"2026-11-{1 + (number // 12) % days:02d} {number % 24:02d}:00",
                KINDS[(number // 3) % 4],
                seconds_viewed=float(number % 7) * 10,
                plan=("basic", "ads")[number % 2],
            )
            for number in range(events)
        ]
    )
    commit(root)
    return lake


def commit(root: Path) -> None:
    """Put all definitions into a commit; the first call makes the repository."""
    if not (root / ".git").exists():
        (root / ".gitignore").write_text("warehouse/\n.ringi/\n", encoding="utf-8")
        _git(root, "init", "-q")
    _git(root, "add", ".")
    _git(root, "commit", "-q", "--allow-empty", "-m", "as it is")


def edit(root: Path, metric: str, change: Callable[[dict[str, Any]], object], *, copy: str | None = None) -> None:
    """Change a metric's file; `copy` leaves it and writes the changed document as a new metric."""
    path = next(root.glob(f"metrics/**/{metric}.yaml"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if copy is not None:
        document["metric"], path = copy, path.with_name(f"{copy}.yaml")
    change(document)
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _git(root: Path, *words: str) -> None:
    settings = ("-c", "user.name=Carla", "-c", "user.email=carla@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *words], cwd=root, check=True, capture_output=True)
