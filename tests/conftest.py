"""What all tests share: which are slow, so that `make test-fast` stays under a minute, and who runs what when two workers share them."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.groups import cost_of, group_of
from tests.support.java_options import SPARK_LAUNCHER
from tests.support.spark_classes import keep_classes, options

HERE = Path(__file__).parent
SLOW_FOLDERS = ("journeys", "properties", "infra", "ringi", "lab")
"""What needs a lake, a process or many examples."""
A_LAKE = "lake"
"""The fixture of a lake project with tables."""

os.environ.setdefault(SPARK_LAUNCHER, options())


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Hands out tests group by group."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Marks of groups do not reach the one who hands out tests (pytest-xdist 3.8 with pytest 9.2), so files tell the group."""
    config.option.loadscopereorder = False  # the order is that of `pytest_collection_modifyitems`, not of the number of tests
    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Folders of slow tests are not even read where none of them is wanted."""
    return True if config.option.markexpr == "not slow" and _is_slow(collection_path) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if A_LAKE in getattr(item, "fixturenames", ()) or _is_slow(item.path):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: -cost_of(group_of(item.nodeid)))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if group_of(item.nodeid) == "spark":
        keep_classes()


def _is_slow(path: Path) -> bool:
    return path != HERE and path.is_relative_to(HERE) and path.relative_to(HERE).parts[0] in SLOW_FOLDERS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--durations`, what each long group took: what `COSTS` of tests/groups.py is written from."""
    if config.option.durations is None:
        return
    took: Counter[str] = Counter()
    for report in (each for reports in terminalreporter.stats.values() for each in reports if isinstance(each, pytest.TestReport)):
        took[group_of(report.nodeid)] += round(report.duration * 1000)
    terminalreporter.section("groups")
    for group, milliseconds in took.most_common(60):
        terminalreporter.write_line(f"{milliseconds / 1000:7.1f}s {group}")
