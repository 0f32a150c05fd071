"""The bytes of one file of a lake project as text, or findings that say why they are not read.

Used by `yaml_io.read`. Only ordinary files are opened (a pipe would never end, a link may lead out of the repository),
only UTF-8 is accepted, and no character may hide what a reviewer sees: what two people sign must be what they read.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from typing import TYPE_CHECKING

from metrics_catalog.finding import Finding, Place

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 2 * 1024 * 1024
"""A larger file is refused: a table of that size belongs into a snapshot source."""

MOST_FINDINGS = 20
"""No file gets more findings of one sort than this; the rest would be the same fault again."""

HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
"""Control characters, line breaks that editors do not show, and marks that turn the direction of text."""

_OTHER_UNICODE = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def text_of(path: Path, file: str) -> tuple[str | None, tuple[Finding, ...]]:
    """The text of a file, without a leading byte order mark; None and findings where it cannot be taken."""
    raw, findings = _bytes(path, file)
    if raw is None:
        return None, findings
    return _decoded(raw, file)


def _bytes(path: Path, file: str) -> tuple[bytes | None, tuple[Finding, ...]]:
    try:
        state = os.lstat(path)
        refused = _refused(state, file)
        if refused:
            return None, (refused,)
        return path.read_bytes(), ()
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        return None, (
            Finding("RNG-CAT-001", Place(file), f"The file cannot be read: {reason}.", "make it an ordinary file that you may read."),
        )


def _refused(state: os.stat_result, file: str) -> Finding | None:
    if stat.S_ISLNK(state.st_mode):
        return Finding(
            "RNG-CAT-002",
            Place(file),
            "This is a link; links are not followed.",
            "put the file itself here, so that git holds what is approved.",
        )
    if not stat.S_ISREG(state.st_mode):
        return Finding("RNG-CAT-001", Place(file), "This is not an ordinary file.", "remove it, or give it a name without `.yaml`.")
    if state.st_size > MOST_BYTES:
        size, most = state.st_size / 1024 / 1024, MOST_BYTES // 1024 // 1024
        hint = "split it; a large table belongs into a source with `delivery: snapshot`."
        return Finding("RNG-CAT-003", Place(file), f"The file has {size:.1f} MiB; at most {most} MiB are read.", hint)
    return None


def _decoded(raw: bytes, file: str) -> tuple[str | None, tuple[Finding, ...]]:
    for mark, name in _OTHER_UNICODE:
        if raw.startswith(mark):
            return None, (
                Finding("RNG-CAT-004", Place(file), f"The file is written in {name}; expected UTF-8.", "save it again as UTF-8."),
            )
    body = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_of(body[: error.start].decode("utf-8", "replace"), file)
        message = f"The byte 0x{body[error.start]:02X} is not UTF-8."
        return None, (Finding("RNG-CAT-004", place, message, "save the file as UTF-8 (it may be in Latin-1 or Shift JIS)."),)
    hidden = tuple(_hidden(text, file))
    return (None, hidden) if hidden else (text, ())


def _hidden(text: str, file: str) -> list[Finding]:
    found: list[Finding] = []
    for match in HIDDEN.finditer(text):
        if len(found) == MOST_FINDINGS:
            break
        place = _place_of(text[: match.start()], file)
        found.append(
            Finding(
                "RNG-CAT-005", place, f"The invisible character U+{ord(match[0]):04X} stands here.", "delete it and type the text again."
            )
        )
    return found


def _place_of(before: str, file: str) -> Place:
    """The place just after a text, counting lines as editors do."""
    lines = re.split("\r\n|\r|\n", before)
    return Place(file, len(lines), len(lines[-1]) + 1)
