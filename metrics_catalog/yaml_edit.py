"""Small edits of YAML files that people wrote: one line or one entry is added, and every other byte stays as it is.

Used by `hearing_record`. An edit is made only where reading the file again gives exactly the old data and what was added;
otherwise None is given back, and the person is told which lines to add.
"""

from __future__ import annotations

import codecs
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from yaml.nodes import MappingNode, Node, SequenceNode

from metrics_catalog.scaffold import scalar
from metrics_catalog.yaml_io import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics_catalog.yaml_document import Data, Document


def with_field(text: str, name: str, value: str, after: Sequence[str] = ()) -> str | None:
    """The text with a field more at its top level, below the last of the fields `after` that it has, else at its end."""
    document, _ = parse(text, "")
    if document is None or name in document.data:
        return None
    wanted: dict[str, Data] = {**document.data, name: value}
    line = f"{name}: {scalar(value)}"
    known = [key for key in after if key in document.data]
    places = [_end_of(document, known[-1])] if known else []
    return next((made for at in (*places, len(text)) if _says(made := _inserted(text, at, [line]), wanted)), None)


def with_entry(text: str, name: str, lines: Sequence[str]) -> str | None:
    """The text with an entry more at the end of the list `name`, which is begun where it is missing.

    `lines` are the entry's own lines, the first without its dash.
    """
    document, _ = parse(text, "")
    entry, _ = parse("\n".join(lines), "")
    if document is None or entry is None:
        return None
    held = document.data.get(name, [])
    node = _value(document.node, name)
    if not isinstance(held, list) or (node is not None and not isinstance(node, SequenceNode)):
        return None
    indent = " " * (node.start_mark.column if node is not None else 2)
    written = [f"{indent}{'- ' if number == 0 else '  '}{line}" for number, line in enumerate(lines)]
    at = _end_of(document, name) if node is not None else len(text)
    made = _inserted(text, at, written if node is not None else [f"{name}:", *written])
    return made if _says(made, {**document.data, name: [*held, entry.data]}) else None


def read_text(path: Path) -> str:
    """The text of a file, without its byte order mark; line endings stay as they are."""
    return path.read_bytes().removeprefix(codecs.BOM_UTF8).decode("utf-8")


def write_text(path: Path, text: str) -> None:
    """Put a text in place of a file, whole or not at all; a byte order mark that was there stays."""
    mark = codecs.BOM_UTF8 if path.is_file() and path.read_bytes().startswith(codecs.BOM_UTF8) else b""
    handle, passing = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(mark + text.encode())
        Path(passing).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(passing).replace(path)
    except BaseException:
        Path(passing).unlink(missing_ok=True)
        raise


def _says(text: str, wanted: dict[str, Data]) -> bool:
    document, _ = parse(text, "")
    return document is not None and document.data == wanted


def _inserted(text: str, at: int, lines: Sequence[str]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text[:at] if text[:at].endswith("\n") or not text[:at] else text[:at] + newline
    return before + "".join(line + newline for line in lines) + text[at:]


def _end_of(document: Document, name: str) -> int:
    """Where the line after a field's value begins."""
    node = _value(document.node, name)
    end = len(document.text[: _content_end(node)].rstrip()) if node is not None else len(document.text)
    line_end = document.text.find("\n", end)
    return len(document.text) if line_end < 0 else line_end + 1


def _content_end(node: Node) -> int:
    """Where the last thing in a node ends; libyaml ends a block itself only where the next thing begins, after its comments."""
    children = getattr(node, "value", None)
    if isinstance(node, MappingNode | SequenceNode) and children and not node.flow_style:
        last = children[-1]
        return _content_end(last[1] if isinstance(node, MappingNode) else last)
    return int(node.end_mark.index)


def _value(node: MappingNode, name: str) -> Node | None:
    return next((value for key, value in node.value if key.value == name), None)
