"""Iceberg's ReadRestrictions say what the evaluator says, or are refused: PyIceberg reads the filter, the actions are those of the oracle."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.expressions import BooleanExpression
from pyiceberg.expressions.visitors import expression_evaluator
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import BooleanType, DateType, DecimalType, DoubleType, LongType, NestedField, StringType, TimestamptzType

from governance.access.evaluator import Access, decide
from governance.compilers.iceberg_expression import NotExpressibleError
from governance.compilers.read_restrictions import Field, document
from governance.policy.grant import Grant
from governance.policy.masks import Mask, masked
from governance.policy.policy import Policy
from metrics_catalog.source import ColumnType
from tests.support import access_cases as cases
from tests.support.access_cases import PRINCIPALS, RELATION, SALT, TYPES
from tests.support.policies import NOW, grant

ICEBERG = {
    ColumnType.STRING: StringType(),
    ColumnType.INTEGER: LongType(),
    ColumnType.DOUBLE: DoubleType(),
    ColumnType.BOOLEAN: BooleanType(),
    ColumnType.DATE: DateType(),
    ColumnType.DECIMAL: DecimalType(18, 6),
    ColumnType.TIMESTAMP: TimestamptzType(),
}
FIELDS = {name: Field(number) for number, name in enumerate(TYPES, start=1)}
SCHEMA = Schema(*(NestedField(FIELDS[name].id, name, ICEBERG[kind]) for name, kind in TYPES.items()))
SAYABLE = tuple(mask for mask in Mask if mask is not Mask.MASK_TO_DEFAULT)

simple = st.one_of(
    cases.text.filter(lambda value: "\\" not in value).map(lambda value: f"text = {cases.literal(value)}"),
    st.sampled_from(["text <> 'tv'", "kind in ('tv', 'TV')", "kind not in ('日本', 'it''s')", "text like 'view%'", "text not like 't%'"]),
    st.sampled_from(
        ["count > 0", "0 < count", "count between 0 and 2", "count not between 0 and 2", "hours >= 1.5", "price <= 2", "price = 0"]
    ),
    st.sampled_from(["open", "not open", "open = true", "day >= DATE '2026-01-03'", "at < TIMESTAMP '2026-01-02 05:00:00'"]),
    st.sampled_from(
        ["person is null", "person is not null", "day in (DATE '2026-01-02')", "count = null", "true", "false", "count > 0 or null"]
    ),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=4,
)


def grants(rows: str | None) -> st.SearchStrategy[Grant]:
    """Grants on the same rows."""
    return st.builds(
        lambda **fields: grant(**fields, views=("views_jp.v",), rows=rows),
        to=st.sampled_from([("ann",), ("bob",), ("both",)]),
        columns=cases.columns,
        masks=cases.masks_of(SAYABLE),
        classifications=st.just(("public", "internal", "personal")),
    )


policies = (st.none() | conditions).flatmap(lambda rows: st.lists(grants(rows), min_size=1, max_size=2)).map(cases.policy_of)


def stored(row: dict[str, Any]) -> Record:
    """A row as Iceberg holds it: days and microseconds since 1970."""
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    kept = {**row}
    kept["day"] = None if row["day"] is None else (row["day"] - epoch.date()).days
    kept["at"] = None if row["at"] is None else round((row["at"] - epoch) / dt.timedelta(microseconds=1))
    return Record(*(kept[name] for name in TYPES))


def read(access: Access, restrictions: dict[str, Any], table: list[dict[str, Any]]) -> list[list[Any]]:
    """What a reader who follows the document gets of the relation's permitted columns; the others must be replaced."""
    actions = {each["field-id"]: Mask(each["action"]) for each in restrictions.get("required-column-projections", ())}
    for name in TYPES:
        assert name in access.columns or actions[FIELDS[name].id] is Mask.REPLACE_WITH_NULL
    rows = table
    if "required-row-filter" in restrictions:
        matches = expression_evaluator(SCHEMA, BooleanExpression.model_validate(restrictions["required-row-filter"]), case_sensitive=True)
        rows = [row for row in table if matches(stored(row))]

    def cell(row: dict[str, Any], name: str) -> Any:
        action = actions.get(FIELDS[name].id)
        return row[name] if action is None else masked(action, row[name], TYPES[name], SALT)

    return [[cell(row, name) for name in access.columns] for row in rows]


@settings(max_examples=150, deadline=None)
@given(policies, cases.tables)
def test_a_reader_of_the_document_gets_the_cells_of_the_evaluator(policy: Policy, table: list[dict[str, Any]]) -> None:
    for principal in PRINCIPALS:
        access = decide(policy, principal, RELATION, NOW)
        if access:
            said = document(access, "saved_jp.v", FIELDS)["read-restrictions"]
            found = sorted(map(cases.shown, read(access, said, table)))
            assert found == sorted(map(cases.shown, cases.expected(policy, principal, table)))


@settings(max_examples=150, deadline=None)
@given(cases.policies, cases.tables)
def test_what_cannot_be_said_is_refused_and_what_is_said_is_true(policy: Policy, table: list[dict[str, Any]]) -> None:
    for principal in PRINCIPALS:
        access = decide(policy, principal, RELATION, NOW)
        try:
            said = document(access, "saved_jp.v", FIELDS)["read-restrictions"] if access else {}
        except NotExpressibleError as error:
            reasons = ("no comparison", "no written value", "0.0", "one filter for all", "one action a column", "not in the specification")
            assert any(each in str(error) for each in reasons), error
            continue
        if access:
            found = sorted(map(cases.shown, read(access, said, table)))
            assert found == sorted(map(cases.shown, cases.expected(policy, principal, table)))


@pytest.mark.parametrize(
    ("given_grants", "reason"),
    [
        ([grant(rows="open", columns={"include": ("text",)}), grant(columns={"include": ("count",)})], "fewer rows"),
        ([grant(rows="open", masks={"text": "show-first-4"}), grant(rows="not open")], "one action a column"),
        ([grant(rows="LOWER(text) = 'a'")], "no comparison of one column"),
        ([grant(rows="count = hours")], "no comparison of one column"),
        ([grant(rows="hours > 0")], "0.0 from -0.0"),
        ([grant(rows="price = 0.5")], "no written value of that type"),
        ([grant(masks={"text": "mask-to-default"})], "not in the specification"),
    ],
)
def test_the_reason_of_a_refusal_is_told(given_grants: list[Grant], reason: str) -> None:
    to_ann = [each.model_copy(update={"to": ("ann",), "views": ("views_jp.v",)}) for each in given_grants]
    access = decide(cases.policy_of(to_ann), "ann", RELATION, NOW)
    with pytest.raises(NotExpressibleError, match=reason):
        document(access, "saved_jp.v", FIELDS)


def test_a_column_that_is_never_null_is_covered_by_a_fixed_value() -> None:
    access = decide(cases.policy_of([grant(to=("ann",), views=("views_jp.v",))]), "ann", RELATION, NOW)
    person = {"field-id": FIELDS["person"].id, "action": "replace-with-null"}
    assert document(access, "saved_jp.v", FIELDS)["read-restrictions"] == {"required-column-projections": [person]}
    fixed = {**person, "action": "mask-to-fixed-value"}
    required = {**FIELDS, "person": Field(FIELDS["person"].id, required=True)}
    assert document(access, "saved_jp.v", required)["read-restrictions"] == {"required-column-projections": [fixed]}


def test_a_column_that_is_never_null_cannot_be_masked_as_null() -> None:
    access = decide(cases.policy_of([grant(to=("ann",), views=("views_jp.v",), masks={"text": "replace-with-null"})]), "ann", RELATION, NOW)
    with pytest.raises(NotExpressibleError, match="`text` would have to read as NULL"):
        document(access, "saved_jp.v", {**FIELDS, "text": Field(1, required=True)})
