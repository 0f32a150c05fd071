"""Laws of access plans, on generated states: no moment of an apply shows what neither end shows, and the end is what was wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.lake_formation.elements import changed, elements
from governance.lake_formation.planning.apply import planned_calls
from governance.lake_formation.planning.plan import Effect, Plan
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.planning.shown import beyond
from governance.lake_formation.resource import Table
from governance.lake_formation.state import IAM_ALLOWED, AccountState, Permission, Settings
from governance.policy.policy import Policy
from tests.properties.test_lake_formation_cells import PRINCIPALS, compiled, policies
from tests.support.access_account import account, identity
from tests.support.access_moments import ACCOUNT, no_wider, one_by_one, planned, seen
from tests.support.access_states import pairs
from tests.support.filter_cases import DECLARED
from tests.support.little_lake_formation import LittleLakeFormation

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TARGETS: tuple[Mapping[str, Any], ...] = ({}, {"row_policies": True}, {"hybrid": True}, {"tags": False})
many = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@many
@given(pairs())
def test_no_prefix_of_the_calls_shows_what_neither_end_shows(ends: tuple[AccountState, AccountState]) -> None:
    before, after = ends
    account, then, aim = LittleLakeFormation(before), seen(before), seen(after)
    for _, calls in planned_calls(planned(before, after)):
        for call in calls:
            for part in one_by_one(call):
                assert not account.do(part).failures
                no_wider(account.state, then, aim)
    assert set(elements(account.state)) == set(elements(after))


@many
@given(pairs(), st.randoms(use_true_random=False))
def test_within_a_stage_any_entries_may_fail_and_nothing_more_is_shown(ends: tuple[AccountState, AccountState], random: object) -> None:
    before, after = ends
    account, then, aim = LittleLakeFormation(before), seen(before), seen(after)
    for _, calls in planned_calls(planned(before, after)):
        parts = [part for call in calls for part in one_by_one(call)]
        done = [part for part in parts if random.random() < 0.7]  # type: ignore[attr-defined]
        for part in done:
            account.do(part)
            no_wider(account.state, then, aim)
        if len(done) < len(parts):
            return


@many
@given(pairs())
def test_what_is_newly_visible_is_marked_and_what_is_not_is_not(ends: tuple[AccountState, AccountState]) -> None:
    before, after = ends
    then, now = seen(before), seen(after)
    found = planned(before, after)
    shown = any(beyond(now[key], then[key]) for key in now)
    hidden = any(beyond(then[key], now[key]) for key in now)
    assert found.widens or not shown
    assert found.count(Effect.NARROWS) or found.widens or not hidden


@many
@given(pairs())
def test_a_plan_that_was_applied_leaves_nothing_to_plan(ends: tuple[AccountState, AccountState]) -> None:
    before, after = ends
    account = LittleLakeFormation(before)
    for _, calls in planned_calls(planned(before, after)):
        for call in calls:
            account.do(call)
    assert planned(account.state, after).is_empty


@few
@given(policies, policies, st.sampled_from(TARGETS), st.sampled_from(TARGETS))
def test_the_way_from_policy_to_policy_shows_nothing_that_neither_gives(
    first: Policy, second: Policy, one: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    """From an account that IAM alone decides about to one policy, and on to another, each step of the way looked at."""
    held = left_to_iam(account(DECLARED, features=["row-policies"]))
    lake = LittleLakeFormation(held)
    for policy, target in ((first, one), (second, other)):
        before, wanted = lake.state, compiled(policy, lake.state, **target)
        found = plan(before, wanted, Setting(ACCOUNT))
        people = {identity(name) for name in PRINCIPALS} | {"arn:aws:iam::123456789012:role/stranger"}
        tables = tuple(before.tables)
        then, aim = seen(before, people, tables), seen(plan_done(before, found), people, tables)
        for _, calls in planned_calls(found):
            for call in calls:
                assert not lake.do(call).failures
                no_wider(lake.state, then, aim, people, tables)
        assert plan(lake.state, compiled(policy, lake.state, **target), Setting(ACCOUNT)).is_empty


def plan_done(before: AccountState, found: Plan) -> AccountState:
    """The state that a plan promises."""
    gone = [step.before for step in found.steps if step.before is not None]
    return changed(before, gone, [step.after for step in found.steps if step.after is not None])


def left_to_iam(state: AccountState) -> AccountState:
    """Every table open to whomever IAM lets in, as an account is before Lake Formation is used."""
    everybody = frozenset(Permission(IAM_ALLOWED, Table(*at), "ALL") for at in state.tables)
    opened = Settings(database_defaults=(f"{IAM_ALLOWED}:ALL",), table_defaults=(f"{IAM_ALLOWED}:ALL",))
    return replace(state, permissions=state.permissions | everybody, settings=opened)
