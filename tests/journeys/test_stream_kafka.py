"""`ringi stream` from a topic of a real Kafka broker: each record once, also after a kill, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import DuckDb
from tests.journeys.test_kill_stream import file
from tests.lab.kafka_broker import Broker, broker_running
from tests.support.catalogs import small_project
from tests.support.command import ringi

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Said

TOPIC = "viewing-events"


def project(root: Path, broker: Broker, *, jars: str | None = None) -> Path:
    """A lake project whose stream comes from the broker."""
    lake = small_project(root)
    with (lake / "ringi.toml").open("a", encoding="utf-8") as toml:
        if jars is not None:
            toml.write(f'\n[profiles.local.spark]\n"spark.jars" = "{jars}"\n')
        toml.write(f'\n[streams.viewing_events]\nconnector = "kafka"\nservers = "{broker.servers}"\ntopic = "{TOPIC}"\n')
    return lake


def send(broker: Broker, content: bytes) -> None:
    words = ("--bootstrap-server", broker.servers, "--topic", TOPIC)
    broker.run("kafka.tools.ConsoleProducer", *words, lines=content.splitlines())


def stream(lake: Path) -> Said:
    return ringi("stream", "viewing_events", "--once", lake=lake)


def alone(lake: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same in a process, and a Java, of its own."""
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake), "stream", "viewing_events", "--once"]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def held(lake: Path, table: str, column: str) -> list[str]:
    tables = LocalTables(lake / "warehouse")
    spec = tables.spec(table)
    assert spec is not None
    with DuckDb(memory_limit="500MB", threads=1) as engine:
        rows = engine.relation([each.path for each in tables.files(table)], spec.columns)
        return [row[0] for row in engine.rows(f"SELECT {column} FROM {rows} ORDER BY 1")]


@pytest.mark.slow
@pytest.mark.lab
def test_records_of_a_topic_are_landed_once(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    folder.mkdir()
    with broker_running(folder) as broker:
        words = ("--bootstrap-server", broker.servers, "--create", "--topic", TOPIC, "--partitions", "2")
        broker.run("org.apache.kafka.tools.TopicCommand", *words)
        lake = project(tmp_path / "lake", broker, jars=broker.files.connector_jars)
        send(broker, file(0))
        first = alone(lake)
        assert first.returncode == 0, first.stderr
        send(broker, file(1) + b"not json\n")
        assert alone(lake, RINGI_KILL_AT="land_written").returncode == -signal.SIGKILL
        send(broker, file(2))
        assert alone(lake).returncode == 0
        assert alone(lake).stdout == ""
        assert held(lake, "bronze.viewing_events", "event_id") == sorted(f"e{number}" for number in range(11))
        refused = held(lake, "quarantine.viewing_events", "content")
        assert len(refused) == 4 and "not json" in refused
        assert {json.loads(each)["event_id"] for each in refused if each != "not json"} == {"bad0", "bad1", "bad2"}
        missing = alone(project(tmp_path / "without", broker))
        assert missing.returncode == 5 and "Spark's connector for Kafka is not there." in missing.stderr
        assert "spark.jars.packages" in missing.stderr and "Traceback" not in missing.stderr


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("", "Nothing says where the stream of `viewing_events` comes from."),
        ('[streams.viewing_events]\nconnector = "pulsar"\n', "`connector` is 'pulsar'."),
        ('[streams.viewing_events]\nconnector = "kafka"\ntopic = "t"\n', "`servers` is None."),
        ('[streams.viewing_events]\nconnector = "kafka"\nservers = "b:9092"\ntopic = "t"\nname = "x"\n', "has an unknown field `name`."),
        ('[streams.viewing_events]\nconnector = "kafka"\nservers = "b:1"\ntopic = "t"\nrecords_a_batch = 0\n', "`records_a_batch` is 0."),
        ('[streams.viewing_events]\nconnector = "kafka"\nservers = "b:1"\ntopic = "t"\noptions = {a = 1}\n', "`options` is {'a': 1}."),
    ],
)
def test_a_section_with_faults_is_refused_with_its_place(tmp_path: Path, section: str, said: str) -> None:
    lake = small_project(tmp_path)
    with (lake / "ringi.toml").open("a", encoding="utf-8") as toml:
        toml.write(f"\n{section}")
    done = stream(lake)
    assert done.code == 2 and said in done.err and "Hint: " in done.err
