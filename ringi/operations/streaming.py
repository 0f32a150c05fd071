"""Landing that goes on, for an opened lake: finds the contract, opens Spark, and lands each micro-batch while it holds the lake.

Used by `ringi stream`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from ringi.engines import EngineName
from ringi.operations.landing import contract_of, spark_sorting
from ringi.operations.stream_settings import KinesisStream, read_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from jobs.land.spark.inlet import Inlet
    from jobs.land.spark.stream import Landed
    from ringi.lake import Lake

LEAST_SECONDS = 10
"""Micro-batches closer together than this would fill bronze with tiny files."""


def stream_into(
    lake: Lake,
    source: str,
    folder: Path | None,
    say: Callable[[str], None],
    tell: Callable[[Landed], None],
    *,
    every: int | None,
    files_a_batch: int,
) -> None:
    """Land what comes as micro-batches: what is there (`every` is None), or on and on every so many seconds.

    It comes from a folder, or where none is named from what `[streams.SOURCE]` of ringi.toml names. Raises UsageError for an unknown
    source, a folder or section that is not there or has faults, or a pause that is too short.
    """
    from jobs.engines.spark import SparkEngine
    from jobs.land import LandingLake
    from jobs.land.spark.stream import Desk, Stream

    contract = contract_of(lake, source)
    inlet = inlet_of(lake, source, folder, files_a_batch)
    if every is not None and every < LEAST_SECONDS:
        raise UsageError(
            f"`--every {every}` is too short.", hint=f"at least {LEAST_SECONDS} seconds; each micro-batch makes files in bronze."
        )
    with lake.engine(EngineName.SPARK) as engine:
        if not isinstance(engine, SparkEngine):
            raise TypeError("Spark was asked for")
        parts = LandingLake(lake.tables, lake.objects, spark_sorting(lake, engine))
        desk = Desk(contract, parts, lambda: lake.held("stream", say), lambda: dt.datetime.now(dt.UTC), tell)
        stream = Stream(engine, inlet, desk, checkpoint_of(lake, source, inlet.name))
        with _interrupted(stream.leave, say) as interrupted:
            stream.run(every=every)
    if interrupted:
        raise KeyboardInterrupt


def inlet_of(lake: Lake, source: str, folder: Path | None, files_a_batch: int) -> Inlet:
    """A folder, or the topic or stream that ringi.toml names for the source."""
    from jobs.land.spark.inlet import FolderInlet

    if folder is None:
        return _connected(lake, source)
    if not folder.is_dir():
        raise UsageError(f"There is no folder `{folder}`.", hint="name the folder in which files appear: `ringi stream … --from DIR`.")
    return FolderInlet(folder, files_a_batch)


def _connected(lake: Lake, source: str) -> Inlet:
    from jobs.land.spark import kafka

    settings = read_stream(lake.root, source)
    desk = lake.config.warehouse / ".streams" / source
    if isinstance(settings, KinesisStream):
        return _kinesis(lake, source, settings, desk)
    return kafka.KafkaInlet(settings.servers, settings.topic, desk, settings.records_a_batch or kafka.RECORDS_A_BATCH, settings.options)


def _kinesis(lake: Lake, source: str, settings: KinesisStream, desk: Path) -> Inlet:
    """The inlet of a stream, read with the lake's own account, or with the credentials of this machine in the region that is named."""
    from infra.aws.kinesis import KinesisShards, outside_lake
    from jobs.land.spark.kinesis import inlet

    own = lake.aws.settings if lake.aws is not None else None
    region = settings.region or (own.region if own else None)
    if region is None:
        hint = 'add one, such as region = "eu-west-1", or give the ARN of the stream.'
        raise UsageError(f"{settings.place} lacks `region`.", hint=hint)
    endpoint = settings.endpoint_url or (own.endpoint_url if own and own.region == region else None)
    shards = KinesisShards(outside_lake(region, endpoint), settings.stream, settings.place)
    shards.about()  # a wrong name or a missing right is told before Spark is started
    ranges = Path(checkpoint_of(lake, source, inlet.name_of(shards.name))) / "ranges"
    return inlet.KinesisInlet(shards, ranges, desk, settings.records_a_batch or inlet.RECORDS_A_BATCH, settings.start)


@contextmanager
def _interrupted(leave: Callable[[], None], say: Callable[[str], None]) -> Iterator[list[int]]:
    """The first interruption lets the micro-batch come to its end, the second does not; the signals that came.

    PySpark's own handler would speak to Java in the middle of another sentence.
    """
    came: list[int] = []
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGINT, signal.SIGTERM)}

    def heard(kind: int, _: FrameType | None) -> None:
        came.append(kind)
        leave()
        say("Ending after this micro-batch. Interrupt again to end at once; the next call goes on either way.")
        for each in before:
            signal.signal(each, signal.SIG_DFL)

    for kind in before:
        signal.signal(kind, heard)
    try:
        yield came
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def checkpoint_of(lake: Lake, source: str, inlet: str) -> str:
    """The folder of the lake in which Spark remembers what it offered of one inlet to one source."""
    return str(lake.config.warehouse / "streams" / f"{source}-{hashlib.sha256(inlet.encode()).hexdigest()[:12]}")
