"""An old approval on a reverted meaning: it counts as long as nothing relevant was certified since, and else says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from governance.gate.status import as_rows
from metrics_catalog.lifecycle import KeyState
from tests.support.catalogs import COUNTRIES, edit, metric_file
from tests.support.keys import BUSINESS, TECH, after, gate, keyed_project, states, talked, turn, turn_both

HOURS = metric_file("viewing_hours")
NOON = after(180)
FIRST, SECOND = "seconds_viewed / 3600.0", "seconds_viewed / 1800.0"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose `viewing_hours` has both keys."""
    turn_both(keyed_project(tmp_path), "viewing_hours", 0)
    return tmp_path


def set_expression(root: Path, expression: str) -> None:
    edit(root, HOURS, lambda document: document["how"].update(expression=expression))


def certify_the_second(root: Path) -> None:
    set_expression(root, SECOND)
    talked(root, after(9), "how")
    turn_both(root, "viewing_hours", 10)


def published(root: Path) -> str | None:
    meaning = gate(root, NOON).published.get("viewing_hours")
    return meaning.logic.expression if meaning else None


def row(root: Path) -> dict[str, str]:
    return next(row for row in as_rows(gate(root, NOON)) if row["metric"] == "viewing_hours")


def test_an_old_key_counts_on_a_reverted_meaning_when_nothing_was_certified_between(root: Path) -> None:
    set_expression(root, SECOND)
    talked(root, after(9), "how")
    turn(root, "viewing_hours", TECH, "aiko", after(10))
    set_expression(root, FIRST)
    assert states(root, "viewing_hours", NOON) == ("valid", "valid")
    assert "void" not in row(root)["tech key"]


def test_an_old_key_does_not_come_back_once_another_meaning_was_certified_and_the_status_says_so(root: Path) -> None:
    certify_the_second(root)
    set_expression(root, FIRST)
    status = gate(root, NOON).metrics["viewing_hours"]
    assert {key.state for key in status.keys.values()} == {KeyState.VOID}
    assert {key.replaced_at for key in status.keys.values()} == {after(11)}
    assert (
        row(root)["tech key"]
        == "void (aiko 2025-06-02): how.expression; back to a meaning that was replaced on 2025-06-02: turn the key again"
    )
    assert published(root) == SECOND


@pytest.mark.parametrize("name", ["tech-aiko-again.yaml", "0.yaml", "zzz.yaml"])
def test_a_copy_of_an_old_approval_is_no_new_key(root: Path, name: str) -> None:
    kept = {path.name: path.read_bytes() for path in (root / "approvals/viewing_hours").glob("*.yaml")}
    certify_the_second(root)
    set_expression(root, FIRST)
    for number, raw in enumerate(kept.values()):
        (root / f"approvals/viewing_hours/{number}-{name}").write_bytes(raw)
    assert states(root, "viewing_hours", NOON) == ("void", "void")
    assert published(root) == SECOND


def test_an_old_approval_that_was_deleted_and_restored_is_no_new_key(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    away = tmp_path_factory.mktemp("away")
    for path in list((root / "approvals/viewing_hours").glob("*.yaml")):
        shutil.move(path, away / path.name)
    assert published(root) is None
    turn_both(root, "viewing_hours", 5)
    certify_the_second(root)
    for path in away.iterdir():
        shutil.copy(path, root / f"approvals/viewing_hours/restored-{path.name}")
    set_expression(root, FIRST)
    assert published(root) == SECOND
    assert states(root, "viewing_hours", NOON) == ("void", "void")


def test_going_back_needs_both_keys_again_and_then_holds(root: Path) -> None:
    certify_the_second(root)
    set_expression(root, FIRST)
    talked(root, after(19), "how")
    turn(root, "viewing_hours", TECH, "aiko", after(20))
    assert published(root) == SECOND
    turn(root, "viewing_hours", BUSINESS, "bernd", after(21))
    assert published(root) == FIRST
    assert [each.meaning.logic.expression for each in gate(root, NOON).metrics["viewing_hours"].standing.certificates] == [
        FIRST,
        SECOND,
        FIRST,
    ]


def test_words_that_came_and_went_void_the_business_key_alone(root: Path) -> None:
    """Nothing relevant to Tech changed, so the Tech key of the first day counts all along."""

    def describe(words: str) -> None:
        edit(root, HOURS, lambda document: document["what"]["description"].update(en=words))

    before = gate(root, NOON).published["viewing_hours"].business["what.description.en"]
    describe("Trailers do not count.")
    talked(root, after(9), "what")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(10))
    describe(str(before))
    status = gate(root, NOON).metrics["viewing_hours"]
    assert states(root, "viewing_hours", NOON) == ("valid", "void")
    assert status.keys[BUSINESS].replaced_at == after(10)
    talked(root, after(19), "what")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(20))
    assert states(root, "viewing_hours", NOON) == ("valid", "valid")


def test_what_is_not_relevant_may_change_without_voiding_an_old_key(root: Path) -> None:
    edit(root, HOURS, lambda document: document["what"].update(aliases={"en": ["time watched"]}))
    edit(root, "countries.yaml", lambda document: document["countries"].update(SE={**COUNTRIES["DE"], "team": "team_se"}))
    edit(root, "sources/viewing_events.yaml", lambda document: document["columns"].pop("player_version"))
    assert states(root, "viewing_hours", NOON) == ("valid", "valid")
    assert published(root) == FIRST


def test_a_backdated_approval_does_not_undo_a_newer_certificate(root: Path) -> None:
    """Two people sign the first meaning again and write an earlier time: the newer certificate stays the newest."""
    set_expression(root, SECOND)
    talked(root, after(9), "how")
    turn_both(root, "viewing_hours", 60)
    set_expression(root, FIRST)
    talked(root, after(20), "how")
    turn(root, "viewing_hours", TECH, "chie", after(30))
    turn(root, "viewing_hours", BUSINESS, "bernd", after(31))
    assert published(root) == SECOND
