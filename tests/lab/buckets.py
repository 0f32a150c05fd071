"""Bucket policies as the lab's S3 keeps them: a Deny stops a request whose conditions hold. moto takes every Deny as unconditional.

Used by `tests/lab/server.py`. The lab speaks plain HTTP on this machine; what a policy says about transport is taken as fulfilled.
"""

from __future__ import annotations

import json
from typing import Any

from flask import request
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from tests.support.bucket_policy import denials, put

ENCRYPTION, KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"


def permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Takes the place of `FakeBucket.get_permission`, in the same words."""
    if bucket.policy is None or "uploadId" in request.args:  # the parts of an upload have no headers of their own
        return PermissionResult.NEUTRAL
    statements: list[dict[str, Any]] = json.loads(bucket.policy)["Statement"]
    asked = put(encryption=request.headers.get(ENCRYPTION), key=request.headers.get(KEY))
    return PermissionResult.DENIED if denials(statements, action, resource, asked) else PermissionResult.NEUTRAL


def keep_policies() -> None:
    """Put the policies of this process's moto in force."""
    FakeBucket.get_permission = permission  # type: ignore[method-assign,assignment]  # moto's own takes no conditions
