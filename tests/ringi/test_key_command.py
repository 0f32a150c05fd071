"""`ringi key register`: the line of a public key, printed or written, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.keys.ssh import new_key
from metrics_catalog.catalog import load
from tests.support.catalogs import small_project
from tests.support.command import ringi


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_project(tmp_path / "lake") or tmp_path / "lake"


def public(folder: Path, comment: str = "bernd@laptop") -> Path:
    path = folder / "id_ed25519.pub"
    path.write_text(f"{new_key().public_line} {comment}\n", encoding="utf-8")
    return path


def test_a_key_is_printed_and_nothing_is_written(lake: Path, tmp_path: Path) -> None:
    before = (lake / "people.yaml").read_bytes()
    said = ringi("key", "register", "--as", "bernd", "--key", public(tmp_path), lake=lake)
    assert said.code == 0 and said.out.startswith('{public_key: "ssh-ed25519 AAAA') and "SHA256:" in said.err
    assert (lake / "people.yaml").read_bytes() == before


@pytest.mark.parametrize("person", ["bernd", "carla"])
def test_a_key_is_written_beside_those_that_are_there(lake: Path, tmp_path: Path, person: str) -> None:
    file = public(tmp_path)
    before = load(lake)[0].people
    said = ringi("key", "register", "--as", person, "--key", file, "--write", lake=lake, as_json=True)
    assert said.code == 0 and said.json()["written"]
    after = load(lake)[0].people
    assert [key.public_key for key in after[person].keys] == [file.read_text().strip(), *(key.public_key for key in before[person].keys)]
    assert {name: each for name, each in after.items() if name != person} == {name: each for name, each in before.items() if name != person}


def test_a_key_that_is_somebodys_already_is_refused(lake: Path, tmp_path: Path) -> None:
    file = public(tmp_path)
    assert ringi("key", "register", "--as", "bernd", "--key", file, "--write", lake=lake).code == 0
    said = ringi("key", "register", "--as", "aiko", "--key", file, "--write", lake=lake)
    assert said.code == 4 and "stands under `bernd`" in said.err


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (new_key().private_text(), "is a private key; it stays with you"),
        (b"", "holds 0 lines"),
        (b"ssh-ed25519 AAAA\nssh-ed25519 BBBB\n", "holds 2 lines"),
        (b"ssh-ed25519 no-base64", "not written as in a `.pub` file"),
        (b"ssh-dss AAAAB3NzaC1kc3M=", "cannot be registered"),
        (b"\xff\xfe\x00", "cannot be registered"),
    ],
    ids=["private", "empty", "two", "no base64", "old kind", "bytes"],
)
def test_what_is_no_public_key_is_refused_and_not_repeated(lake: Path, tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    said = ringi("key", "register", "--as", "bernd", "--key", path, "--write", lake=lake)
    assert said.code == 2 and sentence in said.err
    assert not any(line and line in said.err for line in content.decode("utf-8", errors="replace").splitlines()[1:-1])


def test_an_unknown_person_is_guessed(lake: Path, tmp_path: Path) -> None:
    said = ringi("key", "register", "--as", "bernt", "--key", public(tmp_path), lake=lake)
    assert said.code == 2 and "did you mean `bernd`" in said.err
    assert ringi("key", "register", "--as", "bernd", "--key", tmp_path / "none.pub", lake=lake).code == 2


@pytest.mark.parametrize("command", ["key", "passkey"])
def test_an_unknown_person_is_answered_with_whom_there_is(lake: Path, tmp_path: Path, command: str) -> None:
    def said(name: str) -> str:
        words = ("key", "register", "--as", name, "--key", public(tmp_path)) if command == "key" else ("passkey", "register", name)
        done = ringi(*words, lake=lake)
        assert done.code == 2 and f"There is no person `{name}` in people.yaml." in done.err
        return done.err

    assert "did you mean `bernd`?" in said("bernnd")
    everybody = ", ".join(sorted(load(lake)[0].people))
    assert f"people.yaml lists {everybody}; add the person first, if it is none of them." in " ".join(said("zz").split())
    (lake / "people.yaml").write_text("people: {}\n", encoding="utf-8")
    assert "people.yaml lists nobody yet" in said("zz")
