"""The suppression list: who was erased from the lake, as keyed hashes, so that a copy sent again does not bring a person back.

Written by `jobs.erase`, read by landing for every batch. It lies in the landing zone: `_suppression/_key` holds a random key of
this lake, and `_suppression/<subject>/<hash>` one name an erased person, where the hash is HMAC-SHA256 of `<subject>:<value>`
under that key. Without the key the list says nothing about anybody; with it, and only with it, a known value can be looked up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobs.object_store import ObjectStore
    from metrics_catalog.source import Source

FOLDER, KEY, COLUMNS = "_suppression", "_key", "_columns"
BLOCK = 64
"""Bytes to which HMAC-SHA256 fills its key."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One column of a source that holds a subject under some name, and the hashes of those who were erased."""

    column: str
    subject: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What landing must keep out of one source; false where nobody was erased. It can be sent to the workers of a cluster."""

    key: bytes = b""
    watched: tuple[Watched, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.watched)

    def holds(self, watched: Watched, text: str) -> bool:
        """Whether a text is the value of somebody who was erased."""
        return hashed(self.key, watched.subject, text) in watched.hashes


def hashed(key: bytes, subject: str, text: str) -> str:
    """HMAC-SHA256 of a subject's value, in hex; `subject` is what the person is called by, such as `viewer_id`."""
    return hmac.new(key, f"{subject}:{text}".encode(), hashlib.sha256).hexdigest()


def hashed_sql(key: bytes, subject: str, text: str) -> str:
    """The same as SQL of DuckDB over a text expression."""
    filled = key.ljust(BLOCK, b"\0")
    inner, outer = (bytes(byte ^ mask for byte in filled).hex() for mask in (0x36, 0x5C))
    message = f"unhex('{inner}') || encode('{subject}:' || {text})"
    return f"sha256(unhex('{outer}') || unhex(sha256({message})))"


def suppressed(objects: ObjectStore, source: Source) -> Suppressed:
    """What is kept out of a source; one listing where nobody was ever erased."""
    subjects = [name for name in objects.names(FOLDER) if not name.startswith("_")]
    if not subjects:
        return Suppressed()
    named = {name: name for name in subjects if name in source.columns and source.columns[name].classification is Classification.PERSONAL}
    for entry in objects.names(f"{FOLDER}/{COLUMNS}"):
        of, _, column = entry.partition(".")
        if of == source.source and column in source.columns:
            named[column] = (objects.read(f"{FOLDER}/{COLUMNS}/{entry}") or b"").decode()
    watched = tuple(Watched(column, subject, frozenset(objects.names(f"{FOLDER}/{subject}"))) for column, subject in named.items())
    watched = tuple(one for one in watched if one.hashes)
    return Suppressed(key_of(objects), watched) if watched else Suppressed()


def key_of(objects: ObjectStore) -> bytes:
    """The lake's key for hashes of subjects, made when it is first asked for."""
    held = objects.read(f"{FOLDER}/{KEY}")
    if held is None:
        held = secrets.token_bytes(32).hex().encode()
        objects.write(f"{FOLDER}/{KEY}", held)
    return bytes.fromhex(held.decode().strip())


def suppress(objects: ObjectStore, subject: str, value_hash: str, columns: Iterable[tuple[str, str]]) -> None:
    """Keep a person out from now on; `columns` are pairs of source and column that hold the subject under another name."""
    for source, column in columns:
        objects.write(f"{FOLDER}/{COLUMNS}/{source}.{column}", subject.encode())
    objects.write(f"{FOLDER}/{subject}/{value_hash}", b"")
