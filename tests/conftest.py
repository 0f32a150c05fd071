"""What all tests share: what needs a lake, a process or many examples is slow, so that `make test-fast` stays under a minute."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.groups import group_of

SLOW_FOLDERS = ("journeys", "properties", "infra", "ringi")
A_LAKE = "lake"
"""The fixture of a lake project with tables."""


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist ships no types
    """Hands out tests group by group."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Marks of groups do not reach the one who hands out tests (pytest-xdist 3.8 with pytest 9.2), so files tell the group."""
    return ByGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        needs_a_lake = A_LAKE in getattr(item, "fixturenames", ())
        if needs_a_lake or item.path.relative_to(here).parts[0] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
