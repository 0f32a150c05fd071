"""What keys are turned with: when two are one, and when one counts for a person; here for GitHub accounts, which sign nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from governance.keys.credential import of_github, of_passkey, of_ssh
from governance.keys.registered import registered
from metrics_catalog.approval import Approval, Method
from metrics_catalog.person import Person, Side
from tests.support.keys import signer

AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
AKI = of_github("https://github.com", "Aki-Mori")


def approval() -> Approval:
    return Approval(metric="plays", side=Side.TECH, person="aki", meaning="0" * 64, approved_at=AT, method=Method.GITHUB)


def refusal(github: Any) -> str | None:
    found = registered(approval(), Person.model_validate({"name": "Aki", "team": "x", "github": github}), AKI)
    return found.code if found else None


@pytest.mark.parametrize(
    ("github", "code"),
    [
        ("aki-mori", None),
        ("AKI-MORI", None),
        ("somebody", "RNG-GOV-006"),
        (None, "RNG-GOV-006"),
        (({"login": "aki-mori"},), None),
        (({"login": "old-name", "valid_until": AT}, {"login": "aki-mori"}), None),
        (({"login": "aki-mori", "valid_until": AT},), "RNG-GOV-007"),
        (({"login": "aki-mori", "valid_from": AT + dt.timedelta(seconds=1)},), "RNG-GOV-007"),
        (({"login": "aki-mori", "revoked_at": AT},), "RNG-GOV-060"),
        (({"login": "aki-mori", "revoked_at": AT + dt.timedelta(seconds=1)},), None),
        (({"login": "aki-mori", "compromised": True},), "RNG-GOV-061"),
        (({"login": "aki-mori", "valid_until": AT, "compromised": True}, {"login": "aki-mori", "valid_from": AT}), "RNG-GOV-061"),
    ],
)
def test_a_github_account_counts_as_a_key_does(github: Any, code: str | None) -> None:
    assert refusal(github) == code


def test_two_credentials_are_one_where_anything_that_tells_them_is() -> None:
    assert AKI.is_same(of_github("https://GitHub.com/", "aki-mori"))
    assert not AKI.is_same(of_github("https://github.example.com", "aki-mori"))
    aki, other = of_ssh(signer("aki").public_key), of_ssh(signer("other").public_key)
    assert aki.is_same(aki) and not aki.is_same(other) and not aki.is_same(AKI)
    (mark,) = aki.marks
    assert aki.is_same(of_passkey("AAAA", mark)), "one key, registered in two ways"
    assert of_passkey("AAAA", "key:1").is_same(of_passkey("AAAA", "key:2")), "one id, two keys"
    assert not of_passkey("AAAA", "key:1").is_same(of_passkey("BBBB", "key:2"))
