"""People's words into Markdown of a forge, so that they stay words: no link, mention, picture, table or heading of their own.

Used by every section. A metric's label is written by whoever proposes it, and the report is posted in the name of a bot.
"""

from __future__ import annotations

import re
import unicodedata

_MARKS = re.compile(r"([\\`*_\[\]<>#|~])")
_BREAK = "\u200b"
"""A space that takes no room: it ends what a forge would take for a mention, a reference or an address."""

_REFERENCES = re.compile(r"(@|#(?=\d)|\bGH(?=-\d)|://|\bwww(?=\.)|\bmailto(?=:))", re.IGNORECASE)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that show nothing, or turn the order of others."""


def text(value: str) -> str:
    """Words on one line, every mark of Markdown, HTML and mathematics taken literally; never used to begin a line."""
    marked = _MARKS.sub(r"\\\1", visible(value)).replace("&", "&amp;").replace("\\<", "&lt;").replace("\\>", "&gt;").replace("$", "&#36;")
    return _REFERENCES.sub(lambda match: f"{match[0]}{_BREAK}", marked)


def code(value: str, *, in_table: bool = False) -> str:
    """Words as code on one line, where nothing is read as Markdown; `in_table` also keeps the table whole."""
    shown = visible(value)
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    room = " " if shown.startswith("`") or shown.endswith("`") else ""
    if not shown:
        return "` `"
    return f"{ticks}{room}{shown.replace('|', BAR) if in_table else shown}{room}{ticks}"


BAR = "\\|"
"""A bar inside a table's cell, also inside code."""


def sentence(value: str) -> str:
    """A sentence of ours that holds people's words: what stands in backquotes becomes code, all else is taken literally."""
    parts = value.split("`")
    if len(parts) % 2 == 0:  # a backquote of somebody's own
        return text(value)
    return "".join(code(part) if place % 2 else text(part) for place, part in enumerate(parts) if part or place % 2)


def block(value: str, language: str) -> str:
    """Lines of code between fences that none of them can close."""
    lines = "\n".join(visible(line) for line in value.split("\n"))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", lines)), default=0))
    return f"{fence}{language}\n{lines}\n{fence}"


def visible(value: str) -> str:
    """The text on one line; characters that show nothing or reverse others become a visible mark."""
    line = " ".join(value.splitlines()) if len(value.splitlines()) > 1 else value.rstrip("\r\n")
    return "".join("\ufffd" if unicodedata.category(each) in _HIDDEN and each != "\t" else each for each in line).replace("\t", " ")
