"""Kafka's own files and Spark's connector for it, from Maven Central: fetched once and kept in the lab's cache.

The connector is of the Spark release nearest to ours whose jars the lab can get; the two speak through interfaces that a patch
release does not change.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.cache import kept
from tests.lab.required import lab_skip

VERSION = "3.9.1"
"""Of the broker, and of the client that Spark 4.1 was built with."""
BROKER = (
    ("org.apache.kafka", "kafka_2.13", VERSION),
    ("org.apache.kafka", "kafka-tools", VERSION),
    ("org.slf4j", "slf4j-simple", "1.7.36"),
)
CONNECTOR = (
    ("org.apache.spark", "spark-sql-kafka-0-10_2.13", "4.1.3"),
    ("org.apache.spark", "spark-token-provider-kafka-0-10_2.13", "4.1.1"),
    ("org.apache.commons", "commons-pool2", "2.12.1"),
)
CLIENT = f"kafka-clients-{VERSION}.jar"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_SECONDS = 900
ALONE = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
"""Spark's connector comes without what it depends on: Spark has it, or it is listed here."""


@dataclass(frozen=True, slots=True)
class KafkaFiles:
    """Jars by what they are for."""

    broker: Path
    connector: Path

    @property
    def connector_jars(self) -> str:
        """As `spark.jars` takes them."""
        return ",".join(str(jar) for jar in sorted(self.connector.glob("*.jar")))


def kafka_files() -> KafkaFiles:
    """The jars; the test is left out where they can neither be found nor fetched."""
    folder = kept(f"kafka-{VERSION}", _fetched)
    return KafkaFiles(folder / "broker", folder / "connector")


def _fetched(into: Path) -> None:
    if shutil.which("mvn") is None:
        lab_skip("Kafka is fetched by Maven, and there is no `mvn` on the PATH")
    pom, broker, connector = into.parent / "pom.xml", into / "broker", into / "connector"
    pom.write_text(_pom(), encoding="utf-8")
    _maven("-f", str(pom), COPY, f"-DoutputDirectory={broker}", f"-Dmaven.repo.local={into.parent / 'maven'}")
    connector.mkdir()
    for _, name, version in CONNECTOR:
        (broker / f"{name}-{version}.jar").rename(connector / f"{name}-{version}.jar")
    shutil.copy(broker / CLIENT, connector)


def _pom() -> str:
    listed = [*((each, "") for each in BROKER), *((each, ALONE) for each in CONNECTOR)]
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version>{without}</dependency>\n"
        for (group, name, version), without in listed
    )
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>\n'
        "<groupId>lab</groupId><artifactId>kafka</artifactId><version>1</version>\n"
        f"<dependencies>\n{dependencies}</dependencies></project>\n"
    )


def _maven(*words: str) -> None:
    try:
        done = subprocess.run(["mvn", "-B", "-q", "-C", *words], capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        lab_skip(f"Maven did not bring Kafka in {FETCH_SECONDS} seconds")
    if done.returncode != 0:
        lab_skip(f"Maven could not fetch Kafka: {(done.stdout + done.stderr).strip()[-500:]}")
