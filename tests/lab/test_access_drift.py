"""`ringi access drift` and `explain` on an account: what the policy gives is no drift, and everything that somebody did by hand is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.lake_formation.api import calls
from governance.lake_formation.elements import elements
from governance.lake_formation.resource import Table, TagPolicy
from governance.lake_formation.state import IAM_ALLOWED, Permission, Settings, Tag, Tagged
from infra.aws.account import Aws
from infra.aws.lake_formation.account import LakeFormationAccount
from infra.aws.lake_formation.given import S3Given
from ringi.access.looking import databases_of, find_drift
from ringi.access.wanted import meant, target_of
from ringi.lake import Lake
from tests.lab.moto_server import ACCOUNT, Moto
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_lake import make_aws_lake, profile_toml
from tests.support.command import ringi
from tests.support.lakes import event

COUNTRIES = ("JP", "DE")
EVE = f"arn:aws:iam::{ACCOUNT}:role/eve"
VIEW = Table("views_jp", "title_daily")
EVENTS = [event(1, "JP", "2026-11-01 20:00", "start"), event(2, "DE", "2026-11-01 20:00", "start")]


@pytest.fixture(scope="module")
def project(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The starter on AWS with two countries' facts, in an account that holds exactly what its policy gives."""
    moto.reset()
    root = tmp_path_factory.mktemp("drift") / "lake"
    assert ringi("init", root).code == 0
    identity = f"arn:aws:iam::{ACCOUNT}:role/{{principal}}"
    aws = make_aws_lake(endpoint_url=moto.url, principal_identity=identity)
    with (root / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + profile_toml(aws.settings))
    encrypt(aws)
    empty: dict[str, Any] = {"DataLakeAdmins": [], "CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    aws.client("lakeformation").put_data_lake_settings(DataLakeSettings=empty)
    lake = AwsRunningLake(root, aws)
    columns = dict.fromkeys(lake.catalog.sources["viewing_events"].columns)
    lake.events([{**columns, **one} for one in EVENTS])
    lake.run(now=dt.datetime.now(dt.UTC))
    bring_in_line(root, aws)
    yield root


def encrypt(aws: Aws) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": aws.settings.kms_key}}
    aws.client("s3").put_bucket_encryption(Bucket=aws.settings.bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})


def bring_in_line(root: Path, aws: Aws) -> None:
    """What an apply does, without its keys and its order."""
    lake, now, account = Lake(root, "aws"), dt.datetime.now(dt.UTC), LakeFormationAccount(aws)
    policy, target = meant(lake, now.date()), target_of(lake)
    held = account.read(databases_of(policy, target))
    wanted = policy.wanted(target, held, now)
    want, have = set(elements(wanted.state)), {one for one in elements(held) if wanted.managed(one)}
    for call in calls.of(want - have, have - want, ACCOUNT):
        assert account.do(call).failures == {}
    by_database: dict[str, list[Any]] = {name: [] for name in wanted.databases}
    for one in want:
        resource = getattr(one, "resource", None)
        database = getattr(resource, "database", None) or getattr(one, "database", None)
        if database in by_database:
            by_database[database].append(one)
    S3Given(aws).keep(by_database)


@pytest.fixture
def aws(project: Path, moto: Moto) -> Iterator[Aws]:
    """The account, put right again after each test."""
    found = Lake(project, "aws").aws
    assert found is not None
    yield found
    bring_in_line(project, found)


def found_in(project: Path) -> list[dict[str, Any]]:
    said = ringi("--profile", "aws", "access", "drift", lake=project, as_json=True)
    assert said.out, said.err
    told = said.json()
    assert said.code == (1 if told["items"] else 0), said.err
    assert told["schema_version"] == 1 and told["drifted"] is bool(told["items"])
    items: list[dict[str, Any]] = told["items"]
    return items


def do(aws: Aws, *added: Any) -> None:
    for call in calls.of(added, (), ACCOUNT):
        assert LakeFormationAccount(aws).do(call).failures == {}


def test_an_account_in_line_with_the_policy_has_not_drifted(aws: Aws, project: Path) -> None:
    assert found_in(project) == []
    said = ringi("--profile", "aws", "access", "drift", lake=project)
    assert said.out == f"The account {ACCOUNT} is as the policy says.\n"
    assert "no administrator of Lake Formation" in said.err


def test_a_grant_made_by_hand_shows_up_in_drift_and_in_explain(aws: Aws, project: Path) -> None:
    do(aws, Permission(EVE, VIEW, "SELECT"))
    (one,) = found_in(project)
    assert (one["kind"], one["where"], one["principal"]) == ("foreign", "views_jp.title_daily", EVE)
    assert one["changed_by"] and one["changed_at"]
    said = ringi("--profile", "aws", "access", "explain", EVE, "views_jp.title_daily", lake=project)
    assert said.code == 0
    assert "role/eve reads views_jp.title_daily. 1 way:" in said.out
    assert "revoke 1 permission (the fewest that do it)" in said.out
    assert "The policy does not know this principal" in said.out


def test_explain_names_the_grant_of_the_account_and_the_one_of_the_policy(aws: Aws, project: Path) -> None:
    told = ringi("--profile", "aws", "access", "explain", "analyst_jp", "views_jp.title_daily", lake=project, as_json=True).json()
    assert told["identities"] == [f"arn:aws:iam::{ACCOUNT}:role/analyst_jp"]
    assert [way["how"] for way in told["account"]["ways"]] == ["grant"]
    assert [way["grant"] for way in told["policy"]["ways"]] == ["own_country_jp"]
    other = ringi("--profile", "aws", "access", "explain", "analyst_de", "views_jp.title_daily", lake=project, as_json=True).json()
    assert not other["account"]["reads"]
    assert other["policy"]["ways"] == []


def test_a_view_that_is_executed_otherwise_than_it_is_shown_is_told(aws: Aws, project: Path) -> None:
    glue = aws.client("glue")
    held = glue.get_table(DatabaseName="views_jp", Name="title_daily")["Table"]
    first, *others = held["ViewDefinition"]["Representations"]
    changed = {**held["ViewDefinition"], "Representations": [{**first, "ViewExpandedText": "SELECT * FROM saved_de.title_daily"}, *others]}
    keys = ("Name", "TableType", "StorageDescriptor", "Parameters")
    put = {**{key: held[key] for key in keys}, "ViewDefinition": changed}
    glue.update_table(DatabaseName="views_jp", TableInput=put)
    try:
        (one,) = found_in(project)
        assert (one["kind"], one["where"]) == ("view", "views_jp.title_daily")
        assert "saved_de.title_daily" in one["what"] and "looks untouched" in one["what"]
    finally:
        put["ViewDefinition"] = held["ViewDefinition"]
        glue.update_table(DatabaseName="views_jp", TableInput=put)


def test_settings_databases_and_tables_that_are_left_to_iam_are_told(aws: Aws, project: Path) -> None:
    everyone: Any = [{"Principal": {"DataLakePrincipalIdentifier": IAM_ALLOWED}, "Permissions": ["ALL"]}]
    lf, glue = aws.client("lakeformation"), aws.client("glue")
    settings = lf.get_data_lake_settings()["DataLakeSettings"]
    lf.put_data_lake_settings(DataLakeSettings={**settings, "CreateTableDefaultPermissions": everyone})
    outside = (Tag("team", ("any",)), Tagged(VIEW, "team", "any"), Permission(EVE, TagPolicy("TABLE", (("team", ("any",)),)), "SELECT"))
    do(aws, Permission(IAM_ALLOWED, VIEW, "ALL"), *outside)
    place = f"{aws.settings.warehouse}/views_de"
    glue.update_database(
        Name="views_de", DatabaseInput={"Name": "views_de", "LocationUri": place, "CreateTableDefaultPermissions": everyone}
    )
    try:
        found = [(one["kind"], one["where"]) for one in found_in(project)]
        assert sorted(found) == [
            ("open", "settings"),
            ("open", "views_de"),
            ("open", "views_jp.title_daily"),
            ("outside", "every table tagged team=any"),
        ]
    finally:
        lf.put_data_lake_settings(DataLakeSettings=settings)
        glue.update_database(Name="views_de", DatabaseInput={"Name": "views_de", "LocationUri": place, "CreateTableDefaultPermissions": []})
        for call in calls.of((), outside, ACCOUNT):
            LakeFormationAccount(aws).do(call)


def test_a_bucket_without_a_key_of_its_own_and_a_place_that_is_not_registered_are_told(aws: Aws, project: Path) -> None:
    aws.client("s3").delete_bucket_encryption(Bucket=aws.settings.bucket)
    lf = aws.client("lakeformation")
    (place,) = lf.list_resources()["ResourceInfoList"]
    lf.deregister_resource(ResourceArn=place["ResourceArn"])
    try:
        assert [one["kind"] for one in found_in(project)].count("place") == 1
        assert any(one["kind"] == "missing" and place["ResourceArn"] in one["where"] for one in found_in(project))
    finally:
        encrypt(aws)


def test_a_table_that_was_made_anew_without_its_grants_is_told_once(aws: Aws, project: Path) -> None:
    glue = aws.client("glue")
    held = glue.get_table(DatabaseName="views_jp", Name="title_daily")["Table"]
    glue.delete_table(DatabaseName="views_jp", Name="title_daily")
    keys = ("Name", "TableType", "StorageDescriptor", "Parameters", "ViewDefinition")
    glue.create_table(DatabaseName="views_jp", TableInput={key: held[key] for key in keys})
    assert [(one["kind"], one["where"]) for one in found_in(project)] == [("recreated", "views_jp.title_daily")]


def test_a_role_that_was_deleted_and_made_anew_is_told(aws: Aws, project: Path) -> None:
    iam = aws.client("iam")
    role = {"RoleName": "analyst_jp", "AssumeRolePolicyDocument": "{}"}
    iam.create_role(**role)
    bring_in_line(project, aws)
    iam.delete_role(RoleName="analyst_jp")
    iam.create_role(**role)
    try:
        (one,) = found_in(project)
        assert (one["kind"], one["principal"]) == ("identity", f"arn:aws:iam::{ACCOUNT}:role/analyst_jp")
    finally:
        iam.delete_role(RoleName="analyst_jp")
        aws.client("s3").delete_object(Bucket=aws.settings.bucket, Key=f"{aws.settings.prefix}access/identities.json")


def test_a_grant_whose_last_day_has_passed_is_told_with_its_name(aws: Aws, project: Path) -> None:
    file = project / "policy" / "project_x.yaml"
    grant = (
        "  project_x: {to: [tv_partnerships], views: [views_jp.country_daily], valid_until: 2026-01-01, reason: A project that ended.}\n"
    )
    file.write_text(f"grants:\n{grant}", encoding="utf-8")
    do(aws, Permission(f"arn:aws:iam::{ACCOUNT}:role/tv_partnerships", Table("views_jp", "country_daily"), "SELECT"))
    try:
        (one,) = found_in(project)
        assert one["kind"] == "expired"
        assert "the grant project_x ended before 2026-01-01" in one["what"]
        assert one["name"] == "tv_partnerships"
    finally:
        file.unlink()


def test_an_administrator_may_look_and_who_is_none_is_told_so(aws: Aws, project: Path) -> None:
    caller = aws.client("sts").get_caller_identity()["Arn"]
    settings = Settings(administrators=(caller,), other=LakeFormationAccount(aws).read([]).settings.other)
    do(aws, settings)
    lake = Lake(project, "aws")
    assert not any("no administrator" in note for note in find_drift(lake).notes)
