"""What each kind of work of the lake's roles may read, as people would say it: the tests' own word beside the table of `work.py`."""

from __future__ import annotations

from governance.lake_formation.compiling.work import Work

OWN = ("bronze", "gold", "ledger", "quarantine")
COPIES, VIEWS = ("saved_de", "saved_jp"), ("views_de", "views_jp")
READS = {
    Work.ACCESS: {"ledger"},
    Work.ERASE: {*OWN, *COPIES},
    Work.LAND: {"bronze", "ledger", "quarantine"},
    Work.MAINTAIN: {*OWN},
    Work.RUN: {"bronze", "gold", "ledger", *COPIES},
}
