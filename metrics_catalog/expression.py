"""The allow-listed SQL subset in which expressions and filters are written, as typed nodes.

Text is parsed once (with sqlglot, the only place in this room that imports it), turned into the frozen nodes below, and
refused with a finding's message where it leaves the subset. Everything after works on nodes: types, columns used, one
canonical text (part of a meaning's digest), and SQL for each engine.

Meaning, the same on every engine: `/` is division of doubles and NULL when the divisor is 0; integers are 64 bits and
overflow is an error; decimal literals are doubles; text compares by code point; NULL follows three-valued logic; `a = b`
on different types is refused, never cast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.source import ColumnType

EXPRESSION_PENDING = True


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes."""


class ExpressionError(ValueError):
    """The text is outside the subset; `position` counts characters from 0, `message` and `hint` are shown to a person."""

    def __init__(self, message: str, hint: str = "", position: int = 0) -> None:
        super().__init__(message)
        self.message, self.hint, self.position = message, hint, position


def parse(text: str) -> Node:
    """Nodes of an expression; raises ExpressionError. Cached by text."""
    raise NotImplementedError


def columns(node: Node) -> frozenset[str]:
    """Names of the columns it reads."""
    raise NotImplementedError


def type_of(node: Node, types: Mapping[str, ColumnType]) -> ColumnType:
    """Its type, given those of the columns; raises ExpressionError for unknown columns and operands that do not fit."""
    raise NotImplementedError


def canonical(node: Node) -> str:
    """One text for all ways to write the same nodes (spacing, case of words, brackets, order of a flipped `=`)."""
    raise NotImplementedError


def to_sql(node: Node, dialect: str, names: Mapping[str, str] | None = None) -> str:
    """SQL for `duckdb`, `spark` or `athena`; `names` maps column names to SQL texts (all quoted by the caller)."""
    raise NotImplementedError
