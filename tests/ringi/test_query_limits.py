"""The section [query] of ringi.toml: how much memory and time a query gets, and that nobody asks for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.query_process import Limits
from metrics_catalog.errors import UsageError
from ringi.query.limits import limits

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, section: str = "") -> Path:
    (folder / "ringi.toml").write_text(f"[profiles.local]\n{section}", encoding="utf-8")
    return folder


def test_without_a_section_limits_are_the_usual_ones(tmp_path: Path) -> None:
    assert limits(project(tmp_path), rows=100_000) == Limits()
    assert limits(project(tmp_path), rows=7, seconds=90) == Limits(rows=7, seconds=90)


@pytest.mark.parametrize(("text", "mib"), [("2GB", 1907), ("512 MiB", 512), ("1.5GiB", 1536), ("64MiB", 64), ("256mib", 256)])
def test_memory_is_a_size(tmp_path: Path, text: str, mib: int) -> None:
    assert limits(project(tmp_path, f'[query]\nmemory = "{text}"\n'), rows=1).memory_mib == mib


def test_seconds_are_given_and_less_may_be_asked_for(tmp_path: Path) -> None:
    root = project(tmp_path, "[query]\nseconds = 20\n")
    assert [limits(root, rows=1, seconds=asked).seconds for asked in (None, 5, 20)] == [20, 5, 20]
    with pytest.raises(UsageError, match="may take 20 seconds in this project, and 21 were asked for"):
        limits(root, rows=1, seconds=21)


@pytest.mark.parametrize(
    "line",
    ['memory = "2"', "memory = 2", 'memory = "1MB"', 'memory = "2PB"', 'memory = "10KB"', "seconds = 0", "seconds = 3601", "seconds = true",
     'seconds = "9"', "rows = 5"],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError) as caught:
        limits(project(tmp_path, f"[query]\n{line}\n"), rows=1)
    assert line.split(" = ")[0] in caught.value.message and caught.value.hint
