"""Raw events that lie where a metric decides: at its written values, on both sides of its comparisons, and with values missing.

Made for the search of `search.py`. Values keep to the source's contract, so that nobody is asked about events that cannot be.
The choice is pseudo-random with a fixed seed: the same metric gives the same events.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.mutants.literals import neighbours
from metrics_catalog import expression as language
from metrics_catalog.catalog import Catalog
from metrics_catalog.expression import nodes as n
from metrics_catalog.logic import Logic
from metrics_catalog.source import Column, ColumnType

Row = dict[str, Any]

_USUAL: dict[ColumnType, list[Any]] = {
    ColumnType.STRING: ["a", "b"],
    ColumnType.INTEGER: [1, 0, 2, 10, 100, 1000],
    ColumnType.DECIMAL: [1, 0, 2, 100],
    ColumnType.DOUBLE: [1.0, 0.0, 2.0, 0.5, 100.0],
    ColumnType.BOOLEAN: [True, False],
    ColumnType.TIMESTAMP: [],
    ColumnType.DATE: [dt.date(2000, 1, 15), dt.date(2026, 6, 30)],
}
_NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE})
_LONGEST_TEXT = 64
_OFTEN = 0.75
"""How often a row takes a value that is written in the metric, where there is one."""


@dataclass(frozen=True)
class Contract:
    """What the contracts of a catalog say of columns, by source and name."""

    columns: Mapping[str, Mapping[str, Column]]

    @staticmethod
    def of(catalog: Catalog) -> Contract:
        """The contracts of all sources."""
        return Contract({name: source.columns for name, source in catalog.sources.items()})

    def allowed(self, logic: Logic) -> dict[str, tuple[str, ...]]:
        """The only values allowed, for those columns of a metric's sources that have such a list."""
        return {name: column.values for name, column in self.of_logic(logic).items() if column.values}

    def of_logic(self, logic: Logic) -> dict[str, Column]:
        """The columns that a metric's logic reads."""
        found: dict[str, Column] = {}
        for part in logic.measured():
            if part.source is not None:
                known = self.columns.get(part.source.source, {})
                found |= {name: known.get(name) or Column(type=kind) for name, kind in part.source.columns.items()}
        return found


def nodes_of(logics: Iterable[Logic]) -> tuple[n.Node, ...]:
    """Every filter and expression over raw columns in some logics, each once."""
    texts: dict[str, None] = {}
    for logic in logics:
        for part in logic.measured():
            held = [part.filter, part.expression]
            held += [text for variant in part.variants.values() for text in (variant.filter, variant.expression)]
            texts |= dict.fromkeys(text for text in held if text is not None)
    return tuple(language.parse(text) for text in texts)


class Palette:
    """The values that rows are made of, for the columns that some expressions read.

    `fixed` columns are the same in every row: where and when the events occur.
    """

    def __init__(self, nodes: Sequence[n.Node], contract: Mapping[str, Column], fixed: Row) -> None:
        self.fixed, self._contract = fixed, contract
        names = sorted({name for node in nodes for name in language.columns(node)} - fixed.keys())
        written = _written(nodes)
        texts = _texts(nodes, written.get("", []))
        at = next((value for value in fixed.values() if isinstance(value, dt.datetime)), None)
        self._values: dict[str, tuple[list[Any], list[Any]]] = {}
        for name in names:
            column = contract.get(name)
            if column is not None:
                own = [value for value in dict.fromkeys(written.get(name, [])) if self.fits(name, value)]
                self._values[name] = (own, self._others(name, column, at, texts))

    def _others(self, name: str, column: Column, at: dt.datetime | None, texts: Sequence[str]) -> list[Any]:
        usual: list[Any] = list(column.values) or list(_USUAL[column.type])
        if column.type is ColumnType.STRING and not column.values:
            usual += [*texts, *(value for value in self.fixed.values() if isinstance(value, str))]
        if column.type is ColumnType.TIMESTAMP and at is not None:
            usual += [at, at + dt.timedelta(hours=1), at - dt.timedelta(hours=1)]
        return [value for value in [*dict.fromkeys(usual), None] if self.fits(name, value)]

    def fits(self, name: str, value: Any) -> bool:
        """Whether the contract allows a value in a column."""
        column = self._contract.get(name)
        if column is None or name in self.fixed:
            return False
        if value is None:
            return not column.required
        if column.values:
            return value in column.values
        if column.type not in _NUMBERS:
            return True
        whole = column.type is not ColumnType.INTEGER or value == int(value)
        return whole and (column.minimum is None or value >= column.minimum) and (column.maximum is None or value <= column.maximum)

    def row(self, chance: random.Random) -> Row:
        """One row at random."""
        return {**self.fixed, **{name: self.value(name, chance) for name in self._values}}

    def value(self, name: str, chance: random.Random) -> Any:
        """One value of a column at random."""
        own, others = self._values[name]
        choice = own if own and (not others or chance.random() < _OFTEN) else others
        return chance.choice(choice) if choice else None

    def values(self, name: str) -> list[Any]:
        """All values of a column."""
        own, others = self._values[name]
        return list(dict.fromkeys([*own, *others]))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that rows differ in."""
        return tuple(self._values)


def _written(nodes: Sequence[n.Node]) -> dict[str, list[Any]]:
    """By column, the values that it is compared with in the text, and their neighbours; under no name those of computed values."""
    found: dict[str, list[Any]] = {}
    for whole in nodes:
        for node in n.walk(whole):
            if isinstance(node, n.Comparison | n.Between | n.In):
                column, *others = node.children()
                name = column.name if isinstance(column, n.Column) else ""
                for literal in others:
                    found.setdefault(name, []).extend(plain(each) for each in (literal, *neighbours(literal)))
            elif isinstance(node, n.Like) and isinstance(node.operand, n.Column):
                for filled in (node.pattern.replace("%", "").replace("_", "x"), node.pattern.replace("%", "x").replace("_", "x")):
                    found.setdefault(node.operand.name, []).append(filled)
    return {name: [value for value in values if value is not None] for name, values in found.items()}


def _texts(nodes: Sequence[n.Node], computed: Sequence[Any]) -> list[str]:
    """Texts for columns that are compared by way of a function: as they are written, in capitals, and of the lengths that are asked for."""
    found = [form for text in computed if isinstance(text, str) for form in (text, text.upper())]
    if any(isinstance(part, n.Call) and part.name == "LENGTH" for node in nodes for part in n.walk(node)):
        found += ["x" * length for length in computed if isinstance(length, int) and 0 <= length <= _LONGEST_TEXT]
    return found


def plain(node: n.Node) -> Any:
    """The value of a written node, as rows hold it; None for what is no value."""
    match node:
        case n.Timestamp(value):
            return value.replace(tzinfo=dt.UTC)
        case n.Integer(value) | n.Double(value) | n.String(value) | n.Boolean(value) | n.Date(value):
            return value
    return None


def meetings(nodes: Sequence[n.Node], free: Iterable[str]) -> list[tuple[str, n.Node]]:
    """Where a free column meets something that is computed: the column, and what it is compared with."""
    names = set(free)
    found: dict[tuple[str, n.Node], None] = {}
    for whole in nodes:
        for node in n.walk(whole):
            if isinstance(node, n.Comparison | n.Between):
                first, *others = node.children()
                for other in others:
                    found |= dict.fromkeys(_sides(first, other, names))
    return list(found)


def leanings(nodes: Sequence[n.Node], free: Iterable[str]) -> list[tuple[str, n.Node]]:
    """Where a free column stands inside a sum or product that is compared: the column, and how far apart the two sides are."""
    names = set(free)
    found: dict[tuple[str, n.Node], None] = {}
    for whole in nodes:
        for node in n.walk(whole):
            if isinstance(node, n.Comparison | n.Between):
                first, *others = node.children()
                held = names & language.columns(node) if isinstance(first, n.Arithmetic) else set()
                found |= dict.fromkeys((name, n.Arithmetic("-", first, other)) for other in others for name in sorted(held))
    return list(found)


def _sides(one: n.Node, other: n.Node, names: set[str]) -> Iterator[tuple[str, n.Node]]:
    for column, value in ((one, other), (other, one)):
        if isinstance(column, n.Column) and column.name in names and language.columns(value) and column.name not in language.columns(value):
            yield column.name, value
            return


def around(value: Any, kind: ColumnType) -> list[Any]:
    """Values of a column at, just below and just above a computed one."""
    if value is None:
        return []
    if isinstance(value, dt.datetime):
        at = value.replace(tzinfo=dt.UTC)
        return [at, at - dt.timedelta(seconds=1), at + dt.timedelta(seconds=1)]
    if isinstance(value, dt.date):
        return [value, value - dt.timedelta(days=1), value + dt.timedelta(days=1)]
    if isinstance(value, str):
        return [value, value + "x"]
    if isinstance(value, bool):
        return [value, not value]
    number = float(value)
    if kind is ColumnType.INTEGER:
        below = int(number // 1)
        return [below, below - 1, below + 1]
    return [number, number - 1, number + 1]
