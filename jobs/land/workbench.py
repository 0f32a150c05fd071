"""The tables in which one batch is sorted, inside the engine: lines that were plain, and records judged with care.

Made by `judging.py` for each batch. `accepted` and `refused` are the relations that the rest of landing reads. Everything
streams through the engine, which spills where memory ends.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jobs.dialects import quoted
from jobs.land.careful import careful_rows
from jobs.land.contract import from_text, judged, required, value_columns
from jobs.land.fields import Wanted, field_batch, field_schema
from jobs.land.lines import Heard, line_schema
from jobs.land.quick import quick_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jobs.engines.duckdb import DuckDb
    from jobs.land.shape import Shape
    from metrics_catalog.source import Source

PLAIN, JUDGED, REPEATED, READER = "land_plain", "land_judged", "land_repeated", "land_reader"
PLACE = "_number"
"""The object's number, beside columns of the contract, whose names never begin with an underscore."""

ODD = "(line IS NOT NULL OR bytes IS NOT NULL)"
ODD_ROWS, ODD_BYTES = 50_000, 32 * 2**20
"""How many lines are read with care at once."""


class Workbench:
    """Tables of one batch; `heard` is what the readers notice while the engine pulls from them."""

    def __init__(self, engine: DuckDb, source: Source) -> None:
        self.engine, self.source = engine, source
        self.wanted = Wanted.of(source)
        self.heard = Heard()
        self._count = len(source.columns)

    def __enter__(self) -> Workbench:
        self._drop()
        values = value_columns(self.source)
        kept = "line VARCHAR, bytes BLOB"
        self.engine.execute(f"CREATE TEMP TABLE {PLAIN} (object INTEGER, record BIGINT, chunk BIGINT, {values}, {kept})")
        told = "reason VARCHAR, field VARCHAR, detail VARCHAR"
        self.engine.execute(f"CREATE TEMP TABLE {JUDGED} (object INTEGER, record BIGINT, {values}, {told}, {kept})")
        self.engine.execute(f"CREATE TEMP TABLE {REPEATED} ({PLACE} INTEGER, _record BIGINT)")
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()

    def quick(self, batches: Iterable[Any], shape: Shape) -> None:
        """Sort lines the quick way, then those that are not plain with care."""
        with self._reading(batches, line_schema()):
            self.engine.execute(f"INSERT INTO {PLAIN} {quick_sql(self.source, shape, READER)}")
        for first, last in self._groups():
            lines = f"SELECT object, record, line, bytes FROM {PLAIN} WHERE {ODD} AND chunk BETWEEN {first} AND {last}"
            self.fields([field_batch(self.wanted, careful_rows(self.engine.rows(lines), self.wanted, self.heard))])
        self.engine.execute(f"DELETE FROM {PLAIN} WHERE {ODD}")

    def fields(self, batches: Iterable[Any]) -> None:
        """Judge records that were read as fields."""
        columns = [
            from_text(column, required(self.source, name), f"t{i}", f"substring(kinds, {i + 1}, 1)", f"v{i}")
            for i, (name, column) in enumerate(self.source.columns.items())
        ]
        structure = ("fault", "fault_field", "fault_detail")
        with self._reading(batches, field_schema(self.wanted)):
            self.judge(judged(self.source, columns, READER, structure=structure, verbatim="line, bytes"))

    def judge(self, statement: str) -> None:
        """Keep what a statement of `contract.judged` gives."""
        self.engine.execute(f"INSERT INTO {JUDGED} {statement}")

    def forget(self, number: int) -> None:
        """Take out all records of an object."""
        for table in (PLAIN, JUDGED):
            self.engine.execute(f"DELETE FROM {table} WHERE object = {number}")

    @property
    def sound(self) -> str:
        """Relation of all records that the contract accepts, repeated ones included: place and columns by name."""
        values = ", ".join(f"v{i} AS {quoted(name)}" for i, name in enumerate(self.source.columns))
        place = f"object AS {PLACE}, record AS _record"
        plain = f"SELECT {place}, {values} FROM {PLAIN}"
        return f"({plain} UNION ALL SELECT {place}, {values} FROM {JUDGED} WHERE reason IS NULL)"

    @property
    def accepted(self) -> str:
        """The same without repeated ones."""
        return f"(SELECT * FROM {self.sound} ANTI JOIN {REPEATED} USING ({PLACE}, _record))"

    @property
    def refused(self) -> str:
        """Relation of refused records: place, `reason`, `field`, `detail`, `line`, `bytes`."""
        return f"(SELECT object, record, reason, field, detail, line, bytes FROM {JUDGED} WHERE reason IS NOT NULL)"

    def _groups(self) -> Iterator[tuple[int, int]]:
        """First and last chunk of each portion of lines that are not plain."""
        size = "sum(coalesce(strlen(line), 0) + coalesce(octet_length(bytes), 0))"
        found = self.engine.rows(f"SELECT chunk, count(*), {size} FROM {PLAIN} WHERE {ODD} GROUP BY chunk ORDER BY chunk")
        first, last, rows, held = None, 0, 0, 0
        for chunk, count, weight in found:
            if first is not None and (rows + count > ODD_ROWS or held + weight > ODD_BYTES):
                yield first, last
                first, rows, held = None, 0, 0
            first, last = chunk if first is None else first, chunk
            rows, held = rows + count, held + weight
        if first is not None:
            yield first, last

    @contextmanager
    def _reading(self, batches: Iterable[Any], schema: Any) -> Iterator[None]:
        import pyarrow as pa

        reader = pa.RecordBatchReader.from_batches(schema, batches)
        self.engine.connection.register(READER, reader)
        try:
            yield
        finally:
            self.engine.connection.unregister(READER)

    def _drop(self) -> None:
        for table in (PLAIN, JUDGED, REPEATED):
            self.engine.execute(f"DROP TABLE IF EXISTS {table}")
