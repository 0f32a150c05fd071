"""Snapshot sources: each file restates the whole, the latest good one wins, and what changed or vanished is in the ledger."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

from jobs.ledgers.ledger import RESTATEMENTS
from jobs.ledgers.ledger_check import verify
from metrics_catalog.source import Source
from tests.support.landing import ENGINE, NOW, LandingPad, contract, counts

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {
    "country": {"type": "string"},
    "week": {"type": "date"},
    "rank": {"type": "integer", "maximum": 10},
    "title": {"type": "string", "required": True},
    "hours": {"type": "integer"},
}
KEYED = {"delivery": "snapshot", "key": ["country", "week", "rank"], "event_time": "week", "country": "country"}
HEADER = "country,week,rank,title,hours"
LEDGER = "subject, viewing_country, period, members, value_name, old_value, new_value, reason"


def charts(**more: object) -> Source:
    return contract("charts", columns={**COLUMNS, **more}, changes=KEYED)


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode() + b"\n"


FIRST = csv("JP,2026-11-01,1,Umi,10", "JP,2026-11-01,2,Kaze,8", "DE,2026-11-01,1,Meer,5")


def test_the_latest_good_file_is_what_bronze_holds(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    pad.send(FIRST, "1.csv")
    report = pad.send(csv("JP,2026-11-01,1,Umi,12", "DE,2026-11-01,1,Meer,5", "DE,2026-11-08,1,Berg,7"), "2.csv")
    assert counts(report) == (3, 3, 0, 0)
    assert report.restated is not None and (report.restated.changed, report.restated.vanished) == (1, 1)
    assert pad.bronze("country, rank, title, hours") == [("DE", 1, "Berg", 7), ("DE", 1, "Meer", 5), ("JP", 1, "Umi", 12)]
    first = pad.tables.snapshots("bronze.charts")[0]
    assert sum(file.rows for file in pad.tables.files("bronze.charts", snapshot_id=first.id)) == 3


def test_changed_and_vanished_rows_are_lines_of_the_ledger_with_old_and_new_values(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    pad.send(FIRST, "1.csv")
    report = pad.send(csv("JP,2026-11-01,1,Sora,12", "DE,2026-11-01,1,Meer,"), "2.csv")
    week = dt.date(2026, 11, 1)
    rows = pad.read("ledger.restatements", LEDGER, "viewing_country DESC, members")
    found = [(*row[:3], json.loads(row[3]), row[4], json.loads(row[5]), row[6] and json.loads(row[6]), row[7]) for row in rows]
    assert found == [
        (
            "charts",
            "JP",
            week,
            {"rank": 1},
            "title, hours",
            {"title": "Umi", "hours": "10"},
            {"title": "Sora", "hours": "12"},
            "restated source",
        ),
        ("charts", "JP", week, {"rank": 2}, "*", {"title": "Kaze", "hours": "8"}, None, "restated source"),
        ("charts", "DE", week, {"rank": 1}, "hours", {"hours": "5"}, {"hours": None}, "restated source"),
    ]
    assert pad.read("ledger.restatements", "DISTINCT run_id, recorded_at") == [(report.batch, NOW)]
    assert verify(pad.tables, ENGINE, RESTATEMENTS) == ()


def test_a_snapshot_that_says_the_same_restates_nothing(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    pad.send(FIRST, "1.csv")
    lines = FIRST.decode().splitlines()
    report = pad.send("\r\n".join([lines[0], *reversed(lines[1:])]).encode(), "2.csv")
    assert report.restated is not None and (report.restated.changed, report.restated.vanished) == (0, 0)
    assert pad.read("ledger.restatements", "count(*)") in ([], [(0,)])


def test_an_older_snapshot_that_arrives_later_wins_but_not_silently(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    newer = csv("JP,2026-11-08,1,Umi,10", "JP,2026-11-01,1,Umi,9")
    older = csv("JP,2026-11-01,1,Umi,8")
    pad.send(newer, "2026-11-08.csv")
    report = pad.send(older, "2026-11-01.csv")
    assert report.restated is not None and (report.restated.changed, report.restated.vanished) == (1, 1)
    assert pad.bronze("hours") == [(8,)]
    again = pad.send(newer, "2026-11-08.csv")
    assert again.again and pad.bronze("hours") == [(8,)]


def test_files_of_one_call_restate_one_after_the_other(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    bodies = [csv(f"JP,2026-11-01,1,Umi,{hours}") for hours in (1, 2, 3)]
    report = pad.land(*(pad.file(f"{number}.csv", body) for number, body in enumerate(bodies)))
    assert [file.restated.changed if file.restated else None for file in report.files] == [0, 1, 1]
    assert pad.bronze("hours") == [(3,)] and pad.read("ledger.restatements", "count(*)") == [(2,)]


def test_a_bad_file_leaves_the_last_good_one(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    pad.send(FIRST, "1.csv")
    bad = (b"<html>Moved</html>", b"null", b"", FIRST[:20], csv(), csv("JP,1,Umi", header="country,rank,title"))
    for number, content in enumerate(bad):
        assert pad.send(content, f"bad{number}.csv").refused_whole, content
    assert pad.bronze("count(*)") == [(3,)] and pad.read("ledger.restatements") == []


def test_a_key_twice_in_one_snapshot_counts_once_and_refused_rows_are_quarantined(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts())
    report = pad.send(csv("JP,2026-11-01,1,Umi,1", "JP,2026-11-01,1,Sora,2", "JP,2026-11-01,x,Kaze,3", "JP,2026-11-01,2,,4"))
    assert counts(report) == (4, 1, 1, 2)
    assert pad.bronze("title") == [("Umi",)]
    assert pad.quarantine() == [(3, "wrong_type", "rank"), (4, "missing_field", "title")]


def test_columns_that_come_and_go_are_schema_versions_not_restatements(tmp_path: Path) -> None:
    pad = LandingPad(tmp_path, charts(views={"type": "integer"}))
    pad.send(FIRST, "1.csv")
    second = pad.send(
        csv("JP,2026-11-01,1,Umi,10,7", "JP,2026-11-01,2,Kaze,9,5", "DE,2026-11-01,1,Meer,5,1", header=f"{HEADER},views"), "2.csv"
    )
    third = pad.send(csv("JP,2026-11-01,1,Umi,10", "JP,2026-11-01,2,Kaze,9", "DE,2026-11-01,1,Meer,6"), "3.csv")
    assert [report.restated.changed if report.restated else None for report in (second, third)] == [1, 1]
    assert pad.bronze("views") == [(None,), (None,), (None,)]


def test_a_column_added_to_a_snapshot_contract_is_added_to_bronze(tmp_path: Path) -> None:
    LandingPad(tmp_path, charts()).send(FIRST, "1.csv")
    pad = LandingPad(tmp_path, charts(views={"type": "integer"}))
    pad.send(csv("JP,2026-11-01,1,Umi,10,7", header=f"{HEADER},views"), "2.csv")
    assert pad.bronze("title, views") == [("Umi", 7)]
