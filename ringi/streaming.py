"""Landing that goes on, for an opened lake: finds the contract, opens Spark, and lands each micro-batch while it holds the lake.

Used by `ringi stream`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from ringi.engines import EngineName
from ringi.landing import contract_of, spark_sorting
from ringi.project import FILE, read_section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from jobs.land.spark.inlet import Inlet
    from jobs.land.spark.stream import Landed
    from ringi.lake import Lake

LEAST_SECONDS = 10
"""Micro-batches closer together than this would fill bronze with tiny files."""


FIELDS = ("connector", "servers", "topic", "records_a_batch", "options")
"""Of a section `[streams.SOURCE]` in ringi.toml."""


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
    """A folder, or the topic that ringi.toml names for the source."""
    from jobs.land.spark.inlet import FolderInlet

    if folder is None:
        return _topic(lake, source)
    if not folder.is_dir():
        raise UsageError(f"There is no folder `{folder}`.", hint="name the folder in which files appear: `ringi stream … --from DIR`.")
    return FolderInlet(folder, files_a_batch)


def _topic(lake: Lake, source: str) -> Inlet:
    from jobs.land.spark.kafka import RECORDS_A_BATCH, KafkaInlet

    place = f"{FILE}: `[streams.{source}]`"
    section = read_section(lake.root, "streams").get(source)
    if not isinstance(section, dict):
        hint = f"name a folder with --from, or add a section [streams.{source}] with `connector`, `servers` and `topic`."
        raise UsageError(f"Nothing says where the stream of `{source}` comes from.", hint=hint)
    for name in section:
        if name not in FIELDS:
            raise UsageError(f"{place} has an unknown field `{name}`.", hint=f"it knows {', '.join(FIELDS)}.")
    if section.get("connector") != "kafka":
        raise UsageError(f"{place}: `connector` is {section.get('connector')!r}.", hint='expected "kafka"; a folder is named with --from.')
    servers, topic = (_text(place, section, name) for name in ("servers", "topic"))
    options = section.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        raise UsageError(
            f"{place}: `options` is {options!r}.", hint="expected a table of names and texts, as Spark's Kafka source has them."
        )
    records = section.get("records_a_batch", RECORDS_A_BATCH)
    if not isinstance(records, int) or isinstance(records, bool) or records < 1:
        raise UsageError(f"{place}: `records_a_batch` is {records!r}.", hint="expected a whole number of records, 1 or more.")
    desk = lake.config.warehouse / ".streams" / source
    return KafkaInlet(servers, topic, desk, records, options)


def _text(place: str, section: dict[str, object], name: str) -> str:
    value = section.get(name)
    if not isinstance(value, str) or not value.strip():
        example = '"broker-1:9092,broker-2:9092"' if name == "servers" else '"viewing-events"'
        raise UsageError(f"{place}: `{name}` is {value!r}.", hint=f"expected a text, such as {name} = {example}.")
    return value


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
