"""What the adversary of `tests/properties/test_keys_machine.py` holds and makes: passkeys, a forged review, crafted meanings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import yaml

from governance.keys.ssh import new_key
from metrics_catalog.approval import WITNESS_NAMESPACE, PasskeyAssertion
from tests.support.software_passkey import SoftwarePasskey

if TYPE_CHECKING:
    from pathlib import Path

    from governance.keys.ssh import PrivateKeySigner
    from metrics_catalog.approval import Approval

PASSKEYS = {name: SoftwarePasskey() for name in ("bernd", "chie")}
WITNESS = new_key()
SETTINGS = f"""
[approval.github]
repository = "example/metrics"
sides = ["business", "tech"]
witnesses = [{{public_key = "{WITNESS.public_line}"}}]
"""


def forged_review(facts: dict[str, Any], person: str, hand: PrivateKeySigner) -> dict[str, Any]:
    """A review that was never given, vouched for by somebody who is no witness."""
    at = str(facts.get("approved_at"))
    review = {
        "repository": "example/metrics",
        "pull_request": 7,
        "review_id": 1,
        "commit": "0" * 40,
        "login": f"{person}-example",
        "submitted_at": at,
        "url": "https://github.com/example/metrics/pull/7#pullrequestreview-1",
        "server": "https://github.com",
        "witnessed_at": at,
    }
    return review | {"witness": hand.sign(json.dumps(review).encode(), WITNESS_NAMESPACE)}


def facts_of(path: Path) -> dict[str, Any] | None:
    """What an approval file says; None where it cannot be read."""
    try:
        found = yaml.safe_load(path.read_bytes().decode("utf-8", "replace"))
    except (yaml.YAMLError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def with_passkeys_and_logins(document: dict[str, Any]) -> None:
    for name, entry in document["people"].items():
        entry["github"] = f"{name}-example"
        if name in PASSKEYS:
            entry["passkeys"] = [PASSKEYS[name].entry]


def assertion_of(passkey: SoftwarePasskey, unsigned: Approval) -> PasskeyAssertion:
    """The honest answer of a passkey to the challenge of an approval."""
    return PasskeyAssertion(**passkey.answer(unsigned.challenge()))


def crafted(facts: dict[str, Any], kind: str) -> bytes:
    match kind:
        case "no proposer":
            facts["logic"].get("others", {}).pop("proposer", None)
        case "expression" | "same name":
            facts["logic"]["expression"] = "seconds_viewed * 1000000"
        case "nan":
            facts["business"]["what.unit"] = float("nan")
        case "surrogate":
            facts["business"]["what.unit"] = "\ud800"
    marks = (", ", ":") if kind == "spaces" else (",", ":")
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=marks).encode("utf-8", "surrogatepass")
