"""The typed nodes of an expression: frozen values that compare by meaning, not by where they stood in a text.

Made by `reading.read`; used by the type rules, the canonical printer, the printers for engines and the compiler.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from metrics_catalog.source import ColumnType

ArithmeticOp = Literal["+", "-", "*", "/", "%"]
ComparisonOp = Literal["=", "<>", "<", "<=", ">", ">="]
LogicalOp = Literal["AND", "OR"]
IntervalUnit = Literal["SECOND", "MINUTE", "HOUR", "DAY"]


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes."""

    def children(self) -> tuple[Node, ...]:
        """The nodes directly below, in the order of the text."""
        return ()


@dataclass(frozen=True, slots=True)
class Column(Node):
    """A column of the source, or the name of a metric in a derived metric."""

    name: str
    position: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Integer(Node):
    """A whole number of 64 bits."""

    value: int


@dataclass(frozen=True, slots=True)
class Double(Node):
    """A number written with a point or an exponent."""

    value: float


@dataclass(frozen=True, slots=True)
class String(Node):
    """A text in single quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True, slots=True)
class Null(Node):
    """NULL: takes the type of what stands beside it."""


@dataclass(frozen=True, slots=True)
class Date(Node):
    """`DATE '2026-01-31'`."""

    value: dt.date


@dataclass(frozen=True, slots=True)
class Timestamp(Node):
    """`TIMESTAMP '2026-01-31 12:00:00'`, always UTC."""

    value: dt.datetime


@dataclass(frozen=True, slots=True)
class Interval(Node):
    """A fixed length of time; a day is 24 hours. Stands only beside `+` and `-` with a timestamp."""

    count: int
    unit: IntervalUnit


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * / %` of two operands."""

    op: ArithmeticOp
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """Minus one operand."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """Two operands of one kind; NULL when either is NULL."""

    op: ComparisonOp
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """AND or OR of two or more operands; never directly holds one of the same operator."""

    op: LogicalOp
    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Not(Node):
    """NOT of a condition."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class IsNull(Node):
    """IS NULL, or IS NOT NULL when `negated`."""

    operand: Node
    negated: bool = False

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class In(Node):
    """Membership of a written list."""

    operand: Node
    values: tuple[Node, ...]
    negated: bool = False

    def children(self) -> tuple[Node, ...]:
        return (self.operand, *self.values)


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`low <= operand AND operand <= high`."""

    operand: Node
    low: Node
    high: Node
    negated: bool = False

    def children(self) -> tuple[Node, ...]:
        return (self.operand, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Like(Node):
    """A text against a written pattern: `%` any run, `_` one character, no escape."""

    operand: Node
    pattern: str
    negated: bool = False

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Case(Node):
    """The value of the first branch whose condition is TRUE, else `otherwise`."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node

    def children(self) -> tuple[Node, ...]:
        return (*(node for branch in self.branches for node in branch), self.otherwise)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the allow-list, upper case."""

    name: str
    args: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.args


@dataclass(frozen=True, slots=True)
class Concat(Node):
    """`a || b || …`: NULL when any text is NULL."""

    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Extract(Node):
    """A part of a time stamp (by UTC) or of a date."""

    part: str
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Cast(Node):
    """A value turned into another type, where all engines agree how."""

    operand: Node
    type: ColumnType

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, in the order of the text."""
    waiting = [node]
    while waiting:
        present = waiting.pop()
        yield present
        waiting.extend(reversed(present.children()))


def position_of(node: Node) -> int:
    """Where the first column at or below the node stands in its text; 0 where there is none."""
    return next((part.position for part in walk(node) if isinstance(part, Column)), 0)
