"""A lake on a pretended AWS: the bucket, the keys and the settings that the adapters need.

With moto inside this process (fast; botocore's hooks can break calls) or on a port (the JVM and child processes reach it):

    with mock_aws():                            # or the lab's fixture `moto`, and endpoint_url=moto.url
        aws = make_aws_lake(countries=["jp", "de"])
        tables = AwsTables(aws)
        tables.commit(...)
        (root / "ringi.toml").write_text(profile_toml(aws.settings))
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from governance.lake_formation.compiling.work import Work
from infra.aws.account import Aws
from infra.aws.settings import AwsSettings

REGION = "eu-west-1"
WAREHOUSE = "s3://ringi-test-lake/prefix"
DEFINER = "arn:aws:iam::123456789012:role/ringi-definer"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


def aws_settings(**changed: Any) -> AwsSettings:
    """Settings of a lake on a pretended AWS."""
    return AwsSettings(**{"warehouse": WAREHOUSE, "region": REGION, "kms_key": "alias/ringi-lake", "definer_role": DEFINER, **changed})


def make_aws_lake(countries: Sequence[str] = ("jp", "de"), *, attempts: int = 3, **changed: Any) -> Aws:
    """Makes the bucket, the lake's key and one key a country; `changed` are fields of AwsSettings, such as `endpoint_url`."""
    aws = Aws(aws_settings(**changed), attempts=attempts)
    provision(aws, countries)
    return aws


def provision(aws: Aws, countries: Sequence[str] = ("jp", "de")) -> None:
    """The bucket and the keys of a lake in an empty account."""
    bucket = aws.settings.bucket
    aws.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.settings.region})
    for alias in (aws.settings.kms_key, *(aws.settings.country_key_alias.replace("{country}", code) for code in countries)):
        key = aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
        aws.client("kms").create_alias(AliasName=alias, TargetKeyId=key)


def profile_toml(settings: AwsSettings, *, engine: str = "spark", name: str = "aws") -> str:
    """The section of ringi.toml that opens this lake."""
    fields = {field: getattr(settings, field) for field in AwsSettings.__slots__}
    if roles := fields.pop("job_roles"):
        does = {work: " ".join(role.identity for role in roles if work in role.works) for work in Work}
        fields["job_roles"] = {str(work): names for work, names in does.items() if names}
    lines = [f"{field} = {_toml(value)}" for field, value in fields.items() if value]
    return "\n".join([f"[profiles.{name}]", f'engine = "{engine}"', *lines, ""])


def _toml(value: str | dict[str, str]) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"


@contextmanager
def pretended_aws() -> Iterator[None]:
    """Moto inside this process, with credentials of its own and none of a real account."""
    from moto import mock_aws

    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, "AWS_ENDPOINT_URL")}
    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(ENVIRONMENT)
    try:
        with mock_aws():
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
