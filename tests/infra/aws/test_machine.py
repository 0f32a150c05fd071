"""What `doctor` says of an account: each thing that is missing, with the permission, and nothing when all is there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.athena import Athena
from infra.aws.machine import examine_aws
from infra.local.machine import Check, Health
from tests.support.aws_faults import error, failing, query_error, s3_error

HTTP = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
PLAIN = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "*",
    "Condition": {"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption": ["aws:kms"]}},
}


def complete(aws: Aws, *, statements: tuple[dict[str, Any], ...] = (HTTP, PLAIN)) -> None:
    """Everything that a lake needs."""
    s3, bucket = aws.client("s3"), aws.settings.bucket
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/ringi-lake"}}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for name in ("bronze", "gold", "ledger", "quarantine", "saved_jp", "saved_de", "views_jp", "views_de"):
        aws.client("glue").create_database(DatabaseInput={"Name": name, "LocationUri": f"{aws.settings.warehouse}/{name}"})
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": ["glue.amazonaws.com", "lakeformation.amazonaws.com"]}}]}
    aws.client("iam").create_role(RoleName="ringi-definer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
    Athena(aws).create()


def found(aws: Aws) -> dict[str, Check]:
    return {check.name: check for check in examine_aws(aws, ["JP", "DE"])}


def test_a_complete_account_is_well(aws: Aws) -> None:
    complete(aws)
    assert {name: check.health for name, check in found(aws).items()} == dict.fromkeys(
        (
            "AWS credentials",
            "Bucket",
            "Bucket encryption",
            "Bucket policy",
            "Bucket versions",
            "Keys",
            "Glue databases",
            "Definer role",
            "Athena workgroup",
        ),
        Health.OK,
    )


def test_a_bare_account_lacks_everything_but_the_bucket(aws: Aws) -> None:
    checks = found(aws)
    health = {name: check.health.value for name, check in checks.items()}
    assert health == {
        "AWS credentials": "ok",
        "Bucket": "ok",
        "Bucket encryption": "fail",
        "Bucket policy": "fail",
        "Bucket versions": "warn",
        "Keys": "ok",
        "Glue databases": "warn",
        "Definer role": "fail",
        "Athena workgroup": "fail",
    }
    assert all(check.mend for check in checks.values() if check.health is not Health.OK)
    assert "8 of 8 are not there yet" in checks["Glue databases"].detail and "it does not exist" in checks["Athena workgroup"].detail


@pytest.mark.parametrize(("statement", "word"), [(HTTP, "puts with another encryption or none"), (PLAIN, "plain HTTP")])
def test_a_policy_that_refuses_only_half_is_told(aws: Aws, statement: dict[str, Any], word: str) -> None:
    complete(aws, statements=(statement,))
    assert found(aws)["Bucket policy"].detail == f"the policy does not refuse {word}"


def test_what_may_not_be_looked_at_names_the_permission(aws: Aws) -> None:
    complete(aws)
    with (
        failing(aws, "s3", "GetBucketPolicy", s3_error("AccessDenied", status=403)),
        failing(aws, "glue", "GetDatabases", error("AccessDeniedException")),
    ):
        checks = found(aws)
    assert (checks["Bucket policy"].health, checks["Bucket policy"].mend) == (Health.WARN, "allow s3:GetBucketPolicy")
    assert (checks["Glue databases"].health, checks["Glue databases"].mend) == (Health.WARN, "allow glue:GetDatabases")


def test_a_country_without_a_key_is_named(aws: Aws) -> None:
    checks = {check.name: check for check in examine_aws(aws, ["JP", "NP"])}
    assert checks["Keys"].health is Health.FAIL and "`alias/ringi-np`" in checks["Keys"].detail


def test_without_credentials_nothing_else_is_asked(aws: Aws) -> None:
    with failing(aws, "sts", "GetCallerIdentity", query_error("ExpiredToken", status=403)):
        checks = list(examine_aws(aws, []))
    assert [check.health for check in checks] == [Health.FAIL] and "have expired" in checks[0].detail


def test_the_workgroup_lets_no_client_choose_another_encryption(aws: Aws) -> None:
    Athena(aws).create()
    Athena(aws).create()
    held = aws.client("athena").get_work_group(WorkGroup="ringi")["WorkGroup"]["Configuration"]
    assert Athena(aws).wanted().items() <= held.items() and Athena(aws).differences() == ()
    aws.client("athena").delete_work_group(WorkGroup="ringi", RecursiveDeleteOption=True)
    aws.client("athena").create_work_group(Name="ringi", Configuration={**held, "EnforceWorkGroupConfiguration": False})
    assert Athena(aws).differences() == ("clients may set their own places and encryption for results",)
