"""Generated cases of access: a table, policies and principals, for every target that must give the cells of the evaluator.

`RELATION` has a column of each type; `rows` hold NULLs, quotes, blanks at the end, other scripts and both cases of letters;
`policies` hold masks, row conditions, column lists, fences, roles, days and classes. `expected` is what a principal reads of a table.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from governance.access.evaluator import decide
from governance.policy.grant import Grant
from governance.policy.masks import Mask
from governance.policy.policy import Policy
from governance.policy.principal import Principal, Role
from governance.policy.relation import Relation, RelationColumn
from metrics_catalog.source import Classification, ColumnType
from tests.support.policies import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import SearchStrategy

TEXTS = [
    "",
    "tv",
    "TV",
    "tv ",
    " tv",
    "t%v",
    "it's",
    '"',
    "日本",
    "ß",
    "é",
    "e\u0301",
    "\\",
    "a_b",
    "-- x",
    "ｔｖ",
    "viewer-0042@x.jp",
    "𝟜𝟚😀ab",
]
TYPES = {
    "text": ColumnType.STRING,
    "kind": ColumnType.STRING,
    "count": ColumnType.INTEGER,
    "hours": ColumnType.DOUBLE,
    "open": ColumnType.BOOLEAN,
    "day": ColumnType.DATE,
    "person": ColumnType.STRING,
    "price": ColumnType.DECIMAL,
    "at": ColumnType.TIMESTAMP,
}
DUCKDB_TYPES = {
    ColumnType.STRING: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DOUBLE: "DOUBLE",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.DATE: "DATE",
    ColumnType.DECIMAL: "DECIMAL(18, 6)",
    ColumnType.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}
CLASSES = {"person": Classification.PERSONAL, "day": Classification.PUBLIC, "text": Classification.PUBLIC}
RELATION = Relation(
    "views_jp", "v", tuple(RelationColumn(name, kind, CLASSES.get(name, Classification.INTERNAL)) for name, kind in TYPES.items()), "JP"
)
PRINCIPALS = ("ann", "bob", "eve", "hans")
COUNTRIES = {"bob": "JP", "hans": "DE"}
"""The fence of some; `ann` and `eve` have none."""
SALT = bytes(range(16))

text = st.sampled_from(TEXTS)
number = st.sampled_from([-3, -1, 0, 1, 2, 7, 2**62])
double = st.sampled_from([-2.5, -0.5, 0.0, 0.5, 1.5, 2.0])
day = st.dates(dt.date(2026, 1, 1), dt.date(2026, 1, 9)) | st.just(dt.date(1969, 12, 31))
price = st.sampled_from([Decimal("-1.500000"), Decimal("0.000000"), Decimal("0.500000"), Decimal("2.000000")])
at = st.sampled_from(
    [dt.datetime(2026, 1, 2, hour, tzinfo=dt.UTC) for hour in (0, 5, 23)] + [dt.datetime(2025, 7, 31, 23, 59, 59, 999999, dt.UTC)]
)
values: dict[str, SearchStrategy[Any]] = {
    "price": price,
    "at": at,
    "text": text,
    "kind": text,
    "count": number,
    "hours": double,
    "open": st.booleans(),
    "day": day,
    "person": text,
}
rows = st.fixed_dictionaries({name: st.none() | values[name] for name in TYPES})
tables = st.lists(rows, min_size=1, max_size=5)


def literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


small = "NULLIF(count, 4611686018427387904)"
"""The integer without its largest value, so that sums stay within 64 bits."""
texts = st.one_of(
    st.sampled_from(
        ["text", "kind", "person", "text || kind", "LOWER(text)", "UPPER(kind)", "SUBSTRING(text, 2, 2)", "COALESCE(text, kind)"]
    ),
    text.filter(lambda value: "\\" not in value).map(literal),
)
numbers = st.one_of(
    st.sampled_from(["count", "hours", f"{small} + 1", "count * hours", "count / hours", "count % 2", "ROUND(hours)", f"-{small}"]),
    st.sampled_from(["LENGTH(text)", "price", "price * 2", "ABS(hours)", "LEAST(count, hours)", "NULLIF(count, 0)"]),
    st.sampled_from(["case when open then count else hours end", "EXTRACT(DAY FROM day)", "EXTRACT(HOUR FROM at)"]),
    st.sampled_from([-3, -1, 0, 1, 2, 7]).map(str),
    double.map(str),
)
comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
patterns = st.sampled_from(["'%'", "'t_'", "'%''%'", "'_'", "'日%'", "''", "'%v'", "'% '"])
simple = st.one_of(
    st.tuples(texts, comparison, texts).map(" ".join),
    st.tuples(numbers, comparison, numbers).map(" ".join),
    st.tuples(texts, st.sampled_from(["like", "not like"]), patterns).map(" ".join),
    st.tuples(texts, st.sampled_from(["in ('tv', 'TV')", "not in ('tv', kind)", "in ('日本', 'it''s')", "is null", "is not null"])).map(
        " ".join
    ),
    st.tuples(numbers, st.sampled_from(["between 0 and 2", "not between -1 and 1", "in (0, 1, count)", "is null"])).map(" ".join),
    day.map(lambda value: f"day >= DATE '{value}'"),
    st.sampled_from(["open", "not open", "open = true", "open is null", "at < TIMESTAMP '2026-01-02 05:00:00'", "CAST(at AS DATE) = day"]),
    st.sampled_from(["at + INTERVAL '1' HOUR >= TIMESTAMP '2026-01-03 00:00:00'", "price in (0.5, 2)", "GREATEST(price, count) > 0"]),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({parts[0]}){parts[1]}({parts[2]})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=4,
)
names = st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4, unique=True).map(tuple)
columns: SearchStrategy[Any] = st.one_of(
    st.just("all"), names.map(lambda each: {"include": each}), names.map(lambda each: {"exclude": each})
)
days = st.none() | st.sampled_from([NOW.date() - dt.timedelta(1), NOW.date(), NOW.date() + dt.timedelta(1)])
classes = st.sets(st.sampled_from(list(Classification)), min_size=1).map(lambda each: tuple(sorted(each)))


def masks_of(each: Sequence[Mask]) -> SearchStrategy[dict[str, Mask]]:
    """Masks by column, most of them such as the column's type can have."""
    fitting = {name: st.sampled_from([mask for mask in each if mask.fits(kind)] or list(each)) for name, kind in TYPES.items()}
    return st.just({}) | st.fixed_dictionaries({}, optional=fitting)


def grants_with(some_masks: Sequence[Mask] = tuple(Mask)) -> SearchStrategy[Grant]:
    """Grants to the principals and the role `both` on views of Japan and elsewhere; masks are of these."""
    return st.builds(
        lambda **fields: Grant.model_validate({**fields, "reason": "x"}),
        to=st.lists(st.sampled_from([*PRINCIPALS, "both"]), min_size=1, max_size=2, unique=True).map(tuple),
        views=st.lists(st.sampled_from(["views_jp.v", "views_jp.*", "*.v", "views_de.v", "views_jp.w"]), min_size=1, max_size=2).map(tuple),
        columns=columns,
        rows=st.none() | conditions,
        masks=masks_of(some_masks),
        classifications=classes | st.just(tuple(Classification)),
        valid_from=days,
        valid_until=days,
    )


def policies_with(some_masks: Sequence[Mask] = tuple(Mask), most: int = 4) -> SearchStrategy[Policy]:
    """Policies of up to `most` grants."""
    return st.lists(grants_with(some_masks), min_size=1, max_size=most).map(policy_of)


def policy_of(given: Sequence[Grant]) -> Policy:
    """The grants, called g0, g1, …, to the principals of these cases."""
    principals = {name: Principal(country=COUNTRIES.get(name)) for name in PRINCIPALS}
    roles = {"both": Role(members=("ann", "bob"))}
    return Policy(principals, roles, {f"g{number}": each for number, each in enumerate(given)})


grants = grants_with()
policies = policies_with()


def expected(policy: Policy, principal: str, table: Sequence[dict[str, Any]], salt: bytes = SALT) -> list[list[Any]]:
    """What a principal reads of the table: the visible rows, of each the columns of which it sees some cell."""
    access = decide(policy, principal, RELATION, NOW)
    visible = [row for row in table if any(access.shows(row, name) for name in TYPES)]
    return [[access.value(row, name, salt) for name in access.columns] for row in visible]


def shown(cells: Sequence[Any]) -> str:
    """One row as text, for comparing rows of two engines."""
    return repr([_plain(cell) for cell in cells])


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return (cell if cell.tzinfo is None else cell.astimezone(dt.UTC).replace(tzinfo=None)).isoformat()
    return 0.0 if isinstance(cell, float) and cell == 0 else cell
