"""`ringi query`: a SELECT over published views, as one principal, in a locked process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ringi.cli.door import Door
from ringi.output_format import Format

if TYPE_CHECKING:
    from metrics_catalog.finding import Finding


def query(
    context: typer.Context,
    sql: Annotated[str | None, typer.Argument(help="One SELECT; `-` reads it from stdin.", show_default=False)] = None,
    principal: Annotated[str | None, typer.Option("--as", help="The principal to read as.", show_default=False)] = None,
    format: Annotated[Format | None, typer.Option(help="How the rows are printed.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows to print.")] = 100_000,
    seconds: Annotated[
        int | None,
        typer.Option(min=1, max=3600, help="Longest time the query may take (default: as ringi.toml says, or 60).", show_default=False),
    ] = None,
    published: Annotated[
        str | None,
        typer.Option(
            help="Read what was published then: a name given with `ringi keep`, a day (its end, UTC) or an instant.", show_default=False
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the columns that the principal may read.")] = False,
    functions: Annotated[bool, typer.Option("--functions", help="List the functions that a query may call.")] = False,
) -> None:
    """Run a SELECT as a principal: it sees the rows and columns that a grant gives it, and nothing else.

    The SQL is DuckDB's, over published views such as `views_jp.title_daily`. What no grant gives is refused with exit code 4.
    Summing what cannot be summed (distinct counts, ratios) is refused with exit code 1 and the right way to write it.
    Who reads a deprecated column is warned on stderr. Each query is a line in the lake's ledger: who, when, which columns, how
    many rows, never a value; one that was refused or stopped is a line too.
    With --published it reads what was published at an earlier time, by the grants of today, and says on stderr which columns
    had another certified meaning then.

    Example: ringi query "select * from views_jp.title_daily order by viewing_hours desc limit 5" --as analyst_jp
    Example: ringi query --list --as analyst_jp
    Example: ringi query "select sum(plays) from views_jp.title_daily" --as analyst_jp --published 2026-q3
    Example: ringi query - --as analyst_jp --format csv < hours.sql > hours.csv
    """
    from metrics_catalog.errors import UsageError
    from ringi.query.answering import list_readable, run_query
    from ringi.query.limits import limits

    door = Door.of(context).with_format(format)
    if functions:
        return _functions(door)
    if principal is None:
        raise UsageError("`ringi query` needs to know who reads.", hint="name a principal of policy/, such as --as analyst_jp.")
    if list_ and published is not None:
        raise UsageError("`--list` tells what may be read now.", hint="leave out --published.")
    if list_:
        rows, findings = list_readable(door.lake(), principal)
        _warn(door, findings)
        return door.out.rows(rows, ("relation", "column", "type", "rows", "shown", "description"))
    if sql is None:
        raise UsageError("There is no SQL to run.", hint='write it in quotes: ringi query "select …" --as analyst_jp')
    lake = door.lake()
    given = limits(lake.root, rows=limit, seconds=seconds)
    answer, findings = run_query(lake, sys.stdin.read() if sql == "-" else sql, principal, given, published)
    _warn(door, findings)
    for note in answer.notes:
        door.out.say(f"warning: {note}")
    door.out.rows(answer.rows, answer.columns)
    if not answer.complete:
        door.out.say(f"Only the first {limit:,} rows are shown; there are more.\n  Hint: aggregate, or raise --limit.")
    return None


def _functions(door: Door) -> None:
    from infra.local.query_statement import functions

    door.out.rows([{"function": name} for name in sorted(functions())], ("function",))


def _warn(door: Door, findings: tuple[Finding, ...]) -> None:
    """Faulty grants give nothing; a reader who misses something should know why."""
    faulty = sum(finding.blocks for finding in findings)
    if faulty:
        door.out.say(
            f"The policy has {faulty} {'finding' if faulty == 1 else 'findings'}; what is faulty gives nothing.\n  Hint: run `ringi check`."
        )
