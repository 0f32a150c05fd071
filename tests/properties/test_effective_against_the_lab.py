"""What an identity may read, worked out twice: by Ringi over what an account tells, and by the lab's Lake Formation over what it holds.

Neither was written from the other. Random permissions, filters, tags, opt-ins and row policies are told to the lab with Ringi's
calls, read back as an account is read, and both are asked for the cells of each identity. Ringi may take the wider answer where the
documents leave a question open, never the narrower one.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.glue.models import GlueBackend

from governance.access.predicate import is_true
from governance.lake_formation.api import calls, canonical
from governance.lake_formation.reads.effective import Index, cells
from governance.lake_formation.resource import EVERY_TABLE, Columns, Database, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Tag,
    Tagged,
)
from infra.aws.lake_formation.folding import Answers, folded
from metrics_catalog.expression import parse
from metrics_catalog.source import ColumnType
from tests.lab.lake_formation import filters, listing, opt_ins, registrations, row_policies, tags
from tests.lab.lake_formation.account import Account, Here
from tests.lab.lake_formation.catalog import Catalog
from tests.lab.lake_formation.faults import RefusedError
from tests.lab.lake_formation.reading import readable
from tests.lab.lake_formation.responses import OPERATIONS
from tests.support.access_account import ACCOUNT

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from governance.lake_formation.state import AccountState

ANN, BOB, ROLE = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("ann", "bob", "lake"))
NAMES = ("a", "b", "p", "q")
TYPES = {name: ColumnType.STRING if name in "ab" else ColumnType.BOOLEAN for name in NAMES}
ROWS = [dict.fromkeys(NAMES, "x") | {"p": p, "q": q} for p, q in product((None, True, False), repeat=2)]
TABLES = (("saved_jp", "v"), ("saved_jp", "w"), ("views_jp", "v"))
PLACE = "arn:aws:s3:::lake"


def catalog() -> GlueBackend:
    """Two tables and a view over the first."""
    made = GlueBackend("eu-west-1", ACCOUNT)
    columns = [{"Name": name, "Type": "string" if name in "ab" else "boolean"} for name in NAMES]
    for database, name in TABLES:
        if database not in made.databases:
            made.create_database(database, {"Name": database})
        storage: dict[str, Any] = {"Columns": columns}
        told: dict[str, Any] = {"Name": name, "StorageDescriptor": storage}
        if database == "views_jp":
            told |= {"TableType": "VIRTUAL_VIEW", "ViewDefinition": {"SubObjects": [f"arn:aws:glue:eu-west-1:{ACCOUNT}:table/saved_jp/v"]}}
        else:
            storage["Location"] = f"s3://lake/{database}/{name}"
        made.create_table(database, name, told)
    return made


GLUE = catalog()

principals = st.sampled_from([*[ANN] * 6, *[BOB] * 3, IAM_ALLOWED, f"{ACCOUNT}:IAMPrincipals"])
some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(lambda each: tuple(sorted(each)))
places = st.sampled_from(TABLES)
tables = st.one_of(places.map(lambda each: Table(*each)), st.sampled_from([Table("saved_jp", EVERY_TABLE), Table("views_jp", EVERY_TABLE)]))
columns = st.one_of(
    st.builds(lambda place, names: Columns(place[0], place[1], names), places, some),
    st.builds(lambda place, names: Columns(place[0], place[1], (), names), places, some),
)
values = {"level": ("open", "secret"), "team": ("x", "y")}
expressions = st.fixed_dictionaries({}, optional={key: st.sets(st.sampled_from(each), min_size=1) for key, each in values.items()})
policies = expressions.filter(bool).map(
    lambda each: TagPolicy("TABLE", tuple(sorted((key, tuple(sorted(kept))) for key, kept in each.items())))
)
carriers = st.one_of(
    st.sampled_from([Database("saved_jp"), Database("views_jp"), Database("saved_jp")]),
    places.map(lambda each: Table(*each)),
    st.builds(lambda place, name: Columns(place[0], place[1], (name,)), places, st.sampled_from(NAMES)),
)
texts = st.sampled_from(["p = TRUE", "q = TRUE", "p = TRUE OR q = FALSE"])
shown = st.builds(
    lambda name, names, rows: CellsFilter("saved_jp", "v", name, names, (), rows), st.sampled_from("fg"), some, st.none() | texts
)


def permission(on: SearchStrategy[Any], actions: list[str]) -> SearchStrategy[Permission]:
    return st.builds(Permission, principals, on, st.sampled_from(actions))


permissions = st.one_of(
    permission(tables, ["SELECT", "SELECT", "ALL", "DESCRIBE"]),
    permission(columns, ["SELECT"]),
    permission(st.sampled_from("fg").map(lambda name: Filter("saved_jp", "v", name)), ["SELECT"]),
    st.builds(Permission, st.sampled_from([ANN, BOB]), policies, st.sampled_from(["SELECT", "ALL"])),
    permission(st.sampled_from([Database("saved_jp"), Database("views_jp")]), ["ALL", "DESCRIBE"]),
)
world = st.fixed_dictionaries(
    {
        "permissions": st.lists(permissions, min_size=1, max_size=6),
        "filters": st.lists(shown, min_size=1, max_size=2, unique_by=lambda each: each.name),
        "tagged": st.lists(
            st.builds(lambda on, pair: Tagged(on, *pair), carriers, st.sampled_from([(key, one) for key, each in values.items() for one in each])),
            min_size=1,
            max_size=6,
            unique_by=lambda each: (each.resource, each.key),
        ),
        "opt_ins": st.lists(st.builds(OptIn, st.sampled_from([ANN, BOB]), tables | st.just(Database("saved_jp"))), max_size=2),
        "registrations": st.sampled_from([*[[Registration(PLACE, ROLE)]] * 6, [], [Registration(PLACE, ROLE, True)]]),
        "attachments": st.lists(st.builds(Attachment, st.sampled_from(["one", "two"]), st.just("saved_jp"), st.just("v"), st.sampled_from([ANN, BOB])), max_size=2, unique=True),
    }
)  # fmt: skip
DEFINED: list[Element] = [
    *(Tag(key, each) for key, each in values.items()),
    RowPolicy("one", "p = TRUE", (("p", "boolean"),)),
    RowPolicy("two", "q = TRUE", (("q", "boolean"),)),
]


def told(found: dict[str, list[Any]]) -> Here:
    """The lab's account after Ringi's calls; what it refuses is not there."""
    here = Here(Account(), Catalog(GLUE), ACCOUNT, "lab", owner=True)
    here.account.settings |= {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    for call in calls.of([*DEFINED, *(each for kind in found.values() for each in kind)], (), ACCOUNT):
        try:
            OPERATIONS[call.operation](here, call.parameters)
        except RefusedError:
            continue
    return here


def read(here: Here) -> AccountState:
    """What the account tells about itself, folded as an account's answers are."""
    known = [canonical.table(here.catalog.as_told(*place)) for place in TABLES]
    on_tables: list[tuple[Database | Table, Any]] = [
        (
            Table(*place),
            tags.of_resource(here, {"Resource": {"Table": {"DatabaseName": place[0], "Name": place[1]}}, "ShowAssignedLFTags": True}),
        )
        for place in TABLES
    ]
    on_databases: list[tuple[Database | Table, Any]] = [
        (Database(name), tags.of_resource(here, {"Resource": {"Database": {"Name": name}}, "ShowAssignedLFTags": True}))
        for name in ("saved_jp", "views_jp")
    ]
    return folded(
        Answers(
            databases={"saved_jp": {}, "views_jp": {}},
            only=None,
            tables=known,
            permissions=listing.list_permissions(here, {})["PrincipalResourcePermissions"],
            registrations=registrations.listed(here, {})["ResourceInfoList"],
            settings=here.account.settings,
            tags=tags.listed(here, {})["LFTags"],
            tagged=[one for on, answer in [*on_tables, *on_databases] for one in canonical.tagged(on, answer)],
            filters=filters.listed(here, {})["DataCellsFilters"],
            opt_ins=opt_ins.listed(here, {})["LakeFormationOptInsInfoList"],
            policies=row_policies.listed(here, {})["RLSPolicies"],
            attachments=row_policies.attachments(here, {})["RLSPolicyAttachments"],
            expressions=[],
            features=frozenset(),
        ),
        ACCOUNT,
    )  # fmt: skip


def true_on(text: str | None) -> set[int]:
    return set(range(len(ROWS))) if text is None else {number for number, row in enumerate(ROWS) if is_true(parse(text), row, TYPES)}


def by_ringi(index: Index, identity: str, place: tuple[str, str]) -> set[tuple[int, str]]:
    found = cells(index.paths(frozenset({identity}), *place))
    return {(number, column) for column, text in found for number in true_on(text)}


def by_lab(here: Here, identity: str, place: tuple[str, str]) -> set[tuple[int, str]]:
    found = readable(here, identity, *place)
    rows = true_on(found.rows)
    return {(number, column) for column in found.columns for number in rows & true_on(found.cells.get(column))}


@settings(max_examples=60, deadline=None)
@given(world)
def test_ringi_finds_what_the_lab_shows(found: dict[str, list[Any]]) -> None:
    same(found)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(world)
def test_ringi_finds_what_the_lab_shows_thousands_of_times(found: dict[str, list[Any]]) -> None:
    same(found)


def same(found: dict[str, list[Any]]) -> None:
    here = told(found)
    state = read(here)
    index = Index(state)
    for identity, place in product((ANN, BOB), TABLES):
        ours, labs = by_ringi(index, identity, place), by_lab(here, identity, place)
        assert labs <= ours, (identity, place)
        if not _is_open(state, identity, place):
            assert ours == labs, (identity, place)


def _is_open(state: AccountState, identity: str, place: tuple[str, str]) -> bool:
    """Whether a question that the documents leave open decides: a filter beside a row policy, IAM's group beside an opt-in."""
    filtered = any(
        isinstance(each.resource, Filter) and each.principal in (identity, f"{ACCOUNT}:IAMPrincipals", IAM_ALLOWED)
        for each in state.permissions
    )
    attached = any(each.principal == identity for each in state.attachments)
    opted = any(each.principal == identity for each in state.opt_ins)
    return (filtered and attached) or (opted and any(each.principal == IAM_ALLOWED for each in state.permissions))


def test_the_worlds_are_not_empty() -> None:
    everything: dict[str, list[Any]] = {
        "permissions": [Permission(ANN, Table(*TABLES[0]), "SELECT")],
        "registrations": [Registration(PLACE, ROLE)],
    }
    here = told(everything)
    assert by_lab(here, ANN, TABLES[0]) == by_ringi(Index(read(here)), ANN, TABLES[0]) == set(product(range(len(ROWS)), NAMES))
    assert by_lab(here, BOB, TABLES[0]) == by_ringi(Index(read(here)), BOB, TABLES[0]) == set()
