"""`ringi audit`: a lake as it was written is whole; what was changed, cut or put back is told with its place; the list joins all ledgers."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import shutil
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from governance.ledgers.audit_line import AuditLine, Kind
from tests.support.audited import NOW, AuditedLake
from tests.support.command import Said, ringi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[AuditedLake]:
    made = AuditedLake(tmp_path / "lake")
    yield made
    made.close()


def verified(lake: AuditedLake, *words: str | Path) -> tuple[int, dict[str, Any]]:
    said = ringi("audit", "verify", *words, lake=lake.root, as_json=True)
    return said.code, {chain["ledger"]: chain for chain in said.json()["ledgers"]}


def test_a_lake_as_it_was_written_is_whole(lake: AuditedLake) -> None:
    lake.seal()
    said = ringi("audit", "verify", lake=lake.root)
    assert (said.code, said.err.startswith("Every ledger is as it was written. Head of the audit ledger")) == (0, True)
    code, chains = verified(lake)
    assert code == 0 and all(chain["faults"] == [] for chain in chains.values())
    lines = {name: (chain["lines"], chain["unsealed"]) for name, chain in chains.items()}
    assert lines == {"ledger.audit": (4, 2), "ledger.publications": (6, 0), "ledger.runs": (2, 0), "queries": (3, 0)}


def test_an_empty_lake_has_nothing_to_verify(tmp_path: Path) -> None:
    from tests.support.catalogs import small_project

    small_project(tmp_path / "lake")
    assert ringi("audit", "verify", lake=tmp_path / "lake").code == 0
    assert ringi("audit", "list", lake=tmp_path / "lake").code == 0


def test_the_head_that_was_noted_must_be_held(lake: AuditedLake) -> None:
    head = ringi("audit", "verify", lake=lake.root).err.split()[-1]
    lake.record(AuditLine(LATER, Kind.ACCESS_PLAN, "aiko", "aws"))
    assert ringi("audit", "verify", "--head", head, lake=lake.root).code == 0
    said = ringi("audit", "verify", "--head", "0" * 63 + "1", lake=lake.root)
    assert said.code == 1 and "no chain holds the head" in said.err


def test_a_query_line_that_was_changed_is_told_with_file_and_line(lake: AuditedLake) -> None:
    path = lake.folder / "queries" / "2025-11-22.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1].replace("analyst_jp", "analyst_de") + lines[2])
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1
    assert "queries: file 2025-11-22.jsonl, line 2: the line is not what was written." in said.err


def test_the_end_of_the_queries_that_was_cut_is_missed_by_its_seal(lake: AuditedLake) -> None:
    path = lake.folder / "queries" / "2025-11-22.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:2]))
    assert verified(lake)[0] == 0, "nobody has sealed it yet"
    path.write_text("".join(whole))
    lake.seal()
    path.write_text("".join(whole[:2]))
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and "queries: the end was cut off: line 3 is missing, which a seal in the audit ledger knows." in said.err
    path.unlink()
    assert "lines 1 to 3 are missing" in ringi("audit", "verify", lake=lake.root).err


def test_a_chain_of_queries_that_was_written_anew_is_found_by_its_seal(lake: AuditedLake) -> None:
    lake.seal()
    shutil.rmtree(lake.folder / "queries")
    for _ in range(4):
        lake.query(NOW, "analyst_de")
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and "line 3 is not the one that was sealed: the chain was written anew from there or before" in said.err


@pytest.mark.parametrize("ledger", ["runs", "publications"])
def test_a_ledger_that_was_put_back_to_an_earlier_state_is_found_by_its_seal(lake: AuditedLake, ledger: str) -> None:
    """The whole table as it was a block earlier: nothing in it is wrong."""
    with sqlite3.connect(lake.root / "warehouse" / "catalog.db") as catalog:
        before = catalog.execute("SELECT previous_metadata_location FROM iceberg_tables WHERE table_name = ?", (ledger,)).fetchone()
        assert before[0] is not None
        lake.seal()
        catalog.execute("UPDATE iceberg_tables SET metadata_location = ? WHERE table_name = ?", (before[0], ledger))
    catalog.close()
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and f"ledger.{ledger}: the end was cut off: block 2 is missing" in said.err


def test_a_ledger_that_is_gone_is_missed(lake: AuditedLake) -> None:
    lake.seal()
    lake.tables.drop("ledger.runs")
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and "ledger.runs: the ledger is gone; it was sealed at number 2." in said.err


def test_a_data_file_that_was_changed_is_named(lake: AuditedLake) -> None:
    from pathlib import Path

    path = Path(lake.tables.files("ledger.audit")[0].path)
    path.write_bytes(path.read_bytes()[:200])
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and f"ledger.audit: file {path.name}: the data file is gone, or cannot be read." in said.err


def test_old_days_that_maintenance_removed_are_known_and_others_are_not(lake: AuditedLake) -> None:
    lake.seal()
    lake.query(LATER)
    toml = lake.root / "ringi.toml"
    toml.write_text(toml.read_text() + "\n[maintenance]\nkeep_queries_days = 0\n")
    assert "1 day of the ledger of queries would be removed" in ringi("maintain", "--dry-run", lake=lake.root).out
    assert (lake.folder / "queries" / "2025-11-22.jsonl").exists()
    assert "1 day of the ledger of queries removed" in ringi("maintain", lake=lake.root).out
    assert not (lake.folder / "queries" / "2025-11-22.jsonl").exists()
    code, chains = verified(lake)
    assert (code, chains["queries"]["lines"], chains["queries"]["number"]) == (0, 1, 4)
    lake.query(LATER + dt.timedelta(days=1))
    (lake.folder / "queries" / "2025-11-23.jsonl").unlink()
    said = ringi("audit", "verify", lake=lake.root)
    assert said.code == 1 and "its first line is number 5, and no removal of those before it was recorded" in said.err


def test_seals_are_written_once_where_nothing_moved(lake: AuditedLake) -> None:
    assert [lake.seal(), lake.seal(LATER)] == [3, 0]
    lake.query(LATER)
    assert lake.seal(LATER) == 1


@pytest.mark.parametrize("inside", [True, False])
def test_copied_files_are_verified_without_their_lake(lake: AuditedLake, tmp_path: Path, inside: bool) -> None:
    lake.seal()
    copy = tmp_path / "copy"
    shutil.copytree(lake.root / "warehouse" if inside else lake.folder, copy)
    shutil.rmtree(lake.root / "warehouse")
    code, chains = verified(lake, "--from", copy)
    assert (code, {name: chain["lines"] for name, chain in chains.items()}) == (
        0,
        {"ledger.audit": 4, "ledger.publications": 6, "ledger.runs": 2, "queries": 3},
    )
    place = copy / "ledger" if inside else copy
    gone = sorted((place / "runs").rglob("*.parquet"))[0]
    gone.unlink()
    code, chains = verified(lake, "--from", copy)
    assert code == 1 and chains["ledger.runs"]["faults"]


def test_a_folder_without_ledgers_is_wrong_usage(lake: AuditedLake, tmp_path: Path) -> None:
    assert ringi("audit", "verify", "--from", tmp_path / "nothing", lake=lake.root).code == 2
    (tmp_path / "empty").mkdir()
    assert ringi("audit", "verify", "--from", tmp_path / "empty", lake=lake.root).code == 2


def listed(lake: AuditedLake, *words: str | Path) -> list[dict[str, Any]]:
    said = ringi("audit", "list", *words, lake=lake.root, as_json=True)
    assert said.code == 0, said.err
    return list(said.json()["lines"])


def test_the_list_joins_every_ledger_in_the_order_of_time(lake: AuditedLake) -> None:
    lines = listed(lake)
    assert [line["kind"] for line in lines].count("publication") == 2 and sorted({line["kind"] for line in lines}) == [
        "access_apply",
        "publication",
        "query",
    ]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    [query, *_] = [line for line in lines if line["kind"] == "query"]
    assert query["details"] == {"columns": ["views_jp.title_daily.plays"], "rows": 3}
    published = next(line for line in lines if line["kind"] == "publication")
    assert (published["subject"], published["details"]["countries"], published["details"]["digests"]) == (
        "title_daily",
        3,
        {"plays": "ab" * 32},
    )


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--kind", "query"), 3),
        (("--kind", "query", "--kind", "access_apply"), 4),
        (("--who", "analyst_*"), 3),
        (("--who", "nobody"), 0),
        (("--subject", "title_daily"), 2),
        (("--subject", "views_jp.*"), 3),
        (("--since", "2025-11-22T12:01:00Z"), 2),
        (("--since", "2026-01-01"), 0),
        (("--limit", "2"), 2),
    ],
)
def test_the_list_is_narrowed(lake: AuditedLake, words: tuple[str, ...], count: int) -> None:
    assert len(listed(lake, *words)) == count


def test_the_list_is_text_and_csv_too(lake: AuditedLake) -> None:
    text = ringi("audit", "list", "--kind", "access_apply", lake=lake.root).out
    assert "plan_digest=abababababab…" in text and "calls=7" in text and "req-1" in text
    rows = list(csv.reader(io.StringIO(ringi("audit", "list", "--format", "csv", lake=lake.root).out)))
    assert rows[0] == ["at", "kind", "who", "subject", "details", "aws"] and len(rows) == 7


@pytest.mark.parametrize(
    ("words", "sentence"), [(("--kind", "querry"), "did you mean `query`"), (("--since", "yesterday"), "is no moment")]
)
def test_a_wrong_word_is_told(lake: AuditedLake, words: tuple[str, ...], sentence: str) -> None:
    said = ringi("audit", "list", *words, lake=lake.root)
    assert said.code == 2 and sentence in said.err


def trail(folder: Path, *events: dict[str, Any], day: str = "20251122T1215Z") -> Path:
    """A file as CloudTrail delivers it."""
    path = folder / "AWSLogs/123456789012/CloudTrail/eu-west-1/2025/11/22" / f"123456789012_CloudTrail_eu-west-1_{day}_aBcD.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": list(events)}).encode()))
    return folder


def called(name: str, request: str, who: str = "deployer", **more: Any) -> dict[str, Any]:
    return {
        "eventTime": "2025-11-22T12:00:01Z",
        "eventSource": "lakeformation.amazonaws.com",
        "eventName": name,
        "requestID": request,
        "userIdentity": {
            "arn": f"arn:aws:sts::123456789012:assumed-role/{who}/s",
            "sessionContext": {"sourceIdentity": "analyst_jp"},
        },
        "requestParameters": {"secret": "a-marked-value"},
        **more,
    }


def by_trail(lake: AuditedLake, folder: Path, *words: str) -> Said:
    return ringi("audit", "list", "--cloudtrail", folder, *words, lake=lake.root, as_json=True)


def test_a_line_shows_the_event_with_its_request_id(lake: AuditedLake, tmp_path: Path) -> None:
    folder = trail(tmp_path / "trail", called("BatchGrantPermissions", "req-1"), called("DescribeResource", "other"))
    (tmp_path / "trail/AWSLogs/123456789012_CloudTrail-Digest_eu-west-1_x.json.gz").write_bytes(b"no events")
    said = by_trail(lake, folder, "--kind", "access_apply")
    [line] = said.json()["lines"]
    assert line["aws"] == {
        "actor": "arn:aws:sts::123456789012:assumed-role/deployer/s",
        "call": "BatchGrantPermissions",
        "at": "2025-11-22T12:00:01+00:00",
        "source_identity": "analyst_jp",
    }
    assert "a-marked-value" not in said.out


def test_a_call_that_changed_access_by_hand_is_listed(lake: AuditedLake, tmp_path: Path) -> None:
    hand = called("GrantPermissions", "by-hand", who="somebody")
    failed = called("GrantPermissions", "refused", errorCode="AccessDeniedException")
    folder = trail(tmp_path / "trail", called("BatchGrantPermissions", "req-1"), hand, failed)
    lines = [line for line in by_trail(lake, folder).json()["lines"] if line["kind"] == "aws_call"]
    assert [(line["subject"], line["request_id"], line["who"].split("/")[1]) for line in lines] == [
        ("GrantPermissions", "by-hand", "somebody")
    ]
    assert len(by_trail(lake, folder, "--kind", "aws_call").json()["lines"]) == 1, "ours is known also where it is not listed"
    assert by_trail(lake, folder, "--since", "2025-11-30").json()["lines"] == []


@pytest.mark.parametrize("raw", [b"\x1f\x8bno gzip", b"{}", b'{"Records": [{"eventName": 1}]}', b"[" * 100])
def test_a_damaged_file_of_cloudtrail_is_named(lake: AuditedLake, tmp_path: Path, raw: bytes) -> None:
    folder = trail(tmp_path / "trail")
    path = next(folder.rglob("*.gz"))
    path.write_bytes(raw)
    said = by_trail(lake, folder)
    assert said.code == 5 and path.name in said.err and "Traceback" not in said.err


def test_a_trail_in_s3_needs_the_profile_of_its_account(lake: AuditedLake) -> None:
    said = ringi("audit", "list", "--cloudtrail", "s3://acme-audit", lake=lake.root)
    assert said.code == 2 and "names no account" in said.err
