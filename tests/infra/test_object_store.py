"""Raw bytes in a local folder: complete or not there, and nothing is left of what was not kept."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from infra.errors import InfraError
from infra.local.object_store import LocalObjectStore

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path / "landing")


def files(tmp_path: Path) -> set[str]:
    return {str(path.relative_to(tmp_path / "landing")) for path in (tmp_path / "landing").rglob("*") if path.is_file()}


def test_what_is_kept_is_there_at_once_and_what_is_not_leaves_nothing(tmp_path: Path, store: LocalObjectStore) -> None:
    sent = tmp_path / "sent"
    sent.write_bytes(b"x" * 3_000_000)
    heard: list[int] = []
    with store.staging("events") as staging:
        received = staging.receive(str(sent), "a", heard.append)
        staging.receive(str(sent), "b", heard.append)
        staging.discard("b")
        staging.write("manifest.json", b"{}")
        assert not store.exists("events/one")
        staging.keep("events/one")
    assert (received.sha256, received.size) == (hashlib.sha256(sent.read_bytes()).hexdigest(), 3_000_000)
    assert sum(heard) == 6_000_000
    assert files(tmp_path) == {"events/one/a", "events/one/manifest.json"}
    with store.open("events/one/a") as read:
        assert read.read() == sent.read_bytes()
    with store.staging("events") as staging:
        staging.receive(str(sent), "a", heard.append)
    assert files(tmp_path) == {"events/one/a", "events/one/manifest.json"}


def test_leftovers_of_a_killed_process_are_removed_by_the_next(tmp_path: Path, store: LocalObjectStore) -> None:
    left = tmp_path / "landing" / "_incoming" / "events" / "old"
    left.mkdir(parents=True)
    (left / "a").write_bytes(b"half")
    with store.staging("events"):
        pass
    assert files(tmp_path) == set()


def test_small_objects_are_replaced_whole_and_forgotten_quietly(tmp_path: Path, store: LocalObjectStore) -> None:
    assert store.read("_digests/events/x") is None and store.names("_digests/events") == ()
    store.write("_digests/events/x", b"1")
    store.write("_digests/events/x", b"2")
    assert store.read("_digests/events/x") == b"2" and store.names("_digests/events") == ("x",)
    store.remove("_digests/events/x")
    store.remove("_digests/events/x")
    assert files(tmp_path) == set()


def test_a_failing_disk_is_a_sentence(tmp_path: Path, store: LocalObjectStore) -> None:
    (tmp_path / "landing").write_text("not a folder")
    with pytest.raises(InfraError, match="The lake is as it was before"):
        store.write("events/x", b"1")
    with pytest.raises(InfraError), store.staging("events"):
        pass
