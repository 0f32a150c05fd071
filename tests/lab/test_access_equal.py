"""Lake Formation as the policy is compiled for it gives each principal the cells that the evaluator gives, read through Athena.

Many policies stand in one account, each with principals of its own (`c7-ann`), over one view and its saved copy. The compiler's
calls are made with boto3; what they come to is worked out by the lab's Lake Formation, which knows nothing of the compiler.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from governance.access.evaluator import decide
from governance.lake_formation.api import calls
from governance.lake_formation.compiling.compile import desired
from governance.lake_formation.compiling.wanted import Target, Wanted
from governance.lake_formation.state import AccountState
from governance.policy.grant import Grant
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from infra.aws.account import Aws
from infra.aws.lake_formation.account import LakeFormationAccount
from tests.lab.governed import Governed, iceberg_at, make_view
from tests.lab.lake_formation_calls import role
from tests.lab.moto_server import ACCOUNT, REGION
from tests.support.access_account import Declared
from tests.support.access_cases import CLASSES, PRINCIPALS, RELATION, TYPES, columns, expected, grants_with, literal, policy_of, rows, shown
from tests.support.access_cases import text as texts
from tests.support.aws_lake import aws_settings
from tests.support.policies import NOW

POLICIES = 30
ROWS = 20
READERS = 6
BUCKET = "lab-access-equal"
DEFINER = role("ringi-definer")
SETS = ("permissions", "filters", "tags", "tagged", "opt_ins", "registrations", "row_policies", "attachments")
ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "decimal": pa.decimal128(18, 6),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
WRITTEN = texts.filter(lambda value: "\\" not in value).map(literal)
SAYABLE = st.one_of(
    st.tuples(st.sampled_from(["text", "kind", "person"]), st.sampled_from(["=", "<>", ">="]), WRITTEN).map(" ".join),
    st.tuples(st.sampled_from(["count", "hours"]), st.sampled_from(["=", "<>", "<", ">="]), st.sampled_from(["-1", "0", "2"])).map(
        " ".join
    ),
    st.sampled_from(["open", "not open", "text is null", "kind is not null", "count between 0 and 2", "not (count in (0, 1))"]),
    st.sampled_from(["kind in ('tv', 'it''s', '日本')", "text not in ('tv', '')", "price > 0.5", "text like 't%'"]),
)
CONDITIONS = st.recursive(
    SAYABLE,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda part: f"({part[0]}){part[1]}({part[2]})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=4,
)


def a_grant(to: list[str], rows: str | None, shown: Any, personal: bool) -> Grant:
    classes = ("public", "internal", *(["personal"] if personal else []))
    told = {"to": tuple(to), "views": ("views_jp.v",), "rows": rows, "columns": shown, "classifications": classes, "reason": "x"}
    return Grant.model_validate(told)


GRANTS = st.builds(
    a_grant,
    st.lists(st.sampled_from([*PRINCIPALS, "both"]), min_size=1, max_size=2, unique=True),
    st.none() | CONDITIONS,
    columns,
    st.booleans(),
)
EVERYTHING_OF_SOME_ROWS = [
    policy_of([a_grant(["ann"], "kind = 'tv' or open", "all", True), a_grant(["bob"], "text <> 'it''s'", "all", True)]),
    policy_of([a_grant(["both"], "count >= 0", "all", True), a_grant(["ann"], "person in ('tv', '日本')", "all", True)]),
]
"""What row policies can say where the account has them."""
POLICY = st.lists(GRANTS | grants_with(), min_size=1, max_size=4).map(policy_of)


def some(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many generated values."""
    found: list[Any] = []

    @settings(
        max_examples=count, derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found[:count]


def joined(policies: list[Policy]) -> Policy:
    """All policies as one: names of principals, roles and grants begin with the number of theirs."""

    def of(number: int, name: str) -> str:
        return f"c{number}-{name}"

    principals: dict[str, Principal] = {}
    roles: dict[str, Role] = {}
    grants: dict[str, Grant] = {}
    for number, policy in enumerate(policies):
        principals |= {of(number, name): each for name, each in policy.principals.items()}
        for name, each in policy.roles.items():
            roles[of(number, name)] = each.model_copy(update={"members": tuple(of(number, one) for one in each.members)})
        for name, one in policy.grants.items():
            grants[of(number, name)] = one.model_copy(update={"to": tuple(of(number, who) for who in one.to)})
    return Policy(principals, roles, grants)


@pytest.fixture(scope="module")
def table(governed: Governed) -> list[dict[str, Any]]:
    """The rows of the cases, in a saved copy that a view shows."""
    made = some(rows, ROWS)
    catalog = iceberg_at(governed.moto, BUCKET)
    for schema in ("saved_jp", "views_jp"):
        catalog.create_namespace(schema)
    arrow = pa.table({name: pa.array([row[name] for row in made], ARROW[kind]) for name, kind in TYPES.items()})
    catalog.create_table("saved_jp.v", arrow.schema).append(arrow)
    names = ", ".join(f'"{name}"' for name in TYPES)
    make_view(governed.moto.client("glue"), "views_jp", "v", f"SELECT {names} FROM saved_jp.v", definer=DEFINER, bases=["saved_jp.v"])
    return made


def applied(governed: Governed, policy: Policy, *, row_policies: bool = False) -> Wanted:
    """Bring the account to what the policy wants, with the calls that the compiler gives for the difference."""
    account = LakeFormationAccount(Aws(aws_settings(warehouse=f"s3://{BUCKET}/warehouse", endpoint_url=governed.moto.url)))
    held = account.read()
    target = Target(
        account=ACCOUNT,
        region=REGION,
        pattern=role("{principal}"),
        definer=DEFINER,
        warehouse=f"s3://{BUCKET}/warehouse",
        registration_role=role("ringi-lake"),
        row_policies=row_policies,
    )
    wanted = desired(policy, Declared(("JP", "DE"), {"v": TYPES}, CLASSES), target, held, NOW)
    come, go = _elements(wanted.state) - _elements(held), {one for one in _elements(held) - _elements(wanted.state) if wanted.managed(one)}
    for call in calls.of(sorted(come, key=str), sorted(go, key=str), ACCOUNT):
        assert account.do(call).failures == {}, call
    return wanted


def _elements(state: AccountState) -> set[Any]:
    return {one for name in SETS for one in getattr(state, name)}


def compared(governed: Governed, wanted: Wanted, cases: list[Policy], table: list[dict[str, Any]]) -> tuple[int, int]:
    """Every principal of every case reads; how many read something, and how many cells were compared."""
    asked = [(number, principal) for number in range(len(cases)) for principal in PRINCIPALS]
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(lambda who: _same(governed, wanted, cases[who[0]], who, table), asked))
    return sum(cells > 0 for cells in found), sum(found)


def _same(governed: Governed, wanted: Wanted, policy: Policy, who: tuple[int, str], table: list[dict[str, Any]]) -> int:
    name = f"c{who[0]}-{who[1]}"
    place = wanted.reads.get((name, "views_jp.v"))
    for relation in {"views_jp.v", "saved_jp.v"} - {place}:
        assert "_NOT_FOUND" in governed.refusal(name, f"SELECT * FROM {relation}"), (name, relation)
    sayable = without(policy, {grant for finding in wanted.refused for grant in re.findall(rf"`c{who[0]}-(g\d+)`", finding.message)})
    access = decide(sayable, who[1], RELATION, NOW)
    rows = [dict(zip(access.columns, row, strict=True)) for row in expected(sayable, who[1], table)]
    if place is None:
        assert not rows, (name, policy)
        return 0
    names, found = governed.read(name, f"SELECT * FROM {place}")
    assert set(names) <= set(access.columns), (name, policy)
    read = [dict(zip(names, row, strict=True)) for row in found]
    assert _all(read) == _all(rows), (name, place, policy)
    return len(table) * len(TYPES)


def without(policy: Policy, refused: set[str]) -> Policy:
    """What is left of a policy when the grants that Lake Formation cannot be told are left out."""
    return Policy(policy.principals, policy.roles, {name: grant for name, grant in policy.grants.items() if name not in refused})


def _all(found: list[dict[str, Any]]) -> list[str]:
    """Rows in order, with every column; one that is not there is as one that shows nothing."""
    return sorted(shown([row.get(name) for name in TYPES]) for row in found)


@pytest.mark.parametrize("row_policies", [False, True])
def test_athena_under_the_compiled_policy_gives_the_evaluators_cells(
    governed: Governed, table: list[dict[str, Any]], row_policies: bool
) -> None:
    cases = [*EVERYTHING_OF_SOME_ROWS, *some(POLICY, 6 if row_policies else POLICIES)]
    wanted = applied(governed, joined(cases), row_policies=row_policies)
    reading, cells = compared(governed, wanted, cases, table)
    assert reading > len(cases) // 2, "most policies should give somebody something"
    assert cells > (1000 if row_policies else 4000)
    assert wanted.refused, "some of the grants cannot be said, and give nothing"
    assert "saved_jp.v" in set(wanted.reads.values()), "some of the grants should filter rows"
    assert bool(wanted.state.attachments) is row_policies
