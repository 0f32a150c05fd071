"""Trino under the rules that Ringi writes: the cells of the evaluator, policy by policy, and every other door closed.

Many policies stand in one file of rules, each with users of its own (`c7_ann`), over one table, so that few statements say much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from trino.exceptions import TrinoUserError

from governance.access.evaluator import decide
from governance.compilers.trino import CHECKER, TrinoTarget, rules, table_rules
from governance.policy.masks import Mask, masked
from governance.policy.policy import Policy
from metrics_catalog.source import ColumnType
from tests.lab.moto_server import REGION, Moto
from tests.lab.trino_server import CATALOG, OWNER, Trino
from tests.support.access_cases import PRINCIPALS, RELATION, TYPES, expected, literal, policies_with, policy_of, rows, shown
from tests.support.policies import NOW, grant

SCHEMA = "access_cases_jp"
"""Where the cases' relation stands in the lab; the rules' schema is replaced by it."""
CHECKING = {"user": CHECKER, "schema": SCHEMA, "privileges": ["SELECT"]}
POLICIES = 60
ROWS = 24
SAYABLE = tuple(mask for mask in Mask if mask is not Mask.SHA_256_QUERY_LOCAL)
ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "decimal": pa.decimal128(18, 6),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def some(strategy: SearchStrategy[Any], count: int) -> list[Any]:
    """So many generated values."""
    found: list[Any] = []

    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found[:count]


@pytest.fixture(scope="module")
def table(lab: Moto) -> Iterator[list[dict[str, Any]]]:
    """The rows of the cases, in an Iceberg table that Trino reads."""
    from pyiceberg.catalog.glue import GlueCatalog

    made = [*some(rows, ROWS), *({**row, "text": "viewer-0042@x.jp", "count": 7} for row in some(rows, 2))]
    lab.client("s3").create_bucket(Bucket="lab-access", CreateBucketConfiguration={"LocationConstraint": REGION})
    catalog = GlueCatalog("lab", **{"s3.endpoint": lab.url, "glue.endpoint": lab.url, "warehouse": "s3://lab-access/warehouse"})
    catalog.create_namespace(SCHEMA)
    arrow = pa.table({name: pa.array([row[name] for row in made], ARROW[kind]) for name, kind in TYPES.items()})
    catalog.create_table(f"{SCHEMA}.v", arrow.schema).append(arrow)
    yield made
    catalog.drop_table(f"{SCHEMA}.v")


def of_case(number: int, policy: Policy) -> list[dict[str, Any]]:
    """A policy's rules, for users of its own and over the lab's table."""
    found, refused = table_rules(policy, [RELATION], CATALOG, NOW)
    assert not refused
    return [{**rule, "user": "|".join(f"c{number}_{name}" for name in rule["user"].split("|")), "schema": SCHEMA} for rule in found]


def read_as(trino: Trino, user: str, columns: Sequence[str]) -> list[str]:
    listed = ", ".join(f'"{name}"' for name in columns)
    return sorted(shown(row) for row in trino.query(f"SELECT {listed} FROM {SCHEMA}.v", user=user))


def test_trino_gives_the_cells_that_the_evaluator_gives(trino: Trino, table: list[dict[str, Any]]) -> None:
    cases = dict(enumerate(some(policies_with(SAYABLE), POLICIES)))
    trino.allow([CHECKING, *(rule for number, policy in cases.items() for rule in of_case(number, policy))])
    compared = 0
    for number, policy in cases.items():
        for principal in PRINCIPALS:
            access = decide(policy, principal, RELATION, NOW)
            if access:
                wanted = sorted(map(shown, expected(policy, principal, table)))
                assert read_as(trino, f"c{number}_{principal}", access.columns) == wanted, (principal, policy)
                compared += 1
    assert compared > POLICIES // 2, "most policies should give somebody something"


def test_trino_leaves_of_a_value_what_each_mask_says(trino: Trino, table: list[dict[str, Any]]) -> None:
    everything = {"to": ("ann",), "views": ("views_jp.v",), "classifications": ("public", "internal", "personal")}
    cases = {
        number: policy_of([grant(**everything, masks={name: mask for name, kind in TYPES.items() if mask.fits(kind)})])
        for number, mask in enumerate(SAYABLE, start=1000)
    }
    trino.allow([CHECKING, *(rule for number, policy in cases.items() for rule in of_case(number, policy))])
    for number, policy in cases.items():
        assert read_as(trino, f"c{number}_ann", list(TYPES)) == sorted(map(shown, expected(policy, "ann", table)))


@pytest.fixture(scope="module")
def closed(trino: Trino, table: list[dict[str, Any]]) -> Iterator[Trino]:
    """Trino under a whole file of rules, from the first test that asks for it on: `ann` sees some columns and rows, nobody else anything."""
    given_grant = grant(
        to=("ann",), views=("views_jp.v",), columns={"exclude": ("hours",)}, rows="count > 0", masks={"text": "show-first-4"}
    )
    before = trino.rules.read_text(encoding="utf-8")
    made = rules(policy_of([given_grant]), [RELATION], TrinoTarget(CATALOG, OWNER, (("ringi-definer", ("saved_jp",)),)), NOW)
    trino.rule_with(made.as_text().replace("views_jp", SCHEMA))
    yield trino
    trino.rule_with(before)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT hours FROM {t}",
        "SELECT person FROM {t}",
        "SELECT count(hours) FROM {t}",
        'SELECT * FROM {s}."v$snapshots"',
        'SELECT * FROM {s}."v$files"',
        'SELECT * FROM {s}."v$partitions"',
        "SELECT * FROM TABLE(awsdatacatalog.system.table_changes('{s}', 'v', 1, 2))",
        "SELECT * FROM TABLE(system.builtin.sequence(1, 2)), system.runtime.queries",
        "SELECT * FROM system.runtime.nodes",
        "SELECT * FROM system.metadata.catalogs",
        "DELETE FROM {t}",
        "INSERT INTO {t} (count) VALUES (1)",
        "UPDATE {t} SET count = 1",
        "DROP TABLE {t}",
        "ALTER TABLE {t} EXECUTE optimize",
        "CREATE TABLE {s}.mine AS SELECT * FROM {t}",
        "CREATE VIEW {s}.mine AS SELECT * FROM {t}",
        "CREATE SCHEMA mine",
        "GRANT SELECT ON {t} TO ROLE public",
        "SET SESSION query_max_run_time = '1h'",
        "CALL awsdatacatalog.system.unregister_table('{s}', 'v')",
        "SHOW CREATE TABLE {t}",
    ],
)
def test_what_no_grant_gives_is_refused(closed: Trino, statement: str) -> None:
    with pytest.raises(TrinoUserError, match=r"Access Denied|Cannot|not registered|not found|not supported"):
        closed.query(statement.format(s=SCHEMA, t=f"{SCHEMA}.v"), user="ann")


@pytest.mark.parametrize("user", ["bob", "stranger", "Ann", "ann2", "xann"])
def test_nobody_else_reads_anything(closed: Trino, user: str) -> None:
    with pytest.raises(TrinoUserError, match="Access Denied"):
        closed.query(f"SELECT 1 FROM {SCHEMA}.v", user=user)


def test_a_star_gives_the_columns_that_are_given(closed: Trino, table: list[dict[str, Any]]) -> None:
    found = closed.rows(f"SELECT * FROM {SCHEMA}.v", user="ann")
    assert len(found) == sum(row["count"] is not None and row["count"] > 0 for row in table)
    assert all(list(row) == [name for name in TYPES if name not in ("hours", "person")] for row in found)


def test_what_is_listed_is_what_may_be_read(closed: Trino) -> None:
    listed = f"SELECT table_schema, table_name FROM {CATALOG}.information_schema.tables WHERE table_schema <> 'information_schema'"
    assert closed.query(listed, user="ann") == [(SCHEMA, "v")]
    to_drivers = (
        f"SELECT table_schem, table_name FROM system.jdbc.tables WHERE table_cat = '{CATALOG}' AND table_schem <> 'information_schema'"
    )
    assert closed.query(to_drivers, user="ann") == [(SCHEMA, "v")]
    columns = closed.query(f"SELECT column_name FROM {CATALOG}.information_schema.columns WHERE table_schema = '{SCHEMA}'", user="ann")
    assert {name for (name,) in columns} == set(TYPES) - {"hours", "person"}
    assert closed.query(listed, user="bob") == []


def test_nobody_comes_in_as_the_user_that_checks_conditions(closed: Trino) -> None:
    with pytest.raises(TrinoUserError, match="Access Denied"):
        closed.query("SELECT 1", user=CHECKER)


def test_conditions_of_the_reader_see_masked_values(closed: Trino, table: list[dict[str, Any]]) -> None:
    """`ann` reads text as its first four characters; whole values that are there match nothing, what the mask leaves does."""
    long = [row["text"] for row in table if row["count"] is not None and row["count"] > 0 and len(row["text"] or "") > 4]
    assert long, "the rows hold a text to be masked"
    assert closed.query(f"SELECT count(*) FROM {SCHEMA}.v WHERE text IN ({', '.join(map(literal, long))})", user="ann") == [(0,)]
    left = {masked(Mask.SHOW_FIRST_4, value, ColumnType.STRING) for value in long}
    found = closed.query(f"SELECT count(*) FROM {SCHEMA}.v WHERE text IN ({', '.join(map(literal, left))})", user="ann")
    assert found == [(len(long),)]
