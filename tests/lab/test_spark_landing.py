"""Landing on Spark is landing: every test of the embedded path, run again with Spark sorting the batches.

The test functions are those of `tests/jobs/test_land*.py`; here they meet a `LandingPad` whose batches go through Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.workspace import LocalWorkspace
from tests.jobs.test_land import *  # noqa: F403  the same tests
from tests.jobs.test_land_files import (  # noqa: F401  the same tests, less those of how files are recognised, which no engine sees
    test_a_damaged_file_does_not_stop_its_neighbours,
    test_a_file_with_a_header_and_no_row_is_fine_for_events,
    test_a_lone_bad_event_is_quarantined_not_refused_whole,
    test_csv_keeps_quotes_line_ends_and_each_refused_record_as_it_came,
    test_parquet_is_read_and_its_rows_are_judged,
    test_parquet_numbers_that_do_not_fit_are_refused_one_by_one,
    test_refused_lines_are_kept_to_the_last_byte,
)
from tests.jobs.test_land_snapshots import *  # noqa: F403  the same tests
from tests.support.landing import SORTING
from tests.support.spark import engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jobs.land.sorting import Sorting

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*")


def on_spark(root: Path) -> Sorting:
    from jobs.land.spark import SparkSorting

    return SparkSorting(engine(), LocalWorkspace(root / "warehouse" / ".judged"), share_bytes=1500)


@pytest.fixture(autouse=True)
def _sorted_by_spark() -> Iterator[None]:
    token = SORTING.set(on_spark)
    yield
    SORTING.reset(token)
