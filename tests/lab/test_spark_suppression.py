"""Persons who were erased stay out on Spark as they do on the embedded path: the same tests, with Spark sorting the batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.workspace import LocalWorkspace
from tests.jobs.test_land_suppression import *  # noqa: F403  the same tests
from tests.support.landing import SORTING
from tests.support.spark import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobs.land.sorting import Sorting

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*")


def on_spark(root: Path) -> Sorting:
    from jobs.land.spark import SparkSorting

    return SparkSorting(engine(), LocalWorkspace(root / "warehouse" / ".judged"), share_bytes=300)


@pytest.fixture(autouse=True)
def _sorted_by_spark() -> Iterator[None]:
    token = SORTING.set(on_spark)
    yield
    SORTING.reset(token)
