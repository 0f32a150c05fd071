"""Trino reads what PyIceberg wrote through Glue, and shows a reader only what a rule gives: the ground the lab stands on."""

from __future__ import annotations

import datetime as dt
import decimal

import pyarrow as pa
import pytest
from trino.exceptions import TrinoUserError

from tests.lab.moto_server import REGION, Moto
from tests.lab.trino_server import REFUSED, Trino

NUMBERS = pa.table(
    {
        "day": pa.array([dt.date(2026, 11, 1), dt.date(2026, 11, 2)], pa.date32()),
        "hours": pa.array([0.1, None], pa.float64()),
        "price": pa.array([decimal.Decimal("12.340"), decimal.Decimal("-0.001")], pa.decimal128(18, 3)),
        "plays": pa.array([2**62, 0], pa.int64()),
        "title": pa.array(['東京, "物語"', ""], pa.string()),
    }
)


@pytest.fixture(scope="module")
def numbers(lab: Moto) -> str:
    """A small table in Glue, written by PyIceberg; its name with the schema."""
    from pyiceberg.catalog.glue import GlueCatalog

    lab.client("s3").create_bucket(Bucket="lab-numbers", CreateBucketConfiguration={"LocationConstraint": REGION})
    catalog = GlueCatalog("lab", **{"s3.endpoint": lab.url, "glue.endpoint": lab.url, "warehouse": "s3://lab-numbers/warehouse"})
    catalog.create_namespace("numbers_jp")
    catalog.create_table("numbers_jp.some", NUMBERS.schema).append(NUMBERS)
    return "numbers_jp.some"


def test_trino_reads_the_values_that_pyiceberg_wrote(trino: Trino, numbers: str) -> None:
    rows = trino.query(f"SELECT * FROM {numbers} ORDER BY day")
    assert rows == [tuple(row.values()) for row in NUMBERS.to_pylist()]


def test_an_analyst_reads_what_a_rule_gives_and_nothing_else(trino: Trino, numbers: str) -> None:
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query(f"SELECT * FROM {numbers}", user="analyst_jp")
    trino.allow([{"user": "analyst_jp", "schema": "numbers_jp", "privileges": ["SELECT"]}])
    assert len(trino.query(f"SELECT * FROM {numbers}", user="analyst_jp")) == 2
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query(f"SELECT * FROM {numbers}", user="analyst_de")


@pytest.mark.parametrize("hidden", ["snapshots", "files", "partitions", "history", "manifests", "properties", "refs"])
def test_no_analyst_reads_the_metadata_tables(trino: Trino, numbers: str, hidden: str) -> None:
    trino.allow([{"user": "analyst_jp", "schema": "numbers_jp", "privileges": ["SELECT"]}])
    schema, _, table = numbers.partition(".")
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query(f'SELECT * FROM {schema}."{table}${hidden}"', user="analyst_jp")


def test_no_analyst_writes(trino: Trino, numbers: str) -> None:
    trino.allow([{"user": "analyst_jp", "schema": "numbers_jp", "privileges": ["SELECT"]}])
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query(f"DELETE FROM {numbers}", user="analyst_jp")
