"""What all tests of the lab share: their marks, and the servers they meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.moto_server import moto, moto_process

__all__ = ["moto", "moto_process"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test here is slow, is of the lab, and shares one worker with the others: there is one Trino and one JVM at a time."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.xdist_group("lab"))
