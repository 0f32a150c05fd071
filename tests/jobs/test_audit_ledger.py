"""The audit ledger: each step once, chained, with nothing in it that belongs elsewhere."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from governance.ledgers.audit_line import AuditLine, Kind
from governance.ledgers.query_chain import Link
from jobs.errors import JobError
from jobs.ledgers import ledger, ledger_check
from jobs.ledgers.audit_ledger import AUDIT, read, record, record_new, seal, seals
from tests.support.tables import SmallLake

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=dt.UTC)
APPLY = AuditLine(NOW, Kind.ACCESS_APPLY, "aiko", "aws", {"plan_digest": "ab" * 32, "calls": 7}, "1a2b-3c")


@pytest.fixture
def lake(tmp_path: Path) -> SmallLake:
    return SmallLake(tmp_path)


def test_a_step_is_recorded_once_however_often_it_is_repeated(lake: SmallLake) -> None:
    later = AuditLine(NOW + dt.timedelta(minutes=5), APPLY.kind, APPLY.actor, APPLY.subject, APPLY.details, APPLY.request_id)
    assert [record(lake.tables, lake.engine, line) for line in (APPLY, later)] == [1, 0]
    assert record(lake.tables, lake.engine, later, block="apply-2") == 1
    [first, _] = sorted(lake.pyiceberg().load_table(AUDIT.name).scan().to_arrow().to_pylist(), key=lambda row: row["block_number"])
    assert (first["recorded_at"], first["kind"], first["actor"], first["subject"], first["request_id"]) == (
        NOW,
        "access_apply",
        "aiko",
        "aws",
        "1a2b-3c",
    )
    assert json.loads(first["details"]) == {"calls": 7, "plan_digest": "ab" * 32}
    assert ledger_check.verify(lake.tables, lake.engine, AUDIT) == ()


def test_several_lines_make_one_block(lake: SmallLake) -> None:
    other = AuditLine(NOW, Kind.ACCESS_PLAN, "aiko", "aws", {"steps": 3})
    assert record(lake.tables, lake.engine, [APPLY, other]) == 2
    assert record(lake.tables, lake.engine, [other, APPLY]) == 0, "the order does not matter"
    assert record(lake.tables, lake.engine, []) == 0


def test_a_query_is_not_written_here(lake: SmallLake) -> None:
    with pytest.raises(JobError):
        record(lake.tables, lake.engine, AuditLine(NOW, Kind.QUERY, "analyst_jp", "views_jp.title_daily"))


def test_lines_that_are_known_are_not_recorded_again_at_another_time(lake: SmallLake) -> None:
    first = [AuditLine(NOW, Kind.APPROVAL, "aiko", metric, {"side": "tech", "digest": "ab" * 32}) for metric in ("plays", "viewers")]
    assert record_new(lake.tables, lake.engine, first) == 2
    later = [AuditLine(NOW + dt.timedelta(days=1), line.kind, line.actor, line.subject, line.details) for line in first]
    assert record_new(lake.tables, lake.engine, later) == 0
    more = [*later, AuditLine(NOW, Kind.APPROVAL, "bernd", "plays", {"side": "business", "digest": "ab" * 32})]
    assert [record_new(lake.tables, lake.engine, more) for _ in range(2)] == [1, 0]
    assert [(row.actor, row.subject) for row in read(lake.tables, lake.engine, {Kind.APPROVAL})] == [
        ("aiko", "plays"),
        ("aiko", "viewers"),
        ("bernd", "plays"),
    ]


def test_a_seal_says_where_each_ledger_stands_and_only_what_moved(lake: SmallLake) -> None:
    run = {"run_id": "r", "recorded_at": NOW, "views": [], "inputs": {}, "meanings": {}, "cells": 0, "restated": 0, "publications": 0}
    ledger.append_values(lake.tables, lake.engine, ledger.RUNS, "r1", [run])
    assert seal(lake.tables, lake.engine, {}, NOW) == 0, "a seal does not make the audit ledger"
    record(lake.tables, lake.engine, APPLY)
    queries = {"queries": Link(3, "ab" * 32)}
    assert [seal(lake.tables, lake.engine, queries, NOW) for _ in range(2)] == [2, 0]
    head = lake.tables.snapshot(ledger.RUNS.name)
    assert head is not None
    found = seals(read(lake.tables, lake.engine))
    assert found == {"ledger.runs": {1: head.summary[ledger.BLOCK_HASH]}, "queries": {3: "ab" * 32}}
    assert seal(lake.tables, lake.engine, {"queries": Link(4, "cd" * 32)}, NOW, once_a_day=True) == 1
    assert seal(lake.tables, lake.engine, {"queries": Link(5, "ef" * 32)}, NOW, once_a_day=True) == 0, "once a day"
    assert seal(lake.tables, lake.engine, {"queries": Link(5, "ef" * 32)}, NOW + dt.timedelta(days=1), once_a_day=True) == 1
