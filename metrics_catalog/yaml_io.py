"""Reading YAML files of a lake project: plain data with places, and findings instead of exceptions.

Used by the catalog and by `governance.policy.policy`. `read` makes a `Document` of a file, `build` makes a model of a document.

How YAML is read here. Nothing is ever constructed from a tag; tags and aliases are refused, so that each line means what it
says and no small file grows large. A scalar without quotes is a number, `true`, `false` or `null` (also `~` and nothing)
only where it is written as in YAML 1.2; all else is text. So `NO`, `yes`, `on` and `2027-03-31` stay text, and Norway stays
a country. Keys are always text, as written. All text is taken in Unicode's composed form, so that a name is the same name
whichever keyboard or file system wrote it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml
from yaml._yaml import CParser
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from metrics_catalog.build import build
from metrics_catalog.canonical_json import nfc
from metrics_catalog.finding import Finding, Place
from metrics_catalog.yaml_bytes import MOST_FINDINGS, text_of
from metrics_catalog.yaml_document import Data, Document
from metrics_catalog.yaml_faults import TooDeepError, fault

if TYPE_CHECKING:
    import pathlib

__all__ = ["Document", "build", "parse", "read", "read_as", "shown"]

DEEPEST = 40
"""Levels of nesting; far more than any file of a lake project has, far less than what hurts."""

_PLAIN, _OTHER = "plain", "other"
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,39})")
_FLOAT = re.compile(r"[-+]?((\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+]?[0-9]+)?|(0|[1-9][0-9]*)[eE][-+]?[0-9]+)")
_LEADING_TAB = re.compile(r"^ *\t", re.MULTILINE)


class _Composer(CParser):
    """libyaml's composer, which marks plain scalars instead of guessing types, and stops before nesting hurts."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def resolve(
        self, kind: type[Node], value: str | None, implicit: tuple[bool, bool] | bool | None
    ) -> str:  # called by libyaml's composer
        return _PLAIN if isinstance(implicit, tuple) and implicit[0] else _OTHER

    def descend_resolver(self, parent: Node | None, index: object) -> None:  # called on the way into each node
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooDeepError(parent)

    def ascend_resolver(self) -> None:  # called on the way out
        self._depth -= 1


def read(path: pathlib.Path, root: pathlib.Path) -> tuple[Document | None, tuple[Finding, ...]]:
    """The document of a file below `root`, or None; findings hold all faults of its bytes and of its YAML."""
    return read_as(path, shown(path, root))


def read_as(path: pathlib.Path, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """The same, for a file whose shown name is known."""
    text, findings = text_of(path, file)
    return parse(text, file) if text is not None else (None, findings)


def shown(path: pathlib.Path, root: pathlib.Path) -> str:
    """A file as people see it: relative to the root, forward slashes, printable whatever bytes its name has."""
    relative = path.relative_to(root).as_posix()
    return relative if relative.isascii() else relative.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def parse(text: str, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """The document of a text; `file` only names it."""
    tabs = tuple(_tabs(text, file))
    if tabs:
        return None, tabs
    try:
        aliases = tuple(_aliases(text, file)) if "*" in text and "&" in text else ()
        if aliases:
            return None, aliases
        node = _Composer(text).get_single_node()
    except (yaml.YAMLError, TooDeepError) as error:
        return None, (fault(error, text, file),)
    if node is None or (isinstance(node, ScalarNode) and node.tag == _PLAIN and node.value == ""):
        return None, (Finding("RNG-CAT-010", Place(file), "The file is empty.", "write the definition, or delete the file."),)
    if node.tag is not _PLAIN and node.tag is not _OTHER:
        return None, (_refused_tag(node, file),)
    if not isinstance(node, MappingNode):
        what = "a list" if isinstance(node, SequenceNode) else "a single value"
        place = _start(node, file)
        return None, (
            Finding("RNG-CAT-011", place, f"The file holds {what}; expected fields such as `metric: name`.", "write `field: value` lines."),
        )
    findings: list[Finding] = []
    data = _mapping(node, file, findings)
    return (None, tuple(findings)) if findings else (Document(file, data, node, text), ())


def _tabs(text: str, file: str) -> list[Finding]:
    if "\t" not in text:
        return []
    found: list[Finding] = []
    for match in _LEADING_TAB.finditer(text):
        if len(found) == MOST_FINDINGS:
            break
        line = text.count("\n", 0, match.end()) + 1
        found.append(
            Finding(
                "RNG-CAT-006",
                Place(file, line, len(match[0])),
                "A tab indents this line; YAML allows only spaces.",
                "replace it by two spaces.",
            )
        )
    return found


def _aliases(text: str, file: str) -> list[Finding]:
    found: list[Finding] = []
    for event in yaml.parse(text, Loader=_Composer):  # type: ignore[arg-type]  # the composer is a parser too
        if isinstance(event, AliasEvent) and len(found) < MOST_FINDINGS:
            place = _start(event, file)
            message = f"The alias `*{event.anchor}` stands here; aliases are not followed."
            found.append(Finding("RNG-CAT-008", place, message, "write the value out, or put the text in quotes if it is no alias."))
    return found


def _data(node: Node, file: str, findings: list[Finding]) -> Data:
    if isinstance(node, ScalarNode):
        text = nfc(node.value)
        if node.tag is _PLAIN:
            return _scalar(text)
        if node.tag is not _OTHER:
            findings.append(_refused_tag(node, file))
        return text
    if isinstance(node, MappingNode):
        return _mapping(node, file, findings)
    if node.tag is not _OTHER:
        findings.append(_refused_tag(node, file))
    return [_data(child, file, findings) for child in node.value]


def _mapping(node: MappingNode, file: str, findings: list[Finding]) -> dict[str, Data]:
    if node.tag is not _OTHER:
        findings.append(_refused_tag(node, file))
    data: dict[str, Data] = {}
    for key, value in node.value:
        if not isinstance(key, ScalarNode):
            place = _start(key, file)
            findings.append(
                Finding(
                    "RNG-CAT-012",
                    place,
                    "A key is a list or a mapping; expected a word.",
                    "put quotes around text that has brackets or braces.",
                )
            )
            continue
        if key.tag is not _PLAIN and key.tag is not _OTHER:
            findings.append(_refused_tag(key, file))
        name = nfc(key.value)
        if name in data:
            findings.append(_duplicate(node, key, file))
        data[name] = _data(value, file, findings)
    return data


def _duplicate(node: MappingNode, key: ScalarNode, file: str) -> Finding:
    first = next(other for other, _ in node.value if isinstance(other, ScalarNode) and nfc(other.value) == nfc(key.value))
    place = _start(key, file)
    message = f"`{_short(key.value)}` stands here a second time; the first is on line {first.start_mark.line + 1}."
    return Finding("RNG-CAT-007", place, message, "keep one of the two.")


def _refused_tag(node: Node, file: str) -> Finding:
    place = _start(node, file)
    name = str(node.tag).replace("tag:yaml.org,2002:", "!!")
    return Finding(
        "RNG-CAT-009",
        place,
        f"The tag `{_short(name)}` stands here; tags are not read.",
        "delete the tag, or put the text in quotes if it is none.",
    )


def _start(part: Node | AliasEvent, file: str) -> Place:
    mark = part.start_mark
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"


def _scalar(text: str) -> Data:
    """What a scalar without quotes is, by the core rules of YAML 1.2 less hexadecimal, octal, infinity and not-a-number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "0123456789+-.":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return _finite(text)
    return text


def _finite(text: str) -> float | str:
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number
