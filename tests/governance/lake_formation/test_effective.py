"""What an identity may read: every way, with what gives it, and the cells that the ways show together."""

from __future__ import annotations

from typing import Any

import pytest

from governance.lake_formation.reads.effective import How, Index, Path, cells, paths, role_of
from governance.lake_formation.reads.registered import Places, arn_of
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Other, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    Attachment,
    CataloguedTable,
    CellsFilter,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)
from tests.support.access_account import ACCOUNT, DEFINER, JOB

ANN, BOB = f"arn:aws:iam::{ACCOUNT}:role/ann", f"arn:aws:iam::{ACCOUNT}:role/bob"
COPY = CataloguedTable("saved_jp", "v", ("a", "b", "c"), ("string",) * 3, location="s3://lake/warehouse/saved_jp.db/v", created_by=JOB)
VIEW = CataloguedTable("views_jp", "v", ("a", "b", "c"), ("string",) * 3, is_view=True, definer=DEFINER, base_tables=(("saved_jp", "v"),))
PLACE = Registration("arn:aws:s3:::lake/warehouse", JOB)
HYBRID = frozenset({Registration(PLACE.arn, JOB, hybrid=True)})
ON_COPY, ON_VIEW = Table("saved_jp", "v"), Table("views_jp", "v")
ALL = frozenset("abc")


def state(*permissions: Permission, **more: Any) -> AccountState:
    tables = {(each.database, each.name): each for each in (COPY, VIEW)}
    more = {name: frozenset(each) if isinstance(each, list) else each for name, each in more.items()}
    return AccountState(permissions=frozenset(permissions), **{"registrations": frozenset({PLACE}), "tables": tables, **more})


def ways(found: AccountState, *identities: str, on: Table = ON_COPY) -> tuple[Path, ...]:
    return paths(found, frozenset(identities or (ANN,)), on.database, on.name)


def shown(found: AccountState, *identities: str, on: Table = ON_COPY) -> dict[str, set[str | None]]:
    together: dict[str, set[str | None]] = {}
    for column, rows in cells(ways(found, *identities, on=on)):
        together.setdefault(column, set()).add(rows)
    return together


def every(*rows: str | None) -> dict[str, set[str | None]]:
    """Each column of the tables on these rows."""
    return {column: set(rows) for column in "abc"}


def select(on: Any, principal: str = ANN, action: str = "SELECT", **more: Any) -> Permission:
    return Permission(principal, on, action, **more)


def test_without_anything_nothing_is_visible() -> None:
    assert ways(state()) == ()


def test_a_table_that_is_not_there_shows_nothing() -> None:
    assert ways(state(select(Table("views_jp", "w"))), on=Table("views_jp", "w")) == ()


@pytest.mark.parametrize("action", ["SELECT", "ALL"])
def test_a_grant_on_the_table_shows_all_of_it(action: str) -> None:
    held = select(ON_VIEW, action=action)
    assert ways(state(held), on=ON_VIEW) == (Path(ALL, None, How.GRANT, (held,)),)


@pytest.mark.parametrize("action", ["DESCRIBE", "INSERT", "DELETE", "ALTER", "DROP"])
def test_other_permissions_let_nobody_read(action: str) -> None:
    assert ways(state(select(ON_VIEW, action=action)), on=ON_VIEW) == ()


def test_columns_are_those_named_or_all_but_those_left_out_in_any_case() -> None:
    assert set(shown(state(select(Columns("saved_jp", "v", ("A", "zzz")))))) == {"a"}
    assert set(shown(state(select(Columns("saved_jp", "v", (), ("B",)))))) == {"a", "c"}


def test_a_wildcard_reaches_every_table_of_its_database_and_no_other() -> None:
    held = select(Table("saved_jp", EVERY_TABLE))
    assert ways(state(held)) == (Path(ALL, None, How.WILDCARD, (held,)),)
    assert ways(state(held), on=ON_VIEW) == ()


def test_a_permission_on_the_database_alone_shows_no_row() -> None:
    assert ways(state(select(Database("saved_jp"), action="ALL"))) == ()


@pytest.mark.parametrize("on", [Catalog(), Other('{"AnyResource":{"ResourceType":"TABLE"}}')])
def test_a_permission_on_everything_is_inherited(on: Any) -> None:
    held = select(on)
    assert ways(state(held)) == (Path(ALL, None, How.INHERITED, (held,)),)


def test_a_filter_shows_its_columns_on_its_rows() -> None:
    shows, held = CellsFilter("saved_jp", "v", "f", ("a", "b"), (), "a = 'x'"), select(Filter("saved_jp", "v", "f"))
    assert ways(state(held, filters=[shows])) == (Path(frozenset("ab"), "a = 'x'", How.GRANT, (held, shows)),)
    assert ways(state(held)) == ()


def test_ways_add_up_and_all_rows_beat_some() -> None:
    some, held = CellsFilter("saved_jp", "v", "f", ("a", "b"), (), "a = 'x'"), select(Filter("saved_jp", "v", "f"))
    found = state(held, select(Columns("saved_jp", "v", ("b",))), filters=[some])
    assert shown(found) == {"a": {"a = 'x'"}, "b": {None}}


def test_a_group_gives_to_its_members() -> None:
    group = f"arn:aws:iam::{ACCOUNT}:saml-provider/acme:group/analysts"
    held = state(select(ON_COPY, group))
    assert shown(held, ANN, group) == every(None)
    assert shown(held, ANN) == {}


# Tags

LEVEL = Tag("level", ("open", "secret"))


def tagged(on: Any, value: str, key: str = "level") -> Tagged:
    return Tagged(on, key, value)


def by_tags(*pairs: tuple[str, tuple[str, ...]], over: str = "TABLE") -> TagPolicy:
    return TagPolicy(over, tuple(sorted(pairs)))


def test_a_tag_is_inherited_and_the_nearest_one_counts() -> None:
    held = select(by_tags(("level", ("open",))))
    on_database, on_column = tagged(Database("saved_jp"), "open"), tagged(Columns("saved_jp", "v", ("b",)), "secret")
    assert set(shown(state(held, tags=[LEVEL], tagged=[on_database]))) == set("abc")
    assert set(shown(state(held, tags=[LEVEL], tagged=[on_database, on_column]))) == set("ac")
    assert set(shown(state(held, tags=[LEVEL], tagged=[on_database, tagged(ON_COPY, "secret")]))) == set()
    (way,) = ways(state(held, tags=[LEVEL], tagged=[on_database, on_column]))
    assert (way.how, way.witnesses) == (How.TAG, (held, on_database))


def test_keys_of_one_expression_must_all_match_and_several_grants_add_up() -> None:
    tags, held = [LEVEL, Tag("team", ("x", "y"))], [tagged(Database("saved_jp"), "open")]
    both = select(by_tags(("level", ("open", "secret")), ("team", ("x",))))
    assert shown(state(both, tags=tags, tagged=held)) == {}
    assert set(shown(state(both, tags=tags, tagged=[*held, tagged(ON_COPY, "x", "team")]))) == set("abc")
    assert set(shown(state(both, select(by_tags(("level", ("open",)))), tags=tags, tagged=held))) == set("abc")


def test_an_expression_over_databases_shows_no_row_and_a_deleted_tag_none_either() -> None:
    held = [tagged(Database("saved_jp"), "open")]
    assert shown(state(select(by_tags(("level", ("open",)), over="DATABASE")), tags=[LEVEL], tagged=held)) == {}
    assert shown(state(select(by_tags(("level", ("open",)))), tagged=held)) == {}


def test_an_expression_with_a_name_counts_as_what_it_stands_for_or_as_everything_where_nobody_knows() -> None:
    held = select(Other('{"LFTagPolicy":{"ExpressionName":"mine","ResourceType":"TABLE"}}'))
    known = {"mine": (("level", ("open",)),)}
    assert shown(state(held, expressions=known, tags=[LEVEL])) == {}
    assert set(shown(state(held, expressions=known, tags=[LEVEL], tagged=[tagged(ON_COPY, "open")]))) == set("abc")
    assert set(shown(state(held))) == set("abc")


# Row policies

OPEN, MINE = RowPolicy("open", "a = 'o'", (("a", "string"),)), RowPolicy("mine", "b = 'm'", (("b", "string"),))


def attached(policy: str, principal: str | None = ANN, **more: Any) -> Attachment:
    return Attachment(policy, "saved_jp", "v", principal, **more)


def test_the_first_row_policy_narrows_and_each_further_one_widens() -> None:
    held, rules = select(ON_COPY), [OPEN, MINE]
    assert shown(state(held, row_policies=rules, attachments=[attached("open")])) == every("a = 'o'")
    both = [attached("open"), attached("mine")]
    assert shown(state(held, row_policies=rules, attachments=both)) == every("a = 'o'", "b = 'm'")


def test_a_row_policy_gives_nothing_by_itself_and_does_not_concern_others() -> None:
    assert ways(state(row_policies=[OPEN], attachments=[attached("open")])) == ()
    other = state(select(ON_COPY, BOB), row_policies=[OPEN], attachments=[attached("open")])
    assert shown(other, BOB) == every(None)


@pytest.mark.parametrize("more", [{"principal": None}, {"principal": BOB, "default": True}])
def test_a_default_policy_is_for_everyone(more: dict[str, Any]) -> None:
    found = state(select(ON_COPY), row_policies=[OPEN], attachments=[attached("open", **more)])
    assert shown(found) == every("a = 'o'")


def test_a_policy_under_a_condition_never_narrows_by_itself() -> None:
    conditional = attached("mine", condition="context.x")
    assert shown(state(select(ON_COPY), row_policies=[MINE], attachments=[conditional])) == every(None)
    found = state(select(ON_COPY), row_policies=[OPEN, MINE], attachments=[attached("open"), conditional])
    assert shown(found) == every("a = 'o'", "b = 'm'")


def test_a_policy_whose_column_the_table_lacks_shows_no_row() -> None:
    lacking = RowPolicy("lacking", "z = 1", (("z", "int"),))
    assert shown(state(select(ON_COPY), row_policies=[lacking], attachments=[attached("lacking")])) == {}


def test_a_policy_put_on_tags_is_for_the_tables_that_carry_them() -> None:
    by_tag = Attachment("open", "", "", ANN, on=by_tags(("level", ("open",))))
    found = {"row_policies": [OPEN], "attachments": [by_tag], "tags": [LEVEL]}
    assert shown(state(select(ON_COPY), **found)) == every(None)
    assert shown(state(select(ON_COPY), tagged=[tagged(ON_COPY, "open")], **found)) == every("a = 'o'")


# What nobody gave


def test_who_made_a_table_reads_it_also_from_a_session() -> None:
    (way,) = ways(state(), f"arn:aws:sts::{ACCOUNT}:assumed-role/ringi-run/job-17")
    assert (way.how, way.columns) == (How.CREATOR, ALL)


def test_a_definer_reads_its_view() -> None:
    (way,) = ways(state(), DEFINER, on=ON_VIEW)
    assert way.how is How.DEFINER


def test_an_administrator_reads_nothing_yet_but_may_give_it_to_itself() -> None:
    found = state(settings=Settings((ANN,)))
    (way,) = ways(found)
    assert (way.how, way.witnesses) == (How.ADMINISTRATOR, (Settings((ANN,)),))
    assert cells((way,)) == frozenset()


@pytest.mark.parametrize("group", [IAM_ALLOWED, f"{ACCOUNT}:IAMPrincipals"])
def test_what_a_group_of_everyone_has_is_left_to_iam(group: str) -> None:
    held = select(ON_VIEW, group, "ALL")
    (way,) = ways(state(held), on=ON_VIEW)
    assert (way.how, way.columns, way.witnesses) == (How.IAM, ALL, (held,))


def test_a_place_that_is_not_registered_is_left_to_iam() -> None:
    (way,) = ways(state(registrations=frozenset()))
    assert (way.how, way.why) == (How.IAM, "its place in S3 is not registered with Lake Formation")


def test_a_view_is_left_to_iam_where_what_it_reads_is() -> None:
    (way,) = ways(state(registrations=frozenset()), on=ON_VIEW)
    assert (way.how, way.why) == (How.IAM, "what it reads is not registered with Lake Formation")
    assert [each.how for each in ways(state(registrations=HYBRID), on=ON_VIEW)] == [How.IAM]
    assert ways(state(registrations=HYBRID, opt_ins=[OptIn(ANN, ON_VIEW)]), on=ON_VIEW) == ()


@pytest.mark.parametrize("on", [ON_COPY, Table("saved_jp", EVERY_TABLE)])
def test_in_hybrid_mode_only_those_who_opted_in_are_under_lake_formation(on: Table) -> None:
    found = state(registrations=HYBRID, opt_ins=[OptIn(ANN, on)])
    assert ways(found, ANN) == ()
    (way,) = ways(found, BOB)
    assert (way.how, way.witnesses) == (How.IAM, tuple(HYBRID))


@pytest.mark.parametrize("opt_in", [OptIn(ANN, Database("saved_jp")), OptIn(ANN, ON_VIEW), OptIn(ANN, ON_COPY, "context.x")])
def test_an_opt_in_to_something_else_or_under_a_condition_is_not_counted_on(opt_in: OptIn) -> None:
    assert shown(state(registrations=HYBRID, opt_ins=[opt_in])) == every(None)


def test_the_nearest_registered_place_counts() -> None:
    near = Registration("arn:aws:s3:::lake/warehouse/saved_jp.db", JOB, hybrid=True)
    places = Places([PLACE, near])
    assert places.of("s3://lake/warehouse/saved_jp.db/v") == near
    assert places.of("s3://lake/warehouse/saved_jp.dbx/v") == PLACE
    assert places.of("s3://lake/warehous") is None
    assert arn_of("s3://lake/warehouse/") == PLACE.arn


def test_a_role_is_the_same_with_and_without_its_path_in_a_session() -> None:
    assert role_of(f"arn:aws:iam::{ACCOUNT}:role/teams/jp/ann") == role_of(f"arn:aws:sts::{ACCOUNT}:assumed-role/ann/x") == ANN
    assert role_of("123456789012") == "123456789012"


def test_an_index_is_asked_many_times() -> None:
    index = Index(state(select(ON_COPY)))
    assert index.paths(frozenset({ANN}), "saved_jp", "v") == index.paths(frozenset({ANN}), "saved_jp", "v") != ()
    assert index.paths(frozenset({BOB}), "saved_jp", "v") == ()
