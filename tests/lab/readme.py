"""The README's section "On AWS" as steps: what stands between its two marks, in order, each as the shell or Python runs it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
MARKED = re.compile(r"<!-- on-aws: the lines.*?-->\n(.*?)<!-- on-aws: end -->", re.DOTALL)
BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a console, or one whole Python example."""

    language: str
    text: str


def steps() -> list[Step]:
    """All steps between the marks; a console's lines begin with a dollar."""
    marked = MARKED.search(README.read_text(encoding="utf-8"))
    assert marked is not None, "the README has lost the marks of its section On AWS"
    found = []
    for language, text in BLOCK.findall(marked[1]):
        if language == "python":
            found.append(Step("python", text))
        else:
            found.extend(Step("console", line.removeprefix("$ ")) for line in text.splitlines() if line.startswith("$ "))
    return found
