"""The stages of a metric follow from records: hearings, keys, the certified meaning, the lake; never from a field alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from governance.gate.gate import certified
from governance.gate.status import Around, as_json, as_rows, reader_rows
from governance.ledgers.query_ledger import Reader
from metrics_catalog.catalog import load
from metrics_catalog.lifecycle import End, Lifecycle
from metrics_catalog.scaffold import METRIC
from tests.support.catalogs import edit, metric_file
from tests.support.keys import BUSINESS, TECH, after, gate, keyed_project, turn, turn_both

PLAYS, HEARING = metric_file("plays"), "hearings/2026-11-engagement.yaml"
LAST = dt.date(2025, 6, 30)
END = {"successor": "viewers", "reason": "Previews counted as plays.", "ends_on": LAST.isoformat()}
NOON = after(180)


def at(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), dt.UTC)


def stage(root: Path, now: dt.datetime = NOON) -> Lifecycle:
    return certified(load(root)[0], now, ["plays"]).metrics["plays"].lifecycle


def declare(root: Path, **changes: Any) -> None:
    edit(root, PLAYS, lambda document: document.update(changes))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return keyed_project(tmp_path)


def test_a_file_that_is_still_being_written_is_a_draft_and_one_that_broke_after_its_keys_is_not(root: Path) -> None:
    whole = (root / PLAYS).read_text(encoding="utf-8")
    (root / PLAYS).write_text(METRIC.text("plays", {}), encoding="utf-8")
    assert stage(root) is Lifecycle.DRAFT
    (root / PLAYS).write_text(whole, encoding="utf-8")
    turn_both(root, "plays", 1)
    (root / PLAYS).write_text(METRIC.text("plays", {}), encoding="utf-8")
    assert stage(root) is Lifecycle.PROPOSED


def test_a_metric_goes_from_draft_to_approved_as_the_records_grow(root: Path) -> None:
    edit(root, PLAYS, lambda document: document.pop("hearing"))
    assert stage(root) is Lifecycle.DRAFT
    declare(root, hearing="2026-11-engagement")
    assert stage(root) is Lifecycle.HEARD
    turn(root, "plays", TECH, "aiko", after(0))
    assert stage(root) is Lifecycle.PROPOSED
    turn(root, "plays", BUSINESS, "bernd", after(1))
    assert stage(root) is Lifecycle.APPROVED


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document["attendees"].pop(),
        lambda document: document.update(outcome="rejected"),
        lambda document: document["metrics"].remove("plays"),
    ],
)
def test_a_hearing_without_both_sides_or_against_the_metric_leaves_it_a_draft(root: Path, spoil: Any) -> None:
    edit(root, HEARING, spoil)
    assert stage(root) is Lifecycle.DRAFT


@pytest.mark.parametrize("declared", [{"lifecycle": "deprecated"}, {"lifecycle": "retired"}, {"deprecation": END}])
def test_what_the_file_says_of_its_end_counts_only_with_the_keys(root: Path, declared: dict[str, Any]) -> None:
    declare(root, **declared)
    assert stage(root) is Lifecycle.HEARD
    edit(root, PLAYS, lambda document: [document.pop(name) for name in declared])
    turn_both(root, "plays", 0)
    declare(root, **declared)
    assert stage(root) is Lifecycle.PROPOSED
    assert "plays" in gate(root, NOON).published


def test_a_deprecated_metric_is_published_to_its_last_day_and_retired_after_it(root: Path) -> None:
    turn_both(root, "plays", 0)
    declare(root, deprecation=END)
    turn(root, "plays", BUSINESS, "bernd", after(10))
    assert stage(root) is Lifecycle.DEPRECATED
    assert "plays" in gate(root, at(LAST)).published
    over = gate(root, at(LAST + dt.timedelta(days=1))).metrics["plays"]
    assert (over.lifecycle, over.published, over.published_digest) == (Lifecycle.RETIRED, None, None)
    assert "completion_rate" not in gate(root, at(LAST)).published


def test_taking_the_end_back_needs_business_again(root: Path) -> None:
    declare(root, deprecation=END)
    turn_both(root, "plays", 0)
    after_it = at(LAST + dt.timedelta(days=1))
    assert "plays" not in gate(root, after_it).published
    edit(root, PLAYS, lambda document: document.pop("deprecation"))
    assert "plays" not in gate(root, after_it).published, "an edit alone brings nothing back"
    turn(root, "plays", BUSINESS, "bernd", after(20))
    assert "plays" in gate(root, after_it).published


def test_a_ratio_goes_on_when_a_part_of_it_has_ended(root: Path) -> None:
    turn_both(root, "completion_rate", 0)
    declare(root, deprecation=END)
    turn_both(root, "plays", 10)
    found = gate(root, at(LAST + dt.timedelta(days=1))).published
    assert "plays" not in found and "completion_rate" in found


def around(**more: Any) -> dict[str, Around]:
    return {"plays": Around(today=NOON.date(), **more)}


def test_published_follows_from_the_lake_alone(root: Path) -> None:
    turn_both(root, "plays", 0)
    answer = certified(load(root)[0], NOON, ["plays"])
    said = [as_json(answer, around(is_published=here))["metrics"][0]["lifecycle"] for here in (False, True)]
    assert said == ["approved", "published"]
    declare(root, tier="critical")
    voided = certified(load(root)[0], NOON, ["plays"])
    assert as_json(voided, around(is_published=True))["metrics"][0]["lifecycle"] == "proposed"


def test_the_status_tells_the_end_its_readers_and_a_due_review(root: Path) -> None:
    declare(root, deprecation=END)
    turn_both(root, "plays", 0)
    answer = certified(load(root)[0], NOON, ["plays"])
    reader = Reader("analyst_jp", 3, NOON, ("views_jp.title_daily",))
    beside = around(hearing="h", review_on=NOON.date(), end=End("viewers", "Previews.", LAST), readers=(reader,))
    [metric] = as_json(answer, beside)["metrics"]
    assert metric["ending"] == {"successor": "viewers", "reason": "Previews.", "ends_on": LAST}
    assert metric["hearing"] == {"id": "h", "review_on": NOON.date(), "due": True}
    assert metric["readers"][0]["principal"] == "analyst_jp"
    assert as_rows(answer, beside)[0]["lifecycle"] == "deprecated until 2025-06-30, review due since 2025-06-02"
    assert reader_rows(beside)[0]["still read by"] == "analyst_jp"
    assert reader_rows(around(end=End("viewers", "", None)))[0]["still read by"] == "nobody"
