"""Workgroups of the lab's Athena, as the tests of its clients need them: results in a bucket, encrypted, settings in force."""

from __future__ import annotations

from tests.lab.moto_server import REGION, Moto


def a_bucket(aws: Moto, name: str) -> str:
    """Make the bucket unless it is there; returns its name."""
    if name not in {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}:
        aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def a_workgroup(aws: Moto, name: str, *, bucket: str, enforced: bool = True, encrypted: bool = True) -> str:
    """Make a workgroup that writes below `s3://<bucket>/results/`; returns its name."""
    a_bucket(aws, bucket)
    settings: dict[str, object] = {"OutputLocation": f"s3://{bucket}/results/"}
    if encrypted:
        key = aws.client("kms").create_key(Description="results of queries")["KeyMetadata"]["Arn"]
        settings["EncryptionConfiguration"] = {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    aws.client("athena").create_work_group(
        Name=name, Configuration={"ResultConfiguration": settings, "EnforceWorkGroupConfiguration": enforced}
    )
    return name
