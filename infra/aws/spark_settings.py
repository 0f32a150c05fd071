"""What a Spark session needs to read and write the data files of a lake in S3: Hadoop's S3A behind `s3://`, under the lake's key.

A pure value but for the look-up of the key; `ringi/engines.py` passes it to the session. On a cluster that brings its own way to
S3 (EMR) the cluster's settings stand beside these and name the same bucket key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.aws.keys import Keys

if TYPE_CHECKING:
    from infra.aws.account import Aws

HADOOP, SDK = "3.4.2", "2.29.52"
"""The version of Spark 4.1's Hadoop client, and the one of Amazon's SDK that it was built with."""

PACKAGES = (
    f"org.apache.hadoop:hadoop-aws:{HADOOP}",
    f"software.amazon.awssdk:s3:{SDK}",
    f"software.amazon.awssdk:s3-transfer-manager:{SDK}",
    f"software.amazon.awssdk:sts:{SDK}",
)
"""Jars beside Spark's own, for `spark.jars.packages`: 15 MB."""

EXCLUDED = (
    "software.amazon.awssdk:bundle",  # every service of Amazon's: 640 MB
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
)
"""What hadoop-aws would bring along and Spark has or does not need, for `spark.jars.excludes`."""

S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
CREDENTIALS = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
"""The same chain as boto3's: environment, profile and single sign-on, the role of the job or machine."""


def s3a_settings(aws: Aws) -> dict[str, str]:
    """Settings of a Spark session by name (`spark.hadoop.fs.s3a.…`, and the jars)."""
    settings = aws.settings
    found = {
        "fs.s3.impl": S3A,
        "fs.s3a.impl": S3A,
        "fs.AbstractFileSystem.s3.impl": "org.apache.hadoop.fs.s3a.S3A",
        "fs.s3a.endpoint.region": settings.region,
        "fs.s3a.aws.credentials.provider": CREDENTIALS,
        "fs.s3a.encryption.algorithm": "SSE-KMS",
        "fs.s3a.encryption.key": Keys(aws).arn(settings.kms_key),
        "fs.s3a.attempts.maximum": "10",
        "fs.s3a.retry.limit": "7",
        "fs.s3a.threads.max": "32",
        "fs.s3a.connection.maximum": "96",
        "fs.s3a.fast.upload.buffer": "bytebuffer",
        "fs.s3a.multipart.purge": "false",  # another session may still upload; `ringi maintain` and the bucket's rule remove leftovers
    }
    if settings.endpoint_url:
        secure = settings.endpoint_url.startswith("https://")
        found |= {
            "fs.s3a.endpoint": settings.endpoint_url,
            "fs.s3a.path.style.access": "true",
            "fs.s3a.connection.ssl.enabled": str(secure).lower(),
        }
    jars = {"spark.jars.packages": ",".join(PACKAGES), "spark.jars.excludes": ",".join(EXCLUDED)}
    return {**jars, **{f"spark.hadoop.{name}": value for name, value in found.items()}}
