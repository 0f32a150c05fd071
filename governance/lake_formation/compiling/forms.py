"""Conditions without NOT: texts of single comparisons, joined by AND and OR; how they are joined, written and cut.

A form is TRUE, FALSE, the text of one comparison, or an operator with its parts. Parts stand in order of their texts and each
once, so that two conditions that differ only in order have one text. Used by `conditions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias, Union

TRUE: Final = True
FALSE: Final = False

Form: TypeAlias = Union[bool, str, "Joined"]


class Joined(tuple[str, tuple[Form, ...]]):
    """`AND` or `OR`, and its parts: two or more, none of the same operator."""

    __slots__ = ()

    @property
    def op(self) -> str:
        return self[0]

    @property
    def parts(self) -> tuple[Form, ...]:
        return self[1]


def joined(op: str, parts: Iterable[Form]) -> Form:
    """Parts under one operator; what decides the whole, or adds nothing to it, is worked out."""
    deciding, kept = op == "OR", dict[str, Form]()
    for part in parts:
        if isinstance(part, bool):
            if part is deciding:
                return part
            continue
        flat = part.parts if isinstance(part, Joined) and part.op == op else (part,)
        kept.update((rendered(each), each) for each in flat)
    if not kept:
        return not deciding
    if len(kept) == 1:
        return next(iter(kept.values()))
    return Joined((op, tuple(each for _, each in sorted(kept.items(), key=lambda pair: pair[0]))))


def rendered(form: Form) -> str:
    """A form as text; parts of another operator in brackets."""
    if isinstance(form, bool):
        return "TRUE" if form else "FALSE"
    if isinstance(form, str):
        return form
    return f" {form.op} ".join(f"({rendered(part)})" if isinstance(part, Joined) else rendered(part) for part in form.parts)


def split(form: Form, limit: int) -> tuple[str, ...] | None:
    """Texts within a limit of which one is TRUE where the form is; None where one part alone is longer."""
    if _length(rendered(form)) <= limit:
        return (rendered(form),)
    texts: list[str] = []
    for part in form.parts if isinstance(form, Joined) and form.op == "OR" else (form,):
        alone = rendered(part)
        beside = f"({alone})" if isinstance(part, Joined) else alone
        if _length(alone) > limit:
            return None
        if texts and _length(texts[-1]) + _length(beside) + len(" OR ") <= limit:
            texts[-1] = f"{texts[-1]} OR {beside}"
        else:
            texts.append(beside if _length(beside) <= limit else alone)
    return tuple(texts)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
