"""Queries of an opened lake: gathers what the query door answers from. Used by `ringi query`; later by the notebook and the API."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.ledgers.query_refusal import RefusalCode
    from infra.local.published import Then
    from infra.local.query import Answer, Desk
    from infra.local.query_ledger import QueryLedger
    from infra.local.query_process import Limits
    from jobs.maintain.as_published import PublishedCopy
    from metrics_catalog.finding import Finding
    from ringi.lake import Lake


def run_query(lake: Lake, sql: str, principal: str, limits: Limits, published: str | None = None) -> tuple[Answer, tuple[Finding, ...]]:
    """What a SELECT answers a principal now, and the findings of the policy, whose faulty grants give nothing.

    `published` is a name that was given with `ringi keep`, a day or an instant: then it reads the rows that were published at that
    time. What the principal may see of them is what the policy gives today.
    Raises UsageError for a lake in S3: there Athena answers, and Lake Formation says who reads what.
    """
    if lake.config.aws is not None:
        raise UsageError(
            f"`ringi query` reads lakes on this machine, and the profile `{lake.config.name}` is in S3.",
            hint=f"ask Athena, in the workgroup `{lake.config.aws.athena_workgroup}`; see docs/aws.md.",
        )
    from governance.access.additivity import NotAdditiveError
    from governance.access.explain import AccessRefusedError
    from infra.local.query_errors import QueryFailedError, QueryRefusedError
    from infra.local.query_process import QueryProcess

    with QueryProcess(limits) as process:  # it starts while the project is read
        from infra.local.query import ask

        desk, findings = _desk(lake, published)
        named: list[tuple[str, str]] = []
        try:
            answer = ask(desk, sql, principal, process, named.append)
        except (AccessRefusedError, NotAdditiveError, QueryRefusedError, QueryFailedError) as error:
            _record_refusal(lake, desk, principal, named, error.code)
            raise
    return _recorded(lake, principal, answer, desk.now), findings


def list_readable(lake: Lake, principal: str) -> tuple[list[dict[str, str]], tuple[Finding, ...]]:
    """One row for each column that a principal may read now, and the findings of the policy."""
    from infra.local.query import listed

    desk, findings = _desk(lake)
    return listed(desk, principal), findings


def query_ledger(lake: Lake) -> QueryLedger:
    """Who read what in a lake on this machine; in AWS that is Athena's and CloudTrail's to know."""
    from infra.local.query_ledger import QueryLedger

    return QueryLedger(lake.config.warehouse / "ledger" / "queries")


def _recorded(lake: Lake, principal: str, answer: Answer, now: dt.datetime) -> Answer:
    """The answer, after a line in the ledger; a lake that cannot be written answers all the same, and says so."""
    from governance.ledgers.query_ledger import QueryLine
    from infra.errors import InfraError

    try:
        query_ledger(lake).append(QueryLine(now, principal, answer.reads, len(answer.rows)))
    except InfraError:  # its words name a folder of the lake, which is no reader's business
        lost = "This query could not be written into the lake's ledger of queries; the operators of the lake should know."
        return replace(answer, notes=(*answer.notes, lost))
    return answer


def _record_refusal(lake: Lake, desk: Desk, principal: str, named: Sequence[tuple[str, str]], code: RefusalCode) -> None:
    """A line for a query that was not answered; the refusal stands whether or not it can be written.

    Names that the project does not declare are not kept: a person may have typed anything there. Where there is no lake yet, none
    is made for it.
    """
    from governance.ledgers.query_refusal import UNKNOWN, RefusedLine
    from infra.errors import InfraError

    if not lake.config.warehouse.is_dir():
        return
    who = principal if principal in desk.policy.principals or principal in desk.policy.roles else UNKNOWN
    known = sorted({f"{schema}.{table}" for schema, table in named if desk.relations.is_of_lake(schema, table)})
    others = len({pair for pair in named if not desk.relations.is_of_lake(*pair)})
    with suppress(InfraError):
        query_ledger(lake).append(RefusedLine(desk.now, who, code, tuple(known), others))


def _desk(lake: Lake, published: str | None = None) -> tuple[Desk, tuple[Finding, ...]]:
    from governance.access.reader_catalog import load_for_readers
    from governance.policy.policy import load_quickly
    from governance.policy.relation import Relations
    from infra.local.published import PublishedTables
    from infra.local.query import Desk

    catalog = load_for_readers(lake.root)
    policy, findings = load_quickly(lake.root, catalog)
    tables = PublishedTables(lake.tables, None if published is None else _earlier(lake, published))
    return Desk(policy, Relations(catalog), tables, catalog.metrics, dt.datetime.now(dt.UTC)), findings


def _earlier(lake: Lake, published: str) -> Then:
    """The copies under a kept name; where there is none of that name and it is a day or an instant, those published by then."""
    from jobs.maintain.as_published import NotKeptError, copy_at, copy_under
    from ringi.query.moments import instant_of

    moment = instant_of(published)

    def found(view: str, country: str) -> PublishedCopy:
        try:
            return copy_under(lake.tables, lake.upkeep, view, country, published)
        except NotKeptError:
            if moment is None:
                raise
        with lake.ledger_engine() as engine:
            return copy_at(lake.tables, engine, view, country, moment)

    return found
