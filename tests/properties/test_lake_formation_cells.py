"""Laws of the compiler: what an identity may read in an account as the policy wants it, is what the evaluator gives, cell by cell."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access.evaluator import decide
from governance.lake_formation.compiling.compile import desired
from governance.lake_formation.compiling.conditions import Ground, conditions
from governance.lake_formation.compiling.written import NotExpressibleError
from governance.lake_formation.reads.effective import Index, cells
from governance.lake_formation.state import AccountState
from governance.policy.given_columns import given_columns
from governance.policy.grant import Grant
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from governance.policy.relation import Relation, RelationColumn
from metrics_catalog.expression import parse
from metrics_catalog.source import Classification
from tests.support.access_account import TARGET, account, identity
from tests.support.filter_cases import (
    CLASSES,
    DECLARED,
    KINDS,
    TYPES,
    conditions_of_all_kinds,
    numbers_where,
    rows,
    sayable_conditions,
)
from tests.support.policies import NOW

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from governance.lake_formation.compiling.wanted import Wanted

COLUMNS = tuple(RelationColumn(name, kind, CLASSES.get(name, Classification.INTERNAL)) for name, kind in KINDS.items())
PRINCIPALS = ("ann", "bob", "eve")

names = st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4, unique=True).map(tuple)
columns: SearchStrategy[Any] = st.one_of(
    st.just("all"), st.just("all"), names.map(lambda each: {"include": each}), names.map(lambda each: {"exclude": each})
)
classes = st.just(tuple(Classification)) | st.sets(st.sampled_from(list(Classification)), min_size=1).map(lambda each: tuple(sorted(each)))
receivers = st.sampled_from([("ann",), ("ann",), ("both",), ("eve",), ("bob", "eve"), ("both", "eve")])
patterns = st.lists(
    st.sampled_from(["views_jp.v", "views_jp.v", "views_jp.*", "*.v", "views_de.v", "views_jp.w", "*.*"]), min_size=1, max_size=2
).map(tuple)
by_names = st.fixed_dictionaries(
    {
        "to": receivers,
        "views": patterns,
        "columns": columns,
        "rows": st.one_of(st.none(), sayable_conditions, sayable_conditions, conditions_of_all_kinds),
        "classifications": classes,
        "valid_until": st.sampled_from([None, None, None, NOW.date(), NOW.date() + dt.timedelta(1)]),
        "masks": st.sampled_from([{}, {}, {}, {}, {"text": "show-first-4"}]),
    }
)
by_tags = st.fixed_dictionaries({"to": receivers, "views": patterns, "classifications": classes, "through": st.just("tags")})
grants = st.one_of(by_names, by_names, by_names, by_tags).map(lambda fields: Grant.model_validate({**fields, "reason": "x"}))
policies = st.builds(
    lambda given, fence: Policy(
        {name: Principal(country=fence if name == "eve" else None) for name in PRINCIPALS},
        {"both": Role(members=("ann", "bob"))},
        {f"g{number}": each for number, each in enumerate(given)},
    ),
    st.lists(grants, min_size=1, max_size=5),
    st.sampled_from([None, "JP", "DE"]),
)
Cells = frozenset[tuple[int, str]]
GROUND = Ground(KINDS)


def relation(schema: str) -> Relation:
    return Relation(schema, "v", COLUMNS, DECLARED.schemas[schema])


def expressible(grant: Grant) -> bool:
    """Whether a grant on its own can be told: no mask that counts, and a condition that can be said."""
    if not given_columns(grant, {each.name: each.classification for each in COLUMNS}).isdisjoint(grant.masks):
        return False
    try:
        conditions([] if grant.rows is None else [parse(grant.rows)], GROUND)
    except NotExpressibleError:
        return False
    return True


def told(policy: Policy) -> Policy:
    """The policy without the grants that cannot be told to Lake Formation."""
    return Policy(policy.principals, policy.roles, {name: grant for name, grant in policy.grants.items() if expressible(grant)})


def evaluated(policy: Policy, principal: str, schema: str, table: list[dict[str, Any]]) -> Cells:
    access = decide(policy, principal, relation(schema), NOW)
    return frozenset((number, name) for number, row in enumerate(table) for name in TYPES if access.shows(row, name))


def seen(wanted: Wanted, principal: str, place: tuple[str, str], table: list[dict[str, Any]]) -> Cells:
    """The cells of a table that the account shows to a principal's role, row conditions being asked of DuckDB."""
    paths = Index(wanted.state).paths(frozenset({identity(principal)}), *place)
    return frozenset((number, column) for column, condition in cells(paths) for number in numbers_where(condition, table))


def compiled(policy: Policy, held: AccountState | None = None, **changes: Any) -> Wanted:
    target = TARGET if not changes else type(TARGET)(**{**vars(TARGET), **changes})
    return desired(policy, DECLARED, target, held if held is not None else account(DECLARED), NOW)


def same_cells(policy: Policy, table: list[dict[str, Any]], held: AccountState | None = None, **changes: Any) -> None:
    wanted = compiled(policy, held, **changes)
    rest = told(policy)
    for principal in PRINCIPALS:
        for schema in ("views_jp", "views_de"):
            expected = evaluated(rest, principal, schema, table)
            on_view = seen(wanted, principal, (schema, "v"), table)
            on_copy = seen(wanted, principal, (schema.replace("views", "saved"), "v"), table)
            reads = wanted.reads.get((principal, f"{schema}.v"))
            assert on_view | on_copy == expected
            assert expected == (on_copy if reads and reads.startswith("saved_") else on_view)
            assert (reads is not None) or not expected


@settings(max_examples=60, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=4))
def test_an_identity_may_read_the_cells_that_the_evaluator_gives(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@settings(max_examples=60, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=4))
def test_the_same_cells_through_row_policies(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table, account(DECLARED, features=["row-policies"]), row_policies=True)


@settings(max_examples=40, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=3))
def test_the_same_cells_in_hybrid_mode(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table, hybrid=True)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(policies, st.lists(rows, min_size=1, max_size=4))
def test_an_identity_may_read_the_cells_that_the_evaluator_gives_thousands_of_times(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@settings(max_examples=80, deadline=None)
@given(policies)
def test_every_grant_that_cannot_be_told_is_refused_and_no_other(policy: Policy) -> None:
    refused = {name for finding in compiled(policy).refused for name in policy.grants if f"`{name}`" in finding.message}
    reached = {name for name, grant in policy.grants.items() if grant.holds(NOW) and _gives_somebody(policy, name)}
    assert refused == {name for name in reached if not expressible(policy.grants[name])}


def _gives_somebody(policy: Policy, name: str) -> bool:
    """Whether a grant gives some principal a column of some relation."""
    alone = Policy(policy.principals, policy.roles, {name: policy.grants[name]})
    relations = [Relation(schema, view, COLUMNS, code) for schema, code in DECLARED.schemas.items() for view in ("v", "w")]
    return any(decide(alone, principal, each, NOW) for principal in PRINCIPALS for each in relations)
