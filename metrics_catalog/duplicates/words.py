"""Which metric files are worth reading when one metric is compared with all others: by the words of their `how`, as bytes.

Names and numbers are the same however an expression is ordered, bracketed or laid out in YAML, so a file whose words differ is no
duplicate. What this cannot tell for sure (a `how` on one line, an escape, a comment) counts as worth reading: nothing is missed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from metrics_catalog.diff.texts import Texts
from metrics_catalog.project_files import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from metrics_catalog.metric import Metric

_NEXT = re.compile(rb"\n(?=[^\s#])")
_FIELD = re.compile(rb"^[ ]+(kind|source|expression|filter|numerator|denominator):(.*(?:\n(?![ ]+[a-z]+:|[ ]*- ).*)*)", re.MULTILINE)
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+")
_NAME = re.compile(rb"[a-z_][a-z0-9_]*")
_GRAMMAR = frozenset(b"and or not in is null like between case when then else end true false as from".split())
_UNSURE = (b"\\", b"#", b"|", b">-", b">+")
"""Bytes after which the words of a field are not simply the words of its expression."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of the metric that others are compared with."""

    kind: str
    fields: frozenset[tuple[bytes, frozenset[bytes]]]
    filter: frozenset[bytes]

    @staticmethod
    def of(metric: Metric) -> Wanted:
        """The words that a file must have to compute the same, filter aside."""
        names = ("source", "expression", "numerator", "denominator")
        said = {name: getattr(metric.how, name, None) for name in names}
        held = frozenset((name.encode(), _words(text.encode())) for name, text in said.items() if text is not None)
        return Wanted(metric.how.kind, held, _words((getattr(metric.how, "filter", None) or "").encode()))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that may compute the same up to its filter; `distance` counts the words in which the filters differ."""

    file: str
    distance: int


def candidates(root: Path, wanted: Mapping[str, Wanted]) -> dict[str, list[Candidate]]:
    """For each wanted metric the files below `metrics/` that may be duplicates of it; every file is read once, as bytes."""
    texts = Texts(root, FOLDERS["metric"], ())
    return {name: list(_of_one(texts, each)) for name, each in wanted.items()}


def _of_one(texts: Texts, wanted: Wanted) -> Iterator[Candidate]:
    names = sorted({word.decode() for _, words in wanted.fields for word in words if _NAME.fullmatch(word)})
    files = texts.naming({names[0]}) if names else texts.with_any((b"how",))
    for name in names[1:]:
        files = texts.naming({name}, files)
    for file in sorted(files):
        said = _said(texts.text(file))
        if said is not None and (distance := _distance(said, wanted)) is not None:
            yield Candidate(file, distance)


def _said(raw: bytes) -> dict[bytes, bytes] | None:
    """The fields of a file's `how` as bytes; empty where they cannot be told apart, None where there is no `how`."""
    start = raw.find(b"\nhow:") + 1
    if not start and not raw.startswith(b"how:"):
        return {} if b"how" in raw else None
    end = _NEXT.search(raw, start)
    block = raw[start : end.start() if end else len(raw)]
    if block[4:].split(b"\n", 1)[0].strip(b" \r"):
        return {}
    said = {match[1]: match[2] for match in _FIELD.finditer(block)}
    return said if b"kind" in said else {}


def _distance(said: Mapping[bytes, bytes], wanted: Wanted) -> int | None:
    """In how many words the filters differ; None where the file surely computes something else, 0 where it cannot be told."""
    if not said:
        return 0
    if wanted.kind.encode() not in said[b"kind"]:
        return None
    for name, words in wanted.fields:
        if name not in said or (_words(said[name]) != words and not _is_unsure(said[name])):
            return None
    written = said.get(b"filter", b"")
    return 0 if _is_unsure(written) else len(wanted.filter ^ _words(written))


def _is_unsure(value: bytes) -> bool:
    return any(mark in value for mark in _UNSURE)


@lru_cache(maxsize=65_536)
def _words(value: bytes) -> frozenset[bytes]:
    """Names, numbers and words of texts, in one case; `3600` and `3600.0` are one word."""
    return frozenset(_number(word) if word[:1].isdigit() or word[:1] == b"." else word.lower() for word in _WORD.findall(value)) - _GRAMMAR


def _number(word: bytes) -> bytes:
    return repr(float(word)).encode()
