"""Queries through Athena's workgroup: rows as texts, and its refusals as sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.athena import Athena, Result
from infra.errors import InfraError
from tests.support.aws_faults import answer, error, failing


def results(aws: Aws, rows: list[list[str | None]]) -> None:
    """What moto answers the next query with."""
    from moto.athena.models import QueryResults
    from moto.backends import get_backend

    held = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows]
    columns = [{"Name": str(name), "Type": "varchar"} for name in rows[0]]
    get_backend("athena")[aws.account_id][aws.settings.region].query_results_queue.append(QueryResults(rows=held, column_info=columns))


def test_a_query_gives_its_rows_without_the_header(aws: Aws) -> None:
    Athena(aws).create()
    results(aws, [["viewing_country", "plays"], ["JP", "5"], ["JP", None]])
    found = Athena(aws).query("select * from title_daily", "views_jp")
    assert found == Result(("viewing_country", "plays"), (("JP", "5"), ("JP", None)), found.scanned)
    execution = aws.client("athena").list_query_executions(WorkGroup="ringi")["QueryExecutionIds"]
    assert len(execution) == 1


def state(name: str, reason: str = "", **more: Any) -> Any:
    told = {"QueryExecution": {"QueryExecutionId": "q", "Status": {"State": name, "StateChangeReason": reason, **more}}}
    return lambda event, request: answer(request, 200, json.dumps(told).encode())


def test_a_refused_query_is_athenas_own_words(aws: Aws) -> None:
    Athena(aws).create()
    with (
        failing(aws, "athena", "GetQueryExecution", state("FAILED", "COLUMN_NOT_FOUND: no `x`.")),
        pytest.raises(InfraError, match="Athena did not run the query: COLUMN_NOT_FOUND: no `x`") as caught,
    ):
        Athena(aws).query("select x", "views_jp")
    assert "RNG-INF-040" in str(caught.value)


def test_a_query_is_waited_for_and_stopped_when_it_takes_too_long(aws: Aws) -> None:
    Athena(aws).create()
    with failing(aws, "athena", "GetQueryExecution", state("RUNNING"), times=2) as asked:
        Athena(aws).query("select 1", "views_jp")
    assert asked.seen == 3
    with (
        failing(aws, "athena", "GetQueryExecution", state("RUNNING"), times=99),
        failing(aws, "athena", "StopQueryExecution", error("X"), at=99) as stopped,
        pytest.raises(InfraError, match="took longer than it was given, and was stopped"),
    ):
        Athena(aws).query("select 1", "views_jp", patience_seconds=0)
    assert stopped.seen == 1
