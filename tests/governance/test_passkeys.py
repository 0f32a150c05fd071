"""Approvals by passkey: which answers count, which do not and why; and the rules of keys, asked of every method alike."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import webauthn
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError
from governance.gate.approve import Request, approval_text, proposal, record, unsigned
from governance.keys import cose_key, meaning_store
from governance.keys.passkey_answer import decoded, encoded, is_page_of
from governance.keys.passkey_registration import entry_text, new_passkey
from governance.keys.people_file import add_passkey
from governance.keys.public_key import UnusableKeyError
from metrics_catalog.approval import NAMESPACE, Approval, Method
from metrics_catalog.catalog import load
from metrics_catalog.meaning import resolve
from metrics_catalog.person import Passkey
from metrics_catalog.rules import check
from tests.support.catalogs import edit
from tests.support.keys import BUSINESS, START, TECH, after, gate, keyed_project, signer, states, turn
from tests.support.passkeys import PRESENT, VERIFIED, Device, cbor

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = after(180)
HERS, OTHER = Device(which=1), Device(which=2)
STEADY = Device("eddsa")  # signs the same text always alike


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project in which bernd, of the business side, holds a passkey and aiko has turned the Tech key."""
    keyed_project(tmp_path)
    edit(tmp_path, "people.yaml", lambda book: book["people"]["bernd"].update(passkeys=[HERS.entry]))
    turn(tmp_path, "viewing_hours", TECH, "aiko", START)
    return tmp_path


def asked(root: Path, metric: str = "viewing_hours", person: str = "bernd", minutes: int = 1, **changes: Any) -> Approval:
    """The approval that the page asks a passkey about."""
    wanted = proposal(load(root)[0], metric, after(minutes))
    return unsigned(wanted, Request(BUSINESS, person, after(minutes)), Method.PASSKEY).model_copy(update=changes)


def written(root: Path, approval: Approval) -> Path:
    """The approval as a file, whether a rule allows it or not."""
    path = Path(f"approvals/{approval.metric}/{approval.side.value}-{approval.person}-by-hand.yaml")
    meaning_store.write(root, {path: approval_text(approval).encode()})
    return root / path


def codes(root: Path, at: dt.datetime = NOON) -> list[str]:
    return [finding.code for finding in gate(root, at).findings]


def people(root: Path, change: Callable[[dict[str, Any]], Any], person: str = "bernd") -> None:
    edit(root, "people.yaml", lambda book: change(book["people"][person]))


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


# The rules of keys, asked of SSH keys and passkeys alike.


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


def test_a_passkey_entry_that_cannot_be_used_says_so(root: Path) -> None:
    written(root, by_passkey(root))
    people(root, lambda person: person["passkeys"][0].update(public_key="pQEC"))
    assert codes(root) == ["RNG-GOV-069"]


def test_nothing_is_written_where_a_rule_forbids_the_passkey(root: Path) -> None:
    catalog = load(root)[0]
    wanted, request = proposal(catalog, "viewing_hours", after(1)), Request(BUSINESS, "bernd", after(1))
    before = sorted(root.rglob("*"))
    with pytest.raises(GovernanceError, match="is not registered for `bernd`"):
        record(root, catalog, wanted, OTHER.approved(unsigned(wanted, request, Method.PASSKEY)), request)
    assert sorted(root.rglob("*")) == before


@pytest.mark.parametrize(
    ("origin", "rp_id", "fits"),
    [
        ("http://localhost:5000", "localhost", True),
        ("http://localhost", "localhost", True),
        ("https://ringi.example.com", "ringi.example.com", True),
        ("https://a.ringi.example.com:8443", "ringi.example.com", True),
        ("http://ringi.example.com", "ringi.example.com", False),
        ("https://evilringi.example.com", "ringi.example.com", False),
        ("https://example.com", "ringi.example.com", False),
        ("https://user@ringi.example.com", "ringi.example.com", False),
        ("https://ringi.example.com/path", "ringi.example.com", False),
        ("https://[", "ringi.example.com", False),
        ("https://ringi.example.com:99999", "ringi.example.com", False),
        ("null", "localhost", False),
        ("", "localhost", False),
    ],
)
def test_a_page_is_of_a_host_or_is_not(origin: str, rp_id: str, fits: bool) -> None:
    assert is_page_of(origin, rp_id) is fits


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "ends too early"),
        (b"\xa0", "unknown kind"),
        (cbor({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32}), "no key"),
        (cbor({1: 2, 3: -7, -1: 2, -2: b"x" * 32, -3: b"y" * 32}), "not P-256"),
        (cbor({1: 2, 3: -7, -1: 1, -2: b"x" * 31, -3: b"y" * 32}), "missing or has the wrong length"),
        (cbor({1: 2, 3: -47, -1: 1}), "unknown kind"),
        (cbor({1: 1, 3: -8, -1: 7, -2: b"x" * 32}), "not Ed25519"),
        (cbor({1: 3, 3: -257, -1: b"\xff" * 64, -2: b"\1\0\1"}), "512 bits"),
        (HERS.cose + b"\0", "bytes follow"),
        (HERS.cose[:-1], "ends too early"),
        (b"\xa1\x01\xf6", "no COSE key"),
        (b"\xa2\x01\x02\x01\x02", "no COSE key"),
        (b"\xbf\xff", "no COSE key"),
        (b"\xa1\x01\x5b" + b"\xff" * 8, "no COSE key"),
        (b"\xa1\x01\x5a\xff\xff\xff\xff", "ends too early"),
        (b"x" * 2000, "too long"),
    ],
    ids=itertools.count(),  # the bytes are other ones in each process
)
def test_a_public_key_that_cannot_be_used_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(UnusableKeyError, match=reason):
        cose_key.read(raw)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120))
def test_no_bytes_crash_the_reader_of_public_keys(raw: bytes) -> None:
    try:
        cose_key.read(raw)
    except UnusableKeyError as error:
        assert str(error)


@pytest.mark.parametrize("kind", ["es256", "eddsa", "rs256"])
def test_a_new_passkey_becomes_an_entry_that_counts(kind: str) -> None:
    device, challenge = Device(kind), b"c" * 32
    made = new_passkey(challenge, "localhost", *device.made(challenge))
    assert made == Passkey.model_validate(device.entry)
    assert yaml.safe_load(entry_text(made)) == device.entry


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (HERS.but(said={"type": "webauthn.get"}), "does not answer the question"),
        (HERS.but(said={"challenge": "AAAA"}), "does not answer the question"),
        (HERS.but(origin="https://example.com"), "not of `localhost`"),
        (HERS.but(rp_id="example.com"), "for another host"),
        (HERS.but(flags=PRESENT), "recognise its owner"),
    ],
)
def test_a_passkey_that_was_not_made_here_is_not_registered(device: Device, words: str) -> None:
    with pytest.raises(GovernanceError, match=words):
        new_passkey(b"c" * 32, "localhost", *device.made(b"c" * 32))


def test_a_registration_without_a_key_or_cut_short_is_refused() -> None:
    device, browser = HERS.made(b"c" * 32)
    for wrong in (device[:60], device[:80], encoded(decoded(device)[:37]), "", "?"):
        with pytest.raises(GovernanceError, match="cannot be registered"):
            new_passkey(b"c" * 32, "localhost", wrong, browser)


@pytest.mark.parametrize(
    "entry",
    [
        "  bernd: {name: Bernd, team: x, sides: [business]}  # one line\n",
        "  bernd: {name: Bernd, team: x, passkeys: []}\n",
        '  bernd: {name: Bernd, team: x, passkeys: [{credential_id: "AA", public_key: "AA", rp_id: localhost}]}\n',
        "  bernd:\n    # of Berlin\n    name: Bernd\n    team: x\n",
        '  bernd:\n    name: Bernd\n    passkeys:\n      - credential_id: "AA"\n        public_key: "AA"\n        rp_id: localhost\n    team: x\n',
        '  bernd:\n    name: Bernd\n    team: x\n    passkeys:\n    - {credential_id: "AA", public_key: "AA", rp_id: localhost}\n',
    ],
)
def test_a_passkey_is_added_to_people_yaml_and_no_other_letter_changes(tmp_path: Path, entry: str) -> None:
    before = f"# our people\npeople:\n  aiko: {{name: Aiko, team: x}}\n{entry}  chie: {{name: Chie, team: x}}\n"
    path = tmp_path / "people.yaml"
    path.write_text(before, encoding="utf-8")
    made = Passkey.model_validate(HERS.entry)
    add_passkey(tmp_path, "bernd", made)
    now = yaml.safe_load(path.read_text(encoding="utf-8"))["people"]["bernd"]["passkeys"]
    assert now[0] == HERS.entry
    assert len(now) == 1 + len(yaml.safe_load(before)["people"]["bernd"].get("passkeys", []))
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum(line not in lines for line in before.splitlines()) <= 1


@pytest.mark.parametrize("text", ["people: [", "people: {}\n", "people: {bernd: {}}\n"])
def test_people_yaml_that_cannot_be_read_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GovernanceError, match="cannot be read"):
        add_passkey(tmp_path, "bernd", Passkey.model_validate(HERS.entry))
    assert path.read_text(encoding="utf-8") == text


def test_people_yaml_that_is_written_oddly_gets_a_line_to_add_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text("people: {bernd: {name: Bernd, team: x, passkeys: }}\n", encoding="utf-8")
    with pytest.raises(GovernanceError) as caught:
        add_passkey(tmp_path, "bernd", Passkey.model_validate(HERS.entry))
    assert HERS.entry["credential_id"] in str(caught.value.hint)
