"""Adds a passkey to people.yaml and leaves every other letter of the file as people wrote it.

Used by `ringi passkey register --write`. What it would write is read back before it is written: where that is not exactly
one passkey more, nothing is touched and the person is told to add the line by hand.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yaml.nodes import MappingNode, Node, SequenceNode

from governance.errors import GovernanceError
from governance.meaning_store import write
from governance.passkey_registration import entry_text
from metrics_catalog.yaml_io import Document, parse, read

if TYPE_CHECKING:
    from metrics_catalog.person import Passkey

FILE = "people.yaml"
FIELD = "passkeys"


def add_passkey(root: Path, person: str, made: Passkey) -> None:
    """Put a passkey under a person; raises GovernanceError where the file cannot be read or is written too oddly."""
    document, _ = read(root / FILE, root)
    entry = entry_text(made)
    node = _value(_value(document.node, "people"), person) if document else None
    if document is None or not isinstance(node, MappingNode) or not node.value:
        raise GovernanceError(f"The entry of `{person}` in {FILE} cannot be read.", hint=f"run `ringi check` and mend {FILE}.")
    raw = _with_entry(document.text, node, entry).encode()
    if (root / FILE).read_bytes() != document.text.encode() or not _holds_one_more(document, raw.decode(), person, made):
        message = f"{FILE} is written in a way that Ringi cannot add a passkey to without touching other lines."
        raise GovernanceError(message, hint=f"put this under `{FIELD}` of `{person}` by hand: {entry}")
    write(root, {Path(FILE): raw})


def _with_entry(text: str, person: MappingNode, entry: str) -> str:
    """The text with the entry first in the person's list, which is begun where there is none."""
    listed = _value(person, FIELD)
    if isinstance(listed, SequenceNode) and listed.flow_style:
        return _inserted(text, listed.start_mark.index + 1, f"{entry}{', ' if listed.value else ''}")
    if isinstance(listed, SequenceNode):
        return _inserted(text, listed.start_mark.index, f"- {entry}\n{' ' * listed.start_mark.column}")
    if person.flow_style:
        return _inserted(text, person.value[-1][1].end_mark.index, f", {FIELD}: [{entry}]")
    first = person.value[0][0].start_mark
    return _inserted(text, first.index, f"{FIELD}: [{entry}]\n{' ' * first.column}")


def _inserted(text: str, at: int, more: str) -> str:
    return text[:at] + more + text[at:]


def _holds_one_more(before: Document, text: str, person: str, made: Passkey) -> bool:
    """Whether the text says what the document said, and this passkey more."""
    after, _ = parse(text, FILE)
    if after is None:
        return False
    wanted: dict[str, Any] = copy.deepcopy(before.data)
    fields = wanted["people"][person]
    fields[FIELD] = [made.model_dump(exclude_defaults=True), *(fields.get(FIELD) or [])]
    return after.data == wanted


def _value(node: Node | None, name: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)
