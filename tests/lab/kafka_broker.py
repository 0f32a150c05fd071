"""A Kafka broker as a process of its own, for what streams from a topic; controller and broker in one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.lab.java import Java, find_java
from tests.lab.kafka_files import KafkaFiles, kafka_files
from tests.lab.required import lab_skip
from tests.support.java_options import JAVA_FOR_TESTS

JAVA = 17
START_SECONDS = 60
CLUSTER = "ringi-lab-cluster-0001"


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker; `servers` is its address."""

    servers: str
    files: KafkaFiles
    java: Java

    def run(self, main: str, *words: str, lines: Sequence[bytes] = ()) -> None:
        """One of Kafka's own tools, with lines to read."""
        text = b"".join(line + b"\n" for line in lines)
        command = [self.java.command, "-Xmx128m", *JAVA_FOR_TESTS, "-cp", f"{self.files.broker}/*", main, *words]
        done = subprocess.run(command, input=text, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr.decode()


@contextmanager
def broker_running(folder: Path) -> Iterator[Broker]:
    """A broker with its files in `folder`; ends with the block."""
    java = find_java(JAVA)
    if java is None:
        lab_skip(f"Kafka needs Java {JAVA}, and there is none")
    files, (port, other) = kafka_files(), _free_ports()
    settings = _configured(folder, port, other)
    broker = Broker(f"127.0.0.1:{port}", files, java)
    broker.run("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(settings))
    command = [java.command, "-Xmx256m", *JAVA_FOR_TESTS, "-cp", f"{files.broker}/*", "kafka.Kafka", str(settings)]
    with (folder / "kafka.log").open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait_until_ready(process, port, folder / "kafka.log")
        yield broker
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _configured(folder: Path, port: int, other: int) -> Path:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{other}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{other}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": str(folder / "data"),
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
    }
    path = folder / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
    return path


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")[-2000:]
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise AssertionError(f"Kafka did not start in {START_SECONDS} seconds:\n{log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
