"""A part of a person's file that Ringi keeps up to date; all round it is the person's own and never changed."""

from __future__ import annotations

BEGIN = "# ringi: begin"
END = "# ringi: end"


def block(lines: list[str]) -> str:
    """The part, between its two marks."""
    return "\n".join([BEGIN, *lines, END]) + "\n"


def renewed(text: str, part: str) -> str | None:
    """The file with its part replaced; None where it has none, or where its marks are not one pair in order."""
    lines = text.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if line.strip() == BEGIN]
    ends = [number for number, line in enumerate(lines) if line.strip() == END]
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        return None
    return "".join([*lines[: begins[0]], part, *lines[ends[0] + 1 :]])
