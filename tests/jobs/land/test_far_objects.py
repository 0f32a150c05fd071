"""Objects that do not lie on this machine: what the embedded engine cannot open by its path is brought here first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from infra.local.object_store import LocalObjectStore
from tests.support.landing import LandingPad, counts

if TYPE_CHECKING:
    from pathlib import Path


class FarStore(LocalObjectStore):
    """A store whose paths say that they lie elsewhere, as those of a bucket do."""

    def path(self, key: str) -> str:
        return f"s3://bucket/landing/{key}"


def test_a_parquet_object_that_lies_elsewhere_is_judged(tmp_path: Path) -> None:
    made = tmp_path / "made.parquet"
    duckdb.connect().execute(f"COPY (SELECT 'e' || i AS id, TIMESTAMP '2026-11-01' AS \"at\" FROM range(5) n(i)) TO '{made}'")
    pad = LandingPad(tmp_path)
    pad.objects = FarStore(tmp_path / "warehouse" / "landing")
    assert counts(pad.send(made.read_bytes(), "events.parquet")) == (5, 5, 0, 0)
    damaged = made.read_bytes()[:-40] + b"\0" * 36 + b"PAR1"
    fault = pad.send(damaged, "cut.parquet").fault
    assert fault is not None and fault.code == "RNG-JOB-008"
