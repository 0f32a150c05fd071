"""The sections `[streams.SOURCE]` of ringi.toml: where the records of a source come from as they are made.

Read by `ringi/operations/streaming.py`. A folder needs no section; it is named with --from.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from metrics_catalog.errors import UsageError
from ringi.project import FILE, read_section

if TYPE_CHECKING:
    from pathlib import Path

CONNECTORS: Mapping[str, tuple[str, ...]] = {
    "kafka": ("connector", "servers", "topic", "records_a_batch", "options"),
    "kinesis": ("connector", "stream", "region", "endpoint_url", "start", "records_a_batch"),
}
"""Fields of a section, by its connector."""

OLDEST, LATEST = "trim_horizon", "latest"

_EXAMPLES = {
    "servers": '"broker-1:9092,broker-2:9092"',
    "topic": '"viewing-events"',
    "stream": '"viewing-events", or the stream\'s ARN',
    "region": '"eu-west-1"',
    "endpoint_url": '"https://vpce-….kinesis.eu-west-1.vpce.amazonaws.com"',
}
_PATTERNS = {
    "servers": r".*\S.*",
    "topic": r".*\S.*",
    "stream": r"[A-Za-z0-9_.-]{1,128}|arn:[\w-]+:kinesis:[a-z]{2}(-[a-z]+)+-\d:\d{12}:stream/[A-Za-z0-9_.-]{1,128}",
    "region": r"[a-z]{2}(-[a-z]+)+-\d",
    "endpoint_url": r"https?://\S+",
}


@dataclass(frozen=True, slots=True)
class KafkaStream:
    """A topic; see `jobs.land.spark.kafka.KafkaInlet`."""

    servers: str
    topic: str
    records_a_batch: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KinesisStream:
    """A stream by name or ARN. `start`: an instant, None for the oldest record that is kept; `latest` is the instant of reading this."""

    place: str
    stream: str
    region: str | None = None
    endpoint_url: str | None = None
    start: dt.datetime | None = None
    records_a_batch: int | None = None


def read_stream(root: Path, source: str) -> KafkaStream | KinesisStream:
    """What ringi.toml says of the stream of a source. Raises UsageError with the place of what is missing, unknown or wrong."""
    place = f"{FILE}: `[streams.{source}]`"
    section = read_section(root, "streams").get(source)
    if not isinstance(section, dict):
        hint = f"name a folder with --from, or add a section [streams.{source}] with `connector`; see docs/streaming.md."
        raise UsageError(f"Nothing says where the stream of `{source}` comes from.", hint=hint)
    connector = section.get("connector")
    if not isinstance(connector, str) or connector not in CONNECTORS:
        hint = 'expected "kafka" or "kinesis"; a folder is named with --from.'
        raise UsageError(f"{place}: `connector` is {connector!r}.", hint=hint)
    for name in section:
        if name not in CONNECTORS[connector]:
            raise UsageError(
                f"{place} has an unknown field `{name}`.", hint=f"for {connector} it knows {', '.join(CONNECTORS[connector])}."
            )
    return _kafka(place, section) if connector == "kafka" else _kinesis(place, section)


def _kafka(place: str, section: Mapping[str, Any]) -> KafkaStream:
    servers, topic = _text(place, section, "servers"), _text(place, section, "topic")
    options = section.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(value, str) for value in options.values()):
        hint = "expected a table of names and texts, as Spark's Kafka source has them."
        raise UsageError(f"{place}: `options` is {options!r}.", hint=hint)
    return KafkaStream(servers, topic, _records(place, section), options)


def _kinesis(place: str, section: Mapping[str, Any]) -> KinesisStream:
    stream = _text(place, section, "stream")
    region, endpoint = (_text(place, section, name) if name in section else None for name in ("region", "endpoint_url"))
    named = stream.split(":")[3] if stream.startswith("arn:") else None
    if named and region and named != region:
        raise UsageError(f"{place}: `region` is {region!r}, and the ARN of `stream` is of {named!r}.", hint="leave `region` out.")
    return KinesisStream(place, stream, named or region, endpoint, _start(place, section.get("start", OLDEST)), _records(place, section))


def _start(place: str, value: object) -> dt.datetime | None:
    if value == OLDEST:
        return None
    if value == LATEST:
        return dt.datetime.now(dt.UTC)
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    hint = f'expected "{OLDEST}" (the oldest record that is kept), "{LATEST}", or an instant such as 2026-11-22T00:00:00Z without quotes.'
    raise UsageError(f"{place}: `start` is {str(value)!r}.", hint=hint)


def _records(place: str, section: Mapping[str, Any]) -> int | None:
    records = section.get("records_a_batch")
    if records is None:
        return None
    if not isinstance(records, int) or isinstance(records, bool) or records < 1:
        raise UsageError(f"{place}: `records_a_batch` is {records!r}.", hint="expected a whole number of records, 1 or more.")
    return records


def _text(place: str, section: Mapping[str, Any], name: str) -> str:
    value = section.get(name)
    if not isinstance(value, str) or not re.fullmatch(_PATTERNS[name], value):
        raise UsageError(f"{place}: `{name}` is {value!r}.", hint=f"expected a text, such as {name} = {_EXAMPLES[name]}.")
    return value
