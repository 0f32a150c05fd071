"""Golden texts beside a test: compared as they are, written anew only when RINGI_WRITE_SNAPSHOTS is set."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parents[1]


def same_as(room: str, name: str, text: str) -> None:
    """Compare with `tests/<room>/snapshots/<name>`; a reviewer reads the difference of the file itself."""
    path = FOLDER / room / "snapshots" / name
    if os.environ.get("RINGI_WRITE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{path.name} changed: look at it, then write it anew with RINGI_WRITE_SNAPSHOTS=1"
