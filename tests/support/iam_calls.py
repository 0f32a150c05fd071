"""What IAM is asked when adapters call AWS, and whether a role's policy allows it: moto asks nothing.

    with recorded(aws) as asked: ...
    assert refused(statements, asked) == set()

Actions and resources as the service authorization reference has them, for the calls that the adapters make; another call fails the
test that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.aws.account import Aws
from tests.support.bucket_policy import allowed

SERVICES = ("s3", "glue", "kms", "lakeformation", "athena")
OBJECT = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
}
LISTED = {
    "ListObjectsV2": "s3:ListBucket",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListObjectVersions": "s3:ListBucketVersions",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to IAM: may this be done to that, in a request that says this about itself."""

    action: str
    resource: str
    about: frozenset[tuple[str, str]] = frozenset()


@contextmanager
def recorded(aws: Aws) -> Iterator[set[Asked]]:
    """Every question that the calls inside the block raise."""
    asked: set[Asked] = set()
    place = f"{aws.settings.region}:{aws.account_id}"

    def heard(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        asked.update(questions(model.service_model.service_name, model.name, params, place))

    clients = [(service, aws.client(service).meta.events) for service in SERVICES]
    for service, events in clients:
        events.register(f"provide-client-params.{service}", heard, unique_id=f"{service}-asked")
    try:
        yield asked
    finally:
        for service, events in clients:
            events.unregister(f"provide-client-params.{service}", unique_id=f"{service}-asked")


def questions(service: str, operation: str, params: Mapping[str, Any], place: str) -> Iterator[Asked]:
    """What IAM is asked for one call; `place` is region and account."""
    if service == "kms":
        yield Asked(f"kms:{operation}", f"arn:aws:kms:{place}:key/any", frozenset({("kms:ResourceAliases", str(params["KeyId"]))}))
    elif service == "lakeformation":
        yield Asked(f"lakeformation:{operation}", "*")
    elif service == "glue":
        yield from (Asked(f"glue:{operation}", f"arn:aws:glue:{place}:{part}") for part in _parts(params))
    elif service == "athena":
        yield Asked(f"athena:{operation}", f"arn:aws:athena:{place}:workgroup/{params['WorkGroup']}")
    elif operation in LISTED:
        yield Asked(LISTED[operation], f"arn:aws:s3:::{params['Bucket']}", frozenset({("s3:prefix", str(params["Prefix"]))}))
    elif operation == "CopyObject":
        source = params["CopySource"]
        yield Asked("s3:GetObject", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}")
        yield Asked("s3:PutObject", f"arn:aws:s3:::{params['Bucket']}/{params['Key']}")
    elif operation == "DeleteObjects":
        for one in params["Delete"]["Objects"]:
            yield Asked(
                "s3:DeleteObjectVersion" if "VersionId" in one else "s3:DeleteObject", f"arn:aws:s3:::{params['Bucket']}/{one['Key']}"
            )
    else:
        action = f"{OBJECT[operation]}{'Version' if 'VersionId' in params else ''}"
        yield Asked(action, f"arn:aws:s3:::{params['Bucket']}/{params['Key']}")


def _parts(params: Mapping[str, Any]) -> list[str]:
    """The catalog, the database and the table that a call of Glue is about; each must be allowed."""
    database = params.get("DatabaseName") or params.get("DatabaseInput", params).get("Name")
    if database is None:
        return ["catalog"]
    table = params.get("Name") if "DatabaseName" in params else None
    table = table or params.get("TableInput", {}).get("Name")
    return ["catalog", f"database/{database}", *([f"table/{database}/{table}"] if table else [])]


def refused(statements: Iterable[Mapping[str, Any]], asked: Iterable[Asked]) -> set[Asked]:
    """The questions that a role's policy does not answer with yes."""
    held = list(statements)
    return {one for one in asked if not allowed(held, one.action, one.resource, dict(one.about))}
