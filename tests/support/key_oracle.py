"""A small second opinion on keys, written without the product's code: which approval files of a folder could count at all.

Reads the files of a project as plain YAML and JSON and checks signatures with `sshsig` and `cryptography`. It may take for
valid what the product refuses for a finer reason (hearings, canonical form), and never the other way round: what the product
publishes must be justified here.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sshsig
import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMESPACE, WITNESS = "ringi-approval@v1", "ringi-github-review@v1"
SKEW = dt.timedelta(minutes=5)
Facts = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """One key that could count: who turned it for which side, with what, over which digest."""

    side: str
    person: str
    used: str
    digest: str


def possible_keys(root: Path, metric: str, now: dt.datetime) -> list[Key]:
    """All keys over meanings of a metric that could count at an instant."""
    people = yaml.safe_load((root / "people.yaml").read_text(encoding="utf-8"))["people"]
    found = (_key(root, facts, people, now) for facts in _approvals(root) if facts.get("metric") == metric)
    return [key for key in found if key is not None]


def is_justified(root: Path, metric: str, digest: str, now: dt.datetime) -> bool:
    """Whether two people with two credentials agreed: Business on this very meaning, Tech on one with the same logic."""
    keys = possible_keys(root, metric, now)
    logic = _meaning(root, digest)["logic"]
    return any(
        business.digest == digest
        and _meaning(root, tech.digest)["logic"] == logic
        and tech.person != business.person
        and tech.used != business.used
        for business in keys
        for tech in keys
        if (tech.side, business.side) == ("tech", "business")
    )


def _approvals(root: Path) -> Iterator[Facts]:
    for path in (root / "approvals").rglob("*.yaml"):
        if path.is_symlink() or not path.is_file() or "meanings" in path.relative_to(root).parts:
            continue
        try:
            facts = yaml.safe_load(path.read_bytes().decode("utf-8"))
        except (UnicodeDecodeError, yaml.YAMLError, ValueError):
            continue
        if isinstance(facts, dict):
            yield facts


def _key(root: Path, facts: Facts, people: Facts, now: dt.datetime) -> Key | None:
    try:
        at = dt.datetime.fromisoformat(str(facts["approved_at"]))
        person = people[facts["person"]]
        meaning = _meaning(root, facts["meaning"])
    except (KeyError, ValueError, OSError, TypeError):
        return None
    if at.tzinfo is None or at > now + SKEW or not _holds_side(person, facts["side"], at):
        return None
    if meaning["metric"] != facts["metric"] or meaning["logic"].get("others", {}).get("proposer") == facts["person"]:
        return None
    used = _credential(root, facts, person, at)
    return Key(facts["side"], facts["person"], used, facts["meaning"]) if used else None


def _meaning(root: Path, digest: str) -> Facts:
    raw = (root / f"approvals/meanings/{digest}.json").read_bytes()
    if hashlib.sha256(raw).hexdigest() != digest:
        raise ValueError("damaged")
    data = json.loads(raw)
    if not isinstance(data, dict):
        raise ValueError("no meaning")
    return data


def _holds_side(person: Facts, side: str, at: dt.datetime) -> bool:
    windows = [person] if side in person.get("sides", []) else []
    windows += [held for held in person.get("earlier_sides", []) if held["side"] == side]
    return any(_within(held, at) for held in windows)


def _within(held: Facts, at: dt.datetime) -> bool:
    start, end = _instant(held.get("valid_from")), _instant(held.get("valid_until"))
    return (start is None or start <= at) and (end is None or at < end)


def _counts(entry: Facts, at: dt.datetime) -> bool:
    revoked = _instant(entry.get("revoked_at"))
    return _within(entry, at) and not entry.get("compromised") and (revoked is None or at < revoked)


def _instant(value: Any) -> dt.datetime | None:
    if value is None or isinstance(value, dt.datetime):
        return value
    return dt.datetime.fromisoformat(str(value))


def _text(facts: Facts) -> bytes:
    names = ("metric", "side", "person", "meaning")
    at = dt.datetime.fromisoformat(str(facts["approved_at"]))
    return "".join(["ringi approval v1\n", *(f"{name}: {facts[name]}\n" for name in names), f"approved_at: {at.isoformat()}\n"]).encode()


def _credential(root: Path, facts: Facts, person: Facts, at: dt.datetime) -> str | None:
    """What the key was turned with, by the one kind of evidence that its method names."""
    evidence = {name: facts[name] for name in ("signature", "passkey", "github") if facts.get(name) is not None}
    method = facts.get("method", "ssh")
    if set(evidence) != {"signature" if method == "ssh" else method}:
        return None
    match method:
        case "ssh":
            return next((line for line in _lines(person, at) if _signed(_text(facts), evidence["signature"], line, NAMESPACE)), None)
        case "passkey":
            return _passkey(facts, person, at)
        case "github":
            return _review(root, facts, person, at)
    return None


def _lines(person: Facts, at: dt.datetime) -> list[str]:
    return [" ".join(entry["public_key"].split()[:2]) for entry in person.get("keys", []) if _counts(entry, at)]


def _signed(text: bytes, armour: str, line: str, namespace: str) -> bool:
    try:
        sshsig.verify(text, armour, [sshsig.PublicKey.from_openssh_str(line)], namespace)
    except (sshsig.InvalidSignature, ValueError, NotImplementedError):
        return False
    return True


def _passkey(facts: Facts, person: Facts, at: dt.datetime) -> str | None:
    given = facts["passkey"]
    try:
        device, browser, signature = (_b64(given[name]) for name in ("authenticator_data", "client_data_json", "signature"))
        said = json.loads(browser)
    except (KeyError, ValueError, TypeError):
        return None
    asked = base64.urlsafe_b64encode(hashlib.sha256(_text(facts)).digest()).decode().rstrip("=")
    if not isinstance(said, dict) or said.get("type") != "webauthn.get" or said.get("challenge") != asked or len(device) < 37:
        return None
    for entry in person.get("passkeys", []):
        host = hashlib.sha256(entry["rp_id"].encode()).digest()
        if entry["credential_id"] == given.get("credential_id") and _counts(entry, at) and device[:32] == host and device[32] & 5 == 5:
            point = b"\x04" + _b64(entry["public_key"])[10:42] + _b64(entry["public_key"])[45:77]
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            try:
                key.verify(signature, device + hashlib.sha256(browser).digest(), ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                continue
            return f"passkey {entry['credential_id']}"
    return None


def _review(root: Path, facts: Facts, person: Facts, at: dt.datetime) -> str | None:
    """A review counts only where a witness that ringi.toml names signed it."""
    import tomllib

    settings = tomllib.loads((root / "ringi.toml").read_text(encoding="utf-8")).get("approval", {}).get("github")
    review = facts["github"]
    if settings is None or not isinstance(review, dict) or facts["side"] not in settings.get("sides", ["business"]):
        return None
    logins = [person["github"]] if isinstance(person.get("github"), str) else [entry["login"] for entry in person.get("github") or []]
    if review.get("login") not in logins or dt.datetime.fromisoformat(str(review["submitted_at"])) != at:
        return None
    witnesses = [" ".join(entry["public_key"].split()[:2]) for entry in settings["witnesses"]]
    text = _text(facts) + "".join(f"github.{name}: {value}\n" for name, value in review.items() if name != "witness").encode()
    is_witnessed = any(_signed(text, review.get("witness") or "", line, WITNESS) for line in witnesses)
    return f"github {review['login']}" if is_witnessed else None


def _b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
