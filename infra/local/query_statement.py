"""What a reader's statement is made of, read from DuckDB's own parse tree, and the refusal of what a query may not hold.

Made by `read` of the tree that the locked process parsed; used by `query.py` to find the relations that are asked for. Only
what is known is let through: a kind of statement, table reference, expression or function that is not listed here is refused
by name, so a new one in a later DuckDB is refused too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from infra.local.query_errors import QueryRefusedError, SqlError

Tree = dict[str, Any]
"""A node of the parse tree: JSON."""

EXPRESSIONS = frozenset({
    "BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA", "LAMBDA_REF",
    "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW",
})  # fmt: skip
NODES = frozenset({
    "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE",
    "BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "PIVOT", "SHOW_REF", "SUBQUERY", "TABLE_FUNCTION",
    "DISTINCT_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "ORDER_MODIFIER",
    "ASCENDING", "DESCENDING", "ORDER_DEFAULT",
})  # fmt: skip
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
SHOWN = frozenset({"DESCRIBE", "SUMMARY"})
DEEPEST = 400
"""Levels of the tree; deeper statements are refused before they exhaust anything."""

MOST_COMMON_TABLES = 500
"""WITH entries of one statement: each is seen by all that follow, so that reading them takes the square of their number."""
LONGEST_MESSAGE = 600
"""Characters of DuckDB's words about a statement; it repeats whole lines of it."""
LONGEST_NAME = 128
"""Characters of the name of a function, a schema or a view; longer ones name nothing."""


@lru_cache(maxsize=1)
def functions() -> frozenset[str]:
    """Names of the functions that a query may call, lower case."""
    lines = Path(__file__).with_name("query_functions.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word.lower() for line in lines if not line.startswith("# ") for word in line.split())


@dataclass(frozen=True)
class Statement:
    """One SELECT: the relations and columns it names, the words in it, and whether it may read columns that it does not name."""

    tree: Tree
    relations: tuple[tuple[str, str], ...]
    words: frozenset[str]
    columns: frozenset[str]
    reads_all: bool

    def reads(self, column: str) -> bool:
        """Whether it may read a column; true where that cannot be told."""
        return self.reads_all or column.lower() in self.words


def read(parsed: Tree) -> Statement:
    """The statement of a parse; raises SqlError where it is no SQL, QueryRefusedError where it is not one SELECT."""
    if parsed.get("error"):
        raise _not_serialised(parsed)
    statements = parsed.get("statements", [])
    if not statements:
        raise SqlError("There is no statement.", hint='write a SELECT, such as "select * from views_jp.title_daily limit 5".')
    if len(statements) > 1:
        raise QueryRefusedError(f"There are {len(statements)} statements; one SELECT at a time is run.", hint="run them one by one.")
    if statements[0].get("named_param_map"):
        raise SqlError("The statement has parameters (`?` or `$1`), and nothing to put there.", hint="write the values.")
    found = _Walk()
    found.node(statements[0]["node"], frozenset(), 0)
    names = {part.lower() for pair in found.relations for part in pair} | found.aliases
    by_name = bool(found.columns & names)  # a table's name in place of a column: the whole row
    relations, words, columns = tuple(dict.fromkeys(found.relations)), frozenset(found.words), frozenset(found.columns)
    return Statement(statements[0]["node"], relations, words, columns, found.reads_all or by_name)


def _not_serialised(parsed: Tree) -> SqlError | QueryRefusedError:
    if parsed.get("error_type") == "not implemented":
        hint = "queries only read: write one SELECT. PIVOT needs its values: `pivot … on column in ('a', 'b')`."
        return QueryRefusedError("This is not a SELECT.", hint=hint)
    message = str(parsed.get("error_message", "The SQL cannot be read"))
    if message.startswith("Max expression depth limit"):
        return _too_deep()
    return SqlError(f"{shortened(message).rstrip('.')}.", hint="check the SQL; it is DuckDB's.")


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """DuckDB's words, or a name, without most of what they repeat of the statement."""
    return text if len(text) <= most else f"{text[:most]}…"


def _too_deep() -> QueryRefusedError:
    return QueryRefusedError("The statement is nested too deeply.", hint="write it with fewer levels of brackets.")


@dataclass
class _Walk:
    """Collects what a statement names, and refuses what it may not hold."""

    relations: list[tuple[str, str]] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    reads_all: bool = False
    common_tables: int = 0

    def node(self, tree: Any, tables: frozenset[str], depth: int) -> None:
        """Walk one node; `tables` holds the names of the common table expressions that can be seen here."""
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(tree, str):
            self.words.add(tree.lower())
        elif isinstance(tree, list):
            for each in tree:
                self.node(each, tables, depth + 1)
        elif isinstance(tree, dict):
            self._check(tree, tables)
            tables = self._common_tables(tree, tables, depth)
            for key, each in tree.items():
                if key != "cte_map":
                    self.node(each, tables, depth + 1)

    def _common_tables(self, tree: Tree, tables: frozenset[str], depth: int) -> frozenset[str]:
        """Walk the node's WITH entries in order; each sees those before it, a recursive one itself too."""
        for entry in tree.get("cte_map", {}).get("map", []):
            name = str(entry["key"]).lower()
            query = entry["value"].get("query_node") or {}
            self.common_tables += 1
            if self.common_tables > MOST_COMMON_TABLES:
                raise QueryRefusedError(f"There are more than {MOST_COMMON_TABLES} WITH entries.", hint="write fewer, or subqueries.")
            inside = tables | {name} if query.get("type") == "RECURSIVE_CTE_NODE" else tables
            self.node(entry["value"], inside, depth + 1)
            tables |= {name}
        return tables

    def _check(self, tree: Tree, tables: frozenset[str]) -> None:
        kind, node = tree.get("class"), tree.get("type")
        if kind is not None:
            self._expression(str(kind), tree)
        elif isinstance(node, str):
            if node not in NODES:
                raise QueryRefusedError(f"A query may not hold {_worded(node)}.", hint="queries only read: write one SELECT.")
            self._reference(node, tree, tables)

    def _expression(self, kind: str, tree: Tree) -> None:
        if kind not in EXPRESSIONS:
            raise QueryRefusedError(f"A query may not hold {_worded(kind)}.")
        if kind in ("FUNCTION", "WINDOW"):
            _allowed_function(str(tree.get("function_name", "")), functions() | TABLE_FUNCTIONS)
        elif kind in ("STAR", "POSITIONAL_REFERENCE"):
            self.reads_all = True
        elif kind == "COLUMN_REF":
            self.columns.add(str(tree["column_names"][-1]).lower())

    def _reference(self, node: str, tree: Tree, tables: frozenset[str]) -> None:
        if "alias" in tree:
            self.aliases.add(str(tree["alias"]).lower())
        if node == "BASE_TABLE":
            self.reads_all |= "column_name_alias" in tree
            self._table([str(part) for part in tree["qualified_name"]["path"]], tables)
        elif node == "TABLE_FUNCTION":
            _allowed_function(str(tree["function"].get("function_name", "")), TABLE_FUNCTIONS)
        elif node == "SHOW_REF":
            if tree.get("show_type") not in SHOWN or "query" not in tree:
                raise QueryRefusedError(
                    "SHOW is not run here.", hint="`ringi query --list --as PRINCIPAL` shows what a principal may read."
                )
            self.reads_all = True
        elif node == "PIVOT" or tree.get("ref_type") == "NATURAL":
            self.reads_all = True

    def _table(self, path: list[str], tables: frozenset[str]) -> None:
        if len(path) == 1 and path[0].lower() in tables:
            return
        if len(path) != 2 or any(len(part) > LONGEST_NAME for part in path):
            name = shortened(".".join(path), LONGEST_NAME)
            raise QueryRefusedError(
                f"`{name}` is not a published view.", hint="name the schema and the view, such as `views_jp.title_daily`."
            )
        self.relations.append((path[0].lower(), path[1].lower()))


def _allowed_function(name: str, allowed: frozenset[str]) -> None:
    if name.lower() not in allowed:
        name = shortened(name, LONGEST_NAME)
        near = get_close_matches(name.lower(), sorted(allowed), n=1, cutoff=0.8)
        hint = f"did you mean `{near[0]}`?" if near else "`ringi query --functions` lists those that may."
        raise QueryRefusedError(f"The function `{name}` may not be called in a query.", hint=hint)


def _worded(kind: str) -> str:
    """A node's kind as a person would say it."""
    return kind.removesuffix("_NODE").removesuffix("_QUERY").replace("_", " ")
