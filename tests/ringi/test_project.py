"""ringi.toml: found upward, read strictly, with messages that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from metrics_catalog.errors import UsageError
from ringi.project import find, read_profile

if TYPE_CHECKING:
    from pathlib import Path


def project(folder: Path, text: str = "[profiles.local]\n") -> Path:
    (folder / "ringi.toml").write_text(text, encoding="utf-8")
    return folder


def test_a_project_is_found_from_a_folder_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project(tmp_path) / "metrics" / "engagement"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find(None) == tmp_path


def test_no_project_names_the_place_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is not a lake project: it has no ringi\.toml") as caught:
        find(tmp_path)
    assert "ringi init" in str(caught.value)


def test_a_profile_may_place_the_warehouse_elsewhere(tmp_path: Path) -> None:
    elsewhere = tmp_path / "big-disk"
    profile = read_profile(project(tmp_path, f'[profiles.local]\nwarehouse = "{elsewhere}"\nthreads = 2\n'), "local")
    assert (profile.warehouse, profile.threads, profile.engine) == (elsewhere, 2, "duckdb")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[profiles.local]\nengin = 'spark'\n", "unknown field `engin`"),
        ("[profiles.local]\nthreads = 'many'\n", "`threads` of profile `local`"),
        ("[profiles.local]\nthreads = true\n", "`threads` of profile `local`"),
        ("[profiles.other]\n", "no profile `local` (it has `other`)"),
        ("profiles = 3\n", "no profile `local` (it has none)"),
        ("[profiles.local\n", "cannot be read"),
    ],
)
def test_a_broken_file_says_which_field(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_profile(project(tmp_path, text), "local")
    assert word in str(caught.value)
