"""Data files as Spark reads and writes them: matched by Iceberg field id, one or more a partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jobs.dialects import quoted
from jobs.dialects.spark import SPARK, SQL_TYPES
from jobs.engine import Written
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

    from jobs.table import PartitionField, TableColumn

FIELD_ID = "parquet.field.id"
_NO_MEMBER = "__HIVE_DEFAULT_PARTITION__"


def read(session: SparkSession, files: Sequence[str], columns: Sequence[TableColumn]) -> DataFrame:
    """The rows of data files; a column that a file lacks reads as NULL. Folder names never become values."""
    reader = session.read.schema(_schema(columns)).option("recursiveFileLookup", "true").option("__globPaths__", "false")
    return reader.parquet(*files)


def write(
    session: SparkSession,
    sql: str,
    folder: str,
    columns: Sequence[TableColumn],
    partition: Sequence[PartitionField],
    sort: Sequence[str],
    tally: TableColumn | None,
) -> tuple[Written, ...]:
    """Write a query's rows below a new folder; Spark sizes the files, so a large partition has several and a small one has one."""
    from pyspark.sql import functions as f

    helpers = [f"__p{number}" for number in range(len(partition))]
    rows = session.sql(_select(sql, columns, partition, helpers, sort))
    named = [f.col(quoted_name(column.name)).alias(column.name, metadata={FIELD_ID: column.id}) for column in columns]
    writer = rows.select(*named, *(f.col(name) for name in helpers)).write.mode("errorifexists")
    (writer.partitionBy(*helpers) if helpers else writer).parquet(folder)
    return _written(session, folder, len(helpers), tally)


def tally(session: SparkSession, files: Sequence[str], column: TableColumn) -> dict[str, dict[Any, int]]:
    """For each file that has rows, how many there are of each value of a column."""
    found: dict[str, dict[Any, int]] = {}
    rows = read(session, files, [column]).groupBy("_metadata.file_path", quoted_name(column.name)).count()
    for path, value, count in rows.collect():
        found.setdefault(_plain(unquote(path)), {})[value] = count
    return found


def quoted_name(name: str) -> str:
    """A column name for PySpark's functions, which read a dot as a way into a record."""
    return "`" + name.replace("`", "``") + "`"


def _select(
    sql: str, columns: Sequence[TableColumn], partition: Sequence[PartitionField], helpers: Sequence[str], sort: Sequence[str]
) -> str:
    """The rows with partition values in helper columns, gathered by partition and sorted inside it."""
    held = [f"CAST({quoted(column.name)} AS {SQL_TYPES[column.type]}) AS {quoted(column.name)}" for column in columns]
    split = [f"{_period(field)} AS {name}" for field, name in zip(partition, helpers, strict=True)]
    order = f" SORT BY {', '.join([*helpers, *(quoted(name) for name in sort)])}" if helpers or sort else ""
    hint = f"REBALANCE({', '.join(helpers)})" if helpers else "REBALANCE"
    inner = f"SELECT {', '.join([*held, *split])} FROM ({sql}) AS given"
    return f"SELECT * FROM (SELECT /*+ {hint} */ * FROM ({inner}) AS split){order}"


def _period(field: PartitionField) -> str:
    name = quoted(field.column)
    if field.transform == "identity":
        return name
    return f"CAST({name} AS DATE)" if field.transform == "day" else f"CAST(date_trunc('month', {name}) AS DATE)"


def _written(session: SparkSession, folder: str, depth: int, tally: TableColumn | None) -> tuple[Written, ...]:
    """The files below a folder that have rows, with rows and sizes as Spark finds them when it reads them again."""
    if not _exists(session, folder):  # an object store has no folders, so none where nothing was written
        return ()
    by = ["_metadata.file_path", "_metadata.file_size", *([quoted_name(tally.name)] if tally else [])]
    found: dict[tuple[str, int], dict[Any, int]] = {}
    for location, size, *value, rows in read(session, [folder], [tally] if tally else []).groupBy(*by).count().collect():
        found.setdefault((_plain(unquote(location)), size), {})[value[0] if tally else None] = rows
    return tuple(
        Written(path, sum(counts.values()), size, _members(path, depth), counts if tally else {})
        for (path, size), counts in sorted(found.items())
    )


def _exists(session: SparkSession, folder: str) -> bool:
    jvm = session.sparkContext._jvm
    java = session.sparkContext._jsc
    if jvm is None or java is None:
        raise RuntimeError("the Spark session is closed")
    path = jvm.org.apache.hadoop.fs.Path(folder)
    return bool(path.getFileSystem(java.hadoopConfiguration()).exists(path))


def _plain(location: str) -> str:
    """A local file's path without a scheme, as the port writes it; other locations stay as they are."""
    if location.startswith("file:"):
        return "/" + location.removeprefix("file:").lstrip("/")
    return location


def _members(path: str, depth: int) -> tuple[str | None, ...]:
    """The partition values that stand in a file's folders."""
    folders = path.split("/")[-1 - depth : -1] if depth else []
    values = [unquote(folder.split("=", 1)[1]) for folder in folders]
    return tuple(None if value == _NO_MEMBER else value for value in values)


def _schema(columns: Sequence[TableColumn]) -> StructType:
    from pyspark.sql.types import StructField, StructType

    return StructType([StructField(column.name, _type(column.type), True, {FIELD_ID: column.id}) for column in columns])


def _type(kind: ColumnType) -> DataType:
    from pyspark.sql import types as t

    return {
        ColumnType.STRING: t.StringType(),
        ColumnType.INTEGER: t.LongType(),
        ColumnType.DECIMAL: t.DecimalType(18, 6),
        ColumnType.DOUBLE: t.DoubleType(),
        ColumnType.BOOLEAN: t.BooleanType(),
        ColumnType.TIMESTAMP: t.TimestampType(),
        ColumnType.DATE: t.DateType(),
    }[kind]


def empty(columns: Sequence[TableColumn]) -> str:
    """An empty relation of a shape."""
    nothing = ", ".join(f"CAST(NULL AS {SPARK.type(column.type)}) AS {quoted(column.name)}" for column in columns)
    return f"(SELECT {nothing} LIMIT 0)"
