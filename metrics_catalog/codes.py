"""The codes of findings, each with a page that explains it offline; the pages lie in `explain/`, one file a code.

Used by `ringi explain` and by the test that demands a page for each code in the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

CODE = re.compile(r"RNG-[A-Z]+-\d{3}")
"""The form of a code: RNG, the room, a number that is never given to anything else."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the code, its title in a line, and the whole text as Markdown."""

    code: str
    title: str
    text: str


@cache
def codes() -> tuple[str, ...]:
    """All codes that have a page, sorted."""
    folder = resources.files("metrics_catalog") / "explain"
    names = (entry.name.removesuffix(".md") for entry in folder.iterdir() if entry.name.endswith(".md"))
    return tuple(sorted(name for name in names if CODE.fullmatch(name)))


def page(code: str) -> Page:
    """The page of a code, in any case and with or without `RNG-`; raises UsageError where there is none."""
    wanted = code.strip().upper()
    wanted = wanted if wanted.startswith("RNG-") else f"RNG-{wanted}"
    if wanted not in codes():
        hint = did_you_mean(wanted, codes()) or f"codes look like `RNG-CAT-020`; there are {len(codes())}."
        raise UsageError(f"There is no finding code `{code.strip()}`.", hint=hint)
    text = (resources.files("metrics_catalog") / "explain" / f"{wanted}.md").read_text(encoding="utf-8")
    title = text.splitlines()[0].removeprefix("# ").partition(": ")[2]
    return Page(wanted, title, text)
