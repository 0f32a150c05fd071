"""The rules of keys, asked of SSH keys and passkeys alike: their times, rotation, changed sides, one hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from metrics_catalog.approval import NAMESPACE, Approval, Method
from metrics_catalog.catalog import load
from metrics_catalog.rules import check
from tests.support.keys import TECH, after, gate, signer
from tests.support.passkey_project import HERS, NOON, OTHER, asked, codes, passkey_project, people, written
from tests.support.passkeys import Device

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return passkey_project(tmp_path)


def by_ssh(root: Path, person: str = "bernd", minutes: int = 1) -> Approval:
    plain = asked(root, person=person, minutes=minutes, method=Method.SSH)
    return plain.model_copy(update={"signature": signer(person).sign(plain.signed_text(), NAMESPACE)})


def by_passkey(root: Path, person: str = "bernd", minutes: int = 1) -> Approval:
    return HERS.approved(asked(root, person=person, minutes=minutes))


METHODS = pytest.mark.parametrize(("approved", "field"), [(by_ssh, "keys"), (by_passkey, "passkeys")])
ONE_MINUTE = "2025-06-02T09:01:00Z"
"""The instant of the approvals below."""


@METHODS
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"revoked_at": "2025-06-02T09:01:01Z"}, None),
        ({"revoked_at": ONE_MINUTE}, "RNG-GOV-060"),
        ({"revoked_at": "2025-06-01T00:00:00Z"}, "RNG-GOV-060"),
        ({"compromised": True}, "RNG-GOV-061"),
        ({"compromised": True, "revoked_at": "2030-01-01T00:00:00Z"}, "RNG-GOV-061"),
        ({"valid_until": "2025-06-02T09:01:01Z"}, None),
        ({"valid_until": ONE_MINUTE}, "RNG-GOV-007"),
        ({"valid_from": ONE_MINUTE}, None),
        ({"valid_from": "2025-06-02T09:01:01Z"}, "RNG-GOV-007"),
    ],
)
def test_an_entry_counts_within_its_time_and_until_it_is_revoked(
    root: Path, approved: Callable[[Path], Approval], field: str, entry: dict[str, Any], code: str | None
) -> None:
    written(root, approved(root))
    people(root, lambda person: person[field][0].update(entry))
    assert codes(root) == ([code] if code else [])
    assert ("viewing_hours" in gate(root, NOON).published) is (code is None)


@METHODS
def test_a_key_is_rotated_and_what_the_old_one_approved_still_counts(root: Path, approved: Callable[[Path], Approval], field: str) -> None:
    written(root, approved(root))
    new = {"public_key": signer("rotated").public_line} if field == "keys" else OTHER.entry
    people(root, lambda person: person.update({field: [{**person[field][0], "valid_until": "2025-06-02T10:00:00Z"}, new]}))
    assert codes(root) == []
    assert "viewing_hours" in gate(root, NOON).published


@METHODS
def test_one_key_listed_for_two_windows_counts_in_both(root: Path, approved: Callable[[Path], Approval], field: str) -> None:
    written(root, approved(root))
    people(
        root,
        lambda person: person.update(
            {
                field: [
                    {**person[field][0], "valid_until": "2024-01-01T00:00:00Z"},
                    {**person[field][0], "valid_from": "2025-01-01T00:00:00Z"},
                ]
            }
        ),
    )
    assert codes(root) == []


@METHODS
def test_a_person_who_changed_sides_keeps_what_was_approved_before(root: Path, approved: Callable[[Path], Approval], field: str) -> None:
    written(root, approved(root))
    moved = {"sides": ["tech"], "valid_from": "2025-06-02T09:30:00Z"}
    people(root, lambda person: person.update(moved))
    assert codes(root) == ["RNG-GOV-005"], "the side held at that time is not on record"
    people(root, lambda person: person.update(earlier_sides=[{"side": "business", "valid_until": "2025-06-02T09:30:00Z"}]))
    assert codes(root) == []
    people(root, lambda person: person.update(earlier_sides=[{"side": "business", "valid_until": ONE_MINUTE}]))
    assert codes(root) == ["RNG-GOV-005"]


def test_whoever_changed_sides_turns_no_key_of_the_old_side_any_more(root: Path) -> None:
    people(
        root,
        lambda person: person.update(
            sides=["tech"], valid_from="2025-06-02T09:30:00Z", earlier_sides=[{"side": "business", "valid_until": "2025-06-02T09:30:00Z"}]
        ),
    )
    written(root, by_passkey(root, minutes=40))
    (finding,) = gate(root, NOON).findings
    assert finding.code == "RNG-GOV-005" and "does not hold the business side" in finding.message


def test_whoever_changed_sides_cannot_turn_both_keys_of_a_meaning(root: Path) -> None:
    people(root, lambda person: person.update(sides=["business"], keys=[], passkeys=[HERS.entry]), "aiko")
    people(root, lambda person: person.update(earlier_sides=[{"side": "tech", "valid_until": "2025-06-02T09:00:30Z"}]), "aiko")
    people(root, lambda person: person.update(keys=[{"public_key": signer("aiko").public_line}]), "aiko")
    people(root, lambda person: person.update(passkeys=[]))
    written(root, by_passkey(root, "aiko", 5))
    assert codes(root) == ["RNG-GOV-011"]


@METHODS
def test_an_author_cannot_approve_the_own_change(root: Path, approved: Callable[..., Approval], field: str) -> None:
    people(root, lambda person: person.update(passkeys=[HERS.entry]), "carla")
    people(root, lambda person: person.update(passkeys=[]))
    written(root, approved(root, "carla"))
    assert codes(root) == ["RNG-GOV-012"]


def test_two_people_with_one_passkey_are_one_person(root: Path) -> None:
    people(root, lambda person: person.update(passkeys=[HERS.entry], keys=[]), "chie")
    people(root, lambda person: person.update(sides=["tech"]), "chie")
    written(root, HERS.approved(asked(root, person="chie", minutes=3, side=TECH)))
    (root / "approvals/viewing_hours").joinpath(next(p.name for p in (root / "approvals/viewing_hours").glob("tech-aiko-*"))).unlink()
    written(root, by_passkey(root, minutes=4))
    (finding,) = gate(root, NOON).findings
    assert finding.code == "RNG-GOV-011" and "used the same passkey as `chie`" in finding.message
    shared = [found for found in check(load(root)[0], NOON.date()) if found.code == "RNG-CAT-093"]
    assert len(shared) == 2, "id and public key are both shared"


def test_a_key_that_is_an_ssh_key_of_one_and_a_passkey_of_the_other_is_one_key(root: Path) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from governance.keys.ssh import PrivateKeySigner
    from tests.support.passkeys import private_key

    device = Device("eddsa", 9)
    both = PrivateKeySigner(private_key("eddsa", 9))
    assert both.public_line.encode() == private_key("eddsa", 9).public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    people(root, lambda person: person.update(keys=[{"public_key": both.public_line}, *person["keys"]]), "aiko")
    next((root / "approvals/viewing_hours").glob("tech-aiko-*")).unlink()
    tech = asked(root, person="aiko", minutes=1, side=TECH, method=Method.SSH)
    written(root, tech.model_copy(update={"signature": both.sign(tech.signed_text(), NAMESPACE)}))
    people(root, lambda person: person.update(passkeys=[device.entry]))
    written(root, device.approved(asked(root, minutes=2)))
    assert codes(root) == ["RNG-GOV-011"]


@METHODS
def test_clocks_may_differ_by_five_minutes(root: Path, approved: Callable[..., Approval], field: str) -> None:
    written(root, approved(root, minutes=15))
    assert codes(root, after(10)) == []
    assert codes(root, after(9)) == ["RNG-GOV-010"]
