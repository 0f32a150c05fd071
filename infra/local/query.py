"""Runs a reader's SELECT: asks the evaluator what is permitted, and gives the locked process that and nothing else.

Called by the doors (`ringi query`, later the notebook and the API) with the parts of an opened lake. Every refusal is raised
before a row is read, and names the principal and what was asked for.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from governance.access.additivity import refuse_misuse
from governance.access.evaluator import decide
from governance.access.explain import known_principal, may_read, no_column, no_grant, no_such_relation, reached, readable
from governance.compilers.duckdb import SHORTEST_SALT, permitted, quoted
from governance.ledgers.query_refusal import RefusalCode
from infra.local.query_errors import QueryFailedError, SqlError
from infra.local.query_process import Loading
from infra.local.query_statement import LONGEST_NAME, Statement, read
from infra.local.query_sums import aggregates
from infra.local.query_values import typed_rows
from metrics_catalog.expression import canonical
from views.ending import told

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from governance.access.evaluator import Access
    from governance.policy.policy import Policy
    from governance.policy.relation import Relations
    from infra.local.published import Published, PublishedRelation
    from infra.local.query_process import QueryProcess
    from metrics_catalog.metric import Metric

LONGEST_SQL = 1_000_000
"""Characters of a statement."""

Relation = tuple[str, str]
"""Schema and view, as a statement names them, in lower case."""

ORDERED_ROWS = 1_000_000
"""Up to so many rows are taken in, in the order in which they were saved; beyond, order costs too much."""


@dataclass(frozen=True)
class Desk:
    """What a query is answered from: the policy, what is declared, what is published, and the metrics behind columns."""

    policy: Policy
    relations: Relations
    published: Published
    metrics: Mapping[str, Metric]
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows as values of Python (dates, decimals, numbers, None), by column. `complete` is false where the limit of rows cut them."""

    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    complete: bool
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that the statement may have read, by relation."""
    notes: tuple[str, ...] = ()
    """Sentences for the reader: what was read and is going to end."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One relation that the statement names, and what the principal may see of it."""

    access: Access
    relation: PublishedRelation


def ask(desk: Desk, sql: str, principal: str, process: QueryProcess, heard: Callable[[Relation], None] = lambda relation: None) -> Answer:
    """Run one SELECT as a principal, in a fresh process that is used for nothing else.

    `heard` is told each relation that the statement names, as schema and view, before anything is decided about it.
    Raises AccessRefusedError or QueryRefusedError (exit 4), SqlError (2), NotAdditiveError or QueryFailedError (1).
    """
    known_principal(desk.policy, principal, _first_relation(sql))
    _check_text(sql)
    statement = read(process.parse(sql))
    for relation in statement.relations:
        heard(relation)
    asked = [_asked(desk, principal, schema, view) for schema, view in statement.relations]
    _refuse_misuse(desk, statement, asked)
    size = sum(each.relation.row_count for each in asked)
    salt = secrets.token_bytes(SHORTEST_SALT)
    process.load([_loading(each, statement, salt) for each in asked], keep_order=size <= ORDERED_ROWS)
    try:
        result = process.run(sql)
    except SqlError as error:
        raise _explained(desk, statement, asked, error) from error
    columns, rows = typed_rows(result)
    reads = {each.access.relation.name: tuple(_read_columns(each, statement)) for each in asked}
    return Answer(columns, rows, result.end == "all", reads, tuple(_notes(desk, statement, asked)))


def _notes(desk: Desk, statement: Statement, asked: list[_Asked]) -> Iterator[str]:
    """One sentence for each column that the statement may read and that meant something else then, or is going to end."""
    otherwise = {name for each in asked for name in each.relation.meant_otherwise if name in _read_columns(each, statement)}
    for name in sorted(otherwise):
        yield f"`{name}` had another certified meaning when this was published than it has now; `ringi verify {name}` lists both."
    endings = {name: ending for each in asked for name, ending in each.relation.endings.items() if name in _read_columns(each, statement)}
    yield from (told(name, ending, desk.now.date()) for name, ending in endings.items())


def listed(desk: Desk, principal: str) -> list[dict[str, str]]:
    """One row for each column that a principal may read: relation, column, type, which rows, clear or masked, and what it holds."""
    known_principal(desk.policy, principal)
    return [
        row
        for schema, view in readable(desk.policy, principal, desk.relations, desk.now)
        for row in _columns(desk, principal, schema, view)
    ]


def _columns(desk: Desk, principal: str, schema: str, view: str) -> list[dict[str, str]]:
    contract = desk.published.contract(schema, view)
    types, docs = contract if contract is not None else (desk.relations.types_of(view), {})
    access = decide(desk.policy, principal, desk.relations.published(schema, view, types), desk.now)
    return [
        {
            "relation": access.relation.name,
            "column": name,
            "type": str(types[name]),
            "rows": _rows_of(access, name),
            "shown": _shown_as(access, name),
            "description": docs.get(name, "") if contract is not None else "not published yet",
        }
        for name in access.columns
    ]


def _rows_of(access: Access, column: str) -> str:
    conditions = access.cell_filter(column) or access.row_filter
    return "all" if conditions is None else " OR ".join(canonical(each) for each in conditions)


def _shown_as(access: Access, column: str) -> str:
    """`clear`, the name of a mask, or several of these, what reveals most first."""
    return ", else ".join("clear" if way.mask is None else str(way.mask) for way in access.ways(column))


def _check_text(sql: str) -> None:
    """Refuse what is no text: two readers might not see the same end of it."""
    if "\x00" in sql or any("\ud800" <= character <= "\udfff" for character in sql):
        raise SqlError("The SQL holds characters that are no text.", hint="write it as plain UTF-8, without NUL characters.")
    if len(sql) > LONGEST_SQL:
        raise SqlError(f"The SQL is longer than {LONGEST_SQL:,} characters.", hint="write less; a join says more than a long list.")


def _first_relation(sql: str) -> str:
    """The first word of the SQL that looks like a relation: only for the words of a refusal."""
    return next((word.strip('(),;"').lower()[:LONGEST_NAME] for word in sql.split() if word.lower().startswith("views_")), "")


def _asked(desk: Desk, principal: str, schema: str, view: str) -> _Asked:
    name = f"{schema}.{view}"
    if not desk.relations.has(schema, view):
        own = (".".join(pair) for pair in reached(desk.policy, principal, desk.relations, desk.now))
        raise no_such_relation(principal, name, own)
    if not may_read(desk.policy, principal, desk.relations, schema, view, desk.now):
        raise no_grant(desk.policy, principal, desk.relations, schema, view, desk.now)
    relation = desk.published.get(schema, view)
    if relation is None:
        hint = "`ringi run` computes and publishes it; `ringi status` shows which metrics have both keys."
        raise QueryFailedError(f"`{name}` is not published yet.", hint=hint, code=RefusalCode.NOT_PUBLISHED)
    access = decide(desk.policy, principal, desk.relations.published(schema, view, relation.types), desk.now)
    if not access:
        raise no_grant(desk.policy, principal, desk.relations, schema, view, desk.now)
    return _Asked(access, relation)


def _ended(desk: Desk, statement: Statement, asked: list[_Asked]) -> SqlError | None:
    """Why a column that was published once is not there any more, and what to read instead."""
    there = {name for each in asked for name in each.relation.types}
    for name in sorted(statement.columns - there):
        metric = desk.metrics.get(name)
        end = metric.deprecation if metric is not None else None
        if end is not None and end.ends_on < desk.now.date():
            message = f"`{name}` is not published any more: its last day was {end.ends_on}. {end.reason}"
            return SqlError(message, hint=f"read `{end.successor}` instead; `ringi show {end.successor}` says what it means.")
    return None


def _refuse_misuse(desk: Desk, statement: Statement, asked: list[_Asked]) -> None:
    columns = {each.access.relation.name: frozenset(each.relation.types) for each in asked}
    for use in aggregates(statement.tree, columns):
        refuse_misuse(use.function, use.column, desk.metrics)


def _loading(asked: _Asked, statement: Statement, salt: bytes) -> Loading:
    """The permitted cells of the columns that the statement may read; one column where it only counts rows."""
    columns = _read_columns(asked, statement) or [asked.access.columns[0]]
    relation = asked.access.relation
    return Loading(
        schema=quoted(relation.schema),
        table=quoted(relation.view),
        sql=permitted(asked.access, f"({asked.relation.definition})", columns, salt=salt),
        base_schema=quoted(asked.relation.base_schema),
        base_table=quoted(asked.relation.base_table),
        base=asked.relation.base,
    )


def _read_columns(asked: _Asked, statement: Statement) -> list[str]:
    return [name for name in asked.access.columns if statement.reads(name)]


def _explained(desk: Desk, statement: Statement, asked: list[_Asked], error: SqlError) -> Exception:
    """Why the SQL failed where it names a column that exists and was not given; else the error, with the columns there are."""
    for each in asked:
        hidden = [name for name in each.access.relation.types if name not in each.access.columns and name.lower() in statement.words]
        if hidden:
            return no_column(each.access, desk.relations, hidden)
    if ended := _ended(desk, statement, asked):
        return ended
    known = [f"`{each.access.relation.name}` has {', '.join(each.access.columns)}" for each in asked]
    if not known:
        return error
    message, _, _ = error.message.partition(" Candidate bindings")  # of what was taken in; the hint names all there is
    return SqlError(message.rstrip(".!") + ".", hint="; ".join(known) + ".")
