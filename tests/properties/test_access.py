"""Laws of access: DuckDB gives exactly the cells that the evaluator gives, and a further grant never hides anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.access.evaluator import decide, reads, visible
from governance.compilers.duckdb import permitted
from governance.policy.masks import RANKS, Mask
from governance.policy.policy import Policy
from tests.support.access_cases import (
    DUCKDB_TYPES,
    PRINCIPALS,
    RELATION,
    SALT,
    TYPES,
    expected,
    grants,
    names,
    policies,
    policy_of,
    rows,
    shown,
    tables,
    values,
)
from tests.support.policies import NOW, grant

if TYPE_CHECKING:
    from governance.policy.grant import Grant

CONNECTION = duckdb.connect(":memory:")
CONNECTION.execute("SET TimeZone = 'UTC'")


def stored(table: list[dict[str, Any]]) -> str:
    """The table in DuckDB."""
    columns = ", ".join(f'"{name}" {DUCKDB_TYPES[kind]}' for name, kind in TYPES.items())
    CONNECTION.execute(f"CREATE OR REPLACE TABLE t ({columns})")
    if table:
        places = ", ".join(["(" + ", ".join("?" * len(TYPES)) + ")"] * len(table))
        CONNECTION.execute(f"INSERT INTO t VALUES {places}", [row[name] for row in table for name in TYPES])
    return "t"


def same_cells(policy: Policy, table: list[dict[str, Any]]) -> None:
    source = stored(table)
    for principal in (*PRINCIPALS, "stranger"):
        access, wanted = decide(policy, principal, RELATION, NOW), expected(policy, principal, table)
        assert access or not wanted
        if access:
            found = CONNECTION.execute(permitted(access, source, salt=SALT)).fetchall()
            assert sorted(shown(row) for row in found) == sorted(map(shown, wanted))


@settings(max_examples=80, deadline=None)
@given(policies, tables)
def test_duckdb_gives_the_cells_that_the_evaluator_gives(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(policies, tables)
def test_duckdb_gives_the_cells_that_the_evaluator_gives_thousands_of_times(policy: Policy, table: list[dict[str, Any]]) -> None:
    same_cells(policy, table)


@pytest.mark.parametrize("mask", Mask)
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_duckdb_leaves_of_a_value_what_the_mask_says(mask: Mask, data: st.DataObject) -> None:
    fitting = [name for name, kind in TYPES.items() if mask.fits(kind)]
    table = data.draw(st.lists(st.fixed_dictionaries({name: st.none() | values[name] for name in TYPES}), min_size=1, max_size=4))
    everything = {"to": ("ann",), "views": ("views_jp.v",), "classifications": ("public", "internal", "personal")}
    same_cells(policy_of([grant(**everything, masks=dict.fromkeys(fitting, mask))]), table)


def clearness(policy: Policy, principal: str, row: dict[str, Any], column: str) -> int:
    """How much of one cell is shown: the less, the more; a cell that is not visible comes last."""
    ranks = [
        -1 if column not in held.masks else RANKS[held.masks[column]]
        for held in decide(policy, principal, RELATION, NOW)._showing(row, column)
    ]
    return min(ranks, default=len(RANKS))


@settings(max_examples=80, deadline=None)
@given(policies, grants, rows)
def test_a_further_grant_never_hides_anything(policy: Policy, further: Grant, row: dict[str, Any]) -> None:
    wider = Policy(policy.principals, policy.roles, {**policy.grants, "more": further})
    for principal in PRINCIPALS:
        for name in TYPES:
            assert clearness(wider, principal, row, name) <= clearness(policy, principal, row, name)


@settings(max_examples=60, deadline=None)
@given(policies, rows)
def test_a_principal_nobody_declared_sees_no_cell(policy: Policy, row: dict[str, Any]) -> None:
    assert not any(visible(policy, "stranger", RELATION, row, name, NOW) for name in TYPES)


@settings(max_examples=60, deadline=None)
@given(policies, rows)
def test_whoever_belongs_to_another_country_sees_no_cell(policy: Policy, row: dict[str, Any]) -> None:
    assert not any(visible(policy, "hans", RELATION, row, name, NOW) for name in TYPES)
    assert all(reads(policy, "hans", RELATION, row, name, NOW) is None for name in TYPES)


@settings(max_examples=60, deadline=None)
@given(policies, names)
def test_asking_for_some_columns_gives_no_other(policy: Policy, asked: tuple[str, ...]) -> None:
    for principal in PRINCIPALS:
        access = decide(policy, principal, RELATION, NOW)
        left = [name for name in access.columns if name in asked]
        if left:
            stored([])
            assert [each[0] for each in CONNECTION.execute(permitted(access, "t", asked, salt=SALT)).description or ()] == left
