"""Adds a passkey or an SSH key to people.yaml and leaves every other letter of the file as people wrote it.

Used by `ringi passkey register --write` and `ringi key register --write`. What it would write is read back before it is written:
where that is not exactly one entry more, nothing is touched and the person is told to add the line by hand.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, Node, SequenceNode

from governance.errors import GovernanceError
from governance.keys.meaning_store import write
from governance.keys.passkey_registration import entry_text
from metrics_catalog.yaml_io import Document, parse, read

if TYPE_CHECKING:
    from metrics_catalog.person import Passkey

FILE = "people.yaml"


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a person: the field it belongs to, what it is called, its line, and what that line says."""

    field: str
    word: str
    text: str
    says: dict[str, Any]


def add_passkey(root: Path, person: str, made: Passkey) -> None:
    """Put a passkey under a person; raises GovernanceError where the file cannot be read or is written too oddly."""
    _add(root, person, _Entry("passkeys", "a passkey", entry_text(made), made.model_dump(exclude_defaults=True)))


def add_key(root: Path, person: str, public_key: str) -> None:
    """Put an SSH public key, as in a `.pub` file, under a person; raises GovernanceError as above."""
    _add(root, person, _Entry("keys", "a key", key_text(public_key), {"public_key": public_key}))


def key_text(public_key: str) -> str:
    """The entry of an SSH key as it stands in people.yaml, in one line."""
    return f"{{public_key: {json.dumps(public_key, ensure_ascii=False)}}}"


def _add(root: Path, person: str, entry: _Entry) -> None:
    document, _ = read(root / FILE, root)
    node = _value(_value(document.node, "people"), person) if document else None
    if document is None or not isinstance(node, MappingNode) or not node.value:
        raise GovernanceError(f"The entry of `{person}` in {FILE} cannot be read.", hint=f"run `ringi check` and mend {FILE}.")
    raw = _with_entry(document.text, node, entry).encode()
    if (root / FILE).read_bytes() != document.text.encode() or not _holds_one_more(document, raw.decode(), person, entry):
        message = f"{FILE} is written in a way that Ringi cannot add {entry.word} to without touching other lines."
        raise GovernanceError(message, hint=f"put this under `{entry.field}` of `{person}` by hand: {entry.text}")
    write(root, {Path(FILE): raw})


def _with_entry(text: str, person: MappingNode, entry: _Entry) -> str:
    """The text with the entry first in the person's list, which is begun where there is none."""
    listed = _value(person, entry.field)
    if isinstance(listed, SequenceNode) and listed.flow_style:
        return _inserted(text, listed.start_mark.index + 1, f"{entry.text}{', ' if listed.value else ''}")
    if isinstance(listed, SequenceNode):
        return _inserted(text, listed.start_mark.index, f"- {entry.text}\n{' ' * listed.start_mark.column}")
    if person.flow_style:
        return _inserted(text, person.value[-1][1].end_mark.index, f", {entry.field}: [{entry.text}]")
    first = person.value[0][0].start_mark
    return _inserted(text, first.index, f"{entry.field}: [{entry.text}]\n{' ' * first.column}")


def _inserted(text: str, at: int, more: str) -> str:
    return text[:at] + more + text[at:]


def _holds_one_more(before: Document, text: str, person: str, entry: _Entry) -> bool:
    """Whether the text says what the document said, and this entry more."""
    after, _ = parse(text, FILE)
    if after is None:
        return False
    wanted: dict[str, Any] = copy.deepcopy(before.data)
    fields = wanted["people"][person]
    fields[entry.field] = [entry.says, *(fields.get(entry.field) or [])]
    return after.data == wanted


def _value(node: Node | None, name: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)
