"""The end of a metric, through the doors only: deprecated with a successor, readers warned and listed, dropped after its last day."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from tests.support.command import Said, ringi

pytestmark = [pytest.mark.slow]
PREVIEWS = "select sum(preview_heartbeats) as n from views_jp.playback_quality_daily"
SECRET = "no-literal-is-kept"


def say(lake: Path, *words: str, code: int = 0) -> Said:
    done = ringi(*words, lake=lake)
    assert done.code == code, done.out + done.err
    return done


def query(lake: Path, sql: str, code: int = 0) -> Said:
    return say(lake, "query", sql, "--as", "analyst_jp", code=code)


def status(lake: Path, metric: str) -> dict[str, object]:
    return dict(json.loads(say(lake, "--format", "json", "status", metric).out)["metrics"][0])


def declare_end(lake: Path, ends_on: dt.date) -> None:
    (path,) = lake.glob("metrics/*/preview_heartbeats.yaml")
    text = re.sub(r"^deprecation: .*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    line = f"deprecation: {{successor: heartbeats, reason: The home screen no longer plays previews., ends_on: {ends_on}}}\n"
    path.write_text(text + line, encoding="utf-8")


def agree(lake: Path) -> None:
    """A talk, and the Business key: an end changes no number, so Tech's key still holds."""
    said = ("--tech", "haruka_mori", "--business", "emi_takahashi", "--decision", "Previews are over.")
    say(lake, "hearing", "add", "preview_heartbeats", *said)
    key = str(lake / ".ringi/demo-keys/emi_takahashi")
    say(lake, "approve", "preview_heartbeats", "--side", "business", "--as", "emi_takahashi", "--key", key)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("last-day") / "lake"
    done = ringi("demo", "--dir", root, "--events", "5000")
    assert done.code == 0, done.err
    return root


def test_a_metric_ends_without_a_surprise(lake: Path) -> None:
    assert status(lake, "preview_heartbeats")["lifecycle"] == "published"
    assert "deprecated" not in query(lake, PREVIEWS).err
    declare_end(lake, dt.date(2036, 12, 31))
    assert status(lake, "preview_heartbeats")["lifecycle"] == "proposed", "a field alone ends nothing"
    agree(lake)
    assert status(lake, "preview_heartbeats")["lifecycle"] == "deprecated"
    say(lake, "run")

    warned = query(lake, f"{PREVIEWS} where player_version <> '{SECRET}'")
    assert "warning: `preview_heartbeats` (" in warned.err and "read `heartbeats` instead. Its last day is 2036-12-31." in warned.err
    assert "deprecated" not in query(lake, PREVIEWS.replace("preview_heartbeats", "heartbeats")).err
    ledger = "".join(path.read_text(encoding="utf-8") for path in (lake / "warehouse/ledger/queries").glob("*.jsonl"))
    assert '"principal":"analyst_jp"' in ledger and SECRET not in ledger
    found = status(lake, "preview_heartbeats")
    assert found["ending"] == {"successor": "heartbeats", "reason": "The home screen no longer plays previews.", "ends_on": "2036-12-31"}
    assert [(reader["principal"], reader["queries"]) for reader in found["readers"]] == [("analyst_jp", 2)]  # type: ignore[attr-defined]
    assert (
        "still read by" in say(lake, "status", "preview_heartbeats").out
        and "deprecated until 2036-12-31" in say(lake, "status", "preview_heartbeats").out
    )
    listed = say(lake, "query", "--list", "--as", "analyst_jp").out
    assert "Deprecated: use `heartbeats`, this column ends on 2036-12-31." in listed


def test_after_its_last_day_the_column_is_gone_and_the_error_names_the_successor(lake: Path) -> None:
    declare_end(lake, dt.date(2026, 11, 1))
    agree(lake)
    assert status(lake, "preview_heartbeats")["lifecycle"] == "retired"
    assert "the next run drops it" not in query(lake, PREVIEWS).err, "until then readers are told what was published"
    run = say(lake, "run")
    assert "`preview_heartbeats`" in run.err + run.out
    gone = query(lake, PREVIEWS, code=2)
    assert (
        "`preview_heartbeats` is not published any more: its last day was 2026-11-01." in gone.err
        and "read `heartbeats` instead" in gone.err
    )
    assert "preview_heartbeats" not in json.loads(say(lake, "--format", "json", "query", "--list", "--as", "analyst_jp").out)
    checked = say(lake, "check")
    assert "RNG-CAT-147" in checked.out
