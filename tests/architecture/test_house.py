"""The shape of the house: rooms, arrows, sizes of files, and what every file must begin with."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = ("ringi", "infra", "jobs", "views", "governance", "metrics_catalog")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LONGEST_FILE = 400


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_top_level_package_is_a_room_of_the_contract() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    layers = CONFIG["tool"]["importlinter"]["contracts"][0]["layers"]
    assert packages == set(ROOMS) == set(layers) == set(CONFIG["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_says_what_it_is_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a file opens by saying what it is"
    assert len(text.splitlines()) <= LONGEST_FILE, "split the file: one noun a file"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("conftest.py")), ids=name_of)
def test_a_conftest_stays_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


def test_tests_do_not_replace_parts_of_the_product() -> None:
    doubles = ("unittest.mock", "monkeypatch.setattr", "mocker.")
    guilty = [
        name_of(path)
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and any(word in path.read_text(encoding="utf-8") for word in doubles)
    ]
    assert not guilty
