"""`ringi verify` through the door: the files as they lie, a commit, a date, a bare repository, and the ledger of a lake."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.iceberg import LocalTables
from jobs.engines.duckdb import DuckDb
from jobs.ledgers import ledger
from tests.support.catalogs import edit, metric_file
from tests.support.command import ringi
from tests.support.keys import BUSINESS, TECH, after, keyed_project, signer, talked, turn, turn_both

if TYPE_CHECKING:
    from pathlib import Path

HOURS = metric_file("viewing_hours")


def git(folder: Path, *words: str, at: dt.datetime | None = None) -> str:
    stamp = {"GIT_AUTHOR_DATE": at.isoformat(), "GIT_COMMITTER_DATE": at.isoformat()} if at else {}
    person = ("-c", "user.name=Aiko", "-c", "user.email=aiko@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *person, *words], cwd=folder, env={**os.environ, **stamp}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(root: Path, at: dt.datetime) -> str:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A step", at=at)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository: `viewing_hours` got its Tech key at nine and its Business key one day later, each in a commit."""
    folder = keyed_project(tmp_path / "project")
    git(folder, "init", "--quiet")
    turn(folder, "viewing_hours", TECH, "aiko", after(0))
    commit(folder, after(2))
    turn(folder, "viewing_hours", BUSINESS, "bernd", after(24 * 60))
    commit(folder, after(24 * 60 + 2))
    return folder


def states(answer: Any) -> dict[str, str]:
    return {each["metric"]: each["state"] for each in answer["metrics"]}


def test_a_sound_project_is_verified_as_it_lies(root: Path) -> None:
    said = ringi("verify", lake=root, as_json=True)
    assert said.code == 0, said.err
    (metric,) = said.json()["metrics"]
    keys = metric["certificate"]["keys"]
    assert (keys["tech"]["person"], keys["business"]["person"]) == ("aiko", "bernd")
    assert keys["tech"]["method"] == "ssh"
    assert keys["tech"]["credential"] == signer("aiko").public_key.fingerprint
    assert said.json()["commit"] is None
    assert said.json()["findings"] == []
    assert said.json()["ledger"] is None
    assert "2 keys of 1 metric hold" in said.err


def test_a_tampered_approval_is_named_and_makes_exit_code_1(root: Path) -> None:
    for path in (root / "approvals/viewing_hours").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"([A-Za-z0-9+/]{20})", lambda found: found.group(1)[::-1], text, count=3), encoding="utf-8")
    said = ringi("verify", lake=root)
    assert said.code == 1
    assert "approvals/viewing_hours/tech-aiko-" in said.out
    assert "RNG-GOV-008" in said.out


def test_a_bare_clone_without_a_lake_is_enough(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "copy.git")
    shutil.rmtree(root)
    said = ringi("verify", lake=tmp_path / "copy.git", as_json=True)
    assert said.code == 0, said.err
    assert states(said.json()) == {"viewing_hours": "published"}
    assert len(said.json()["commit"]) == 40


def test_a_project_in_a_folder_of_a_bare_repository_is_found_by_its_path(root: Path, tmp_path: Path) -> None:
    (root / "lakes").mkdir()
    for path in [path for path in root.iterdir() if path.name not in (".git", "lakes")]:
        path.rename(root / "lakes" / path.name)
    commit(root, after(3000))
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "copy.git")
    assert states(ringi("verify", lake=tmp_path / "copy.git/lakes", as_json=True).json()) == {"viewing_hours": "published"}
    said = ringi("verify", lake=tmp_path / "copy.git")
    assert said.code == 2
    assert "is no lake project" in said.err
    assert "lakes/content" in said.err


def test_as_it_was_at_a_commit_a_date_and_an_instant(root: Path) -> None:
    def state(at: str) -> str:
        said = ringi("verify", "--at", at, lake=root, as_json=True)
        assert said.code == 0, said.err
        return states(said.json())["viewing_hours"]

    assert state("HEAD~1") == "not certified"
    assert state("HEAD") == "published"
    assert state("2025-06-02") == "not certified"
    assert state("2025-06-03") == "published", "a date is meant to its end"
    assert state("2025-06-03T09:01:59Z") == "not certified"
    assert state("2025-06-03T18:02:00+09:00") == "published"


def test_a_branch_that_was_merged_later_was_not_there_before(root: Path) -> None:
    """The keys were committed at noon on a branch, and came to main in the evening."""
    git(root, "checkout", "--quiet", "-b", "proposal")
    turn_both(root, "plays", 2 * 24 * 60)
    commit(root, after(2 * 24 * 60 + 3))
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--no-edit", "proposal", at=after(2 * 24 * 60 + 600))
    assert states(ringi("verify", "--at", "2025-06-04T12:00:00Z", lake=root, as_json=True).json()) == {"viewing_hours": "published"}
    assert "plays" in states(ringi("verify", "--at", "2025-06-04", lake=root, as_json=True).json())


def test_a_key_that_was_found_stolen_later_proves_nothing_of_then(root: Path, tmp_path: Path) -> None:
    edit(root, "people.yaml", lambda document: document["people"]["bernd"]["keys"][0].update(compromised=True))
    commit(root, after(3000))
    for lake in (root, tmp_path / "copy.git"):
        if lake != root:
            git(tmp_path, "clone", "--quiet", "--bare", str(root), "copy.git")
        said = ringi("verify", "--at", "2025-06-03", lake=lake, as_json=True)
        assert said.code == 1
        assert states(said.json()) == {"viewing_hours": "not certified"}
        assert [finding["code"] for finding in said.json()["findings"]] == ["RNG-GOV-061"]


def test_a_person_who_left_later_held_the_key_then(root: Path) -> None:
    edit(root, "people.yaml", lambda document: document["people"].pop("bernd"))
    commit(root, after(3000))
    assert ringi("verify", lake=root).code == 1
    assert states(ringi("verify", "--at", "2025-06-03", lake=root, as_json=True).json()) == {"viewing_hours": "published"}


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2025-13-40", "is no date"),
        ("2025-06-02T99:00:00Z", "is no date"),
        ("2020-01-01", "has no commit at"),
        ("nothing", "git knows no commit `nothing`"),
        ("--upload-pack=x", "no name of a commit"),
        ("", "no name of a commit"),
    ],
)
def test_a_ref_or_date_that_is_none_is_one_sentence(root: Path, at: str, said: str) -> None:
    done = ringi("verify", f"--at={at}", lake=root)
    assert done.code == 2
    assert said in done.err


def test_a_project_without_git_is_verified_as_it_lies_and_has_no_past(tmp_path: Path) -> None:
    turn_both(keyed_project(tmp_path), "viewing_hours", 0)
    assert ringi("verify", lake=tmp_path).code == 0
    said = ringi("verify", "--at", "2025-06-02", lake=tmp_path)
    assert (said.code, "not in a git repository" in said.err) == (2, True)


def digest_of(root: Path, metric: str = "viewing_hours") -> str:
    answer = ringi("verify", metric, lake=root, as_json=True).json()
    return str(answer["metrics"][0]["certificate"]["meaning"])


def publish(root: Path, at: dt.datetime, run: str, meanings: dict[str, str], countries: tuple[str, ...] = ("DE", "JP")) -> None:
    """Lines of the ledger as `run` writes them."""
    with DuckDb(spill=root / "warehouse/.spill", memory_limit="1GB", threads=1) as engine:
        lines = [
            {
                "run_id": run,
                "recorded_at": at,
                "view": "title_daily",
                "viewing_country": code,
                "action": "published",
                "gold_snapshot": 1,
                "saved_snapshot": 2,
                "row_count": 3,
                "metrics": meanings,
            }
            for code in countries
        ]
        ledger.append_values(LocalTables(root / "warehouse"), engine, ledger.PUBLICATIONS, run, lines)


def uncovered(root: Path, *words: str) -> list[tuple[str, str, list[str]]]:
    answer = ringi("verify", *words, lake=root, as_json=True).json()
    return [(each["code"], each["column"], [line["run_id"] for line in each["publications"]]) for each in answer["ledger"]["uncovered"]]


def test_a_publication_under_two_keys_is_covered_and_any_other_is_named(root: Path) -> None:
    digest = digest_of(root)
    publish(root, after(24 * 60 + 10), "good", {"viewing_hours": digest})
    assert uncovered(root) == []
    assert ringi("verify", lake=root).code == 0
    publish(root, after(60), "too-early", {"viewing_hours": digest})
    publish(root, after(3000), "unknown", {"viewing_hours": "0" * 64}, ("NP",))
    publish(root, after(3000), "other", {"plays": digest})
    found = uncovered(root)
    assert found == [
        ("RNG-GOV-071", "plays", ["other"]),
        ("RNG-GOV-071", "viewing_hours", ["unknown"]),
        ("RNG-GOV-071", "viewing_hours", ["too-early"]),
    ]
    said = ringi("verify", lake=root)
    assert said.code == 1
    assert "run unknown at 2025-06-04T11:00:00Z; NP" in said.out
    assert "4 publications in the ledger" in said.err


def test_the_parts_of_a_ratio_are_covered_by_its_keys_also_when_one_is_asked_for(root: Path) -> None:
    turn_both(root, "completion_rate", 24 * 60 + 4)
    digest = digest_of(root, "completion_rate")
    publish(root, after(3000), "ratio", {"completion_rate": digest, "completions": digest, "plays": digest})
    assert uncovered(root) == uncovered(root, "completions") == uncovered(root, "completion_rate") == []


def test_the_reason_names_the_approval_that_no_longer_counts(root: Path) -> None:
    publish(root, after(24 * 60 + 10), "good", {"viewing_hours": digest_of(root)})
    edit(root, "people.yaml", lambda document: document["people"]["bernd"]["keys"][0].update(compromised=True))
    said = ringi("verify", lake=root)
    assert said.code == 1
    assert "RNG-GOV-071" in said.out
    assert "marked as compromised" in said.out


def test_an_earlier_meaning_published_after_a_newer_one_is_a_warning(root: Path) -> None:
    digest = digest_of(root)
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed / 1800.0"))
    talked(root, after(3000), "how.expression")
    turn_both(root, "viewing_hours", 3001)
    publish(root, after(2000), "before", {"viewing_hours": digest})
    publish(root, after(4000), "after", {"viewing_hours": digest})
    assert uncovered(root) == [("RNG-GOV-072", "viewing_hours", ["after"])]
    assert ringi("verify", lake=root).code == 0


def test_the_ledger_is_looked_at_only_up_to_the_date_that_is_asked_for(root: Path) -> None:
    publish(root, after(3000), "later", {"viewing_hours": "0" * 64})
    assert uncovered(root, "--at", "2025-06-03") == []
    assert uncovered(root, "--at", "2025-06-04") == [("RNG-GOV-071", "viewing_hours", ["later"])]


def test_a_changed_ledger_is_a_finding_also_in_copied_files(root: Path, tmp_path: Path) -> None:
    import duckdb

    for number in range(2):
        publish(root, after(24 * 60 + 10 + number), f"run-{number}", {"viewing_hours": digest_of(root)})
    copied = tmp_path / "copied"
    shutil.copytree(root / "warehouse/ledger/publications/data", copied)
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "copy.git")
    assert ringi("verify", "--ledger", copied, lake=tmp_path / "copy.git").code == 0
    path = next(path for path in sorted(copied.rglob("*.parquet")))
    changed = tmp_path / "changed.parquet"
    duckdb.execute(f"COPY (SELECT * REPLACE ('XX' AS viewing_country) FROM '{path}') TO '{changed}' (FIELD_IDS {_ids()})")
    changed.replace(path)
    said = ringi("verify", "--ledger", copied, lake=tmp_path / "copy.git", as_json=True)
    assert said.code == 1
    assert "RNG-GOV-073" in {finding["code"] for finding in said.json()["findings"]}


def _ids() -> str:
    return json.dumps({column.name: number for number, column in enumerate(ledger.PUBLICATIONS.columns, start=1)}).replace('"', "")


@pytest.mark.parametrize("made", ["nothing", "text", "empty folder"])
def test_what_is_no_ledger_is_wrong_usage(root: Path, tmp_path: Path, made: str) -> None:
    path = tmp_path / "ledger"
    if made == "text":
        path.write_text("hello", encoding="utf-8")
    elif made == "empty folder":
        path.mkdir()
    said = ringi("verify", "--ledger", path, lake=root)
    assert (said.code, "holds no ledger" in said.err) == (2, True)
