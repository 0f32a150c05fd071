"""Identities: as whom an account outside of Ringi knows a reader, and in which form that is compared.

Used by the models of the policy; which identities its principals have says `known_as.py`.
"""

from __future__ import annotations

import re

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
