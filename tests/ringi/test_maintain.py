"""`ringi maintain` and `ringi keep` through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.local.lock import held
from metrics_catalog.errors import ExitCode
from tests.support.command import ringi
from tests.support.lakes import RunningLake, event

NOW = ("--force", "--keep-days", "0", "--stray-days", "0")


@pytest.fixture
def lake(tmp_path: Path) -> RunningLake:
    """Three landings of one day, and a budget of two files."""
    lake = RunningLake(tmp_path / "lake")
    toml = lake.root / "ringi.toml"
    toml.write_text(toml.read_text() + "\n[maintenance]\nmost_small_files = 2\n")
    for number in range(3):
        lake.events([event(10 * number, "JP", f"2026-11-01 1{number}:00")])
        lake.run()
    return lake


def test_a_dry_run_lists_and_a_call_does_and_the_next_has_nothing_to_do(lake: RunningLake) -> None:
    dry = ringi("maintain", *NOW, "--dry-run", lake=lake.root)
    assert dry.code == 0 and "would merge 3 small files (3 files, 1 after)" in dry.out and "would remove" in dry.out
    done = ringi("maintain", *NOW, lake=lake.root)
    assert done.code == 0 and "merged 3 small files" in done.out and "Done: " in done.out
    ringi("maintain", lake=lake.root)
    assert ringi("maintain", lake=lake.root).out.startswith("Nothing to do")


def test_json_says_each_table(lake: RunningLake) -> None:
    said = ringi("maintain", "bronze.viewing_events", lake=lake.root, as_json=True)
    value = said.json()
    assert value["schema_version"] == 1 and not value["dry_run"]
    assert value["tables"] == [
        {
            "table": "bronze.viewing_events",
            "files_before": 3,
            "files_after": 1,
            "merged": 3,
            "snapshots": 3,
            "expired": 0,
            "branches_dropped": 0,
            "left": None,
        }
    ]


def test_what_readers_could_notice_must_be_forced(lake: RunningLake) -> None:
    said = ringi("maintain", "--keep-days", "0.5", lake=lake.root)
    assert said.code == ExitCode.USAGE and "`keep_days` is 0.5" in said.err and "--force" in said.err


def test_what_is_forced_does_not_wait_for_others(lake: RunningLake) -> None:
    with held(lake.root / "warehouse", "run"):
        said = ringi("maintain", *NOW, lake=lake.root)
    assert said.code == ExitCode.OUTSIDE and "holds the lake" in said.err


def test_a_table_that_is_not_there_is_one_sentence(lake: RunningLake) -> None:
    said = ringi("maintain", "bronze.nothing", lake=lake.root)
    assert said.code == ExitCode.FINDINGS and "There is no table `bronze.nothing`" in said.err


def test_a_budget_that_cannot_be_meant_is_wrong_usage(lake: RunningLake) -> None:
    toml = lake.root / "ringi.toml"
    toml.write_text(toml.read_text().replace("most_small_files", "most_files"))
    said = ringi("maintain", lake=lake.root)
    assert said.code == ExitCode.USAGE and "unknown field `most_files`" in said.err


def test_names_are_kept_listed_and_let_go(lake: RunningLake) -> None:
    assert ringi("keep", lake=lake.root).out == "No publication is kept under a name.\n"
    assert ringi("keep", "2026-q4", lake=lake.root).out.startswith("1 saved copy kept under the name `2026-q4`.")
    assert json.loads(ringi("keep", lake=lake.root, as_json=True).out)["names"] == {"2026-q4": 1}
    assert ringi("keep", "2026-q4", "--let-go", lake=lake.root).out.startswith("1 saved copy let go of `2026-q4`.")
    assert ringi("keep", "Q 4", lake=lake.root).code == ExitCode.USAGE
    assert ringi("keep", "--let-go", lake=lake.root).code == ExitCode.USAGE


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("nothing", "--from", "2026-11-01", "--to", "2026-11-02"), ExitCode.USAGE, "There is no view `nothing`"),
        (("title_daily", "--from", "2026-11-02", "--to", "2026-11-01"), ExitCode.USAGE, "are none"),
        (("title_daily", "--from", "2026-11-01", "--to", "2026-11-02"), ExitCode.REFUSED, "may be published"),
        (("title_daily", "--from", "yesterday", "--to", "2026-11-02"), ExitCode.USAGE, "yesterday"),
    ],
)
def test_a_backfill_that_cannot_be_is_refused_before_anything_is_computed(
    lake: RunningLake, words: tuple[str, ...], code: ExitCode, told: str
) -> None:
    heads = lake.snapshots()
    said = ringi("backfill", *words, lake=lake.root)
    assert said.code == code and told in said.err
    assert lake.snapshots() == heads
