"""What a worker's task leaves behind: no finder of an archive that would be read again before the next task."""

from __future__ import annotations

import importlib
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from zipimport import zipimporter

import pytest

from jobs.land.spark.distributed import Task


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Path]:
    """An archive of a package with two modules, from which Python imports."""
    path = tmp_path / "archived.zip"
    with zipfile.ZipFile(path, "w") as written:
        for name in ("__init__", "one", "two"):
            written.writestr(f"archived_package/{name}.py", f"NAME = {name!r}\n")
    sys.path.insert(0, str(path))
    yield path
    sys.path.remove(str(path))
    for name in [name for name in sys.modules if name.startswith("archived_package")]:
        del sys.modules[name]


def finders(archive: Path) -> list[str]:
    return [path for path, finder in sys.path_importer_cache.items() if isinstance(finder, zipimporter) and str(archive) in path]


def test_a_task_lets_go_of_archives_and_the_next_one_still_imports_from_them(archive: Path) -> None:
    seen: list[int] = []

    def imported(name: str) -> str:
        module = importlib.import_module(f"archived_package.{name}")
        seen.append(len(finders(archive)))
        return str(module.NAME)

    assert [Task(imported)(name) for name in ("one", "two")] == ["one", "two"]
    assert all(seen) and finders(archive) == []


def test_a_task_that_fails_lets_go_of_them_too(archive: Path) -> None:
    def failing(name: str) -> None:
        importlib.import_module(f"archived_package.{name}")
        raise ValueError(name)

    with pytest.raises(ValueError, match="one"):
        Task(failing)("one")
    assert finders(archive) == []
