"""The two keys over an access plan: who may turn them, for which plan they count, and that nothing can be replayed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from governance.errors import GovernanceError
from governance.keys.ssh import new_key
from governance.lake_formation.planning.key_files import FOLDER
from governance.lake_formation.planning.keys import approve, require, turned
from governance.lake_formation.planning.plan import Effect, Plan, Step
from governance.lake_formation.planning.plan_approval import NAMESPACE, PlanApproval
from governance.lake_formation.planning.plan_file import digest
from governance.lake_formation.resource import Table
from governance.lake_formation.state import Permission
from metrics_catalog import approval as of_metric
from metrics_catalog.catalog import load
from metrics_catalog.person import Person, Side
from tests.support.keys import keyed_project, signer

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
TECH, BUSINESS = Side.TECH, Side.BUSINESS


def widening(table: str = "title_daily", account: str = "123456789012") -> Plan:
    grant = Permission(f"arn:aws:iam::{account}:role/analyst_jp", Table("views_jp", table), "SELECT")
    return Plan((Step(None, grant, Effect.WIDENS, "JP"),), account=account, at=NOW, made_at=NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return keyed_project(tmp_path)


@pytest.fixture
def people(root: Path) -> dict[str, Person]:
    return dict(load(root)[0].people)


def turn(root: Path, people: dict[str, Person], side: Side, person: str, plan: Plan | None = None) -> Path | None:
    return approve(root, people, plan or widening(), side, person, signer(person), NOW)[1]


def test_both_keys_let_a_widening_plan_through(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    turn(root, people, BUSINESS, "bernd")
    found = turned(root, people, widening(), NOW)
    require(widening(), found)
    assert {side: key.person for side, key in found.keys.items()} == {TECH: "aiko", BUSINESS: "bernd"}


def test_the_file_stands_in_the_folder_of_the_plan_and_no_metric_is_concerned(root: Path, people: dict[str, Person]) -> None:
    path = turn(root, people, TECH, "aiko")
    assert path == FOLDER / digest(widening()) / "tech-aiko.yaml"
    catalog, findings = load(root)
    assert not any("access/" in finding.place.file for finding in findings)
    assert not any(digest(widening()) in str(approval) for approval in catalog.approvals)


def test_one_key_is_not_enough(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    with pytest.raises(GovernanceError, match="the business key over it is missing") as error:
        require(widening(), turned(root, people, widening(), NOW))
    assert error.value.exit_code == 4


def test_one_person_cannot_turn_both(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "chie")
    with pytest.raises(GovernanceError, match="needs another person"):
        turn(root, people, BUSINESS, "chie")


def test_two_people_with_one_key_are_one_hand(root: Path, people: dict[str, Person]) -> None:
    shared = {**people, "bernd": people["bernd"].model_copy(update={"keys": people["aiko"].keys})}
    approve(root, shared, widening(), TECH, "aiko", signer("aiko"), NOW)
    with pytest.raises(GovernanceError, match="same SSH key as `aiko`"):
        approve(root, shared, widening(), BUSINESS, "bernd", signer("aiko"), NOW)


@pytest.mark.parametrize(
    ("side", "person", "why"),
    [
        (BUSINESS, "aiko", "may not turn the business key"),
        (TECH, "dora", "sides held: none"),
        (TECH, "nobody", "There is no person `nobody`"),
        (TECH, "../Nobody", "There is no person `../Nobody`"),
    ],
)
def test_who_does_not_hold_the_side_is_refused(root: Path, people: dict[str, Person], side: Side, person: str, why: str) -> None:
    with pytest.raises(GovernanceError, match=why):
        turn(root, people, side, person)


def test_a_key_that_is_not_registered_is_refused(root: Path, people: dict[str, Person]) -> None:
    with pytest.raises(GovernanceError, match="is not registered for `aiko`"):
        approve(root, people, widening(), TECH, "aiko", new_key(), NOW)


def test_a_key_that_was_turned_is_not_turned_again(root: Path, people: dict[str, Person]) -> None:
    assert turn(root, people, TECH, "aiko") is not None
    assert turn(root, people, TECH, "aiko") is None


def test_a_key_counts_for_its_plan_alone(root: Path, people: dict[str, Person]) -> None:
    path = turn(root, people, TECH, "aiko")
    assert path is not None
    other = widening("other")
    assert turned(root, people, other, NOW).missing == (TECH, BUSINESS)
    moved = root / FOLDER / digest(other) / path.name
    moved.parent.mkdir(parents=True)
    moved.write_bytes((root / path).read_bytes())
    found = turned(root, people, other, NOW)
    assert found.missing == (TECH, BUSINESS)
    assert [refusal.code for refusal in found.refusals.values()] == ["RNG-GOV-100"]
    moved.write_text((root / path).read_text().replace(digest(widening()), digest(other)))
    assert [refusal.code for refusal in turned(root, people, other, NOW).refusals.values()] == ["RNG-GOV-001"]


def test_a_plan_for_another_account_needs_keys_of_its_own(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    assert turned(root, people, widening(account="210987654321"), NOW).missing == (TECH, BUSINESS)


def test_a_signature_for_a_metric_never_counts_for_a_plan(root: Path, people: dict[str, Person]) -> None:
    unsigned = PlanApproval(plan=digest(widening()), account="123456789012", side=TECH, person="aiko", approved_at=NOW, signature="x")
    replayed = unsigned.model_copy(update={"signature": signer("aiko").sign(unsigned.signed_text(), of_metric.NAMESPACE)})
    path = root / FOLDER / digest(widening()) / "tech-aiko.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(replayed.text())
    found = turned(root, people, widening(), NOW)
    assert TECH in found.missing
    (refusal,) = found.refusals.values()
    assert of_metric.NAMESPACE in refusal.message
    assert NAMESPACE != of_metric.NAMESPACE


def test_a_damaged_file_takes_no_other_key_away(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    turn(root, people, BUSINESS, "bernd")
    (root / FOLDER / digest(widening()) / "aaa.yaml").write_text("plan: [")
    found = turned(root, people, widening(), NOW)
    assert not found.missing
    assert list(found.refusals) == [f"{FOLDER.as_posix()}/{digest(widening())}/aaa.yaml"]


def test_a_key_of_the_future_does_not_count(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    assert TECH in turned(root, people, widening(), NOW - dt.timedelta(hours=1)).missing


def test_a_revoked_key_does_not_count(root: Path, people: dict[str, Person]) -> None:
    turn(root, people, TECH, "aiko")
    key = people["aiko"].keys[0].model_copy(update={"revoked_at": NOW - dt.timedelta(days=1)})
    revoked = {**people, "aiko": people["aiko"].model_copy(update={"keys": (key,)})}
    assert TECH in turned(root, revoked, widening(), NOW).missing


def test_a_plan_that_narrows_needs_no_key(root: Path, people: dict[str, Person]) -> None:
    grant = Permission("arn:aws:iam::123456789012:role/x", Table("views_jp", "title_daily"), "SELECT")
    narrowing = Plan((Step(grant, None, Effect.NARROWS, "JP"),), account="123456789012")
    require(narrowing, turned(root, people, narrowing, NOW))
