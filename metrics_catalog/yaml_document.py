"""One YAML document as plain data that knows where each value stands.

Made by `yaml_io.read`; used by `build` to place what a model refuses, and by the catalog to place what a rule refuses.
PyYAML's nodes (which carry line and column) are kept as they are, and asked only when a place is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from metrics_catalog.canonical_json import nfc
from metrics_catalog.finding import Place

Data = None | bool | int | float | str | list["Data"] | dict[str, "Data"]

Path = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists, such as `("how", "dimensions", 0)`."""


@dataclass(frozen=True, slots=True)
class Document:
    """The data of one file and its nodes; `file` is relative to the lake project's root, with forward slashes."""

    file: str
    data: dict[str, Data]
    node: MappingNode
    text: str

    def place(self, *path: str | int, offset: int | None = None) -> Place:
        """Where a value stands: the value itself where it is a scalar, else its key; the nearest parent where it is missing.

        `offset` counts characters of a scalar's value from 0 and is added where the text is written so that this is exact.
        """
        key, value = self._find(path)
        if offset is not None and isinstance(value, ScalarNode):
            return self._within(value, offset)
        return self._of(value if isinstance(value, ScalarNode) or key is None else key)

    def place_of_key(self, *path: str | int) -> Place:
        """Where the last key of the path stands; for a value that should not be there at all."""
        key, value = self._find(path)
        return self._of(key or value)

    def value(self, *path: str | int) -> Data:
        """The value at a path, or None where there is none."""
        data: Data = self.data
        for step in path:
            if isinstance(data, dict) and isinstance(step, str):
                data = data.get(step)
            elif isinstance(data, list) and isinstance(step, int):
                data = data[step] if step < len(data) else None
            else:
                return None
        return data

    def is_plain(self, *path: str | int) -> bool:
        """Whether a scalar is written without quotes, so that quotes would change what it is."""
        _, value = self._find(path)
        return isinstance(value, ScalarNode) and not value.style

    def _find(self, path: Path) -> tuple[Node | None, Node]:
        """The innermost existing key and value on the way."""
        key: Node | None = None
        value: Node = self.node
        for step in path:
            found = _child(value, step)
            if found is None:
                break
            key, value = found
        return key, value

    def _of(self, node: Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _within(self, node: ScalarNode, offset: int) -> Place:
        if node.style == "|":
            return self._within_block(node, offset)
        start = self._of(node)
        quote = 1 if node.style in ("'", '"') else 0
        written = self.text[node.start_mark.index + quote : node.end_mark.index - quote]
        if written != nfc(node.value):  # escapes, folded over lines, or not composed: the start is near enough
            return start
        return Place(self.file, start.line, start.column + quote + offset)

    def _within_block(self, node: ScalarNode, offset: int) -> Place:
        before = node.value[:offset]
        row = node.start_mark.line + 1 + before.count("\n")
        lines = self.text.splitlines()[node.start_mark.line + 1 :]
        first = next((line for line in lines if line.strip()), "")
        indent = len(first) - len(first.lstrip(" "))
        return Place(self.file, row + 1, indent + len(before) - (before.rfind("\n") + 1) + 1)


def _child(node: Node, step: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if isinstance(key, ScalarNode) and nfc(key.value) == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None
