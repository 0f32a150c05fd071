"""The lake's Terraform against the lab: made, found unchanged, and taken away again; and what stands there in between.

The steps depend on each other and cost minutes, so one fixture applies for all and the tests look at what it left.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.lake_formation.compiling.work import JobRole, Work
from governance.lake_formation.resource import Table
from governance.lake_formation.state import Permission
from infra.aws.account import Aws
from infra.aws.emr_serverless import STEPS, Jobs, job_request, spark_submit_parameters
from infra.aws.keys import Keys
from infra.aws.lake_formation.given import S3Given
from infra.aws.lock import held
from infra.aws.settings import FIELDS, read_settings
from metrics_catalog.catalog import load
from tests.lab.moto_server import ACCOUNT, Moto, aws_environment, moto_running
from tests.lab.required import lab_skip
from tests.lab.terraform import ROOT, Terraform, terraform_at
from tests.lab.terraform_roles import MAY, may, statements_of
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_erasing import made_erasing
from tests.support.aws_lake import make_aws_lake, pretended_aws
from tests.support.bucket_policy import denials, put
from tests.support.erasing import ANNA
from tests.support.iam_calls import Asked, recorded, refused
from tests.support.lakes import event
from tests.support.maintaining import maintained

ADMIN = f"arn:aws:iam::{ACCOUNT}:role/lake-admin"
LAKE = f"ringi-lake-{ACCOUNT}"
STREAM = f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/viewing-events"
VARIABLES: dict[str, Any] = {
    "region": "eu-west-1",
    "countries": ["de", "jp"],
    "emr_release_label": "emr-7.9.0-20250101",  # the form that moto takes
    "trial": True,
    "lake_administrators": [ADMIN],
    "notify": ["data-platform@example.com"],
    "erasers": [f"arn:aws:iam::{ACCOUNT}:role/privacy-office"],
    "inbox_arns": ["arn:aws:s3:::raw-events/*"],
    "stream_arns": [STREAM],
    "steps": {"land": ["land", "viewing_events", "events.jsonl"], "check": ["check"], "run": ["run"]},
    "maintenance_enabled": True,
}


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_running(tmp_path_factory.mktemp("moto"), "tests.lab.extended_server") as server:
        yield server


@pytest.fixture(scope="module")
def applied(aws: Moto, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    made = terraform_at(aws, tmp_path_factory.mktemp("terraform"), VARIABLES)
    made.run("validate")
    made.run("apply", "-auto-approve", "-input=false", "-parallelism=20")
    return made


@pytest.fixture(scope="module")
def lake_policy(aws: Moto, applied: Terraform) -> list[dict[str, Any]]:
    """The statements of the lake bucket's policy."""
    statements: list[dict[str, Any]] = json.loads(aws.client("s3").get_bucket_policy(Bucket=LAKE)["Policy"])["Statement"]
    assert all(each["Principal"] in ("*", {"AWS": "*"}) for each in statements)
    return statements


def test_the_files_are_formatted() -> None:
    if shutil.which("terraform") is None:
        lab_skip("Terraform is not installed.")
    command = ["terraform", "fmt", "-check", "-recursive", str(ROOT / "infra" / "terraform")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_a_second_plan_has_no_change(applied: Terraform) -> None:
    applied.run("plan", "-input=false", "-detailed-exitcode", "-parallelism=20")


def test_every_bucket_is_private_versioned_encrypted_and_closed_to_plain_http(aws: Moto, applied: Terraform) -> None:
    s3 = aws.client("s3")
    buckets: dict[str, str] = applied.outputs()["buckets"]
    assert set(buckets) == {"lake", "results", "job_logs", "access_logs", "audit"}
    for purpose, bucket in buckets.items():
        closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert all(closed.values()), purpose
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        algorithm = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert (algorithm, rule["BucketKeyEnabled"]) == (("AES256", False) if purpose == "access_logs" else ("aws:kms", True))
        denied = [each for each in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] if each["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in denied], purpose


def test_the_puts_that_ringi_makes_are_let_through(aws: Moto, applied: Terraform, lake_policy: list[dict[str, Any]]) -> None:
    profile = tomllib.loads(applied.outputs()["ringi_toml"])["profiles"]["aws"]
    settings = read_settings("ringi.toml: profile `aws`", {**profile, "endpoint_url": aws.url})
    with aws_environment(aws):
        keys = Keys(Aws(settings))
        for place in (
            "landing/viewing_events/b/e.jsonl",
            "bronze/viewing_events/data/1.parquet",
            ".lock",
            "saved_jp/title_daily/data/1.parquet",
        ):
            headers = keys.arguments(f"{settings.warehouse}/{place}")
            request = put(encryption=headers["ServerSideEncryption"], key=headers["SSEKMSKeyId"])
            assert denials(lake_policy, "s3:PutObject", f"arn:aws:s3:::{LAKE}/warehouse/{place}", request) == set(), place


def test_a_put_with_another_key_or_none_is_denied(applied: Terraform, lake_policy: list[dict[str, Any]]) -> None:
    outputs = applied.outputs()
    lake, jp, de = outputs["keys"]["lake"], outputs["country_keys"]["jp"], outputs["country_keys"]["de"]

    def stopped(place: str, request: dict[str, str]) -> set[str]:
        return denials(lake_policy, "s3:PutObject", f"arn:aws:s3:::{LAKE}/warehouse/{place}", request)

    saved, bronze = "saved_jp/title_daily/data/1.parquet", "bronze/viewing_events/data/1.parquet"
    assert stopped(saved, put(encryption="aws:kms", key=de)) == {"DenyAnotherKeyForJp"}
    assert stopped(saved, put(encryption="aws:kms", key=lake)) == {"DenyAnotherKeyForJp"}
    assert stopped(saved, put()) == {"DenyAnotherKeyForJp"}
    assert stopped(bronze, put(encryption="aws:kms", key=jp)) == {"DenyAnotherKeyInTheLake"}
    assert stopped(bronze, put(encryption="AES256")) == {"DenyOtherEncryption", "DenyKmsWithoutItsKey", "DenyAnotherKeyInTheLake"}
    assert stopped(bronze, put(encryption="aws:kms")) == {"DenyKmsWithoutItsKey", "DenyAnotherKeyInTheLake"}
    assert stopped(bronze, put()) == {"DenyAnotherKeyInTheLake"}
    assert stopped(bronze, put(encryption="aws:kms", key=lake, secure=False)) == {"DenyPlainHttp"}
    assert stopped(bronze, put(encryption="aws:kms", key=lake, tls="1.1")) == {"DenyOldTls"}


def test_other_buckets_take_puts_without_headers_under_their_own_encryption(aws: Moto, applied: Terraform) -> None:
    buckets = applied.outputs()["buckets"]
    for purpose, encryption in {"results": "aws:kms", "job_logs": "aws:kms", "audit": "aws:kms", "access_logs": "AES256"}.items():
        statements = json.loads(aws.client("s3").get_bucket_policy(Bucket=buckets[purpose])["Policy"])["Statement"]
        place = f"arn:aws:s3:::{buckets[purpose]}/some/object"
        other = {"aws:kms": "AES256", "AES256": "aws:kms"}[encryption]
        assert denials(statements, "s3:PutObject", place, put()) == set()
        assert "DenyOtherEncryption" in denials(statements, "s3:PutObject", place, put(encryption=other))


def test_more_countries_than_a_policy_holds_are_bound_to_the_list_of_their_keys(aws: Moto, tmp_path: Path) -> None:
    """Planned, not applied, with the first number of countries that is too many; 204 keys are counted below. Nobody may erase here."""
    codes = [f"{first}{second}" for first in "ab" for second in "abcdefghijklmnopqrstuvwxyz"][:41]
    made = terraform_at(aws, tmp_path, {**VARIABLES, "countries": codes, "erasers": []})
    planned = made.run("plan", "-input=false", "-refresh=false", "-target=module.storage.module.lake.aws_s3_bucket_policy.this").stdout
    assert "aws_iam_role.job" in planned and "aws_iam_role.erase" not in planned
    assert "DenyAnotherKeyForSavedCopies" in planned
    assert "DenyAnotherKeyForAa" not in planned
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
    assert len(json.dumps([key] * 204)) < 20 * 1024 - 3000  # what the list leaves for the other statements


def test_unfinished_uploads_end_and_results_expire(aws: Moto, applied: Terraform) -> None:
    def rules(bucket: str) -> dict[str, Any]:
        return {rule["ID"]: rule for rule in aws.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}

    buckets = applied.outputs()["buckets"]
    assert rules(buckets["lake"])["abort-unfinished-uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 3}
    assert "expire-objects" not in rules(buckets["lake"])
    assert rules(buckets["results"])["expire-objects"]["Expiration"]["Days"] == 7


def test_a_countrys_key_is_named_for_those_who_write_its_copies_or_their_metadata(aws: Moto, applied: Terraform) -> None:
    kms, outputs = aws.client("kms"), applied.outputs()
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in kms.list_aliases()["Aliases"]}
    for code in ("de", "jp"):
        key = outputs["country_keys"][code]
        assert key.endswith(f"key/{aliases[f'alias/ringi-{code}']}")
        assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        users: dict[str, set[str]] = {}
        for statement in policy["Statement"]:
            actions = {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
            for action in actions & {"kms:Decrypt", "kms:GenerateDataKey", "kms:*"}:
                principals = statement["Principal"]["AWS"]
                users.setdefault(action, set()).update([principals] if isinstance(principals, str) else principals)
                assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
        writers = {outputs["roles"][name] for name in ("run", "maintain", "erase")}
        assert users == {"kms:GenerateDataKey": writers, "kms:Decrypt": {*writers, outputs["roles"]["lake_formation"]}}


def test_only_runs_and_erasures_write_saved_copies_and_the_query_role_touches_no_data(aws: Moto, applied: Terraform) -> None:
    iam = aws.client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("ringi-")]
    writers, readers = set(), set()
    place = f"arn:aws:s3:::{LAKE}/warehouse"
    rows, metadata = f"{place}/saved_", "/metadata/*"
    for role in roles:
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in document["Statement"]:
                actions, resources = (
                    [statement[part]] if isinstance(statement[part], str) else statement[part] for part in ("Action", "Resource")
                )
                assert "*" not in actions and "s3:*" not in actions, (role, statement)
                copies = [resource for resource in resources if resource.startswith(rows) and not resource.endswith(metadata)]
                writers |= {role} if copies and "s3:PutObject" in actions else set()
                if any(resource.startswith(f"arn:aws:s3:::{LAKE}/warehouse") for resource in resources):
                    readers |= {role} if "s3:GetObject" in actions else set()
                assert role != "ringi-maintain" or not copies or actions == ["s3:DeleteObject"], "maintenance reads no row of a copy"
                inside = [found.removeprefix(f"{place}/") for found in resources if found.startswith(f"{place}/")]
                assert role != "ringi-access" or set(inside) <= {".lock", "access/*", "ledger/*", ".staging/*"}, "access reads no data"
    assert writers == {"ringi-run", "ringi-erase"}
    assert readers == {"ringi-land", "ringi-run", "ringi-maintain", "ringi-access", "ringi-erase", "ringi-lake-formation"}


@pytest.mark.parametrize("role", sorted(MAY))
def test_each_role_may_what_the_guide_says_and_nothing_else(aws: Moto, applied: Terraform, role: str) -> None:
    """Asked of the role's policies object by object; the guide's table is in docs/aws.md."""
    assert may(statements_of(aws, role), LAKE, applied.outputs()["keys"]) == MAY[role]


def test_landing_reads_the_streams_that_are_named_and_no_other_role_reads_any(aws: Moto, applied: Terraform) -> None:
    asked = [Asked(f"kinesis:{action}", STREAM) for action in ("DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")]
    roles = {role: statements_of(aws, role) for role in MAY}
    assert {role for role, statements in roles.items() if not refused(statements, asked)} == {"ringi-land"}
    assert refused(roles["ringi-land"], [Asked("kinesis:GetRecords", f"{STREAM}-of-others")])
    assert not [role for role, statements in roles.items() if "kinesis" in json.dumps(statements) and role != "ringi-land"]


def test_no_role_but_the_erasers_removes_a_version(aws: Moto, applied: Terraform) -> None:
    roles = [role["RoleName"] for role in aws.client("iam").list_roles()["Roles"] if role["RoleName"].startswith("ringi-")]
    assert {role for role in roles if "s3:DeleteObjectVersion" in json.dumps(statements_of(aws, role))} == {"ringi-erase"}
    trusted = aws.client("iam").get_role(RoleName="ringi-erase")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [each["Principal"] for each in trusted] == [{"AWS": VARIABLES["erasers"][0]}]


def test_the_role_of_erasure_allows_each_call_that_one_makes_and_no_job_does(aws: Moto, applied: Terraform, tmp_path: Path) -> None:
    roles = {name: statements_of(aws, f"ringi-{name}") for name in ("erase", "land", "run", "maintain", "access")}
    with pretended_aws():
        account = make_aws_lake(warehouse=f"s3://{LAKE}/warehouse")
        erasing = made_erasing(tmp_path, account, results=f"ringi-results-{ACCOUNT}")
        with recorded(account) as asked, held(account, "erase"):
            assert erasing.erase(f"viewer_id={ANNA}").said["complete"]
    assert {"s3:ListBucketVersions", "s3:DeleteObjectVersion", "athena:GetWorkGroup"} <= {one.action for one in asked}
    assert {name for name, statements in roles.items() if not refused(statements, asked)} == {"erase"}


def test_the_roles_of_run_and_maintenance_allow_each_call_that_these_make(aws: Moto, applied: Terraform, tmp_path: Path) -> None:
    """The lake lies in a moto of this process: the server's would take each Deny of the bucket's policy as unconditional."""
    of_run, of_maintain = statements_of(aws, "ringi-run"), statements_of(aws, "ringi-maintain")
    with pretended_aws():
        account = make_aws_lake(warehouse=f"s3://{LAKE}/warehouse")
        lake = AwsRunningLake(tmp_path, account)
        running, maintaining = set[Asked](), set[Asked]()
        for number in range(3):
            lake.events([event(10 * number, "JP", f"2026-11-01 1{number}:00"), event(10 * number + 1, "DE", "2026-11-01 20:00")])
            with recorded(account) as asked, held(account, "run"):
                lake.run()
            running |= asked
            S3Given(account).keep({"saved_jp": [Permission(ADMIN, Table("saved_jp", "title_daily"), "SELECT")]})
            account.client("glue").delete_table(DatabaseName="saved_jp", Name="title_daily")
            lake = AwsRunningLake(tmp_path, account)
        assert "lakeformation:BatchGrantPermissions" in {one.action for one in running}, "a copy was made anew"
        lake.run()
        for _ in range(2):
            with recorded(account) as asked, held(account, "maintain"):
                assert not maintained(lake).did_nothing
            maintaining |= asked
    assert refused(of_run, running) == set()
    assert refused(of_maintain, maintaining) == set()
    assert refused(of_maintain, running), "maintenance may do less than a run"
    assert {"s3:DeleteObject", "s3:PutObject", "glue:UpdateTable"} <= {one.action for one in maintaining}


def test_lake_formation_is_in_charge_of_every_database(aws: Moto, applied: Terraform) -> None:
    lake_formation = aws.client("lakeformation")
    settings = lake_formation.get_data_lake_settings()["DataLakeSettings"]
    assert not settings.get("CreateDatabaseDefaultPermissions")
    assert not settings.get("CreateTableDefaultPermissions")
    admins = {admin["DataLakePrincipalIdentifier"] for admin in settings["DataLakeAdmins"]}
    assert admins == {ADMIN, applied.outputs()["roles"]["access"]}
    assert [held["ResourceArn"] for held in lake_formation.list_resources()["ResourceInfoList"]] == [f"arn:aws:s3:::{LAKE}"]
    databases = {found["Name"]: found["LocationUri"] for found in aws.client("glue").get_databases()["DatabaseList"]}
    names = {"bronze", "quarantine", "gold", "ledger", "saved_de", "saved_jp", "views_de", "views_jp"}
    assert databases == {name: f"s3://{LAKE}/warehouse/{name}" for name in names}


def test_the_workgroup_has_the_last_word(aws: Moto, applied: Terraform) -> None:
    outputs = applied.outputs()
    held = aws.client("athena").get_work_group(WorkGroup=outputs["workgroup"])["WorkGroup"]["Configuration"]
    assert held["EnforceWorkGroupConfiguration"]
    assert held["BytesScannedCutoffPerQuery"] == 1024**4
    result = held["ResultConfiguration"]
    assert result["OutputLocation"] == f"s3://{outputs['buckets']['results']}/results/"
    assert result["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": outputs["keys"]["results"]}


def test_every_object_event_of_the_lake_is_in_a_trail_that_can_be_checked(aws: Moto, applied: Terraform) -> None:
    trails = aws.client("cloudtrail")
    trail = trails.describe_trails()["trailList"][0]
    assert trail["LogFileValidationEnabled"] and trail["KmsKeyId"] and trails.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
    selectors = trails.get_event_selectors(TrailName=trail["TrailARN"])["AdvancedEventSelectors"]
    watched = [
        field.get("StartsWith") for selector in selectors for field in selector["FieldSelectors"] if field["Field"] == "resources.ARN"
    ]
    assert watched == [[f"arn:aws:s3:::{LAKE}/"]]


def test_a_round_is_scheduled_and_its_failures_are_told(aws: Moto, applied: Terraform) -> None:
    outputs = applied.outputs()
    schedule = aws.client("scheduler").get_schedule(Name="ringi")
    assert (schedule["State"], schedule["Target"]["Arn"]) == ("DISABLED", outputs["state_machine"])
    assert json.loads(schedule["Target"]["Input"]) == {"steps": VARIABLES["steps"]}
    nightly = aws.client("scheduler").get_schedule(Name="ringi-maintenance")
    assert (nightly["State"], nightly["ScheduleExpression"]) == ("ENABLED", "cron(30 2 * * ? *)")
    assert (nightly["Target"]["Arn"], json.loads(nightly["Target"]["Input"])) == (
        outputs["state_machine"],
        {"steps": {"maintain": ["maintain"]}},
    )
    topic = aws.client("sns").get_topic_attributes(TopicArn=outputs["topic"])["Attributes"]
    assert topic["KmsMasterKeyId"] == outputs["keys"]["operations"]
    machine = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["state_machine"])
    assert machine["loggingConfiguration"]["level"] == "ALL"


def capitals(value: Any) -> Any:
    """A request in the spelling of Step Functions; tags keep theirs."""
    if not isinstance(value, dict):
        return value
    return {name[0].upper() + name[1:]: inner if name == "tags" else capitals(inner) for name, inner in value.items()}


def test_the_state_machine_sends_the_very_request_that_a_round_by_hand_does(aws: Moto, applied: Terraform) -> None:
    outputs = applied.outputs()
    jobs = Jobs.read(json.dumps(outputs["jobs"]))
    assert outputs["spark_submit_parameters"] == spark_submit_parameters(jobs)
    machine = aws.client("stepfunctions").describe_state_machine(stateMachineArn=outputs["state_machine"])
    states = json.loads(machine["definition"])["States"]
    for step in STEPS:
        sent = states[step.title()]["Parameters"]
        assert states[step.title()]["Resource"] == "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken"
        arguments = sent["JobDriver"]["SparkSubmit"].pop("EntryPointArguments.$")
        ours = capitals(job_request(jobs, "aws", step, [step], run="x"))
        words = ours["JobDriver"]["SparkSubmit"].pop("EntryPointArguments")
        assert sent.pop("ClientToken.$").startswith(f"States.Hash(States.Format('{step} ")
        del ours["ClientToken"]
        assert sent == ours
        given = re.findall(r"'([^']*)'|(States\.JsonToString\([^)]*\)|\$\$\.Task\.Token)", arguments)
        assert [first or second for first, second in given][:6] == [*words[:3], f"States.JsonToString($.steps.{step})", *words[4:]]
        assert "'--task-token', $$.Task.Token" in arguments


def test_the_profile_for_ringi_toml_is_one_that_ringi_takes(applied: Terraform) -> None:
    profile = tomllib.loads(applied.outputs()["ringi_toml"])["profiles"]["aws"]
    settings = read_settings("ringi.toml: profile `aws`", profile)
    assert settings.warehouse == f"s3://{LAKE}/warehouse"
    assert settings.definer_role == applied.outputs()["roles"]["definer"]
    roles = applied.outputs()["roles"]
    assert settings.job_roles == tuple(sorted((JobRole(roles[work], frozenset({work})) for work in Work), key=lambda role: role.identity))
    assert set(profile) - set(FIELDS) == {"warehouse", "engine"}


def test_the_countries_come_from_the_lake_project(tmp_path: Path) -> None:
    starter = ROOT / "metrics_catalog" / "starter"
    command = [sys.executable, str(ROOT / "scripts" / "terraform_countries.py"), str(starter)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == {"countries": sorted(code.lower() for code in load(starter)[0].countries)}


def test_it_is_taken_away_again(aws: Moto, applied: Terraform) -> None:
    """The last of this file: nothing stands afterwards but keys that wait for their end."""
    applied.destroy()
    assert aws.client("s3").list_buckets()["Buckets"] == []
    assert aws.client("glue").get_databases()["DatabaseList"] == []
    states = {
        aws.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] for key in aws.client("kms").list_keys()["Keys"]
    }
    assert states == {"PendingDeletion"}
