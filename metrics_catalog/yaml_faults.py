"""Plain sentences for what libyaml refuses, with the place of the fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Finding, Place

if TYPE_CHECKING:
    from yaml.nodes import Node

_SENTENCES = (
    # part of libyaml's own text, what it means, what to do
    ("found another document", "RNG-CAT-013", "A second document starts here; a file holds one.", "delete `---`, or put the second part into a file of its own."),
    ("mapping values are not allowed", "RNG-CAT-014", "A `:` stands where no field can start.", "check the indentation, or put text that holds `: ` in quotes."),
    ("could not find expected ':'", "RNG-CAT-014", "A line holds no `:`.", "write `field: value`, or indent the line if it goes on from the one before."),
    ("did not find expected ',' or ']'", "RNG-CAT-014", "A list that starts with `[` does not end.", "add `]`, or put a comma between its members."),
    ("did not find expected ',' or '}'", "RNG-CAT-014", "A mapping that starts with `{` does not end.", "add `}`, or put text that holds `,` or `}` in quotes."),
    ("found unexpected end of stream", "RNG-CAT-014", "A quote is opened and never closed.", "add the closing quote."),
    ("did not find expected key", "RNG-CAT-014", "This line does not fit the indentation of the lines before.", "indent fields of one mapping alike; close quotes and brackets."),
    ("did not find expected '-' indicator", "RNG-CAT-014", "This line does not fit the list before it.", "start each member with `- ` at the same column."),
    ("undefined alias", "RNG-CAT-008", "Text that starts with `*` is an alias, and aliases are not followed.", "put the text in quotes."),
    ("found duplicate anchor", "RNG-CAT-008", "The same anchor stands here twice; anchors are not used.", "delete the word that starts with `&`."),
    ("undefined tag handle", "RNG-CAT-009", "Text that starts with `!` is a tag, and tags are not read.", "put the text in quotes."),
    ("found character that cannot start any token", "RNG-CAT-014", "This character cannot start a value.", "put the text in quotes."),
    ("unknown escape character", "RNG-CAT-014", "A backslash in double quotes starts an escape that does not exist.", "use single quotes, or write `\\\\`."),
)  # fmt: skip


_BEGUN = ("flow sequence", "flow mapping", "quoted scalar")
"""What was begun and does not end is shown where it begins; its end may be anywhere."""


class TooDeepError(Exception):
    """The text is nested deeper than the reader follows; `node` is the innermost that was read."""

    def __init__(self, node: Node | None) -> None:
        super().__init__("nested too deep")
        self.node = node


def fault(error: Exception, text: str, file: str) -> Finding:
    """The finding for an error of the composer."""
    if isinstance(error, TooDeepError):
        mark = error.node.start_mark if error.node is not None else None
        return Finding(
            "RNG-CAT-015",
            _place(mark, text, file),
            "The values are nested too deep to be read.",
            "no file here needs more than a few levels; look for a bracket too many.",
        )
    context = str(getattr(error, "context", None) or "")
    problem = f"{getattr(error, 'problem', None) or ''} {context}".strip()
    begun = getattr(error, "context_mark", None) if any(word in context for word in _BEGUN) else None
    place = _place(begun or getattr(error, "problem_mark", None), text, file)
    for part, code, message, hint in _SENTENCES:
        if part in problem:
            return Finding(code, place, message, hint)
    return Finding(
        "RNG-CAT-014",
        place,
        f"The YAML cannot be read here: {problem or 'unknown fault'}.",
        "check quotes, brackets and indentation on this line and the one before.",
    )


def _place(mark: object, text: str, file: str) -> Place:
    """A mark may lie behind the last character; the place never does, so that editors can show it."""
    lines = text.rstrip("\n").split("\n")
    line, column = int(getattr(mark, "line", 0)), int(getattr(mark, "column", 0))
    if line >= len(lines):
        line, column = len(lines) - 1, len(lines[-1])
    return Place(file, line + 1, min(column, len(lines[line])) + 1)
