"""What all tests share: what needs a lake, a process or many examples is slow, so that `make test-fast` stays under a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

SLOW_FOLDERS = ("journeys", "properties", "infra", "ringi")
A_LAKE = "lake"
"""The fixture of a lake project with tables."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        needs_a_lake = A_LAKE in getattr(item, "fixturenames", ())
        if needs_a_lake or item.path.relative_to(here).parts[0] in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
