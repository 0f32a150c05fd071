"""An inlet of a Kafka topic: the values of each partition between two offsets become one file, one line a value.

Spark's own connector reads the topic, and its checkpoint remembers the offsets, so a micro-batch that is offered again has the same
values. The files are named by topic, partition and offsets; landing keeps them as it keeps any file. Made by `ringi/operations/streaming.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

RECORDS_A_BATCH = 5_000_000
CHUNKS = "partition INT, first BIGINT, last BIGINT, lines BINARY"
PROVIDER = "org.apache.spark.sql.kafka010.KafkaSourceProvider"


@dataclass(frozen=True, slots=True)
class KafkaInlet:
    """One topic, from its first record on. `servers` is a list as Kafka's clients take it, `desk` a local folder of this stream alone.

    `options` are options of Spark's Kafka source (`kafka.security.protocol`, `minPartitions`, …). A value is a line as it would
    stand in a file of the source: one JSON object, say. A record without a value becomes the line `null`, which the contract refuses.
    """

    servers: str
    topic: str
    desk: Path
    records_a_batch: int = RECORDS_A_BATCH
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"kafka topic {self.topic}"

    def rows(self, session: SparkSession) -> DataFrame:
        """The stream of partition, offset and value; raises EngineError where Spark lacks the connector."""
        _need_connector(session)
        reader = session.readStream.format("kafka").option("startingOffsets", "earliest").option("failOnDataLoss", "true")
        for name, value in {"maxOffsetsPerTrigger": str(self.records_a_batch), **self.options}.items():
            reader = reader.option(name, value)
        reader = reader.option("kafka.bootstrap.servers", self.servers).option("subscribe", self.topic)
        return reader.load().select("partition", "offset", "value")

    def files(self, rows: DataFrame) -> Sequence[str]:
        """One file a partition of the topic, by number; what the desk held before was landed and is removed."""
        shutil.rmtree(self.desk, ignore_errors=True)
        self.desk.mkdir(parents=True)
        ordered = rows.repartition("partition").sortWithinPartitions("partition", "offset")
        chunks = ordered.mapInArrow(_chunks, CHUNKS)
        return sorted(str(path) for path in _written(self.desk, self.topic, chunks.toLocalIterator()))


def _chunks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Runs on the workers: the values of neighbours of one partition as lines in one piece."""
    import pyarrow as pa

    for batch in batches:
        numbers, offsets, values = (column.to_pylist() for column in batch.columns)
        start = 0
        for end in range(1, len(numbers) + 1):
            if end == len(numbers) or numbers[end] != numbers[start]:
                lines = b"".join((b"null" if value is None else value.rstrip(b"\r\n")) + b"\n" for value in values[start:end])
                found = ([numbers[start]], [offsets[start]], [offsets[end - 1]], [lines])
                types = (pa.int32(), pa.int64(), pa.int64(), pa.binary())
                arrays = [pa.array(each, type=kind) for each, kind in zip(found, types, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=["partition", "first", "last", "lines"])
                start = end


def _written(desk: Path, topic: str, chunks: Iterable[tuple[int, int, int, bytes]]) -> Iterator[Path]:
    """Append each chunk to the file of its partition; a file gets its name when its last offset is known."""
    offsets: dict[int, tuple[int, int]] = {}
    for partition, first, last, lines in chunks:
        with (desk / f".{partition}").open("ab") as file:
            file.write(lines)
        offsets[partition] = (offsets.get(partition, (first, last))[0], last)
    for partition, (first, last) in offsets.items():
        yield (desk / f".{partition}").rename(desk / f"{topic}-{partition:05}-{first:020}-{last:020}.jsonl")


def _need_connector(session: SparkSession) -> None:
    from py4j.protocol import Py4JJavaError

    try:
        loader = session._jvm.java.lang.Thread.currentThread().getContextClassLoader()  # type: ignore[union-attr]  # None once closed
        loader.loadClass(PROVIDER)
    except Py4JJavaError as error:
        package = f"org.apache.spark:spark-sql-kafka-0-10_2.13:{session.version}"
        hint = f'let Spark fetch it: `[profiles.NAME.spark]` and `"spark.jars.packages" = "{package}"` in ringi.toml, or `spark-submit --packages`.'
        raise EngineError("Spark's connector for Kafka is not there.", hint=hint) from error
