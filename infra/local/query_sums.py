"""Which columns of published views a statement sums or averages directly, such as `sum(viewers)`, followed through subqueries.

Made of DuckDB's parse tree; `query.py` asks `governance.access.additivity` about each. A column is followed where it is passed on
under its own or another name; an expression over it (`viewers + 1`) is the reader's own number and is not followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.access.additivity import AVERAGES, SUMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.local.query_statement import Tree

PASSING = frozenset({"CAST", "OPERATOR"})
"""Kinds of expressions that pass a column on: a cast, COALESCE."""


@dataclass(frozen=True, slots=True)
class Use:
    """One sum or average over a column of a published view."""

    function: str
    view: str
    column: str


@dataclass(frozen=True)
class _Table:
    """One table in a FROM: its name there, and the published column behind each of its columns."""

    alias: str
    view: str | None = None
    columns: Mapping[str, tuple[str, str]] | None = None

    def origin(self, column: str) -> tuple[str, str] | None:
        if self.view is not None:
            return (self.view, column)
        return (self.columns or {}).get(column)


def aggregates(tree: Tree, columns: Mapping[str, frozenset[str]]) -> tuple[Use, ...]:
    """Sums and averages of a statement; `columns` holds the columns of each published view that count, by `schema.view`."""
    reader = _Reader(columns)
    reader.outputs(tree, {})
    return tuple(reader.found)


class _Reader:
    def __init__(self, columns: Mapping[str, frozenset[str]]) -> None:
        self._columns = columns
        self.found: list[Use] = []

    def outputs(self, tree: Tree, known: Mapping[str, _Table]) -> dict[str, tuple[str, str]]:
        """What a query passes on, by output name; notes the aggregates in it. `known` holds its common table expressions."""
        known = self._common_tables(tree, known)
        if tree.get("type") == "SELECT_NODE":
            return self._select(tree, known)
        passed = [self.outputs(each, known) for each in _queries_below(tree)]
        return passed[0] if passed else {}

    def _common_tables(self, tree: Tree, known: Mapping[str, _Table]) -> dict[str, _Table]:
        tables = dict(known)
        for entry in tree.get("cte_map", {}).get("map", []):
            name = str(entry["key"]).lower()
            tables[name] = _Table(name, columns=self.outputs(entry["value"].get("query_node") or {}, tables))
        return tables

    def _select(self, tree: Tree, known: Mapping[str, _Table]) -> dict[str, tuple[str, str]]:
        tables = list(self._tables(tree.get("from_table") or {}, known))
        for key, part in tree.items():
            if key not in ("from_table", "cte_map"):
                self._expressions(part, tables, known)
        passed: dict[str, tuple[str, str]] = {}
        for item in tree.get("select_list", []):
            if item.get("class") == "STAR":
                for table in tables:
                    passed |= self._all_of(table)
            elif (origin := self._origin(item, tables)) is not None:
                passed[str(item.get("alias") or item["column_names"][-1]).lower()] = origin
        return passed

    def _all_of(self, table: _Table) -> dict[str, tuple[str, str]]:
        if table.view is not None:
            return {column: (table.view, column) for column in self._columns.get(table.view, ())}
        return dict(table.columns or {})

    def _tables(self, tree: Tree, known: Mapping[str, _Table]) -> Iterator[_Table]:
        alias = str(tree.get("alias", "")).lower()
        match tree.get("type"):
            case "BASE_TABLE":
                path = [str(part).lower() for part in tree["qualified_name"]["path"]]
                table = known.get(path[0]) if len(path) == 1 else None
                view = None if table is not None else ".".join(path)
                yield _Table(alias or path[-1], view, table.columns if table is not None else None)
            case "SUBQUERY":
                yield _Table(alias, columns=self.outputs(tree["subquery"]["node"], known))
            case "JOIN":
                yield from self._tables(tree["left"], known)
                yield from self._tables(tree["right"], known)
            case "PIVOT":
                source = list(self._tables(tree["source"], known))  # once: pivots of pivots would double the work at each level
                self._expressions(tree.get("aggregates", []), source, known)
                yield from source

    def _expressions(self, part: Any, tables: list[_Table], known: Mapping[str, _Table]) -> None:
        """Note the aggregates in an expression, or in what holds expressions."""
        if isinstance(part, list):
            for each in part:
                self._expressions(each, tables, known)
        elif isinstance(part, dict):
            if part.get("class") in ("FUNCTION", "WINDOW"):
                self._aggregate(part, tables)
            if part.get("class") == "SUBQUERY":
                self.outputs(part["subquery"]["node"], known)
                part = {key: each for key, each in part.items() if key != "subquery"}
            for each in part.values():
                self._expressions(each, tables, known)

    def _aggregate(self, call: Tree, tables: list[_Table]) -> None:
        arguments = [each.get("expression", {}) for each in call.get("arguments", [])]
        function = str(call.get("function_name", ""))
        if not arguments or function.lower() not in SUMS | AVERAGES:
            return
        origin = self._origin(_passed_on(arguments[0]), tables)
        if origin is not None:
            self.found.append(Use(function, *origin))

    def _origin(self, item: Tree, tables: list[_Table]) -> tuple[str, str] | None:
        """The published column behind a column reference."""
        if item.get("class") != "COLUMN_REF":
            return None
        *qualifier, column = (str(name).lower() for name in item["column_names"])
        for table in tables:
            if not qualifier or qualifier[-1] == table.alias:
                origin = table.origin(column)
                if origin is not None and origin[1] in self._columns.get(origin[0], ()):
                    return origin
        return None


def _passed_on(item: Tree) -> Tree:
    """The column below casts and COALESCE, or the expression itself."""
    while item.get("class") in PASSING:
        below = [item["child"]] if "child" in item else item.get("children", [])
        if not below or (item["class"] == "OPERATOR" and item.get("type") != "OPERATOR_COALESCE"):
            break
        item = below[0]
    return item


def _queries_below(tree: Tree) -> list[Tree]:
    """The branches of a set operation or of a recursive query."""
    if tree.get("type") == "SET_OPERATION_NODE":
        return list(tree.get("children", []))
    return [tree[side] for side in ("left", "right", "query", "child") if isinstance(tree.get(side), dict)]
