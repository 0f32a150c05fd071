"""Recording the reviews of a pull request, as `ringi approvals from-github` does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tests.support.command import Said, ringi
from tests.support.forge import NUMBER, REVIEWED, Proposed
from tests.support.github_server import TOKEN

NOW = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
"""When the gate is asked: after the real clock by which the witness signs."""
TURNED = REVIEWED + dt.timedelta(hours=1)


def record(proposed: Proposed, *words: str) -> Said:
    said = ringi("approvals", "from-github", "--pr", str(NUMBER), "--key", proposed.key, *words, lake=proposed.root)
    assert TOKEN not in said.out + said.err
    return said


def files(proposed: Proposed) -> list[Path]:
    return sorted((proposed.root / "approvals").glob("*/*.yaml"))
