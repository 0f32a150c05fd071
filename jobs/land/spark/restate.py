"""Restatements of a snapshot source with Spark: rows that changed or vanished, found bucket by bucket of the key.

A worker compares the two sides of a bucket with the embedded path's own statements, so a line of the ledger is the same to the
character whoever wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobs.checkpoint import reached
from jobs.engines.duckdb import DuckDb
from jobs.engines.spark.files import quoted_name
from jobs.land.report import Restated
from jobs.land.snapshot import TABLE, differences, ledger_lines
from jobs.ledgers.ledger import CHAIN, RESTATEMENTS, append
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame

    from jobs.engines.spark import SparkEngine
    from jobs.land.sorting import Batch
    from jobs.table import Tables

VIEW, BUCKET, VANISHED = "land_restated_lines", "_bucket", "_vanished"
BUCKETS_A_PARTITION = 4
OWN = [column for column in RESTATEMENTS.columns if column not in CHAIN]
SPARK_TYPES = {ColumnType.STRING: "string", ColumnType.DATE: "date", ColumnType.TIMESTAMP: "timestamp", ColumnType.INTEGER: "bigint"}


def restate(engine: SparkEngine, batch: Batch, tables: Tables, old: DataFrame, new: DataFrame) -> Restated:
    """Compare what bronze holds with the accepted records and write the ledger's lines; both sides have the contract's columns."""
    source = batch.source
    values = _comparable(old, new, [name for name in source.columns if name in old.columns and name not in source.key])
    found = _lines(engine, batch, old, new, values).persist()
    try:
        found.createOrReplaceTempView(VIEW)
        names = ", ".join(column.name for column in OWN)
        append(tables, engine, RESTATEMENTS, f"land {source.source} {batch.manifest.batch}", f"SELECT {names} FROM {VIEW}")
        reached("land_restated")
        counted: dict[bool, int] = dict(engine.rows(f"SELECT {VANISHED}, count(*) FROM {VIEW} GROUP BY 1"))
    finally:
        engine.session.catalog.dropTempView(VIEW)
        found.unpersist()
    return Restated(counted.get(False, 0), counted.get(True, 0))


def _comparable(old: DataFrame, new: DataFrame, names: Sequence[str]) -> list[str]:
    """Columns that both sides fill."""
    from pyspark.sql import functions as f

    if not names:
        return []
    filled = [f.count(quoted_name(name)) > 0 for name in names]
    before, after = (side.select(*filled).first() for side in (old, new))
    if before is None or after is None:
        return []
    return [name for name, left, right in zip(names, before, after, strict=True) if left and right]


def _lines(engine: SparkEngine, batch: Batch, old: DataFrame, new: DataFrame, values: list[str]) -> DataFrame:
    source = batch.source
    differing, told = differences(source, "old_rows", "new_rows", values), ledger_lines(source, batch.manifest)

    def compare(before: pa.Table, after: pa.Table) -> pa.Table:
        return compared(before, after, differing, told)

    buckets = BUCKETS_A_PARTITION * int(engine.session.conf.get("spark.sql.shuffle.partitions") or 1)
    sides = [_bucketed(side, new, source.key, buckets) for side in (old, new.select(*map(quoted_name, source.columns)))]
    schema = ", ".join([*(f"{column.name} {SPARK_TYPES[column.type]}" for column in OWN), f"{VANISHED} boolean"])
    return sides[0].groupBy(BUCKET).cogroup(sides[1].groupBy(BUCKET)).applyInArrow(compare, schema)


def _bucketed(side: DataFrame, new: DataFrame, key: Sequence[str], buckets: int) -> DataFrame:
    """Rows of one key are in one bucket, even where the key's type was another before."""
    from pyspark.sql import functions as f

    typed = [f.col(quoted_name(name)).try_cast(new.schema[name].dataType) for name in key]
    return side.withColumn(BUCKET, f.pmod(f.xxhash64(*typed), f.lit(buckets)))


def compared(before: pa.Table, after: pa.Table, differing: str, told: str) -> pa.Table:
    """The ledger's lines of one bucket, on a worker."""
    if not before.num_rows:
        return _empty()
    with DuckDb(memory_limit="1GB", threads=1) as engine:
        connection: Any = engine.connection
        connection.register("old_rows", before)
        connection.register("new_rows", after)
        engine.execute(f"CREATE TEMP TABLE {TABLE} AS {differing}")
        names = ", ".join(column.name for column in OWN)
        lines = told.removesuffix(f" FROM {TABLE}") + f", {VANISHED} FROM {TABLE}"
        return connection.execute(f"SELECT {names}, {VANISHED} FROM ({lines})").to_arrow_table().cast(_schema())


def _schema() -> pa.Schema:
    import pyarrow as pa

    types = {
        ColumnType.STRING: pa.string(),
        ColumnType.DATE: pa.date32(),
        ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
        ColumnType.INTEGER: pa.int64(),
    }
    return pa.schema([*((column.name, types[column.type]) for column in OWN), (VANISHED, pa.bool_())])


def _empty() -> pa.Table:
    return _schema().empty_table()
