"""Killed while it writes to the audit ledger, at any moment: the next writer goes on, and every chain is whole."""

from __future__ import annotations

import datetime as dt
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from governance.ledgers.audit_line import AuditLine, Kind
from jobs.ledgers import audit_ledger, ledger_check
from tests.support.command import ringi
from tests.support.tables import SmallLake

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import sys, datetime as dt
from pathlib import Path
from governance.ledgers.audit_line import AuditLine, Kind
from governance.ledgers.query_ledger import QueryLine
from infra.local.query_ledger import QueryLedger
from jobs.ledgers import audit_ledger
from tests.support.tables import SmallLake
root = Path(sys.argv[1])
lake, queries = SmallLake(root), QueryLedger(root / "warehouse/ledger/queries")
now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
print("on", flush=True)
for number in range(int(sys.argv[2]), 10**6):
    audit_ledger.record(lake.tables, lake.engine, AuditLine(now, Kind.ACCESS_APPLY, "aiko", "aws", {"number": number}))
    for _ in range(20):
        queries.append(QueryLine(now, "analyst_jp", {"views_jp.title_daily": ("plays",)}, number))
    audit_ledger.seal(lake.tables, lake.engine, {"queries": queries.end()}, now)
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_whole_chains(tmp_path: Path) -> None:
    from tests.support.catalogs import small_project

    small_project(tmp_path)
    chance = random.Random(7)
    lines = 0
    for attempt in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(attempt * 10_000)], stdout=subprocess.PIPE)
        assert writer.stdout is not None and writer.stdout.readline() == b"on\n"
        time.sleep(0.3 + chance.random())
        writer.send_signal(signal.SIGKILL)
        assert writer.wait(30) == -signal.SIGKILL
        writer.stdout.close()
        said = ringi("audit", "verify", lake=tmp_path)
        assert said.code == 0, said.err
        lake = SmallLake(tmp_path)
        line = AuditLine(dt.datetime(2026, 11, 23, tzinfo=dt.UTC), Kind.ACCESS_PLAN, "aiko", "aws", {"number": attempt})
        assert audit_ledger.record(lake.tables, lake.engine, line) == 1
        checked = ledger_check.check(lake.tables, lake.engine, audit_ledger.AUDIT.name)
        assert checked.faults == () and checked.lines > lines
        lines = checked.lines
        lake.engine.close()
