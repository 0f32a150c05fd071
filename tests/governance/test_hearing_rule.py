"""A change that voids the Business key needs a talk of its own, on record between the last certificate and the key."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from governance.errors import GovernanceError
from governance.gate.gate import approval_findings
from metrics_catalog.catalog import load
from metrics_catalog.lifecycle import KeyState, Lifecycle
from tests.support.catalogs import edit, hearing, metric_file, write
from tests.support.keys import BUSINESS, TECH, after, gate, keyed_project, states, talk_about, turn, turn_both, turn_unheard

if TYPE_CHECKING:
    from collections.abc import Callable

HOURS, HEARING = metric_file("viewing_hours"), "hearings/2026-11-engagement.yaml"
NOON = after(600)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose `viewing_hours` has both keys since minute 1."""
    keyed_project(tmp_path)
    turn_both(tmp_path, "viewing_hours", 0)
    return tmp_path


def describe(root: Path, english: str) -> None:
    edit(root, HOURS, lambda document: document["what"]["description"].update(en=english))


def compute(root: Path, expression: str) -> None:
    edit(root, HOURS, lambda document: document["how"].update(expression=expression))


def unit(root: Path) -> str:
    published = gate(root, NOON).published["viewing_hours"]
    return f"{published.logic.expression} {published.business['what.description.en']}"


def refused(root: Path, at: dt.datetime) -> str:
    with pytest.raises(GovernanceError) as found:
        turn_unheard(root, "viewing_hours", BUSINESS, "bernd", at)
    return f"{found.value.message} {found.value.hint}"


def test_the_first_certificate_needs_the_hearing_alone(root: Path) -> None:
    assert gate(root, NOON).metrics["viewing_hours"].lifecycle is Lifecycle.APPROVED


def test_business_is_refused_over_a_change_that_nobody_talked_about(root: Path) -> None:
    describe(root, "Trailers do not count.")
    said = refused(root, after(10))
    assert "`what.description.en` of `viewing_hours` changed since it was certified on 2025-06-02" in said
    assert "`ringi hearing add viewing_hours`" in said and "RNG-GOV-015" in said
    talk_about(root, "viewing_hours", after(11))
    turn_unheard(root, "viewing_hours", BUSINESS, "bernd", after(12))
    assert unit(root).endswith("Trailers do not count.")


def test_tech_needs_no_talk(root: Path) -> None:
    compute(root, "seconds_viewed / 1800.0")
    turn_unheard(root, "viewing_hours", TECH, "aiko", after(10))
    assert states(root, "viewing_hours", NOON) == ("valid", "void")


def test_a_talk_about_one_field_lets_no_other_through(root: Path) -> None:
    describe(root, "Trailers do not count.")
    compute(root, "seconds_viewed / 1800.0")
    talk_about(root, "viewing_hours", after(5), fields=["what.description.en"])
    assert "`how.expression` of `viewing_hours` changed" in refused(root, after(10))
    talk_about(root, "viewing_hours", after(11), fields=["how"])
    turn_unheard(root, "viewing_hours", BUSINESS, "bernd", after(12))


def test_a_talk_counts_for_one_change_only(root: Path) -> None:
    describe(root, "Trailers do not count.")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(10))
    describe(root, "Trailers count.")
    assert "has no entry about that" in refused(root, after(20))
    turn(root, "viewing_hours", BUSINESS, "bernd", after(21))
    assert unit(root).endswith("Trailers count.")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda entry: entry["attendees"].pop(0), "one side was there"),
        (lambda entry: entry["attendees"][1].update(person="dora"), "nobody was there who holds the Business side"),
        (lambda entry: entry["attendees"][1].update(person="nobody_known"), "nobody knows who that was"),
        (lambda entry: entry.update(metrics=["plays"]), "it was about another metric"),
        (lambda entry: entry.update(recorded_at="2025-06-02T09:00:30Z"), "it was before the last certificate"),
        (lambda entry: entry.update(recorded_at="2025-06-02T10:00:00Z"), "it was after the key"),
        (lambda entry: entry.update(changed=["what.description.e"]), "a field is not the beginning of a word"),
        (lambda entry: entry.update(changed=[]), "it was a review"),
    ],
)
def test_a_talk_that_does_not_fit_does_not_count(root: Path, change: Callable[[dict[str, Any]], Any], why: str) -> None:
    describe(root, "Trailers do not count.")
    talk_about(root, "viewing_hours", after(5))
    edit(root, HEARING, lambda document: change(document["entries"][0]))
    assert "has no entry about that" in refused(root, after(10)), why


def test_an_entry_that_is_taken_out_later_takes_the_certificate_with_it(root: Path) -> None:
    describe(root, "Trailers do not count.")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(10))
    edit(root, HEARING, lambda document: document.pop("entries"))
    assert not unit(root).endswith("Trailers do not count."), "the certificate before it counts again"
    [finding] = approval_findings(load(root)[0], NOON)
    assert finding.code == "RNG-GOV-015" and finding.place.file.startswith("approvals/viewing_hours/business-bernd")
    write(root, HEARING, "hearing: [")
    assert unit(root).endswith("Trailers do not count."), "a fault in the file takes no number away"


def test_a_key_that_says_it_was_turned_before_the_last_certificate_is_no_way_round(tmp_path: Path) -> None:
    root = keyed_project(tmp_path)
    text = (root / HOURS).read_text(encoding="utf-8")
    compute(root, "seconds_viewed / 1800.0")
    turn_unheard(root, "viewing_hours", BUSINESS, "bernd", after(0))
    (root / HOURS).write_text(text, encoding="utf-8")
    turn_unheard(root, "viewing_hours", TECH, "aiko", after(10))
    turn_unheard(root, "viewing_hours", BUSINESS, "bernd", after(11))
    compute(root, "seconds_viewed / 1800.0")
    turn_unheard(root, "viewing_hours", TECH, "aiko", after(20))
    status = gate(root, NOON).metrics["viewing_hours"]
    assert status.keys[BUSINESS].state is KeyState.VOID and status.keys[BUSINESS].voided_by == ("how.expression",)
    assert unit(root).startswith("seconds_viewed / 3600.0")


def test_a_new_hearing_is_about_the_whole_metric(root: Path) -> None:
    compute(root, "seconds_viewed / 1800.0")
    edit(root, HOURS, lambda document: document.update(hearing="2025-06-again"))
    write(root, "hearings/2025-06-again.yaml", hearing("2025-06-again", ["viewing_hours"], date="2025-06-02"))
    assert "has no entry about that" in refused(root, after(10)), "a day alone does not say that it was after the certificate"
    edit(root, "hearings/2025-06-again.yaml", lambda document: document.update(recorded_at=after(5).isoformat()))
    turn_unheard(root, "viewing_hours", BUSINESS, "bernd", after(10))
    turn_unheard(root, "viewing_hours", TECH, "aiko", after(11))
    assert unit(root).startswith("seconds_viewed / 1800.0")


def test_a_country_that_joins_and_a_typo_in_an_alias_need_no_talk(root: Path) -> None:
    edit(root, HOURS, lambda document: document["what"].update(aliases={"en": ["time watched"]}))
    assert states(root, "viewing_hours", NOON) == ("valid", "valid")


def test_a_revoked_certificate_in_between_leaves_the_later_one_standing(root: Path) -> None:
    """Entries are counted from the last certificate that stands, so those of the lost one count for what follows it."""
    describe(root, "Trailers do not count.")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(10))
    describe(root, "Trailers count.")
    turn(root, "viewing_hours", BUSINESS, "chie", after(20))
    lost = next(path for path in (root / "approvals/viewing_hours").glob("business-bernd-*") if "09:10" in path.read_text(encoding="utf-8"))
    lost.unlink()
    assert unit(root).endswith("Trailers count.")
