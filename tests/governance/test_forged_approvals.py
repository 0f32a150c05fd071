"""Approvals that are forged, damaged, swapped or made past the rules: none counts, and each is named by a finding."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from governance.gate.approve import approval_text
from governance.keys import meaning_store
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.catalog import load
from metrics_catalog.meaning import resolve
from tests.support.catalogs import edit
from tests.support.keys import BUSINESS, TECH, after, gate, keyed_project, signer, states, turn, turn_both

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = after(180)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return keyed_project(tmp_path)


@pytest.fixture
def approved(root: Path) -> Path:
    """A project whose `viewing_hours` has both keys."""
    turn_both(root, "viewing_hours", 0)
    return root


def published(root: Path) -> bool:
    return "viewing_hours" in gate(root, NOON).published


def approval_files(root: Path, metric: str = "viewing_hours") -> dict[str, Path]:
    return {path.name.split("-")[0]: path for path in sorted((root / "approvals" / metric).glob("*.yaml"))}


def codes(root: Path, at: dt.datetime = NOON) -> list[str]:
    return [finding.code for finding in gate(root, at).findings]


def damage(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(approved_at="2025-06-02T08:00:00+00:00"), "RNG-GOV-001"),
        (lambda d: d.update(person="chie"), "RNG-GOV-001"),
        (lambda d: d.update(signature=signer("aiko").sign(b"something else", NAMESPACE)), "RNG-GOV-001"),
        (lambda d: d.update(signature=signer("aiko").sign(b"", "git")), "RNG-GOV-001"),
        (lambda d: d.update(signature=d["signature"][:-80]), "RNG-GOV-002"),
        (lambda d: d.update(signature="yes"), "RNG-GOV-002"),
        (lambda d: d.update(meaning="0" * 64), "RNG-GOV-008"),
        (lambda d: d.update(approved_at="2025-06-02T09:00:00"), "RNG-GOV-010"),
    ],
)
def test_a_changed_approval_does_not_count_and_is_named(approved: Path, change: Callable[[dict[str, Any]], Any], code: str) -> None:
    path = approval_files(approved)["tech"]
    damage(path, change)
    answer = gate(approved, NOON)
    assert [finding.code for finding in answer.findings] == [code]
    assert answer.findings[0].place.file == path.relative_to(approved).as_posix()
    assert answer.published == {}
    assert states(approved, "viewing_hours", NOON) == ("missing", "valid")


def signed(root: Path, person: str, hand: str, **changes: Any) -> None:
    """Write an approval that no rule allowed, signed by some hand."""
    present = resolve(load(root)[0], "viewing_hours")
    fields = {
        "metric": "viewing_hours",
        "side": TECH,
        "person": person,
        "meaning": present.digest,
        "approved_at": after(20),
        "signature": "-",
    } | changes
    approval = Approval(**fields)
    text = approval_text(approval.model_copy(update={"signature": signer(hand).sign(approval.signed_text(), NAMESPACE)}))
    meaning_store.write(root, {Path(f"approvals/{approval.metric}/tech-{person}-by-hand.yaml"): text.encode()})


@pytest.mark.parametrize(
    ("person", "hand", "changes", "code"),
    [
        ("nobody", "aiko", {}, "RNG-GOV-004"),
        ("bernd", "bernd", {}, "RNG-GOV-005"),
        ("dora", "dora", {}, "RNG-GOV-005"),
        ("aiko", "bernd", {}, "RNG-GOV-006"),
        ("aiko", "dora", {}, "RNG-GOV-006"),
        ("aiko", "aiko", {"approved_at": NOON + dt.timedelta(minutes=6)}, "RNG-GOV-010"),
        ("carla", "carla", {}, "RNG-GOV-012"),
    ],
)
def test_an_approval_made_by_hand_against_the_rules_does_not_count(
    root: Path, person: str, hand: str, changes: dict[str, Any], code: str
) -> None:
    turn(root, "viewing_hours", BUSINESS, "bernd", after(0))
    signed(root, person, hand, **changes)
    assert codes(root) == [code]
    assert not published(root)


def test_an_approval_by_hand_that_keeps_all_rules_counts(root: Path) -> None:
    turn(root, "viewing_hours", BUSINESS, "bernd", after(0))
    signed(root, "aiko", "aiko")
    assert codes(root) == []
    assert published(root)


def test_an_approval_moved_to_another_metric_does_not_count(approved: Path) -> None:
    path = approval_files(approved)["tech"]
    damage(path, lambda document: document.update(metric="plays"))
    target = approved / "approvals/plays" / path.name
    target.parent.mkdir()
    shutil.move(path, target)
    assert codes(approved) == ["RNG-GOV-003"]
    assert gate(approved, NOON).published == {}


def test_both_keys_by_one_person_are_one_key(root: Path) -> None:
    turn(root, "viewing_hours", BUSINESS, "chie", after(0))
    signed(root, "chie", "chie")
    assert codes(root) == ["RNG-GOV-011"]
    assert states(root, "viewing_hours", NOON) == ("missing", "valid")


def test_two_people_with_one_ssh_key_are_one_person(root: Path) -> None:
    turn(root, "viewing_hours", BUSINESS, "chie", after(0))
    edit(root, "people.yaml", lambda document: document["people"]["aiko"].update(keys=[{"public_key": signer("chie").public_line}]))
    signed(root, "aiko", "chie")
    assert codes(root) == ["RNG-GOV-011"]


def test_a_key_counts_only_within_its_time(approved: Path) -> None:
    def until(instant: str) -> None:
        edit(approved, "people.yaml", lambda document: document["people"]["aiko"]["keys"][0].update(valid_until=instant))

    until("2025-06-02T09:00:01Z")
    assert codes(approved) == [], "it was turned before the end; what comes later does not matter"
    until("2025-06-02T09:00:00Z")
    assert codes(approved) == ["RNG-GOV-007"]


def test_a_person_counts_only_within_the_time_of_the_side(approved: Path) -> None:
    edit(approved, "people.yaml", lambda document: document["people"]["bernd"].update(valid_from="2025-06-02T12:00:00Z"))
    assert codes(approved) == ["RNG-GOV-005"]
    assert not published(approved)


def test_a_meaning_that_was_changed_does_not_count(approved: Path) -> None:
    digest = gate(approved, NOON).metrics["viewing_hours"].published_digest
    path = approved / f"approvals/meanings/{digest}.json"
    data = json.loads(path.read_bytes())
    data["logic"]["expression"] = "seconds_viewed / 1800.0"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert codes(approved) == ["RNG-GOV-009", "RNG-GOV-009"]
    assert not published(approved)
    path.unlink()
    assert codes(approved) == ["RNG-GOV-008", "RNG-GOV-008"]


def test_a_hearing_must_stay_on_record_but_a_fault_in_its_file_takes_no_number_away(approved: Path) -> None:
    path = approved / "hearings/2026-11-engagement.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text("hearing: [", encoding="utf-8")
    assert published(approved)
    path.unlink()
    assert codes(approved) == ["RNG-GOV-013", "RNG-GOV-013"]
    path.write_text(text, encoding="utf-8")
    edit(approved, "hearings/2026-11-engagement.yaml", lambda document: document["attendees"].pop())
    assert codes(approved) == ["RNG-GOV-013", "RNG-GOV-013"]
