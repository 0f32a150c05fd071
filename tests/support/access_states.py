"""Hypothesis strategies for small states of an account: two databases, three tables, three readers, everything that can be held.

Conditions are plain comparisons, so that cells can be compared by their text. A state is one that an account can really have: no
filter permission without its filter, no columns beside the whole table, one value a tag.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from governance.lake_formation.api import canonical
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Filter, Table, TagPolicy
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

ROLES = tuple(f"arn:aws:iam::123456789012:role/{name}" for name in ("aiko", "bernd", "chie"))
COLUMNS = ("day", "plan", "viewers")
TABLES = (("saved_de", "daily"), ("saved_jp", "daily"), ("saved_jp", "weekly"))
VIEW = ("views_jp", "daily")
CATALOGUE = {
    **{table: CataloguedTable(*table, COLUMNS, location=f"s3://lake/{table[0]}/{table[1]}") for table in TABLES},
    VIEW: CataloguedTable(*VIEW, COLUMNS, is_view=True, definer="arn:aws:iam::123456789012:role/definer"),
}
ALL_TABLES = tuple(CATALOGUE)
CONDITIONS = ("plan = 'a'", "plan = 'b'", "viewers > 1", "plan = 'a' OR plan = 'b'", "plan = 'a' OR viewers > 1")
TAGS = {"kind": ("open", "closed"), "land": ("de", "jp")}

some_columns = st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=2, unique=True).map(lambda names: tuple(sorted(names)))
rows = st.sampled_from((None, *CONDITIONS))
role = st.sampled_from(ROLES)
table = st.sampled_from(ALL_TABLES)
base_table = st.sampled_from(TABLES)
expressions = st.sampled_from(
    (
        (("kind", ("open",)),),
        (("land", ("jp",)),),
        (("kind", ("open",)), ("land", ("jp",))),
        (("kind", ("closed", "open")), ("land", ("de",))),
    )
)


@st.composite
def _filters(draw: st.DrawFn) -> frozenset[CellsFilter]:
    found = {}
    for at in TABLES:
        for name in draw(st.sets(st.sampled_from(("f1", "f2")))):
            shape = draw(st.sampled_from(("all", "in", "out")))
            columns: dict[str, Any] = {} if shape == "all" else {"included" if shape == "in" else "excluded": draw(some_columns)}
            found[at, name] = CellsFilter(*at, name, rows=draw(rows), **columns)
    return frozenset(found.values())


@st.composite
def _permissions(draw: st.DrawFn, filters: frozenset[CellsFilter]) -> frozenset[Permission]:
    found: list[Permission] = []
    for principal in (*ROLES, IAM_ALLOWED):
        for at in ALL_TABLES:
            found += draw(_on_table(principal, at, frozenset(each.name for each in filters if (each.database, each.table) == at)))
        for database in draw(st.sets(st.sampled_from(("saved_jp", "views_jp")))):
            kind = draw(st.sampled_from(("describe", "every", "none")))
            if kind == "describe":
                found.append(Permission(principal, Database(database), "DESCRIBE"))
            if kind == "every" and principal == ROLES[0]:
                found.append(Permission(principal, Table(database, EVERY_TABLE), "SELECT"))
        if principal != IAM_ALLOWED:
            found += [
                Permission(principal, TagPolicy("TABLE", expression), "SELECT") for expression in draw(st.sets(expressions, max_size=2))
            ]
    return frozenset(canonical.folded(found))


@st.composite
def _on_table(draw: st.DrawFn, principal: str, at: tuple[str, str], filters: frozenset[str]) -> list[Permission]:
    if principal == IAM_ALLOWED:
        return [Permission(principal, Table(*at), "ALL")] if draw(st.integers(0, 5)) == 0 else []
    found: list[Permission] = []
    shape = draw(st.sampled_from(("none", "none", "whole", "all", "columns", "without")))
    grantable = draw(st.integers(0, 7)) == 0
    if shape in ("whole", "all"):
        found.append(Permission(principal, Table(*at), "SELECT" if shape == "whole" else "ALL", grantable))
    if shape == "columns":
        found.append(Permission(principal, Columns(*at, included=draw(some_columns)), "SELECT", grantable))
    if shape == "without":
        found.append(Permission(principal, Columns(*at, excluded=draw(some_columns)), "SELECT"))
    if shape != "none" and draw(st.booleans()):
        found.append(Permission(principal, Table(*at), "DESCRIBE"))
    names = draw(st.sets(st.sampled_from(sorted(filters)))) if filters else set()
    return found + [Permission(principal, Filter(*at, name), "SELECT") for name in names]


@st.composite
def _tagged(draw: st.DrawFn) -> frozenset[Tagged]:
    places: list[Any] = [Database("saved_jp"), Database("views_jp"), *(Table(*at) for at in ALL_TABLES)]
    places += [Columns(*at, (name,)) for at in ALL_TABLES[1:] for name in COLUMNS[:2]]
    found = {}
    for place in draw(st.sets(st.sampled_from(places), max_size=6)):
        for key in draw(st.sets(st.sampled_from(tuple(TAGS)), min_size=1)):
            found[place, key] = Tagged(place, key, draw(st.sampled_from(TAGS[key])))
    return frozenset(found.values())


@st.composite
def _settings(draw: st.DrawFn) -> Settings:
    chosen = st.lists(role, max_size=2, unique=True).map(lambda names: tuple(sorted(names)))
    defaults = st.sampled_from(((), (f"{IAM_ALLOWED}:ALL",)))
    return Settings(draw(chosen), draw(chosen), draw(defaults), draw(defaults), '{"Parameters":{"CROSS_ACCOUNT_VERSION":"4"}}')


@st.composite
def states(draw: st.DrawFn, *, row_policies: bool = True) -> AccountState:
    """One state."""
    filters = draw(_filters())
    policies = {name: RowPolicy(name, draw(st.sampled_from(CONDITIONS))) for name in draw(st.sets(st.sampled_from(("p1", "p2"))))}
    attached = st.builds(
        lambda name, at, principal: Attachment(name, at[0], at[1], principal),
        st.sampled_from(sorted(policies) or ["p1"]),
        base_table,
        st.none() | role,
    )
    places = {
        at: Registration(f"arn:aws:s3:::lake/{at[0]}/{at[1]}", ROLES[2], draw(st.booleans()))
        for at in draw(st.sets(st.sampled_from(TABLES)))
    }
    return AccountState(
        permissions=draw(_permissions(filters)),
        filters=filters,
        tags=frozenset(Tag(key, values) for key, values in TAGS.items()),
        tagged=draw(_tagged()),
        opt_ins=frozenset(draw(st.sets(st.builds(lambda who, at: OptIn(who, Table(*at)), role, base_table), max_size=3))),
        registrations=frozenset(places.values()),
        row_policies=frozenset(policies.values()),
        attachments=frozenset(draw(st.sets(attached, max_size=3))) if policies and row_policies else frozenset(),
        settings=draw(_settings()),
        databases={"saved_de": None, "saved_jp": None, "views_jp": None},
        tables=CATALOGUE,
        features=frozenset({"cells-filters", "opt-ins", "row-policies"}),
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[AccountState, AccountState]:
    """Two states of one account, often alike in most."""
    first, second = draw(states()), draw(states())
    kept = draw(st.sets(st.sampled_from(("permissions", "filters", "tagged", "opt_ins", "registrations", "row_policies", "settings"))))
    if "filters" in kept or "permissions" in kept:
        kept |= {"filters", "permissions"} if draw(st.booleans()) else set()
    same = {name: getattr(first, name) for name in kept}
    second = replace(second, **same)
    return first, _whole(second)


def _whole(state: AccountState) -> AccountState:
    """Without what cannot be there: permissions on filters that are not, attachments of policies that are not."""
    filters = {(each.database, each.table, each.name) for each in state.filters}
    policies = {each.name for each in state.row_policies}
    return replace(
        state,
        permissions=frozenset(
            each
            for each in state.permissions
            if not isinstance(each.resource, Filter) or (each.resource.database, each.resource.table, each.resource.name) in filters
        ),
        attachments=frozenset(each for each in state.attachments if each.policy in policies),
    )
