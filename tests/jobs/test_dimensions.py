"""Rows of dimensions: the ones that the keys cover, whatever a file says meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from governance.keys import meaning_store
from jobs.errors import JobError
from tests.support.catalogs import edit
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.meaning import Meaning


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    found = RunningLake(tmp_path)
    grain = {"time": "day", "dimensions": ["genre"]}
    edit(found.root, "views/title_daily.yaml", lambda d: d.update(grain=grain, metrics=["plays", "viewing_hours"]))
    found.events([event(1, "JP", "2026-11-01T03:00:00Z", title_id="t1")])
    return found


def certify(lake: RunningLake) -> dict[str, Meaning]:
    """The present meanings, kept as an approval keeps them."""
    catalog, held = lake.catalog, lake.certified()
    for meaning in held.values():
        meaning_store.write(lake.root, meaning_store.files_of(catalog, meaning))
    return held


def genres(lake: RunningLake) -> set[str]:
    return {row[0] for row in lake.read("gold.title_daily", "genre")}


def call_it_comedy(lake: RunningLake) -> None:
    edit(lake.root, "dimensions/titles.yaml", lambda d: d["rows"][0].update(genre="comedy"))


def test_an_edited_row_changes_no_number_until_the_keys_cover_it(lake: RunningLake) -> None:
    before = certify(lake)
    lake.run(before)
    call_it_comedy(lake)
    lake.events([event(2, "JP", "2026-11-01T04:00:00Z", title_id="t1")])
    lake.run(before)
    assert genres(lake) == {"drama"}
    lake.run(certify(lake))
    assert genres(lake) == {"comedy"}


def test_two_metrics_over_different_rows_are_not_mixed(lake: RunningLake) -> None:
    before = certify(lake)
    call_it_comedy(lake)
    after = certify(lake)
    with pytest.raises(JobError, match=r"different rows of `titles\.genre`"):
        lake.run({"plays": before["plays"], "viewing_hours": after["viewing_hours"]})
    assert genres(lake) == set()
