"""`ringi demo --engine spark`: Spark lands and computes, and what it leaves is what the demo of DuckDB leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from metrics_catalog.catalog import load
from tests.support.alike import differing, same
from tests.support.lakes import RunningLake
from tests.support.spark import need_java

EVENTS = 6_000
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Demo:
    """One demo: its lake, the figures it printed, and what it told."""

    root: Path
    figures: dict[str, Any]
    told: str

    def holds(self) -> dict[str, Any]:
        """All that it published, and what it landed without the names of batches."""
        lake = RunningLake(self.root)
        found = lake.everything()
        for source, contract in load(self.root)[0].sources.items():
            found[f"bronze.{source}"] = lake.read(f"bronze.{source}", ", ".join(f'"{column}"' for column in contract.columns))
            found[f"quarantine.{source}"] = lake.read(f"quarantine.{source}", "reason, field, detail, content, content_encoding")
        lake.engine.close()
        return found


def played(root: Path, engine: str) -> Demo:
    words = [str(BIN / "ringi"), "--format", "json", "demo", "--dir", str(root), "--events", str(EVENTS), "--engine", engine]
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return Demo(root, json.loads(done.stdout), done.stderr)


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, Demo]:
    need_java()
    folder = tmp_path_factory.mktemp("demos")
    return played(folder / "on-spark", "spark"), played(folder / "on-duckdb", "duckdb")


def test_spark_lands_and_publishes_what_duckdb_does(demos: tuple[Demo, Demo]) -> None:
    spark, duckdb = (demo.holds() for demo in demos)
    assert differing(spark, duckdb) == []
    assert spark["bronze.viewing_events"] and spark["quarantine.viewing_events"] and spark["saved_jp.title_daily"]


def test_the_demo_prints_the_same_figures_and_answers(demos: tuple[Demo, Demo]) -> None:
    spark, duckdb = (demo.figures for demo in demos)
    assert (spark["engine"], duckdb["engine"]) == ("spark", "duckdb")
    assert spark["landed"] == duckdb["landed"] and spark["published"] == duckdb["published"] > 0
    assert same(spark["answers"], duckdb["answers"]) and spark["answers"]["jp"]


def test_java_is_started_once_and_that_is_told(demos: tuple[Demo, Demo]) -> None:
    assert len(re.findall(r"^spark +started on this machine.* \d+\.\d s$", demos[0].told, re.MULTILINE)) == 1
    assert "\nspark " not in demos[1].told
    assert demos[0].figures["seconds"]["spark"] > 0
