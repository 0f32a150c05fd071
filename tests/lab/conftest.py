"""What all tests of the lab share: their marks, and the servers they meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.governed import Governed, governing
from tests.lab.lake_on_s3 import Published, make_published
from tests.lab.moto_server import Moto, aws_environment, moto, moto_process, moto_running
from tests.lab.trino_server import Trino, trino_running

__all__ = ["moto", "moto_process"]

LAST = {"test_readme_on_aws.py"}
"""Modules that empty the account which the others share."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test here is of the lab; who shares a worker, and which begin first: tests/groups.py."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.lab)
    items.sort(key=lambda item: item.path.name in LAST)


@pytest.fixture(scope="session")
def lab_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    """The AWS endpoint that Trino stands on; it is never reset, so that a lake made once serves many modules."""
    with moto_running(tmp_path_factory.mktemp("lab-aws")) as server:
        yield server


@pytest.fixture(scope="session")
def trino(lab_process: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    """The one Trino of the session."""
    with trino_running(lab_process.url, tmp_path_factory.mktemp("trino")) as server:
        lab_process.run_queries_on(server.url)
        yield server


@pytest.fixture(scope="module")
def lab(lab_process: Moto, trino: Trino) -> Iterator[Moto]:
    """The AWS endpoint with Trino behind it; the environment of this process points at it while a module runs."""
    with aws_environment(lab_process):
        yield lab_process


@pytest.fixture(scope="session")
def published(lab_process: Moto, trino: Trino, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The demo's published views, in a local folder and on AWS."""
    with aws_environment(lab_process):
        return make_published(lab_process, tmp_path_factory.mktemp("lab-lake") / "demo")


@pytest.fixture(scope="session")
def governed_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Governed]:
    """A server and a Trino of their own, for the tests in which Lake Formation governs; take `governed` instead."""
    with moto_running(tmp_path_factory.mktemp("governed-aws")) as moto, trino_running(moto.url, tmp_path_factory.mktemp("trino")) as trino:
        moto.run_queries_on(trino.url)
        yield Governed(moto, trino)


@pytest.fixture(scope="module")
def governed(governed_process: Governed) -> Iterator[Governed]:
    """An empty account in which Lake Formation governs Athena; the environment of this process points at it."""
    with governing(governed_process) as account:
        yield account
