"""The fixture `moto`: AWS as moto pretends it, on a real port, so that boto3, PyIceberg, the JVM and child processes meet one endpoint.

Used by every test of the AWS adapters. The server runs once a session; each test module gets it empty, with the environment
variables that AWS clients read (credentials, region, endpoint) set while the module runs and put back after it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REGION = "eu-west-1"
ACCOUNT = "123456789012"
"""The account number moto answers with."""
CREDENTIALS = "testing"
ROOT = Path(__file__).parents[2]
TRINO_PATH = "/lab/trino"
"""Where the server is told of Trino."""
LAKE_FORMATION_PATH = "/lab/lake-formation"
"""Where it is told what Lake Formation does; see `tests/lab/server.py`."""


@dataclass(frozen=True, slots=True)
class Moto:
    """A running moto server. `url` is the endpoint of every AWS service."""

    url: str
    log: Path

    def client(self, service: str) -> Any:
        """A boto3 client of one service, pointed at this server whatever the environment says."""
        import boto3

        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=CREDENTIALS, aws_secret_access_key=CREDENTIALS
        )

    def reset(self) -> None:
        """Forget every bucket, database, key and role."""
        self._post("/moto-api/reset")

    def configure(self, settings: str) -> None:
        """Change moto's own settings, given as JSON: `{"stepfunctions": {"execute_state_machine": true}}`; a reset keeps them."""
        self._post("/moto-api/config", settings)

    def run_queries_on(self, trino: str) -> None:
        """From now on Athena's queries are run by the Trino at this address; see tests/lab/athena."""
        self._post(TRINO_PATH, trino)

    def let_lake_formation(self, *, govern: bool | None = None, have_row_policies: bool | None = None) -> None:
        """Whether Lake Formation says what Athena's queries read (else Trino's rules do), and whether the account has row policies."""
        told = {"governs": govern, "row_policies": have_row_policies}
        self._post(LAKE_FORMATION_PATH, json.dumps({name: value for name, value in told.items() if value is not None}))

    @property
    def environment(self) -> dict[str, str]:
        """What a child process or a client in this one needs to find this server, and nothing of a real account."""
        return {
            "AWS_ACCESS_KEY_ID": CREDENTIALS,
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS,
            "AWS_SESSION_TOKEN": CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def _post(self, path: str, body: str = "") -> None:
        request = urllib.request.Request(f"{self.url}{path}", data=body.encode(), method="POST")  # noqa: S310  our own http address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own http address
            answer.read()


@contextmanager
def moto_running(folder: Path, module: str = "tests.lab.server") -> Iterator[Moto]:
    """A moto server of its own, run by a module of the lab, its log in `folder`; ends with the block."""
    log = folder / "moto.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, f"moto did not start:\n{log.read_text()}"
            yield Moto(url, log)
        finally:
            _ended(process)


def _ended(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()  # the server ends when its standard input does
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def aws_environment(moto: Moto) -> Iterator[None]:
    """The environment of this process points at `moto`, and at no real account, inside the block."""
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("AWS_PROFILE", raising=False)
        for name, value in moto.environment.items():
            environment.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def moto_process() -> Iterator[Moto]:
    """The one server of the session; take `moto` instead, unless a session fixture needs the address."""
    with tempfile.TemporaryDirectory(prefix="ringi-moto-") as folder, moto_running(Path(folder)) as server:
        yield server


@pytest.fixture(scope="module")
def moto(moto_process: Moto) -> Iterator[Moto]:
    """An empty AWS account for the tests of one module; the environment of this process points at it."""
    moto_process.reset()
    with aws_environment(moto_process):
        yield moto_process
