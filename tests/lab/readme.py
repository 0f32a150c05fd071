"""Sections of the README as steps: what stands between two marks, in order, so that a test can do what a reader would.

Used by the tests that follow a section literally: "On AWS" (`on-aws`) and "Propose a metric" (`propose`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"```(console|python|yaml|diff)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a console, or one whole block: Python to run, YAML to write, a diff to make by hand."""

    language: str
    text: str


def steps(section: str = "on-aws") -> list[Step]:
    """All steps between the marks of a section; a console's lines begin with a dollar."""
    marked = re.search(rf"<!-- {section}: the lines.*?-->\n(.*?)<!-- {section}: end -->", README.read_text(encoding="utf-8"), re.DOTALL)
    assert marked is not None, f"the README has lost the marks of its section {section}"
    found: list[Step] = []
    for language, text in BLOCK.findall(marked[1]):
        if language == "console":
            found.extend(Step("console", line.removeprefix("$ ")) for line in text.splitlines() if line.startswith("$ "))
        else:
            found.append(Step(language, text))
    return found
