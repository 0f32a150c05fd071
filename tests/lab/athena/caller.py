"""Says which Trino user a signed request stands for: the IAM user or assumed role that moto knows by the access key."""

from __future__ import annotations

import re

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from tests.lab.moto_server import CREDENTIALS
from tests.lab.trino_server import OWNER

NOBODY = "nobody"
"""An access key that nobody was given; no rule of the lab names this user."""


def trino_user(authorization: str, account: str) -> str:
    """The user's or role's name for the `Authorization` header of a request; the lab's own credentials are the lake's owner."""
    found = re.search(r"Credential=([^/]+)/", authorization)
    key = found[1] if found else ""
    if key == CREDENTIALS:
        return OWNER
    for user in iam_backends[account]["aws"].users.values():
        if any(held.access_key_id == key for held in user.access_keys):
            return str(user.name)
    role = sts_backends[account]["aws"].get_assumed_role_from_access_key(key)
    return NOBODY if role is None else str(role.role_arn).rpartition("/")[2]
