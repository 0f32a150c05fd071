"""The identities of principals: as whom an account outside of Ringi knows a reader.

`canonical` says what an identity is and in which form it is compared; used by the models of the policy, and by all that compiles
the policy for an account (`identities_of`, `administrators_of`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.policy import Policy

PLACE = "{principal}"
"""Stands for a principal's name in a profile's `principal_identity`."""

EXPECTED = (
    "an IAM role or user (`arn:aws:iam::123456789012:role/name`), a SAML user or group "
    "(`arn:aws:iam::123456789012:saml-provider/name:group/name`), an Identity Center user or group "
    "(`arn:aws:identitystore:::group/1234…`), or an account's twelve digits"
)

_PARTITION = r"arn:aws(?:-[a-z]+)*"
_UUID = r"(?:[0-9a-f]{10}-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IAM = re.compile(_PARTITION + r":iam::\d{12}:(?:role|user)/(?:[\x21-\x7e]{1,510}/)?[\w+=,.@-]{1,64}", re.ASCII)
_SAML = re.compile(_PARTITION + r":iam::\d{12}:saml-provider/[\w.-]{1,128}:(?:user|group)/\S.{0,255}")
_IDENTITY_CENTER = re.compile(_PARTITION + r":identitystore:::(?:user|group)/" + _UUID, re.IGNORECASE)
_ACCOUNT = re.compile(r"\d{12}|\d{4}-\d{4}-\d{4}", re.ASCII)


def canonical(written: str) -> str:
    """An identity in the one form in which it is compared. Raises ValueError, in words that follow "expected", where it is none."""
    text = written.strip()
    if _ACCOUNT.fullmatch(text):
        return text.replace("-", "")
    if _IDENTITY_CENTER.fullmatch(text):
        return text.lower()
    if (_IAM.fullmatch(text) and "//" not in text) or _SAML.fullmatch(text):
        return text
    raise ValueError(_expected(text))


def identities_of(policy: Policy, principal: str, pattern: str | None = None) -> tuple[str, ...]:
    """The identities of a principal: those that it names, else the one of the profile's pattern; none without either.

    `pattern` is a profile's `principal_identity`, with `{principal}` in the place of the name. Empty for a principal that the
    policy does not know.
    """
    known = policy.principals.get(principal)
    if known is None:
        return ()
    if known.identities:
        return tuple(dict.fromkeys(canonical(each) for each in known.identities if not is_of_each_country(each)))
    return () if pattern is None else (canonical(pattern.replace(PLACE, principal)),)


def administrators_of(policy: Policy, pattern: str | None = None) -> tuple[str, ...]:
    """The identities of the administrators, which are written as principals or as identities; each once, in order."""
    found: list[str] = []
    for each in policy.administrators:
        found += identities_of(policy, each, pattern) if each in policy.principals else [canonical(each)]
    return tuple(dict.fromkeys(found))


def is_of_each_country(identity: str) -> bool:
    """Whether a country's code is still to be put into it; outside of `per_country` that is a fault, and then nobody has it."""
    return "<cc>" in identity or "<CC>" in identity


def _expected(text: str) -> str:
    if ":sts:" in text and "assumed-role" in text:
        return "the role of a session, `arn:aws:iam::123456789012:role/name`, for sessions come and go"
    if text.endswith(":root"):
        return "an account as its twelve digits"
    if "*" in text:
        return "one identity, for none stands for several"
    return EXPECTED
