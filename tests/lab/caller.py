"""Says who signed a request: the IAM user or assumed role that moto knows by the access key."""

from __future__ import annotations

import re

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from tests.lab.moto_server import CREDENTIALS


def is_owner(authorization: str) -> bool:
    """Whether the lab's own credentials signed."""
    return _key(authorization) == CREDENTIALS


def caller_arn(authorization: str, account: str) -> str:
    """The ARN for the `Authorization` header of a request, a role's own for an assumed one; moto's user for who has no other."""
    key = _key(authorization)
    for user in iam_backends[account]["aws"].users.values():
        if any(held.access_key_id == key for held in user.access_keys):
            return str(user.arn)
    role = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    return f"arn:aws:sts::{account}:user/moto" if role is None else str(role.role_arn)


def _key(authorization: str) -> str:
    found = re.search(r"Credential=([^/]+)/", authorization)
    return found[1] if found else ""
