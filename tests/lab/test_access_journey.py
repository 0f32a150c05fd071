"""From the policy to the cells: planned, both keys turned, applied; then analysts of Japan and Germany read their own country through
awswrangler, Trino and `ringi query`, and nothing else; what is done by hand shows; what is made anew stays protected.

One lake on this machine and one on AWS are published from the same events, so that `ringi query` tells what AWS must give.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from trino.exceptions import TrinoUserError

from governance.keys.ssh import new_key
from infra.aws.account import Aws
from tests.lab.cells import assert_same_cells
from tests.lab.governed import WORKGROUP, Governed
from tests.lab.lake_formation_calls import role, session_of, to
from tests.lab.trino_server import CATALOG, OWNER
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_lake import make_aws_lake, profile_toml
from tests.support.command import Said, ringi
from tests.support.lakes import RunningLake, event

COUNTRIES = ("jp", "de")
VIEWS = ("title_daily", "country_daily")
APPROVERS = {"haruka_mori": "tech", "emi_takahashi": "business"}
EVE = role("eve")
DEVICES = ("tv", "mobile", "tablet")


@dataclass(frozen=True, slots=True)
class Journey:
    """The project, its lake on AWS, and the account in which Lake Formation governs."""

    root: Path
    aws: Aws
    account: Governed

    def door(self, *words: str | Path, as_json: bool = False) -> Said:
        """`ringi --profile aws access …`."""
        return ringi("--profile", "aws", "access", *words, lake=self.root, as_json=as_json)

    def here(self, principal: str, sql: str) -> list[dict[str, Any]]:
        """What `ringi query` gives on this machine."""
        said = ringi("query", sql, "--as", principal, lake=self.root, as_json=True)
        assert said.code == 0, said.err
        rows: list[dict[str, Any]] = said.json()
        return rows

    def wrangled(self, principal: str, sql: str) -> list[dict[str, Any]]:
        """What awswrangler gives to somebody with the principal's role."""
        import awswrangler as wr

        session = session_of(self.account.moto, principal)
        frame = wr.athena.read_sql_query(sql, database="views_jp", workgroup=WORKGROUP, ctas_approach=False, boto3_session=session)
        rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
        return rows

    def run_again(self) -> None:
        """Publish on AWS what is not published."""
        AwsRunningLake(self.root, self.aws).run(now=dt.datetime.now(dt.UTC))


@pytest.fixture(scope="module")
def journey(governed: Governed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journey]:
    root = tmp_path_factory.mktemp("journey") / "lake"
    assert ringi("init", root).code == 0
    aws = make_aws_lake((*COUNTRIES, "us"), endpoint_url=governed.moto.url, principal_identity=role("{principal}"))
    with (root / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n{profile_toml(aws.settings)}\n[access]\ntrino_catalog = "{CATALOG}"\ntrino_owner = "{OWNER}"\n')
    with_keys(root)
    of_three_countries(root)
    encrypt(aws)
    place = {"ResourceArn": f"arn:aws:s3:::{aws.settings.bucket}", "RoleArn": role("ringi-lake-formation")}
    governed.moto.client("lakeformation").register_resource(**place)  # Terraform does it; before, IAM alone decides
    for lake in (RunningLake(root), AwsRunningLake(root, aws)):
        columns = dict.fromkeys(lake.catalog.sources["viewing_events"].columns)
        lake.events([{**columns, **one} for one in events()])
        lake.run(now=dt.datetime.now(dt.UTC))
    yield Journey(root, aws, governed)


def of_three_countries(root: Path) -> None:
    """The starter's views for the countries of the events alone, so that there is less to publish."""
    for path in (root / "views").glob("*.yaml"):
        view = yaml.safe_load(path.read_text(encoding="utf-8"))
        view["countries"] = [*map(str.upper, COUNTRIES), "US"]
        path.write_text(yaml.safe_dump(view, allow_unicode=True, sort_keys=False), encoding="utf-8")


def encrypt(aws: Aws) -> None:
    """What Terraform sets on the lake's bucket."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": aws.settings.kms_key}}
    aws.client("s3").put_bucket_encryption(Bucket=aws.settings.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def events() -> list[dict[str, Any]]:
    """A few days of viewing in three countries."""
    told = []
    for number in range(60):
        country, device = ("JP", "DE", "US")[number % 3], DEVICES[number % 5 % 3]
        more = {"device_type": device, "title_id": f"t{number % 4}", "seconds_viewed": 30.0 + number}
        kind = "heartbeat" if number % 4 else "start"
        told.append(event(number, country, f"2026-11-{1 + number % 6:02} {number % 24:02}:00", kind, **more))
    return told


def with_keys(root: Path) -> None:
    """Two people of the starter get keys of which the tests hold the private half, in files beside the project."""
    path = root / "people.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for person in APPROVERS:
        key = new_key()
        document["people"][person]["keys"] = [{"public_key": key.public_line}]
        (root.parent / person).write_bytes(key.private_text())
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def applied(journey: Journey) -> Journey:
    """The policy, planned, agreed to by both sides, and carried out."""
    plan = journey.root.parent / "plan.json"
    said = journey.door("plan", "--out", plan, "--detailed-exitcode")
    assert said.code == 3, said.err
    refused = journey.door("apply", plan)
    assert refused.code == 4, "a plan that lets somebody see more needs both keys"
    for person, side in APPROVERS.items():
        turned = journey.door("approve", plan, "--side", side, "--as", person, "--key", journey.root.parent / person)
        assert turned.code == 0, turned.err
    for country in COUNTRIES:
        reason = journey.account.refusal(f"analyst_{country}", f"SELECT * FROM views_{country}.title_daily")
        assert reason.startswith("TABLE_NOT_FOUND"), "before the plan is carried out nobody reads anything"
    done = journey.door("apply", plan)
    assert done.code == 0, done.err + done.out
    return journey


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("country", COUNTRIES)
def test_an_analyst_reads_the_own_country_through_awswrangler_as_through_ringi_query(applied: Journey, country: str, view: str) -> None:
    sql, analyst = f"SELECT * FROM views_{country}.{view}", f"analyst_{country}"
    expected = applied.here(analyst, sql)
    assert expected, "a view without rows proves nothing"
    assert_same_cells(as_text(expected), as_text(applied.wrangled(analyst, sql)))


def as_text(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Days and decimals as JSON tells them; numbers as they are."""
    return [{name: value if isinstance(value, int | float | None) else str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize(("country", "other"), [("jp", "de"), ("de", "jp"), ("jp", "us")])
def test_nobody_reads_another_country_the_saved_copies_or_the_facts(applied: Journey, country: str, other: str) -> None:
    analyst = f"analyst_{country}"
    for table in (
        f"views_{other}.title_daily",
        f"saved_{other}.title_daily",
        f"saved_{country}.title_daily",
        "gold.title_daily",
        "bronze.viewing_events",
    ):
        assert applied.account.refusal(analyst, f"SELECT * FROM {table}").startswith("TABLE_NOT_FOUND"), table
    said = ringi("query", f"SELECT * FROM views_{other}.title_daily", "--as", analyst, lake=applied.root)
    assert said.code == 4


def test_a_row_condition_shows_its_rows_and_columns_on_the_saved_copy(applied: Journey) -> None:
    expected = applied.here("tv_partnerships", "SELECT * FROM views_jp.title_daily")
    found = applied.wrangled("tv_partnerships", "SELECT * FROM saved_jp.title_daily")
    assert {row["device_type"] for row in found} == {"tv"}
    assert_same_cells(as_text(expected), as_text([{name: row[name] for name in expected[0]} for row in found]))
    assert applied.account.refusal("tv_partnerships", "SELECT * FROM views_jp.title_daily").startswith("TABLE_NOT_FOUND")


def test_trino_under_the_exported_rules_gives_the_same(applied: Journey) -> None:
    trino = applied.account.trino
    before = trino.rules.read_text(encoding="utf-8")
    said = applied.door("export", "--target", "trino", "--out", applied.root.parent / "trino")
    assert said.code == 0, said.err
    trino.rule_with((applied.root.parent / "trino" / "rules.json").read_text(encoding="utf-8"))
    try:
        for country, other in (("jp", "de"), ("de", "jp")):
            sql, analyst = f"SELECT * FROM views_{country}.title_daily", f"analyst_{country}"
            assert_same_cells(as_text(applied.here(analyst, sql)), as_text(trino.rows(sql, user=analyst)))
            for table in (f"views_{other}.title_daily", f"saved_{country}.title_daily", f'views_{country}."title_daily$files"'):
                with pytest.raises(TrinoUserError, match=r"Access Denied|does not exist|not allowed"):
                    trino.rows(f"SELECT * FROM {table}", user=analyst)
    finally:
        trino.rule_with(before)


def test_the_account_has_not_drifted_and_a_second_plan_is_empty(applied: Journey) -> None:
    assert applied.door("drift").code == 0, applied.door("drift").out
    assert applied.door("plan", "--detailed-exitcode").code == 0


def test_a_grant_made_by_hand_lets_somebody_read_and_shows_up_in_drift_and_explain(applied: Journey) -> None:
    lf = applied.account.moto.client("lakeformation")
    by_hand = {"Principal": to(EVE), "Resource": {"Table": {"DatabaseName": "views_jp", "Name": "title_daily"}}, "Permissions": ["SELECT"]}
    lf.grant_permissions(**by_hand)
    assert applied.account.read("eve", "SELECT count(*) FROM views_jp.title_daily")[1][0][0] > 0
    said = applied.door("drift")
    assert said.code == 1
    assert "role/eve" in said.out
    explained = applied.door("explain", EVE, "views_jp.title_daily")
    assert explained.code == 0
    assert "1 way" in explained.out
    lf.revoke_permissions(**by_hand)
    assert applied.account.refusal("eve", "SELECT count(*) FROM views_jp.title_daily").startswith("TABLE_NOT_FOUND")
    assert applied.door("drift").code == 0


def test_a_view_that_is_dropped_and_made_anew_keeps_its_protection(applied: Journey) -> None:
    glue = applied.account.moto.client("glue")
    before = applied.account.read("analyst_jp", "SELECT count(*) FROM views_jp.title_daily")[1]
    for database in ("views_jp", "saved_jp"):
        glue.delete_table(DatabaseName=database, Name="title_daily")
    applied.run_again()
    assert applied.account.read("analyst_jp", "SELECT count(*) FROM views_jp.title_daily")[1] == before
    assert {row["device_type"] for row in applied.wrangled("tv_partnerships", "SELECT * FROM saved_jp.title_daily")} == {"tv"}
    for table in ("views_jp.title_daily", "saved_jp.title_daily"):
        assert applied.account.refusal("analyst_de", f"SELECT * FROM {table}").startswith("TABLE_NOT_FOUND")
    assert applied.door("drift").code == 0, applied.door("drift").out
