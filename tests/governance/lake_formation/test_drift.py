"""Drift is what an account holds otherwise than the policy says, told with what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.lake_formation.elements import database_of
from governance.lake_formation.looking.drift import Seen, drift
from governance.lake_formation.looking.drift_item import Drift, Kind, as_json
from governance.lake_formation.looking.drift_views import WantedTexts
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    CataloguedTable,
    CellsFilter,
    Element,
    Permission,
    Registration,
    Settings,
    Tag,
    Tagged,
)

JP, DE, EVE = (f"arn:aws:iam::123456789012:role/{name}" for name in ("analyst_jp", "analyst_de", "eve"))
VIEW, COPY = Table("views_jp", "title_daily"), Table("saved_jp", "title_daily")
OURS = ("views_jp", "saved_jp")


def managed(element: Element) -> bool:
    database = database_of(element)
    return database is None or database in OURS


def state(permissions: Iterable[Permission] = (), **more: object) -> AccountState:
    tables = {
        ("views_jp", "title_daily"): CataloguedTable("views_jp", "title_daily", ("day", "plays"), is_view=True),
        ("saved_jp", "title_daily"): CataloguedTable(
            "saved_jp", "title_daily", ("day", "plays"), location="s3://lake/saved_jp/title_daily"
        ),
    }
    return replace(AccountState(frozenset(permissions), tables=tables), **more)  # type: ignore[arg-type]  # fields by name


def reads(principal: str, on: Table | Columns | Filter = VIEW, action: str = "SELECT", *, grantable: bool = False) -> Permission:
    return Permission(principal, on, action, grantable)


def only(found: tuple[Drift, ...]) -> Drift:
    (one,) = found
    return one


def test_an_account_that_is_as_the_policy_says_has_not_drifted() -> None:
    held = state([reads(JP), Permission(JP, Database("views_jp"), "DESCRIBE")])
    assert drift(held, held, managed) == ()


def test_a_grant_that_somebody_took_away_is_missing() -> None:
    found = only(drift(state([reads(JP)]), state(), managed))
    assert (found.kind, found.where, found.principal) == (Kind.MISSING, "views_jp.title_daily", JP)
    assert "SELECT on views_jp.title_daily" in found.what


def test_a_grant_made_by_hand_is_foreign_and_names_who_made_it() -> None:
    by_hand = reads(EVE)
    held = state([by_hand], updated={by_hand: ("2026-11-21T10:00:00+00:00", "arn:aws:iam::123456789012:user/mallory")})
    found = only(drift(state(), held, managed))
    assert (found.kind, found.principal, found.changed_by) == (Kind.FOREIGN, EVE, "arn:aws:iam::123456789012:user/mallory")
    assert found.changed_at == "2026-11-21T10:00:00+00:00"
    assert "policy/" in found.remedy


def test_grants_on_databases_of_others_are_nobodys_drift() -> None:
    assert drift(state(), state([reads(EVE, Table("finance", "ledger"))]), managed) == ()


def test_other_columns_than_the_policy_gives_are_one_thing_changed() -> None:
    want, have = reads(JP, Columns("views_jp", "title_daily", ("day",))), reads(JP)
    found = only(drift(state([want]), state([have]), managed))
    assert (found.kind, found.elements, found.wanted) == (Kind.CHANGED, (have,), (want,))


def test_a_grant_that_may_now_be_handed_on_is_changed() -> None:
    assert only(drift(state([reads(JP)]), state([reads(JP, grantable=True)]), managed)).kind is Kind.CHANGED


def test_all_given_by_hand_is_foreign_and_what_it_implies_is_not_missing() -> None:
    found = drift(state([reads(JP), reads(JP, action="DESCRIBE")]), state([reads(JP, action="ALL")]), managed)
    assert [(one.kind, one.elements) for one in found] == [(Kind.FOREIGN, (reads(JP, action="ALL"),))]


def test_a_filter_with_another_condition_is_changed() -> None:
    want = CellsFilter("saved_jp", "title_daily", "f1", rows="plan = 'basic'")
    have = replace(want, rows=None)
    found = only(drift(state(filters=frozenset({want})), state(filters=frozenset({have})), managed))
    assert found.kind is Kind.CHANGED
    assert "all rows" in found.what
    assert "plan = 'basic'" in found.what


def test_a_table_open_to_everyone_whom_iam_lets_in_is_told_as_that() -> None:
    for everyone in (IAM_ALLOWED, "123456789012:IAMPrincipals"):
        found = only(drift(state(), state([reads(everyone, action="ALL")]), managed))
        assert found.kind is Kind.OPEN
        assert "whoever IAM lets in" in found.what


def test_defaults_that_leave_new_tables_to_iam_are_told() -> None:
    held = state(settings=Settings(administrators=("a",), table_defaults=(f"{IAM_ALLOWED}:ALL",)))
    found = only(drift(state(settings=Settings(administrators=("a",))), held, managed))
    assert (found.kind, found.where) == (Kind.OPEN, "settings")


def test_administrators_that_the_policy_does_not_name_are_told() -> None:
    wanted, held = state(settings=Settings(administrators=("a", "b"))), state(settings=Settings(administrators=("a", EVE)))
    assert [(one.kind, EVE in one.what) for one in drift(wanted, held, managed)] == [(Kind.OPEN, True), (Kind.SETTING, False)]


def test_an_expired_grant_that_still_stands_says_when_it_ended() -> None:
    old = reads(JP)
    found = only(drift(state(), state([old]), managed, Seen(expired={old: ("project_x", "2026-10-01")})))
    assert found.kind is Kind.EXPIRED
    assert "the grant project_x ended before 2026-10-01" in found.what


def test_an_edited_executed_text_is_found_though_the_shown_text_is_untouched() -> None:
    held = state()
    edited = replace(held.tables["views_jp", "title_daily"], dialects={"ATHENA": ("SELECT 1", "SELECT 2", False)})
    held = replace(held, tables={**held.tables, ("views_jp", "title_daily"): edited})
    texts = WantedTexts({"ATHENA": ("SELECT 1", "SELECT 1")})
    found = only(drift(state(), held, managed, Seen(texts=lambda database, table: texts)))
    assert found.kind is Kind.VIEW
    assert "what is shown of it looks untouched" in found.what
    assert "SELECT 2" in found.what


def test_a_stale_dialect_a_lost_one_and_another_definer_are_told() -> None:
    texts = WantedTexts({"ATHENA": ("a", "a"), "SPARK": ("s", "s")}, definer="arn:definer", base_tables=(("saved_jp", "title_daily"),))
    view = CataloguedTable("views_jp", "title_daily", ("day",), is_view=True, definer=EVE, dialects={"ATHENA": ("a", "a", True)})
    held = AccountState(tables={("views_jp", "title_daily"): view})
    found = drift(AccountState(), held, managed, Seen(texts=lambda database, table: texts))
    assert sorted(str(one.kind) for one in found) == ["stale", "view", "view", "view"]
    told = " ".join(one.what for one in found)
    assert "SPARK is gone" in told
    assert "not of arn:definer" in told
    assert "it stands on no table" in told


def test_a_table_that_was_made_anew_is_told_once_and_not_grant_by_grant() -> None:
    given_before = frozenset({reads(JP), reads(DE)})
    found = only(drift(state(given_before), state(), managed, Seen(given=given_before)))
    assert (found.kind, found.where) == (Kind.RECREATED, "views_jp.title_daily")
    assert "all 2" in found.what


def test_a_table_that_lost_one_grant_of_two_was_not_made_anew() -> None:
    given_before = frozenset({reads(JP), reads(DE)})
    found = only(drift(state(given_before), state([reads(DE)]), managed, Seen(given=given_before)))
    assert (found.kind, found.principal) == (Kind.MISSING, JP)


def test_a_place_read_by_another_role_is_changed_and_one_that_is_gone_missing() -> None:
    want = Registration("arn:aws:s3:::lake", "arn:aws:iam::123456789012:role/lf")
    found = only(drift(state(registrations=frozenset({want})), state(registrations=frozenset({replace(want, hybrid=True)})), managed))
    assert found.kind is Kind.CHANGED
    assert only(drift(state(registrations=frozenset({want})), state(), managed)).kind is Kind.MISSING


def test_places_identities_and_what_could_not_be_seen_are_told_as_they_were_seen() -> None:
    seen = Seen(places=("s3://lake is not encrypted",), identities={JP: "made anew"}, unseen=("not an administrator",))
    assert {one.kind for one in drift(state(), state(), managed, seen)} == {Kind.PLACE, Kind.IDENTITY, Kind.UNSEEN}


def test_an_item_for_other_programs_has_every_field() -> None:
    told = as_json(only(drift(state(), state([reads(EVE)]), managed)))
    assert told.keys() == {"kind", "where", "principal", "what", "held", "wanted", "changed_at", "changed_by", "remedy"}
    assert told["held"] == [f"SELECT on views_jp.title_daily to {EVE.rpartition(':')[2]}"]


PERMISSIONS = st.builds(
    Permission,
    principal=st.sampled_from([JP, DE, EVE, IAM_ALLOWED]),
    resource=st.sampled_from(
        [
            VIEW, COPY, Table("views_jp", EVERY_TABLE), Columns("views_jp", "title_daily", ("day",)), Filter("saved_jp", "title_daily", "f"),
            Database("views_jp"),
        ]
    ),
    action=st.sampled_from(["SELECT", "DESCRIBE", "ALTER"]),
    grantable=st.booleans(),
)  # fmt: skip
TAGGED = st.builds(Tagged, resource=st.sampled_from([VIEW, COPY]), key=st.just("ringi_view"), value=st.sampled_from(["a", "b"]))
STATES = st.builds(
    lambda permissions, tagged: state(permissions, tagged=tagged), st.frozensets(PERMISSIONS, max_size=6), st.frozensets(TAGGED, max_size=2)
)


@given(STATES, STATES)
@settings(max_examples=60, deadline=None)
def test_every_difference_is_told_and_nothing_that_is_equal(wanted: AccountState, held: AccountState) -> None:
    found = drift(wanted, held, managed)
    extra = {one for item in found for one in item.elements}
    gone = {one for item in found for one in item.wanted}
    assert extra == (held.permissions | held.tagged) - (wanted.permissions | wanted.tagged)
    assert gone == (wanted.permissions | wanted.tagged) - (held.permissions | held.tagged)
    assert (found == ()) == (wanted == held)


def test_a_grant_on_the_whole_catalog_or_on_tags_of_others_that_opens_the_lake_is_told() -> None:
    everywhere = Permission(EVE, Catalog(), "SUPER_USER")
    by_tag = Permission(EVE, TagPolicy("TABLE", (("team", ("any",)),)), "SELECT")
    harmless = Permission(EVE, TagPolicy("TABLE", (("team", ("none",)),)), "SELECT")
    creating = Permission(EVE, Catalog(), "CREATE_DATABASE")
    tags = frozenset({Tag("team", ("any", "none"))})
    held = state([everywhere, by_tag, harmless, creating], tags=tags, tagged=frozenset({Tagged(COPY, "team", "any")}))

    def ours(element: Element) -> bool:
        return database_of(element) in OURS

    found = drift(state(tagged=held.tagged), held, ours)
    assert {one.elements for one in found} == {(everywhere,), (by_tag,)}
    assert {one.kind for one in found} == {Kind.OUTSIDE}
    assert "read 2 tables of the lake" in " ".join(one.what for one in found)


def test_a_database_that_gives_new_tables_to_everyone_is_told() -> None:
    held = state(new_tables={"views_jp": (f"{IAM_ALLOWED}:ALL",), "finance": (f"{IAM_ALLOWED}:ALL",)})
    assert [(one.kind, one.where) for one in drift(state(), held, managed)] == [(Kind.OPEN, "views_jp")]
