"""Looks at an AWS account and says what a lake in it lacks, with the permission that each look needs; reads only, changes nothing.

Used by `ringi doctor --profile …`. What may not be looked at is a warning that names the permission, not a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from infra.aws.athena import Athena
from infra.aws.foreign import AccessRefusedError, code_of, translated
from infra.aws.keys import Keys
from infra.aws.lake_formation.surroundings import unencrypted
from infra.aws.settings import COUNTRY
from infra.errors import InfraError
from infra.local.machine import Check, Health

if TYPE_CHECKING:
    from infra.aws.account import Aws

TERRAFORM = "`terraform apply` in infra/terraform sets it"
COMMON = ("bronze", "gold", "ledger", "quarantine")
Found = tuple[Health, str, str]


def examine_aws(aws: Aws, countries: Iterable[str]) -> Iterator[Check]:
    """All checks of an account for a lake with these countries (codes); only the credentials where there are none."""
    who = looked("AWS credentials", "sts:GetCallerIdentity", lambda: _credentials(aws))
    yield who
    if who.health is Health.FAIL:
        return
    codes = sorted(code.lower() for code in countries)
    yield looked("Bucket", "s3:ListBucket", lambda: _bucket(aws))
    yield looked("Bucket encryption", "s3:GetEncryptionConfiguration", lambda: _encryption(aws))
    yield looked("Bucket policy", "s3:GetBucketPolicy", lambda: _policy(aws))
    yield looked("Bucket versions", "s3:GetBucketVersioning", lambda: _versions(aws))
    yield looked("Keys", "kms:DescribeKey", lambda: _keys(aws, codes))
    yield looked("Glue databases", "glue:GetDatabases", lambda: _databases(aws, codes))
    if aws.settings.definer_role:
        yield looked("Definer role", "iam:GetRole", lambda: _definer(aws))
    yield looked("Athena workgroup", "athena:GetWorkGroup", lambda: _workgroup(aws))


def looked(name: str, permission: str, look: Callable[[], Found]) -> Check:
    """One check. What may not be looked at is a warning that names the permission; expired credentials are a failure."""
    try:
        with translated(f"looking at the account ({name.lower()})"):
            return Check(name, *look())
    except AccessRefusedError as error:
        if "RNG-INF-030" in (error.hint or ""):
            return Check(name, Health.FAIL, error.message, error.hint or "")
        return Check(name, Health.WARN, f"may not be looked at: {error.message}", f"allow {permission}")
    except InfraError as error:
        return Check(name, Health.FAIL, error.message, error.hint or "")


def _credentials(aws: Aws) -> Found:
    told = aws.client("sts").get_caller_identity()
    return Health.OK, f"{told['Arn']} in {aws.settings.region}", ""


def _bucket(aws: Aws) -> Found:
    name = aws.settings.bucket
    answer = aws.client("s3").head_bucket(Bucket=name)
    region = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("x-amz-bucket-region", aws.settings.region)
    if region != aws.settings.region:
        return (
            Health.FAIL,
            f"`{name}` lies in {region}",
            f'set region = "{region}" in the profile, or make a bucket in {aws.settings.region}',
        )
    return Health.OK, aws.settings.warehouse, ""


def _encryption(aws: Aws) -> Found:
    if unencrypted(aws):
        return Health.FAIL, "objects are not encrypted with a key of yours by default", f"{TERRAFORM} (s3:PutEncryptionConfiguration)"
    return Health.OK, "aws:kms with a key of yours by default", ""


def _policy(aws: Aws) -> Found:
    try:
        policy = json.loads(aws.client("s3").get_bucket_policy(Bucket=aws.settings.bucket)["Policy"])
    except Exception as error:
        if code_of(error) != "NoSuchBucketPolicy":
            raise
        policy = {}
    denied = [_conditions(one) for one in _statements(policy) if one.get("Effect") == "Deny"]
    missing = []
    if not any(("aws:securetransport", "false") in one for one in denied):
        missing.append("plain HTTP")
    if not any(name == "s3:x-amz-server-side-encryption" for one in denied for name, _ in one):
        missing.append("puts with another encryption or none")
    if missing:
        return Health.FAIL, f"the policy does not refuse {' and '.join(missing)}", f"{TERRAFORM} (s3:PutBucketPolicy)"
    return Health.OK, "refuses plain HTTP and puts with another encryption", ""


def _statements(policy: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    held = policy.get("Statement") or []
    return [held] if isinstance(held, dict) else list(held)


def _conditions(statement: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Names and values of the conditions of a statement, in lower case: AWS reads names without regard to it."""
    found = set()
    for operator in (statement.get("Condition") or {}).values():
        for name, values in operator.items():
            found |= {(name.lower(), str(value).lower()) for value in (values if isinstance(values, list) else [values])}
    return found


def _versions(aws: Aws) -> Found:
    if aws.client("s3").get_bucket_versioning(Bucket=aws.settings.bucket).get("Status") != "Enabled":
        return Health.WARN, "removed objects cannot be restored", f"{TERRAFORM} (s3:PutBucketVersioning)"
    return Health.OK, "earlier versions of objects are kept", ""


def _keys(aws: Aws, codes: list[str]) -> Found:
    keys, wrong = Keys(aws), []
    for name in (aws.settings.kms_key, *(aws.settings.country_key_alias.replace(COUNTRY, code) for code in codes)):
        try:
            keys.arn(name)
        except AccessRefusedError:
            raise
        except InfraError:
            wrong.append(f"`{name}`")
    if wrong:
        return (
            Health.FAIL,
            f"missing or not enabled: {', '.join(wrong)}",
            "make or enable them: a country's copies are written under its own key alone",
        )
    return Health.OK, f"`{aws.settings.kms_key}` and those of {len(codes)} countries are enabled", ""


def _databases(aws: Aws, codes: list[str]) -> Found:
    pages = aws.client("glue").get_paginator("get_databases").paginate(**_catalog(aws))
    held = {one["Name"]: str(one.get("LocationUri") or "") for page in pages for one in page["DatabaseList"]}
    wanted = [*COMMON, *(f"{kind}_{code}" for kind in ("saved", "views") for code in codes)]
    others = [name for name in wanted if held.get(name) and not f"{held[name]}/".startswith(f"{aws.settings.warehouse}/")]
    if others:
        return (
            Health.FAIL,
            f"`{others[0]}` belongs to `{held[others[0]]}`",
            "keep one lake an account and region. More: ringi explain RNG-INF-036",
        )
    missing = [name for name in wanted if name not in held]
    if missing:
        return (
            Health.WARN,
            f"{len(missing)} of {len(wanted)} are not there yet, such as `{missing[0]}`",
            f"{TERRAFORM}; or allow glue:CreateDatabase",
        )
    return Health.OK, f"{len(wanted)} are there", ""


def _definer(aws: Aws) -> Found:
    arn = aws.settings.definer_role or ""
    try:
        trust = aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    except Exception as error:
        if code_of(error) != "NoSuchEntity":
            raise
        return Health.FAIL, f"`{arn}` does not exist", TERRAFORM
    trusted = json.dumps(trust)
    missing = [name for name in ("glue.amazonaws.com", "lakeformation.amazonaws.com") if name not in trusted]
    if missing:
        return Health.FAIL, f"`{arn}` does not trust {' and '.join(missing)}", f"{TERRAFORM} (iam:UpdateAssumeRolePolicy)"
    return Health.OK, f"{arn}; whoever runs `ringi run` needs iam:PassRole on it", ""


def _workgroup(aws: Aws) -> Found:
    wrong = Athena(aws).differences()
    if wrong:
        return (
            Health.FAIL,
            f"`{aws.settings.athena_workgroup}`: {'; '.join(wrong)}",
            f"{TERRAFORM} (athena:CreateWorkGroup, athena:UpdateWorkGroup)",
        )
    return Health.OK, f"`{aws.settings.athena_workgroup}`: results are encrypted, whatever a client asks for", ""


def _catalog(aws: Aws) -> dict[str, str]:
    return {"CatalogId": aws.settings.catalog_id} if aws.settings.catalog_id else {}
