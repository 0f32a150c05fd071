"""The gate: what is certified after keys were turned, edited over, forged and reverted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.errors import GovernanceError
from governance.gate.gate import approval_findings, certified
from governance.gate.status import as_json, as_rows
from governance.keys import meaning_store
from metrics_catalog.catalog import load
from metrics_catalog.errors import UsageError
from metrics_catalog.lifecycle import KeyState, Lifecycle
from metrics_catalog.meaning import resolve
from tests.support.catalogs import COUNTRIES, edit, metric_file
from tests.support.keys import BUSINESS, TECH, after, gate, keyed_project, states, turn, turn_both

if TYPE_CHECKING:
    from collections.abc import Callable

HOURS = metric_file("viewing_hours")
NOON = after(180)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return keyed_project(tmp_path)


@pytest.fixture
def approved(root: Path) -> Path:
    """A project whose `viewing_hours` has both keys."""
    turn_both(root, "viewing_hours", 0)
    return root


def published(root: Path, metric: str = "viewing_hours", at: dt.datetime = NOON) -> str | None:
    """The expression that is published, the simplest sign of which meaning it is."""
    meaning = gate(root, at).published.get(metric)
    return meaning.logic.expression if meaning else None


def set_expression(root: Path, expression: str) -> None:
    edit(root, HOURS, lambda document: document["how"].update(expression=expression))


def test_a_metric_without_keys_is_not_published(root: Path) -> None:
    assert published(root) is None
    status = gate(root, NOON).metrics["viewing_hours"]
    assert status.lifecycle is Lifecycle.HEARD
    assert {key.state for key in status.keys.values()} == {KeyState.MISSING}


def test_one_key_publishes_nothing(root: Path) -> None:
    turn(root, "viewing_hours", TECH, "aiko", after(0))
    assert published(root) is None
    assert states(root, "viewing_hours", NOON) == ("valid", "missing")
    assert gate(root, NOON).metrics["viewing_hours"].lifecycle is Lifecycle.PROPOSED


def test_two_keys_by_two_people_publish_the_meaning(approved: Path) -> None:
    status = gate(approved, NOON).metrics["viewing_hours"]
    assert published(approved) == "seconds_viewed / 3600.0"
    assert status.lifecycle is Lifecycle.APPROVED
    assert status.current_digest == status.published_digest == resolve(load(approved)[0], "viewing_hours").digest
    assert status.published == status.present


def test_an_edited_expression_voids_both_keys_and_the_certified_meaning_stays_published(approved: Path) -> None:
    set_expression(approved, "seconds_viewed / 1800.0")
    status = gate(approved, NOON).metrics["viewing_hours"]
    assert states(approved, "viewing_hours", NOON) == ("void", "void")
    assert status.keys[TECH].voided_by == status.keys[BUSINESS].voided_by == ("how.expression",)
    assert published(approved) == "seconds_viewed / 3600.0"
    assert status.current_digest != status.published_digest

    turn(approved, "viewing_hours", TECH, "aiko", after(10))
    assert published(approved) == "seconds_viewed / 3600.0", "one key is not enough"
    turn(approved, "viewing_hours", BUSINESS, "bernd", after(11))
    assert published(approved) == "seconds_viewed / 1800.0"


def test_an_edited_description_voids_the_business_key_alone(approved: Path) -> None:
    edit(approved, HOURS, lambda document: document["what"]["description"].update(en="Trailers do not count."))
    assert states(approved, "viewing_hours", NOON) == ("valid", "void")
    turn(approved, "viewing_hours", BUSINESS, "bernd", after(10))
    assert gate(approved, NOON).published["viewing_hours"].business["what.description.en"] == "Trailers do not count."


def test_an_edited_alias_voids_no_key(approved: Path) -> None:
    edit(approved, HOURS, lambda document: document["what"].update(aliases={"en": ["time watched"]}))
    assert states(approved, "viewing_hours", NOON) == ("valid", "valid")


def test_an_edit_that_is_taken_back_before_it_was_certified_leaves_the_keys_as_they_were(approved: Path) -> None:
    set_expression(approved, "seconds_viewed / 1800.0")
    turn(approved, "viewing_hours", TECH, "aiko", after(10))
    set_expression(approved, "seconds_viewed / 3600.0")
    assert states(approved, "viewing_hours", NOON) == ("valid", "valid")
    assert published(approved) == "seconds_viewed / 3600.0"


def test_going_back_to_an_earlier_certified_meaning_needs_both_keys_again(approved: Path) -> None:
    set_expression(approved, "seconds_viewed / 1800.0")
    turn_both(approved, "viewing_hours", 10)
    set_expression(approved, "seconds_viewed / 3600.0")
    assert states(approved, "viewing_hours", NOON) == ("void", "void")
    assert gate(approved, NOON).metrics["viewing_hours"].keys[TECH].voided_by == ("how.expression",)
    assert published(approved) == "seconds_viewed / 1800.0"
    turn(approved, "viewing_hours", TECH, "aiko", after(20))
    assert published(approved) == "seconds_viewed / 1800.0", "the earlier Business key does not come back by itself"
    turn(approved, "viewing_hours", BUSINESS, "bernd", after(21))
    assert published(approved) == "seconds_viewed / 3600.0"
    assert states(approved, "viewing_hours", NOON) == ("valid", "valid")


def test_a_country_that_joins_voids_nothing_and_counts_by_its_own_clock(approved: Path) -> None:
    before = gate(approved, NOON).metrics["viewing_hours"].published_digest
    edit(
        approved,
        "countries.yaml",
        lambda document: document["countries"].update(SE={**COUNTRIES["JP"], "reporting_time_zone": "Europe/Stockholm"}),
    )
    status = gate(approved, NOON).metrics["viewing_hours"]
    assert states(approved, "viewing_hours", NOON) == ("valid", "valid")
    assert status.published is not None
    assert status.published.logic.time_zones["SE"] == "Europe/Stockholm"
    assert status.published_digest == status.current_digest == status.published.digest == before


def test_a_changed_clock_voids_both_keys_and_the_certified_clock_stays(approved: Path) -> None:
    edit(approved, "countries.yaml", lambda document: document["countries"]["JP"].update(reporting_time_zone="Asia/Seoul"))
    status = gate(approved, NOON).metrics["viewing_hours"]
    assert status.keys[TECH].voided_by == status.keys[BUSINESS].voided_by == ("countries.JP.reporting_time_zone",)
    assert status.published is not None
    assert status.published.logic.time_zones["JP"] == "Asia/Tokyo"


def test_a_ratio_stays_as_certified_when_its_part_is_edited(root: Path) -> None:
    turn_both(root, "hours_per_play", 0)
    edit(root, metric_file("plays"), lambda document: document["how"].update(filter="event_type = 'stop'"))
    status = gate(root, NOON).metrics["hours_per_play"]
    assert status.keys[TECH].voided_by == ("upstream.plays.how.filter",)
    assert status.published is not None
    assert status.published.logic.parts["plays"].filter == "event_type = 'start'"


def test_a_retired_metric_is_published_until_business_has_agreed(approved: Path) -> None:
    edit(approved, HOURS, lambda document: document.update(lifecycle="retired"))
    assert published(approved) is not None
    turn(approved, "viewing_hours", BUSINESS, "bernd", after(10))
    assert published(approved) is None
    assert gate(approved, NOON).metrics["viewing_hours"].published_digest is None


def test_a_metric_whose_file_is_gone_is_withdrawn_and_one_whose_file_is_broken_is_not(approved: Path) -> None:
    text = (approved / HOURS).read_text(encoding="utf-8")
    (approved / HOURS).write_text("metric: [", encoding="utf-8")
    assert published(approved) == "seconds_viewed / 3600.0"
    assert states(approved, "viewing_hours", NOON) == ("void", "void")
    (approved / HOURS).unlink()
    assert published(approved) is None
    assert gate(approved, NOON).metrics["viewing_hours"].lifecycle is Lifecycle.WITHDRAWN
    (approved / HOURS).write_text(text, encoding="utf-8")
    assert published(approved) == "seconds_viewed / 3600.0"


@pytest.mark.parametrize(
    ("file", "change", "lack"),
    [
        ("sources/viewing_events.yaml", lambda d: d["columns"].pop("seconds_viewed"), "lost the column `seconds_viewed`"),
        (
            "sources/viewing_events.yaml",
            lambda d: d["columns"]["seconds_viewed"].update(type="string", minimum=None, maximum=None),
            "is now of type string",
        ),
        ("sources/viewing_events.yaml", lambda d: d.update(delivery="snapshot"), "is now delivered as `snapshot`"),
        ("dimensions/titles.yaml", lambda d: d["attributes"].pop("genre"), "lost the attribute `genre`"),
        ("dimensions/titles.yaml", lambda d: d["attributes"]["genre"].update(type="integer"), "is now of type integer"),
        ("dimensions/titles.yaml", lambda d: d.update(key="plan"), "is now joined on `plan`"),
    ],
)
def test_a_certified_metric_that_can_no_longer_run_is_withheld(
    approved: Path, file: str, change: Callable[[dict[str, Any]], Any], lack: str
) -> None:
    edit(approved, file, change)
    answer = gate(approved, NOON)
    assert "viewing_hours" not in answer.published
    [finding] = [finding for finding in answer.findings if "`viewing_hours`" in finding.message]
    assert (finding.code, finding.place.file) == ("RNG-GOV-014", file)
    assert lack in finding.message
    assert answer.metrics["viewing_hours"].published_digest, "it is still the certified meaning"


def test_a_source_that_is_gone_withholds_and_one_whose_file_is_broken_does_not(approved: Path) -> None:
    path = approved / "sources/viewing_events.yaml"
    path.write_text("source: [", encoding="utf-8")
    assert published(approved) is not None
    path.unlink()
    assert published(approved) is None


def test_a_certificate_can_be_checked_and_computed_from_approvals_alone(approved: Path) -> None:
    """Everything but people, hearings and approvals is thrown away."""
    catalog = load(approved)[0]
    expected = certified(catalog, NOON).published["viewing_hours"]
    store = meaning_store.MeaningStore(approved)
    bare = replace(
        catalog,
        metrics={},
        sources={},
        dimensions={},
        countries={},
        broken={"metric": frozenset({"viewing_hours"}), "source": frozenset({"*"}), "dimension": frozenset({"*"})},
    )
    found = certified(bare, NOON).published["viewing_hours"]
    assert (found.digest, found.logic, found.business) == (expected.digest, expected.logic, expected.business)
    genre = found.logic.dimensions["genre"]
    assert genre is not None
    assert genre.rows_digest is not None
    assert store.rows(genre.rows_digest) == [{"title_id": "t1", "genre": "drama"}, {"title_id": "t2", "genre": "anime"}]


def test_approvals_share_one_file_of_countries(root: Path) -> None:
    for name in ("plays", "viewers", "completions"):
        turn_both(root, name, 0)
    assert len(list((root / "approvals/meanings").glob("*.json"))) == 3 + 1 + 1  # three meanings, countries, rows of genre


def test_people_that_cannot_be_read_stop_the_gate_instead_of_withdrawing_numbers(approved: Path) -> None:
    (approved / "people.yaml").write_text("people: [", encoding="utf-8")
    with pytest.raises(GovernanceError, match="cannot be read"):
        gate(approved, NOON)
    assert approval_findings(load(approved)[0], NOON) == (), "a check goes on: the file has findings of its own"


def test_the_status_has_its_fixed_shape(approved: Path) -> None:
    set_expression(approved, "seconds_viewed / 1800.0")
    status = as_json(certified(load(approved)[0], NOON, ["viewing_hours"]))
    [metric] = status.pop("metrics")
    assert status == {"schema_version": 1}
    assert list(metric) == ["metric", "lifecycle", "current_digest", "published_digest", "keys"]
    void = {"state": "void", "voided_by": ["how.expression"]}
    assert metric["keys"] == {"tech": {**void, "by": "aiko"}, "business": {**void, "by": "bernd"}}
    assert len(metric["current_digest"]) == len(metric["published_digest"]) == 64


def test_the_status_says_in_words_what_voided_a_key(approved: Path) -> None:
    set_expression(approved, "seconds_viewed / 1800.0")
    rows = {row["metric"]: row for row in as_rows(gate(approved, NOON))}
    assert rows["viewing_hours"]["tech key"] == "void (aiko 2025-06-02): how.expression"
    assert rows["viewing_hours"]["published"].endswith("(an earlier meaning)")
    assert rows["plays"] == {"metric": "plays", "lifecycle": "heard", "tech key": "missing", "business key": "missing", "published": "-"}


def test_an_unknown_metric_is_wrong_usage(root: Path) -> None:
    with pytest.raises(UsageError, match="viewing_hour"):
        certified(load(root)[0], NOON, ["viewing_hour"])
