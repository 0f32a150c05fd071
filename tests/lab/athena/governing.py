"""Rewrites a query so that it reads what Lake Formation lets its asker read, and nothing else; then the lake's owner may run it.

Each table named becomes a query of its own: the columns that are visible, the rows that are, and NULL where a cell is not. A view
becomes its text, its tables read with the definer's rights. What cannot be told apart for certain is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from tests.lab.lake_formation import reading
from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.place import Place
from tests.lab.trino_server import CATALOG

DEPTH = 5
"""Views over views; a circle ends here."""


class NotAllowedError(Exception):
    """A refusal in Athena's words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who reads: `here` with the asker as its caller, and the database that a bare name is looked for in."""

    here: Here
    database: str
    depth: int = 0


def governed(sql: str, asked: Asked) -> str:
    """The statement to run in place of `sql`. Raises NotAllowedError."""
    statement = _parsed(sql)
    if isinstance(statement, exp.Create):
        _may_make(statement, asked)
        if not isinstance(statement.expression, exp.Query):
            raise NotAllowedError("PERMISSION_DENIED: Insufficient permissions to execute the query.")
        return _spliced(sql, statement.expression, asked)
    if not isinstance(statement, exp.Query):
        raise NotAllowedError("PERMISSION_DENIED: Insufficient permissions to execute the query.")
    return _spliced(sql, statement, asked)


def _parsed(sql: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(sql, dialect="trino")
    except sqlglot.errors.SqlglotError as error:
        raise NotAllowedError(f"SYNTAX_ERROR: {str(error).partition('.')[0]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise NotAllowedError("SYNTAX_ERROR: Only one sql statement is allowed.")
    return statements[0]


def _may_make(statement: exp.Create, asked: Asked) -> None:
    """A table is made only by who holds CREATE_TABLE on the database, or made the database."""
    target = statement.find(exp.Table)
    database = (target.db if target else "").lower() or asked.database
    here, place = asked.here, Place("Database", database)
    held = here.account.grants.get((here.caller, place))
    if statement.kind != "TABLE" or not (here.made(place) or (held and "CREATE_TABLE" in held.permissions)):
        raise NotAllowedError(f"PERMISSION_DENIED: Insufficient Lake Formation permission(s): Required Create Table on {database}")


def _spliced(sql: str, query: exp.Expr, asked: Asked) -> str:
    """The text with each table's name replaced, the rest left as it was written."""
    pieces = []
    for table in _tables(query):
        parts = table.parts
        if not all(isinstance(part, exp.Identifier) and "start" in part.meta for part in parts):
            raise NotAllowedError("PERMISSION_DENIED: Table functions are not open to analysts.")
        start, end = min(part.meta["start"] for part in parts), max(part.meta["end"] for part in parts) + 1
        alias = "" if table.alias else f" AS {_quoted(table.name)}"
        pieces.append((start, end, _relation(table, asked, _place(sql, start)) + alias))
    for start, end, text in sorted(pieces, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _tables(query: exp.Expr) -> Iterator[exp.Table]:
    """The tables that are not names of the query's own WITH."""
    for table in query.find_all(exp.Table):
        if table.db or not _own_name(table):
            yield table


def _own_name(table: exp.Table) -> bool:
    """Whether the name is a WITH query's that is in reach: an earlier one of the same list, or any of a list further out."""
    inside: exp.Expr = table
    above = table.parent
    while above is not None:
        held = above.args.get("with_")
        if held is not None and inside is not held:
            names = [cte.alias_or_name for cte in held.expressions]
        elif isinstance(above, exp.With) and isinstance(inside, exp.CTE):
            at = above.expressions.index(inside)
            names = [cte.alias_or_name for cte in above.expressions[: at + (1 if above.recursive else 0)]]
        else:
            names = []
        if table.name.lower() in {name.lower() for name in names}:
            return True
        inside, above = above, above.parent
    return False


def _relation(table: exp.Table, asked: Asked, where: str) -> str:
    """What stands in a table's place: a query in parentheses."""
    database, name = (table.db or asked.database).lower(), table.name.lower()
    if table.catalog.lower() not in {"", CATALOG} or "$" in name:
        raise _no_table(where, database, name)
    here = asked.here
    if database not in here.catalog.databases():
        raise NotAllowedError(f"SCHEMA_NOT_FOUND: {where}: Schema '{database}' does not exist")
    if not here.catalog.has(database, name) or not reading.describes(here, here.caller, database, name):
        raise _no_table(where, database, name)
    found = reading.readable(here, here.caller, database, name)
    if not found.columns:
        raise NotAllowedError(f"COLUMN_NOT_FOUND: {where}: Relation contains no accessible columns")
    columns = ", ".join(_column(name, found.cells.get(name)) for name in found.columns)
    rows = f" WHERE {found.rows}" if found.rows else ""
    return f"(SELECT {columns} FROM {_below(database, name, asked)}{rows})"


def _below(database: str, name: str, asked: Asked) -> str:
    """Where the cells come from: the table itself, or a view's text with its definer's rights."""
    held = asked.here.catalog.table(database, name)
    if held.definition is None:
        return f"{CATALOG}.{_quoted(database)}.{_quoted(name)}"
    texts = {one["Dialect"]: one.get("ViewExpandedText") or one["ViewOriginalText"] for one in held.definition.get("Representations") or ()}
    if "ATHENA" not in texts or asked.depth == DEPTH:
        raise NotAllowedError(f"INVALID_VIEW: View '{CATALOG}.{database}.{name}' has no text for Athena")
    definer = Asked(asked.here.as_caller(held.definer), database, asked.depth + 1)
    text = _spliced(texts["ATHENA"], _parsed(texts["ATHENA"]), definer)
    return f"({text}) AS t ({', '.join(_quoted(column) for column in held.names)})"


def _column(name: str, rows: str | None) -> str:
    return _quoted(name) if rows is None else f"CASE WHEN {rows} THEN {_quoted(name)} END AS {_quoted(name)}"


def _no_table(where: str, database: str, name: str) -> NotAllowedError:
    return NotAllowedError(f"TABLE_NOT_FOUND: {where}: Table '{CATALOG}.{database}.{name}' does not exist")


def _place(sql: str, at: int) -> str:
    """`line 1:15`, as Trino says where."""
    return f"line {sql.count(chr(10), 0, at) + 1}:{at - sql.rfind(chr(10), 0, at)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
