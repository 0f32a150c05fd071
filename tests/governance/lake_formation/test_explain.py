"""An explanation names every way in which somebody reads, and the fewest revokes that close them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.lake_formation.looking.explain import Explained, explain
from governance.lake_formation.looking.explain_text import as_json, text
from governance.lake_formation.reads.effective import How, cells, paths
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    CataloguedTable,
    CellsFilter,
    Permission,
    Registration,
    Settings,
    Tag,
    Tagged,
)

JP, OTHER, ADMIN, DEFINER = (f"arn:aws:iam::123456789012:role/{name}" for name in ("analyst_jp", "other", "admin", "definer"))
VIEW, COPY = ("views_jp", "title_daily"), ("saved_jp", "title_daily")
COLUMNS = ("viewing_date", "title_id", "plays")
PLACE = Registration("arn:aws:s3:::lake", "arn:aws:iam::123456789012:role/lf")


def account(permissions: Iterable[Permission] = (), **more: object) -> AccountState:
    tables = {
        VIEW: CataloguedTable(*VIEW, COLUMNS, is_view=True, definer=DEFINER, base_tables=(COPY,)),
        COPY: CataloguedTable(*COPY, COLUMNS, location="s3://lake/saved_jp/title_daily"),
    }
    state = AccountState(frozenset(permissions), registrations=frozenset({PLACE}), tables=tables)
    return replace(state, **more)  # type: ignore[arg-type]  # fields by name


def reads(on: object = Table(*VIEW), principal: str = JP) -> Permission:
    return Permission(principal, on, "SELECT")  # type: ignore[arg-type]  # any resource


def asked(state: AccountState, principal: str = JP, column: str | None = None) -> Explained:
    return explain(state, frozenset({principal}), *VIEW, column)


def hows(found: Explained) -> list[How]:
    return [way.path.how for way in found.ways]


def test_who_has_no_grant_does_not_read_and_nothing_is_to_be_revoked() -> None:
    found = asked(account([reads(principal=OTHER)]))
    assert not found.reads
    assert found.cut.revokes == ()
    assert "nothing in the account gives it" in text(found, "analyst_jp")


def test_a_grant_is_one_way_and_its_revoke_closes_it() -> None:
    grant = reads()
    found = asked(account([grant], updated={grant: ("2026-11-21T10:00:00+00:00", "arn:mallory")}))
    assert (hows(found), found.cut.revokes, found.cut.others) == ([How.GRANT], (grant,), ())
    assert found.ways[0].changed_by == "arn:mallory"
    assert "last changed by arn:mallory at 2026-11-21T10:00:00+00:00" in text(found)


def test_a_grant_and_a_wildcard_are_two_ways_and_need_two_revokes() -> None:
    grant, wildcard = reads(), reads(Table("views_jp", EVERY_TABLE))
    found = asked(account([grant, wildcard]))
    assert sorted(hows(found)) == [How.GRANT, How.WILDCARD]
    assert set(found.cut.revokes) == {grant, wildcard}
    assert any("every other table of views_jp" in also for also in found.cut.also)


def test_a_tag_on_the_table_is_a_way_that_is_closed_by_revoking_the_grant_on_the_tag() -> None:
    grant = reads(TagPolicy("TABLE", (("ringi_country", ("jp",)),)))
    tagged = Tagged(Database("views_jp"), "ringi_country", "jp")
    found = asked(account([grant], tags=frozenset({Tag("ringi_country", ("de", "jp"))}), tagged=frozenset({tagged})))
    assert (hows(found), found.cut.revokes) == ([How.TAG], (grant,))
    assert "ringi_country=jp" in text(found)


def test_a_grant_on_the_whole_catalog_is_inherited() -> None:
    assert hows(asked(account([Permission(JP, Catalog(), "SUPER_USER")]))) == [How.INHERITED]


def test_the_definer_and_the_creator_read_by_no_grant_and_no_revoke_closes_that() -> None:
    made = replace(account().tables[VIEW], created_by=DEFINER)
    found = asked(account(tables={VIEW: made}), DEFINER)
    assert sorted(hows(found)) == [How.CREATOR, How.DEFINER]
    assert found.cut.revokes == ()
    told = text(found)
    assert told.count("No revoke closes this") == 2
    assert "ringi run" in told


def test_an_administrator_reads_nothing_yet_and_is_told_all_the_same() -> None:
    found = asked(account(settings=Settings(administrators=(ADMIN,))), ADMIN)
    assert (hows(found), found.reads) == ([How.ADMINISTRATOR], False)
    assert "does not read views_jp.title_daily" in text(found)
    assert "administrators" in text(found)


def test_everyone_whom_iam_lets_in_reads_by_a_grant_to_that_group() -> None:
    group = reads(principal=IAM_ALLOWED)
    found = asked(account([group]))
    assert (hows(found), found.cut.revokes) == ([How.IAM], (group,))
    assert "everyone whom IAM lets in loses SELECT" in found.cut.also[0]


def test_a_place_that_is_not_registered_leaves_the_decision_to_iam() -> None:
    found = explain(account(registrations=frozenset()), frozenset({JP}), *COPY)
    assert hows(found) == [How.IAM]
    assert "not registered" in text(found)
    assert found.cut.others[0][1].startswith("`ringi access plan`")


def test_hybrid_mode_without_an_opt_in_leaves_the_decision_to_iam() -> None:
    found = explain(account(registrations=frozenset({replace(PLACE, hybrid=True)})), frozenset({JP}), *COPY)
    assert hows(found) == [How.IAM]
    assert "not opted in" in text(found)


def test_the_saved_copy_below_a_view_is_told_where_it_can_be_reached_past_the_view() -> None:
    shown = CellsFilter(*COPY, "f1", rows="title_id = 'a'")
    found = asked(account([reads(), reads(Filter(*COPY, "f1"))], filters=frozenset({shown})))
    assert list(found.below) == ["saved_jp.title_daily"]
    assert "Past the view" in text(found)
    assert "the rows where title_id = 'a'" in text(found)


def test_ways_to_other_columns_do_not_explain_a_column() -> None:
    state = account([reads(Columns(*VIEW, ("plays",)))])
    assert asked(state, column="plays").reads
    assert not asked(state, column="title_id").reads


def test_a_table_that_is_not_there_is_told_as_that() -> None:
    found = explain(account(), frozenset({JP}), "views_jp", "nothing")
    assert not found.is_there
    assert "not in the account's catalog" in text(found)


def test_json_carries_the_ways_the_revokes_and_what_no_revoke_closes() -> None:
    told = as_json(asked(account([reads()], settings=Settings(administrators=(JP,)))), "analyst_jp")
    assert (told["schema_version"], told["principal"], told["reads"]) == (1, "analyst_jp", True)
    assert [one["permission"] for one in told["revokes"]] == ["SELECT on views_jp.title_daily to role/analyst_jp"]
    assert len(told["not_by_revokes"]) == 1


RESOURCES = (
    Table(*VIEW),
    Table("views_jp", EVERY_TABLE),
    Columns(*VIEW, ("plays",)),
    Columns(*VIEW, (), ("plays",)),
    TagPolicy("TABLE", (("ringi_country", ("jp",)),)),
    TagPolicy("TABLE", (("ringi_view", ("title_daily",)),)),
    Catalog(),
)
GRANTS = st.frozensets(
    st.builds(
        Permission, principal=st.sampled_from([JP, OTHER, IAM_ALLOWED]), resource=st.sampled_from(RESOURCES), action=st.sampled_from(["SELECT", "ALL"])
    ),
    max_size=6,
)  # fmt: skip


@given(GRANTS, st.sampled_from([None, "plays", "title_id"]))
@settings(max_examples=60, deadline=None)
def test_after_the_revokes_nothing_is_read_and_no_smaller_set_does_it(grants: frozenset[Permission], column: str | None) -> None:
    tagged = frozenset({Tagged(Database("views_jp"), "ringi_country", "jp"), Tagged(Table(*VIEW), "ringi_view", "title_daily")})
    tags = frozenset({Tag("ringi_country", ("jp",)), Tag("ringi_view", ("title_daily",))})
    state = account(grants, tagged=tagged, tags=tags)
    found = asked(state, column=column)

    def is_closed(revoked: Iterable[Permission]) -> bool:
        left = replace(state, permissions=state.permissions - frozenset(revoked))
        return not any(column in (None, one) for one, _ in cells(paths(left, frozenset({JP}), *VIEW)))

    assert found.cut.is_smallest
    assert is_closed(found.cut.revokes)
    fewer = (some for size in range(len(found.cut.revokes)) for some in combinations(sorted(grants, key=repr), size))
    assert not any(is_closed(some) for some in fewer)
