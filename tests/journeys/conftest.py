"""What journeys share whose processes are killed: a lake that is put back before each death, and the process that dies."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.support.cut_off import CutOff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Kept(Protocol):
    """A module's `world`: where its lake is, and a copy of it as it was before."""

    @property
    def root(self) -> Path: ...

    @property
    def copy(self) -> Path: ...


@pytest.fixture
def root(world: Kept) -> Path:
    """The lake as it was before, at its own place: tables name their files by full paths."""
    shutil.rmtree(world.root)
    shutil.copytree(world.copy, world.root)
    return world.root


@pytest.fixture(scope="module")
def process() -> Iterator[CutOff]:
    """Works on lakes, and may die of it."""
    process = CutOff()
    yield process
    process.close()
