"""What a Spark session needs to read and write the data files of a lake in S3: Hadoop's S3A behind `s3://`, under the lake's key.

A pure value but for the look-up of the key; `ringi/engines.py` passes it to the session. On a cluster that brings its own way to
S3 (EMR) the cluster's settings stand beside these and name the same bucket key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.aws.keys import Keys

if TYPE_CHECKING:
    from infra.aws.account import Aws

PACKAGES = ("org.apache.hadoop:hadoop-aws:3.4.2",)
"""Jars beside Spark 4.1's own, for `spark.jars.packages`; hadoop-aws has the version of Spark's Hadoop client."""

COMMITTER_PACKAGES = ("org.apache.spark:spark-hadoop-cloud_2.13:4.1.4",)
"""Jars for `committer=True`."""

S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
CREDENTIALS = "software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider"
"""The same chain as boto3's: environment, profile and single sign-on, the role of the job or machine."""


def s3a_settings(aws: Aws, *, committer: bool = False) -> dict[str, str]:
    """Settings of a Spark session by name (`spark.hadoop.fs.s3a.…`).

    `committer` turns on S3A's own way to finish a write, which renames nothing; it needs COMMITTER_PACKAGES.
    """
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
    named = {f"spark.hadoop.{name}": value for name, value in found.items()}
    return {**named, **(_COMMITTER if committer else {})}


_COMMITTER = {
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3a": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
    "spark.sql.parquet.output.committer.class": "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
}
