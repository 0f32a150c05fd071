"""The lab's lake: a demo computed by DuckDB in a local folder, and the same published tables and views put into S3 and Glue.

Made once a session by the fixture `published` of tests/lab/conftest.py, through the adapters that a lake on AWS is written with:
each data file under the key of its country, each table committed through Glue, each definer view in Glue's multi-dialect form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.aws.keys import Keys
from infra.aws.objects import Objects
from infra.aws.tables import AwsTables
from jobs.table import Commit, DefinerView
from ringi.lake import Lake
from tests.lab.moto_server import Moto
from tests.lab.trino_server import DEFINER_USER, Trino
from tests.support.aws_lake import make_aws_lake
from tests.support.command import ringi

COUNTRIES = ("jp", "de", "us", "in", "br")
EVENTS = 8000


@dataclass(frozen=True, slots=True)
class Published:
    """The same published views in a local folder and on AWS."""

    local: Lake
    tables: AwsTables
    warehouse: str

    def views(self, country: str) -> tuple[DefinerView, ...]:
        """The definer views of a country, as the catalog on AWS holds them."""
        return self.tables.views(f"views_{country}")

    def values(self, country: str, view: str) -> list[dict[str, Any]]:
        """What DuckDB reads of a published view in the local lake, as that country's analyst."""
        from infra.local.query_process import Limits
        from ringi.querying import run_query

        rows: list[dict[str, Any]] = run_query(self.local, f"select * from views_{country}.{view}", f"analyst_{country}", Limits())[0].rows
        return rows


def make_published(aws: Moto, folder: Path) -> Published:
    """Compute the demo lake and publish it on AWS; takes half a minute."""
    said = ringi("demo", "--dir", folder, "--events", str(EVENTS))
    assert said.code == 0, said.err
    local = Lake(folder)
    account = make_aws_lake(COUNTRIES, endpoint_url=aws.url)
    tables, objects = AwsTables(account), Objects(account, Keys(account))
    for namespace in ("gold", *(f"saved_{country}" for country in COUNTRIES)):
        for name in local.tables.names(namespace):
            _copied(local, tables, objects, name)
    tables.put_views([view for country in COUNTRIES for view in local.tables.views(f"views_{country}")])
    return Published(local, tables, account.settings.warehouse)


def _copied(local: Lake, tables: AwsTables, objects: Objects, name: str) -> None:
    """Put one table's files into S3 as they are, and commit them."""
    spec, snapshot = local.tables.spec(name), local.tables.snapshot(name)
    assert spec is not None and snapshot is not None
    target = tables.shape(replace(spec, properties={}))
    assert [column.id for column in target.columns] == [column.id for column in spec.columns], "the files carry other field ids"
    paths = []
    for file in local.tables.files(name):
        path = f"{tables.data_folder(name)}/{Path(file.path).name}"
        with Path(file.path).open("rb") as content:
            objects.upload(content, path)
        paths.append(path)
    ours = {key: value for key, value in snapshot.summary.items() if key.startswith("ringi.")}
    tables.commit(Commit(name, paths, spec=replace(spec, properties={}), summary=ours))


def access_rules(countries: Sequence[str]) -> list[dict[str, Any]]:
    """Trino's rules for the lake: an analyst reads the views of one country; the definer reads the saved copies, and may lend that."""
    definer = {"user": DEFINER_USER, "schema": "saved_.*", "privileges": ["SELECT", "GRANT_SELECT"]}
    return [definer, *({"user": f"analyst_{each}", "schema": f"views_{each}", "privileges": ["SELECT"]} for each in countries)]


def open_to_analysts(trino: Trino) -> None:
    """Put the lake's rules in force."""
    trino.allow(access_rules(COUNTRIES))
