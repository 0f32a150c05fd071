"""Says which Trino user a signed request stands for: the IAM user or assumed role that moto knows by the access key."""

from __future__ import annotations

from tests.lab.caller import caller_arn, is_owner
from tests.lab.trino_server import OWNER

NOBODY = "nobody"
"""An access key that nobody was given; no rule of the lab names this user."""


def trino_user(authorization: str, account: str) -> str:
    """The user's or role's name for the `Authorization` header of a request; the lab's own credentials are the lake's owner."""
    if is_owner(authorization):
        return OWNER
    arn = caller_arn(authorization, account)
    return NOBODY if arn.startswith("arn:aws:sts:") else arn.rpartition("/")[2]
