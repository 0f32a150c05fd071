"""An erasure whose tables are rewritten by Spark leaves what the embedded engine leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.erase.account import Eraser
from jobs.erase.finding import find
from jobs.erase.reach import subject_of
from jobs.erase.receipt import ERASURES
from jobs.erase.subject import parted
from jobs.erase.work import erase
from jobs.ledgers import ledger
from jobs.ledgers.ledger_check import verify
from tests.support.erasing import ANNA, BODO, bytes_with, peopled
from tests.support.keys import signer
from tests.support.lakes import NOW
from tests.support.spark import engine

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark.*")


def test_a_person_is_erased_with_spark_and_nobody_else(tmp_path: Path) -> None:
    lake = peopled(tmp_path / "lake")
    rows, published = lake.read("bronze.viewing_events"), lake.everything()
    parts = replace(lake.parts(), engine=engine())
    who, reach = subject_of(lake.catalog, parts.retention, *parted(f"viewer_id={ANNA}"))
    made = erase(parts, find(parts, who, reach), Eraser("aiko", signer("aiko"), NOW))
    assert made.said["complete"], made.said["evidence"]
    assert bytes_with(lake.root, ANNA) == []
    assert lake.read("bronze.viewing_events") == [row for row in rows if BODO in row]
    after = lake.everything()
    assert {name: value for name, value in after.items() if name != "restatements"} == {
        name: value for name, value in published.items() if name != "restatements"
    }
    for spec in (ledger.RESTATEMENTS, ERASURES):
        assert verify(lake.tables, lake.engine, spec) == ()
    assert lake.run().did_nothing
