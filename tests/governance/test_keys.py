"""SSH signatures: made and checked here as OpenSSH and the `sshsig` package make and check them."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
import sshsig
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from governance.errors import GovernanceError
from governance.keys import ssh, sshsig_format
from governance.keys.public_key import UnusableKeyError, from_text

if TYPE_CHECKING:
    from pathlib import Path

NAMESPACE = "ringi-approval@v1"
TEXT = b"ringi approval v1\nmetric: viewing_hours\n"
KEYS: dict[str, ssh.PrivateKey] = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "rsa": rsa.generate_private_key(65537, 2048),
    "nistp256": ec.generate_private_key(ec.SECP256R1()),
    "nistp384": ec.generate_private_key(ec.SECP384R1()),
    "nistp521": ec.generate_private_key(ec.SECP521R1()),
}
needs_openssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def no_passphrase() -> str:
    raise AssertionError("a passphrase was asked for")


def signed(kind: str = "ed25519", text: bytes = TEXT) -> tuple[ssh.PrivateKeySigner, str]:
    signer = ssh.PrivateKeySigner(KEYS[kind])
    return signer, signer.sign(text, NAMESPACE)


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_is_accepted_and_names_its_key(kind: str) -> None:
    signer, armour = signed(kind)
    assert ssh.verify(TEXT, armour, NAMESPACE) == signer.public_key


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_does_not_fit_another_text(kind: str) -> None:
    _, armour = signed(kind)
    with pytest.raises(ssh.SignatureError, match="does not fit the text") as caught:
        ssh.verify(TEXT + b"x", armour, NAMESPACE)
    assert caught.value.readable


def test_a_signature_made_for_another_use_is_refused() -> None:
    signer = ssh.new_key()
    with pytest.raises(ssh.SignatureError, match="made for `git`"):
        ssh.verify(TEXT, signer.sign(TEXT, "git"), NAMESPACE)


def test_no_changed_byte_of_a_signature_is_accepted() -> None:
    signer, armour = signed()
    signature = sshsig_format.read(armour)
    for position in range(len(signature.raw)):
        changed = bytearray(signature.raw)
        changed[position] ^= 1
        forged = sshsig_format.SshSignature(signature.public_key, NAMESPACE, "sha512", signature.algorithm, bytes(changed)).armoured()
        with pytest.raises(ssh.SignatureError):
            ssh.verify(TEXT, forged, NAMESPACE)
    assert ssh.verify(TEXT, armour, NAMESPACE) == signer.public_key


def test_a_signature_cut_short_anywhere_is_no_signature() -> None:
    _, armour = signed()
    for length in range(0, len(armour) - 1, 7):
        with pytest.raises(ssh.SignatureError) as caught:
            ssh.verify(TEXT, armour[:length], NAMESPACE)
        assert not caught.value.readable


def test_the_key_of_another_person_put_into_a_signature_does_not_fit() -> None:
    _, armour = signed()
    signature = sshsig_format.read(armour)
    other = ssh.new_key().public_key
    swapped = sshsig_format.SshSignature(other.blob, NAMESPACE, signature.hash_name, signature.algorithm, signature.raw).armoured()
    with pytest.raises(ssh.SignatureError, match="does not fit"):
        ssh.verify(TEXT, swapped, NAMESPACE)


@pytest.mark.parametrize("hash_name", ["md5", "sha1", "shake_128", "SHA512", ""])
def test_a_weak_or_unknown_hash_is_refused(hash_name: str) -> None:
    signer = ssh.new_key()
    armour = sshsig_format.SshSignature(signer.public_key.blob, NAMESPACE, hash_name, "ssh-ed25519", b"x" * 64).armoured()
    with pytest.raises(ssh.SignatureError, match="sha256 nor sha512"):
        ssh.verify(TEXT, armour, NAMESPACE)


def test_a_signature_with_surplus_bytes_is_refused() -> None:
    import base64

    _, armour = signed()
    blob = base64.b64decode("".join(armour.splitlines()[1:-1])) + b"\0"
    longer = "\n".join([sshsig_format.BEGIN, base64.b64encode(blob).decode(), sshsig_format.END])
    with pytest.raises(ssh.SignatureError, match="bytes follow"):
        ssh.verify(TEXT, longer, NAMESPACE)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])  # the package knows no ECDSA
def test_the_sshsig_package_agrees(kind: str) -> None:
    signer, armour = signed(kind)
    assert sshsig.check_signature(TEXT, armour, NAMESPACE).openssh_str() == signer.public_line
    with pytest.raises(sshsig.InvalidSignature):
        sshsig.check_signature(TEXT + b"x", armour, NAMESPACE)


@needs_openssh
@pytest.mark.parametrize("kind", KEYS)
def test_ssh_keygen_accepts_our_signatures_and_we_accept_its_own(kind: str, tmp_path: Path) -> None:
    signer, armour = signed(kind)
    (tmp_path / "signers").write_text(f'aya namespaces="{NAMESPACE}" {signer.public_line}\n')
    (tmp_path / "sig").write_text(armour)
    verify = ["ssh-keygen", "-Y", "verify", "-f", "signers", "-I", "aya", "-n", NAMESPACE, "-s", "sig"]
    assert subprocess.run(verify, input=TEXT, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert subprocess.run(verify, input=TEXT + b"x", cwd=tmp_path, capture_output=True, check=False).returncode != 0

    key = tmp_path / "id"
    key.touch(mode=0o600)
    key.write_bytes(signer.private_text())
    sign = ["ssh-keygen", "-q", "-Y", "sign", "-f", "id", "-n", NAMESPACE]
    theirs = subprocess.run(sign, input=TEXT, cwd=tmp_path, capture_output=True, check=True).stdout.decode()
    assert ssh.verify(TEXT, theirs, NAMESPACE) == signer.public_key


@needs_openssh
def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path: Path) -> None:
    signer, _ = signed()
    (tmp_path / "id.pub").write_text(signer.public_line + " aya@example\n")
    printed = subprocess.run(["ssh-keygen", "-l", "-f", "id.pub"], cwd=tmp_path, capture_output=True, check=True).stdout.decode()
    assert printed.split()[1] == signer.public_key.fingerprint


@pytest.mark.parametrize("kind", KEYS)
def test_a_private_key_file_signs(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "id"
    signer, _ = signed(kind)
    path.write_bytes(signer.private_text())
    assert ssh.read_private_key(path, no_passphrase).public_key == signer.public_key


def test_a_private_key_in_pem_form_signs(tmp_path: Path) -> None:
    path = tmp_path / "id"
    pem = KEYS["rsa"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.write_bytes(pem)
    assert ssh.read_private_key(path, no_passphrase).public_key == signed("rsa")[0].public_key


def test_an_encrypted_key_asks_for_its_passphrase_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    path = tmp_path / "id"
    encryption = serialization.BestAvailableEncryption(b"sesame")
    path.write_bytes(KEYS["ed25519"].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    assert ssh.read_private_key(path, lambda: "sesame").public_key == signed()[0].public_key
    with pytest.raises(GovernanceError, match="passphrase does not open"):
        ssh.read_private_key(path, lambda: "open")
    with pytest.raises(GovernanceError, match="passphrase does not open"):
        ssh.read_private_key(path, lambda: "")


@needs_openssh
def test_an_encrypted_openssh_key_opens_or_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "sesame", "-f", "id"], cwd=tmp_path, check=True)
    public = from_text((tmp_path / "id.pub").read_text())
    try:
        import_module("bcrypt")  # cryptography needs it for this form
    except ImportError:
        with pytest.raises(GovernanceError, match="lacks the package `bcrypt`"):
            ssh.read_private_key(path, lambda: "sesame")
    else:
        assert ssh.read_private_key(path, lambda: "sesame").public_key == public
        with pytest.raises(GovernanceError, match="passphrase does not open"):
            ssh.read_private_key(path, lambda: "open")


def test_what_is_no_private_key_is_refused_with_a_sentence(tmp_path: Path) -> None:
    def refusal(name: str, content: bytes | None) -> str:
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(GovernanceError) as caught:
            ssh.read_private_key(path, no_passphrase)
        assert caught.value.hint
        return caught.value.message

    signer, _ = signed()
    assert "There is no key file" in refusal("missing", None)
    assert "holds a public key" in refusal("id.pub", signer.public_line.encode())
    assert "is no private SSH key" in refusal("text", b"hello\n")
    assert "is no private SSH key" in refusal("empty", b"")
    assert "is no private SSH key" in refusal("cut", signer.private_text()[:120])
    assert "too large" in refusal("large", b"x" * 100_000)
    old = dsa.generate_private_key(2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert "of a kind that cannot sign" in refusal("dsa", old)
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505  too short on purpose
    assert "1024 bits" in refusal("short", keys_text(short))


def keys_text(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "not written as in"),
        ("ssh-ed25519", "not written as in"),
        ("ssh-ed25519 !!!!", "not written as in"),
        ("ssh-ed25519 AAAA", "damaged"),
        ("ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJ4mW0yV4bqv1ab6zWvM0a5yX0bGJm8y0yQe8jKfXq3n", "says that it is `ssh-rsa`"),
    ],
)
def test_a_public_key_that_cannot_be_used_says_why(line: str, reason: str) -> None:
    with pytest.raises(UnusableKeyError, match=reason):
        from_text(line)
