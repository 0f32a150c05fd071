"""Strategies for elements of an account's access state, in canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from governance.lake_formation.api.canonical import DATABASE_ACTIONS, TABLE_ACTIONS, folded
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Location, Other, Table, TagKey, TagPolicy
from governance.lake_formation.state import Attachment, CellsFilter, OptIn, Permission, Registration, RowPolicy, Settings, Tag, Tagged
from tests.support.access_account import ACCOUNT

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from governance.lake_formation.resource import Resource

identities = st.sampled_from(
    [
        f"arn:aws:iam::{ACCOUNT}:role/analyst_jp",
        f"arn:aws:iam::{ACCOUNT}:saml-provider/acme:group/日本 analysts",
        "arn:aws:identitystore:::group/4d1a2b3c-1111-2222-3333-444455556666",
        "IAM_ALLOWED_PRINCIPALS",
        f"{ACCOUNT}:IAMPrincipals",
        "210987654321",
    ]
)
databases = st.sampled_from(["views_jp", "views_de", "saved_jp"])
tables = st.sampled_from(["title_daily", "device_daily"])
names = st.lists(st.sampled_from(["title_id", "plays", "viewing_hours", "day"]), min_size=1, max_size=3, unique=True).map(
    lambda each: tuple(sorted(each))
)
words = st.sampled_from(["jp", "de", "internal", "日本", "a b"])
keys = st.sampled_from(["ringi_country", "ringi_view", "team"])
several = st.lists(words, min_size=1, max_size=4, unique=True).map(lambda each: tuple(sorted(each)))
expressions = st.dictionaries(keys, several, min_size=1).map(lambda each: tuple(sorted(each.items())))
conditions = st.none() | st.just('context.user.team == "a"')

table_resources = st.builds(Table, databases, tables | st.just(EVERY_TABLE))
some_columns: SearchStrategy[Resource] = st.one_of(
    st.builds(Columns, databases, tables, names), st.builds(Columns, databases, tables, st.just(()), names)
)
filters = st.builds(Filter, databases, tables, st.sampled_from(["Only TV", "f1"]))
tag_policies = st.builds(TagPolicy, st.sampled_from(["TABLE", "DATABASE"]), expressions)
others = st.sampled_from(
    [
        Other('{"AnyResource":{"ResourceType":"TABLE"}}'),
        Other('{"LFTagExpression":{"Name":"mine"}}'),
        Other('{"Database":{"CatalogId":"999999999999","Name":"far"}}'),
    ]
)


def _permissions(on: SearchStrategy[Resource], actions: SearchStrategy[str]) -> SearchStrategy[Permission]:
    return st.builds(Permission, identities, on, actions, st.booleans(), conditions)


permissions = st.lists(
    st.one_of(
        _permissions(table_resources, st.sampled_from([*sorted(TABLE_ACTIONS), "ALL"])),
        _permissions(st.builds(Database, databases), st.sampled_from([*sorted(DATABASE_ACTIONS), "ALL"])),
        _permissions(some_columns | filters, st.just("SELECT")),
        _permissions(tag_policies, st.sampled_from(["SELECT", "DESCRIBE"])),
        _permissions(st.just(Catalog()), st.sampled_from(["CREATE_DATABASE", "SUPER_USER"])),
        _permissions(st.just(Location("arn:aws:s3:::lake/warehouse")), st.just("DATA_LOCATION_ACCESS")),
        _permissions(st.builds(TagKey, keys, several), st.sampled_from(["DESCRIBE", "ASSOCIATE"])),
        _permissions(others, st.just("SELECT")),
    ),
    max_size=40,
).map(lambda each: frozenset(folded(each)))

texts = st.sampled_from(["device_type = 'tv'", "title = 'it''s 日本'", "plays > 3 OR plays IS NULL"])
cells_filters = st.one_of(
    st.builds(CellsFilter, databases, tables, words, names, st.just(()), st.none() | texts),
    st.builds(CellsFilter, databases, tables, words, st.just(()), names | st.just(()), st.none() | texts),
)
tags = st.builds(Tag, keys, several)
tagged = st.builds(
    Tagged,
    st.one_of(
        st.builds(Database, databases),
        st.builds(Table, databases, tables),
        st.builds(Columns, databases, tables, st.sampled_from([("title_id",), ("plays",)])),
    ),
    keys,
    words,
)
opt_ins = st.builds(OptIn, identities, table_resources | st.builds(Database, databases), conditions)
registrations = st.builds(
    Registration, st.just("arn:aws:s3:::lake/warehouse"), st.none() | st.just(f"arn:aws:iam::{ACCOUNT}:role/lake"), st.booleans()
)
row_policies = st.builds(RowPolicy, words, texts, st.sampled_from([(("plays", "bigint"),), (("title", "string"), ("plays", "bigint"))]))
attachments = st.one_of(
    st.builds(Attachment, words, databases, tables, st.none() | identities, st.booleans(), conditions),
    st.builds(
        lambda policy, who, on: Attachment(policy, "", "", who, on=on),
        words,
        identities,
        tag_policies.filter(lambda each: each.over == "TABLE"),
    ),
)
settings = st.builds(
    Settings,
    st.lists(identities, max_size=3, unique=True).map(lambda each: tuple(sorted(each))),
    st.lists(identities, max_size=2, unique=True).map(lambda each: tuple(sorted(each))),
    st.sampled_from([(), ("IAM_ALLOWED_PRINCIPALS:ALL",)]),
    st.sampled_from([(), ("IAM_ALLOWED_PRINCIPALS:ALL",), ("IAM_ALLOWED_PRINCIPALS:DESCRIBE", "IAM_ALLOWED_PRINCIPALS:SELECT")]),
    st.sampled_from(["{}", '{"FutureKey":{"a":1},"Parameters":{"CROSS_ACCOUNT_VERSION":"4"}}']),
)
elements = st.one_of(cells_filters, tags, tagged, opt_ins, registrations, row_policies, attachments, settings)
