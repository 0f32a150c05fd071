"""Approvals by passkey: which answers count, which do not and why."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import webauthn
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError
from governance.gate.approve import Request, proposal, record, unsigned
from governance.keys.passkey_answer import decoded, encoded
from metrics_catalog.approval import Approval, Method
from metrics_catalog.catalog import load
from metrics_catalog.meaning import resolve
from tests.support.catalogs import edit
from tests.support.keys import BUSINESS, START, TECH, after, gate, states, turn
from tests.support.passkey_project import HERS, NOON, OTHER, STEADY, asked, codes, passkey_project, people, written
from tests.support.passkeys import PRESENT, VERIFIED, Device

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return passkey_project(tmp_path)


@pytest.mark.parametrize("kind", ["es256", "eddsa", "rs256"])
def test_an_approval_by_passkey_counts_and_reads_back(root: Path, kind: str) -> None:
    device = Device(kind)
    people(root, lambda person: person.update(passkeys=[device.entry]))
    catalog = load(root)[0]
    wanted = proposal(catalog, "viewing_hours", after(1))
    request = Request(BUSINESS, "bernd", after(1))
    done = record(root, catalog, wanted, device.approved(unsigned(wanted, request, Method.PASSKEY)), request)
    assert done.files[0].name == f"business-bernd-{done.digest[:12]}.yaml"
    assert load(root)[1] == ()
    assert states(root, "viewing_hours", NOON) == ("valid", "valid")
    assert "viewing_hours" in gate(root, NOON).published


@pytest.mark.parametrize("kind", ["es256", "eddsa", "rs256"])
def test_the_webauthn_package_agrees(root: Path, kind: str) -> None:
    device = Device(kind)
    approval = device.approved(asked(root))
    given = approval.passkey
    assert given is not None

    def theirs(challenge: bytes) -> Any:
        return webauthn.verify_authentication_response(
            credential={
                "id": given.credential_id,
                "rawId": given.credential_id,
                "type": "public-key",
                "response": {
                    "authenticatorData": given.authenticator_data,
                    "clientDataJSON": given.client_data_json,
                    "signature": given.signature,
                },
            },
            expected_challenge=challenge,
            expected_rp_id="localhost",
            expected_origin=device.origin,
            credential_public_key=device.cose,
            credential_current_sign_count=0,
            require_user_verification=True,
        )

    assert theirs(approval.challenge()).user_verified
    other = approval.model_copy(update={"metric": "plays"})
    with pytest.raises(webauthn.helpers.exceptions.InvalidAuthenticationResponse):
        theirs(other.challenge())


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (HERS.but(said={"type": "webauthn.create"}), "RNG-GOV-064"),
        (HERS.but(said={"challenge": encoded(b"another")}), "RNG-GOV-064"),
        (HERS.but(said={"challenge": None}), "RNG-GOV-064"),
        (HERS.but(rp_id="example.com"), "RNG-GOV-065"),
        (HERS.but(origin="https://example.com"), "RNG-GOV-065"),
        (HERS.but(origin="http://localhost.example.com"), "RNG-GOV-065"),
        (HERS.but(said={"origin": 5}), "RNG-GOV-065"),
        (HERS.but(said={"crossOrigin": True}), "RNG-GOV-065"),
        (HERS.but(said={"topOrigin": "https://example.com"}), "RNG-GOV-065"),
        (HERS.but(flags=PRESENT), "RNG-GOV-066"),
        (HERS.but(flags=VERIFIED), "RNG-GOV-066"),
        (OTHER, "RNG-GOV-006"),
    ],
)
def test_an_answer_to_something_else_does_not_count(root: Path, device: Device, code: str) -> None:
    written(root, device.approved(asked(root)))
    assert codes(root) == [code]
    assert states(root, "viewing_hours", NOON) == ("valid", "missing")


def test_a_counter_that_goes_back_is_no_fault_in_a_record(root: Path) -> None:
    written(root, HERS.but(counter=7).approved(asked(root)))
    (root / "approvals/viewing_hours/business-bernd-by-hand.yaml").rename(root / "approvals/viewing_hours/business-bernd-first.yaml")
    written(root, HERS.but(counter=3).approved(asked(root, minutes=2)))
    assert codes(root) == []


@pytest.mark.parametrize("part", ["authenticator_data", "client_data_json", "signature"])
@pytest.mark.parametrize("cut", [1, 8, 20])
def test_a_truncated_answer_does_not_count(root: Path, part: str, cut: int) -> None:
    approval = HERS.approved(asked(root))
    assert approval.passkey is not None
    short = approval.passkey.model_copy(update={part: getattr(approval.passkey, part)[:-cut]})
    written(root, approval.model_copy(update={"passkey": short}))
    assert codes(root)[0] in ("RNG-GOV-063", "RNG-GOV-064", "RNG-GOV-066", "RNG-GOV-067")
    assert states(root, "viewing_hours", NOON)[1] == "missing"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda d: d.update(approved_at="2025-06-02T09:02:00+00:00"), "RNG-GOV-064"),
        (lambda d: d.update(side="tech"), "RNG-GOV-064"),
        (lambda d: d.update(person="chie"), "RNG-GOV-006"),
        (lambda d: d.update(person="nobody"), "RNG-GOV-004"),
        (lambda d: d.update(signature="x"), "RNG-GOV-062"),
        (lambda d: d.update(method="ssh"), "RNG-GOV-062"),
        (lambda d: d.pop("passkey"), "RNG-GOV-062"),
        (lambda d: d["passkey"].update(signature=encoded(b"x" * 70)), "RNG-GOV-067"),
        (lambda d: d["passkey"].update(client_data_json=encoded(b"[]")), "RNG-GOV-063"),
        (lambda d: d["passkey"].update(client_data_json=encoded(b"\xff{")), "RNG-GOV-063"),
        (lambda d: d["passkey"].update(client_data_json=encoded(b"[" * 100_000)), "RNG-GOV-063"),
        (lambda d: d["passkey"].update(authenticator_data="A"), "RNG-GOV-063"),
    ],
)
def test_a_changed_file_does_not_count_and_is_named(root: Path, change: Callable[[dict[str, Any]], Any], code: str) -> None:
    path = written(root, HERS.approved(asked(root)))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    (finding,) = gate(root, NOON).findings
    assert (finding.code, finding.place.file) == (code, path.relative_to(root).as_posix())
    assert finding.hint
    assert gate(root, NOON).published == {}


def test_an_answer_swapped_in_from_another_metric_or_meaning_does_not_count(root: Path) -> None:
    of_plays, mine = HERS.approved(asked(root, "plays")), asked(root)
    turned = {"metric": "viewing_hours", "meaning": mine.meaning}
    written(root, of_plays.model_copy(update=turned))
    assert codes(root) == ["RNG-GOV-064"]
    before = HERS.approved(mine)
    edit(root, "metrics/engagement/viewing_hours.yaml", lambda metric: metric["how"].update(expression="seconds_viewed"))
    turn(root, "viewing_hours", TECH, "aiko", after(5))
    present = resolve(load(root)[0], "viewing_hours").digest
    written(root, before.model_copy(update={"meaning": present}))
    assert codes(root) == ["RNG-GOV-064"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_changed_byte_of_an_answer_counts(data: st.DataObject) -> None:
    from governance.keys.passkey import check_assertion
    from governance.keys.refusal import Refusal
    from metrics_catalog.person import Person

    person = Person.model_validate({"name": "Bernd", "team": "x", "passkeys": (STEADY.entry,)})
    approval = STEADY.approved(
        Approval(metric="plays", side=BUSINESS, person="bernd", meaning="0" * 64, approved_at=START, method=Method.PASSKEY)
    )
    assert not isinstance(check_assertion(approval, person), Refusal)
    assert approval.passkey is not None
    part = data.draw(st.sampled_from(["authenticator_data", "client_data_json", "signature"]))
    raw = bytearray(decoded(getattr(approval.passkey, part)))
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= data.draw(st.integers(1, 255))
    changed = approval.passkey.model_copy(update={part: encoded(bytes(raw))})
    assert isinstance(check_assertion(approval.model_copy(update={"passkey": changed}), person), Refusal)


def test_a_passkey_entry_that_cannot_be_used_says_so(root: Path) -> None:
    written(root, HERS.approved(asked(root)))
    people(root, lambda person: person["passkeys"][0].update(public_key="pQEC"))
    assert codes(root) == ["RNG-GOV-069"]


def test_nothing_is_written_where_a_rule_forbids_the_passkey(root: Path) -> None:
    catalog = load(root)[0]
    wanted, request = proposal(catalog, "viewing_hours", after(1)), Request(BUSINESS, "bernd", after(1))
    before = sorted(root.rglob("*"))
    with pytest.raises(GovernanceError, match="is not registered for `bernd`"):
        record(root, catalog, wanted, OTHER.approved(unsigned(wanted, request, Method.PASSKEY)), request)
    assert sorted(root.rglob("*")) == before
