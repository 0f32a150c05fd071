"""The lab's lake: a demo that DuckDB lands and computes in a local folder, and the same raw files landed and computed by Spark in S3.

Made once a session by the fixture `published` of tests/lab/conftest.py. Nothing goes from one lake to the other but the project's
files and the raw ones, so what an analyst reads of both is the work of two engines on two kinds of storage.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.aws.tables import AwsTables
from jobs.table import DefinerView
from ringi.lake import Lake
from tests.lab.moto_server import ROOT, Moto
from tests.lab.trino_server import DEFINER_USER, Trino
from tests.support.aws_lake import make_aws_lake, profile_toml
from tests.support.command import ringi
from tests.support.spark import need_java

COUNTRIES = ("jp", "de", "us", "in", "br")
EVENTS = 8000
LONGEST_SECONDS = 1500


@dataclass(frozen=True, slots=True)
class Published:
    """The same published views in a local folder and on AWS; `told` is what landing, planning and running on AWS gave."""

    local: Lake
    tables: AwsTables
    warehouse: str
    landed: dict[str, int]
    told: dict[str, Any]

    def views(self, country: str) -> tuple[DefinerView, ...]:
        """The definer views of a country, as the catalog on AWS holds them."""
        return self.tables.views(f"views_{country}")

    def values(self, country: str, view: str) -> list[dict[str, Any]]:
        """What DuckDB reads of a published view in the local lake, as that country's analyst."""
        from infra.local.query_process import Limits
        from ringi.query.answering import run_query

        rows: list[dict[str, Any]] = run_query(self.local, f"select * from views_{country}.{view}", f"analyst_{country}", Limits())[0].rows
        return rows


def make_published(aws: Moto, folder: Path) -> Published:
    """Play the demo here, and land and run its files in S3; takes one or two minutes."""
    need_java()
    said = ringi("--format", "json", "demo", "--dir", folder, "--events", str(EVENTS))
    assert said.code == 0, said.err
    account = make_aws_lake(COUNTRIES, endpoint_url=aws.url)
    project = _project(folder, folder.parent / "on-s3", profile_toml(account.settings))
    environment = {**os.environ, **aws.environment}
    command = [sys.executable, "-m", "tests.lab.spark_on_s3", str(project)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    return Published(Lake(folder), AwsTables(account), account.settings.warehouse, json.loads(said.out)["landed"], json.loads(done.stdout))


def _project(demo: Path, project: Path, profile: str) -> Path:
    """The demo's project and raw files, without its lake; publishing for five countries, since each has a key and waits for Glue."""
    shutil.copytree(demo, project, ignore=shutil.ignore_patterns("warehouse"))
    with (project / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n{profile}memory_limit = "2GB"\n')
    for path in (project / "views").glob("*.yaml"):
        view = yaml.safe_load(path.read_text(encoding="utf-8"))
        view["countries"] = [code.upper() for code in COUNTRIES]
        path.write_text(yaml.safe_dump(view, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return project


def access_rules(countries: Sequence[str]) -> list[dict[str, Any]]:
    """Trino's rules for the lake: an analyst reads the views of one country; the definer reads the saved copies, and may lend that."""
    definer = {"user": DEFINER_USER, "schema": "saved_.*", "privileges": ["SELECT", "GRANT_SELECT"]}
    return [definer, *({"user": f"analyst_{each}", "schema": f"views_{each}", "privileges": ["SELECT"]} for each in countries)]


def open_to_analysts(trino: Trino) -> None:
    """Put the lake's rules in force."""
    trino.allow(access_rules(COUNTRIES))
