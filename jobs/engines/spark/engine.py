"""The Spark engine behind the port `jobs.engine.Engine`. Rows stay in Spark; only counts and small results come to the driver.

Made by `ringi/lake.py` and by the entry points for `spark-submit`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from jobs.dialects.spark import SPARK
from jobs.engines.spark import files as data_files
from jobs.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame, SparkSession

    from jobs.dialects import Dialect
    from jobs.engine import Written
    from jobs.table import PartitionField, TableColumn


class SparkEngine:
    """One Spark session; `owned` says whether closing the engine ends the session too."""

    dialect: Dialect = SPARK
    most_rows: int | None = None

    def __init__(self, session: SparkSession, *, owned: bool = True) -> None:
        self.session = session
        self._owned = owned
        self._views: dict[tuple[object, ...], str] = {}
        self._kept: dict[str, DataFrame] = {}
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ringi-spark")

    def relation(self, files: Sequence[str], columns: Sequence[TableColumn]) -> str:
        """A FROM item over data files, matched by field id; an empty one of the same shape where there is no file."""
        if not files:
            return data_files.empty(columns)
        key = (tuple(files), tuple(columns))
        if key not in self._views:
            name = f"files_{len(self._views)}"
            with translated():
                data_files.read(self.session, files, columns).createOrReplaceTempView(name)
            self._views[key] = name
        return self._views[key]

    def tally(self, files: Sequence[str], column: TableColumn) -> Mapping[str, Mapping[Any, int]]:
        """For each data file that has rows, how many there are of each value of a column."""
        with translated():
            return data_files.tally(self.session, files, column) if files else {}

    def keep(self, name: str, queries: Iterable[str], *, read_once: bool = False) -> None:
        """Keep the rows of queries in the executors' memory and on their disks; rows that are read once become part of their reader."""
        from pyspark import StorageLevel

        found: DataFrame | None = None
        with translated():
            for query in queries:
                rows = self.session.sql(query)
                found = rows if found is None else found.unionByName(rows)
            if found is None:
                raise ValueError("there is nothing to keep")
            if not read_once:
                found = found.persist(StorageLevel.MEMORY_AND_DISK)
            found.createOrReplaceTempView(name)
        if before := self._kept.pop(name, None):
            before.unpersist()
        self._kept[name] = found

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a small result; instants are in UTC."""
        with translated():
            table = self.session.sql(sql).toArrow()
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def rows_later(self, sql: str) -> Callable[[], list[tuple[Any, ...]]]:
        """All rows of a small result; Spark begins now, while the driver goes on with other statements."""
        return self._beside.submit(self.rows, sql).result

    def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return self.rows(sql)[0][0]

    def write(
        self,
        sql: str,
        folder: str,
        columns: Sequence[TableColumn],
        partition: Sequence[PartitionField] = (),
        *,
        sort: Sequence[str] = (),
        tally: TableColumn | None = None,
    ) -> tuple[Written, ...]:
        """Write a query's rows as Parquet data files of a table with these columns; see `jobs.engine.Engine`."""
        with translated():
            return data_files.write(self.session, sql, folder, columns, partition, sort, tally)

    def close(self) -> None:
        """Forget what was kept; end the session where it is the engine's own. Nothing is left to end where Java died."""
        from py4j.protocol import Py4JError

        self._beside.shutdown(wait=False, cancel_futures=True)
        with suppress(Py4JError, OSError):
            for held in self._kept.values():
                held.unpersist()
            for name in [*self._views.values(), *self._kept]:
                self.session.catalog.dropTempView(name)
        self._views, self._kept = {}, {}
        if self._owned:
            with suppress(Py4JError, OSError):
                self.session.stop()

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def translated() -> Iterator[None]:
    """Turns failures of the outside world into an EngineError of one sentence; errors in a statement are faults and pass."""
    from py4j.protocol import Py4JError, Py4JNetworkError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException):
        raise
    except (Py4JNetworkError, ConnectionError) as error:
        raise EngineError("Spark's process ended before the work was done. The lake is as it was before.", hint=_AGAIN) from error
    except (Py4JError, PySparkException) as error:
        raise _understood(str(error)) from error


_AGAIN = "run the same command again; give Spark more memory (`memory_limit` in ringi.toml, or the cluster's settings) if it ends again."
_KNOWN = (
    ("No space left", "The disk is full.", "free some disk space, then run the same command again."),
    ("Disk quota", "The disk quota is used up.", "free some disk space, then run the same command again."),
    ("OutOfMemoryError", "Spark ran out of memory.", "raise `memory_limit` in ringi.toml, or the cluster's memory, then run again."),
    ("Permission denied", "A file may not be written.", "give yourself write permission on the lake's folder."),
    ("AccessDenied", "The object store refused access.", "give the job's role the rights on the bucket and its key; see docs/aws.md."),
    ("SlowDown", "The object store asks for fewer requests.", "run the same command again."),
    ("FileNotFound", "A data file of the lake is missing.", "restore the file from a backup, then run the same command again."),
    ("FILE_NOT_EXIST", "A data file of the lake is missing.", "restore the file from a backup, then run the same command again."),
    ("FAILED_READ_FILE", "A data file of the lake cannot be read.", "restore the file from a backup, or check the disk; then run again."),
    ("SparkContext was shut down", "Spark was stopped before the work was done.", _AGAIN),
)


def _understood(text: str) -> EngineError:
    for mark, sentence, hint in _KNOWN:
        if mark in text:
            return EngineError(f"{sentence} The lake is as it was before.", hint=hint)
    first = next((line.strip() for line in text.splitlines() if line.strip()), "no reason was given")
    return EngineError(f"Spark failed: {first[:300]}. The lake is as it was before.", hint=_AGAIN)
