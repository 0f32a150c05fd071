"""How a passkey becomes an entry of people.yaml: the page's origin, public keys, the answer of the device, the file."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import GovernanceError
from governance.keys import cose_key
from governance.keys.passkey_answer import decoded, encoded, is_page_of
from governance.keys.passkey_registration import entry_text, new_passkey
from governance.keys.people_file import add_passkey
from governance.keys.public_key import UnusableKeyError
from metrics_catalog.person import Passkey
from tests.support.passkey_project import HERS
from tests.support.passkeys import PRESENT, Device, cbor


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
