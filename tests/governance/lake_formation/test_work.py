"""Each role of the lake does its own work and no other: what it holds, what it can read by that, and what the guide says of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.lake_formation.compiling.wanted import Wanted
from governance.lake_formation.compiling.work import EVERY_WORK, RIGHTS, JobRole, Work
from governance.lake_formation.planning.apply import planned_calls
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.reads.effective import Index
from governance.lake_formation.resource import EVERY_TABLE, Database, Table
from governance.lake_formation.state import AccountState, CataloguedTable, Permission
from tests.support.access_account import ACCOUNT, TARGET, WAREHOUSE, account, identity
from tests.support.compiled_policy import DECLARED, compiled, policy
from tests.support.job_roles import COPIES, OWN, READS
from tests.support.little_lake_formation import LittleLakeFormation

GUIDE = (Path(__file__).parents[3] / "docs" / "aws.md").read_text(encoding="utf-8")
works = st.sets(st.sampled_from(sorted(Work)), min_size=1).map(frozenset)


def held() -> AccountState:
    """An account with a table in every database of the lake; who made them is none of the roles asked about."""
    there = account(DECLARED)
    own = {(name, "t"): CataloguedTable(name, "t", ("a",), ("string",), location=f"{WAREHOUSE}/{name}/t") for name in OWN}
    return replace(there, tables={**there.tables, **own})


def wanted(*roles: JobRole, there: AccountState | None = None) -> Wanted:
    return compiled(policy(), replace(TARGET, job_roles=roles), there or held())


def read_by(state: AccountState, role: str) -> set[str]:
    """Databases of which a role can read any table at all."""
    index = Index(state)
    return {database for database, table in state.tables if index.paths(frozenset({role}), database, table)}


def verbs(state: AccountState, role: str, on: Database | Table) -> set[str]:
    found = {each.action for each in state.permissions if (each.principal, each.resource) == (role, on)}
    if "ALL" not in found:
        return found
    return (
        {"ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT", "SELECT"}
        if isinstance(on, Table)
        else {"ALTER", "CREATE_TABLE", "DESCRIBE", "DROP"}
    )


@pytest.mark.parametrize("work", Work)
def test_a_role_reads_the_databases_of_its_work_and_no_other(work: Work) -> None:
    role = identity(f"ringi-{work}")
    assert read_by(wanted(JobRole(role, frozenset({work}))).state, role) == READS[work]


@pytest.mark.parametrize("work", sorted(EVERY_WORK - {Work.RUN, Work.ERASE}))
def test_only_runs_and_erasures_read_a_saved_copy(work: Work) -> None:
    role = identity(f"ringi-{work}")
    assert read_by(wanted(JobRole(role, frozenset({work}))).state, role).isdisjoint(COPIES)


@settings(max_examples=20, deadline=None)
@given(works, works)
def test_a_role_of_several_kinds_of_work_reads_what_each_of_them_reads_and_gives_nothing_to_another(
    first: frozenset[Work], second: frozenset[Work]
) -> None:
    one, other = identity("one"), identity("other")
    state = wanted(JobRole(one, first), JobRole(other, second)).state
    assert read_by(state, one) == set().union(*(READS[work] for work in first))
    assert read_by(state, other) == set().union(*(READS[work] for work in second))


def test_only_who_makes_tables_may_and_only_runs_drop_any() -> None:
    roles = {work: JobRole(identity(f"ringi-{work}"), frozenset({work})) for work in Work}
    state = wanted(*roles.values()).state
    makers, droppers = set(), set()
    for work, role in roles.items():
        for database in state.databases:
            if "CREATE_TABLE" in verbs(state, role.identity, Database(database)):
                makers.add((work, database.partition("_")[0]))
            if "DROP" in verbs(state, role.identity, Table(database, EVERY_TABLE)):
                droppers.add((work, database.partition("_")[0]))
    assert droppers == {(Work.RUN, name) for name in ("gold", "saved", "views")}
    landing = {(Work.LAND, name) for name in ("bronze", "quarantine", "ledger")}
    assert makers == {*droppers, *landing, *((work, "ledger") for work in Work)}


def test_what_older_plans_gave_is_taken_back_and_what_the_maker_of_a_table_holds_stays() -> None:
    land, run = identity("ringi-land"), identity("ringi-run")
    there = held()
    everything = frozenset(
        Permission(role, on, "ALL") for role in (land, run) for name in there.databases for on in (Database(name), Table(name, EVERY_TABLE))
    )
    made = {Permission(land, Table("bronze", "t"), "ALL", grantable=True), Permission(run, Table("saved_jp", "v"), "ALL", grantable=True)}
    by_hand = Permission(land, Table("saved_jp", "v"), "SELECT")
    before = replace(there, permissions=everything | made | {by_hand})
    assert read_by(before, land) >= {*COPIES}
    aim = wanted(JobRole(land, frozenset({Work.LAND})), JobRole(run, frozenset({Work.RUN})), there=before)
    lake = LittleLakeFormation(before)
    for _, calls in planned_calls(plan(before, aim, Setting(ACCOUNT))):
        for call in calls:
            assert not lake.do(call).failures
    assert read_by(lake.state, land) == READS[Work.LAND]
    assert read_by(lake.state, run) == READS[Work.RUN]
    assert lake.state.permissions >= made
    assert by_hand not in lake.state.permissions


def test_the_guide_says_of_each_work_what_it_may() -> None:
    section = GUIDE.partition("### In Lake Formation")[2].partition("\n#")[0]
    told = {
        (row[0], database): (set(row[2].split(", ")), set(row[3].split(", ")))
        for row in re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
        for database in re.findall(r"`([\w*]+)`", row[1])
    }
    held = {
        (str(work), database): (set(right.on_database), set(right.on_tables))
        for work, rights in RIGHTS.items()
        for right in rights
        for database in right.databases
    }
    assert told == held
