"""The operator at the door `ringi erase`: plan, confirm, receipt, verify; holds, rules of retention, and wrong words."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from metrics_catalog.canonical_json import sha256
from tests.support.catalogs import write
from tests.support.command import Said, ringi
from tests.support.erasing import ANNA, BODO, Original, PeopleLake, bytes_with, json_lines, record
from tests.support.keys import signer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original(tmp_path_factory.mktemp("door"))


@pytest.fixture
def lake(original: Original) -> PeopleLake:
    return original.again()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return _key(tmp_path, "aiko")


def _key(folder: Path, person: str) -> Path:
    path = folder / f"id_{person}"
    path.write_bytes(signer(person).private_text())
    return path


def erase(lake: PeopleLake, *words: str | Path, as_json: bool = False) -> Said:
    return ringi("erase", *words, lake=lake.root, as_json=as_json)


def done(lake: PeopleLake, key: Path, *words: str) -> Said:
    return erase(lake, *words, "--yes", "--as", "aiko", "--key", key, as_json=True)


def everything(root: Path) -> dict[str, str]:
    """Every file of the lake by its content, but the key of hashes, which a first plan makes, and locks."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name not in ("_key", ".lock"))
    return {str(path): sha256(path.read_bytes()) for path in files}


def test_a_plan_changes_nothing_and_says_what_is_where(lake: PeopleLake) -> None:
    before = everything(lake.root)
    said = erase(lake, "--subject", f"viewer_id={ANNA}")
    assert said.code == 0, said.err
    assert everything(lake.root) == before
    assert "landing: 19 records in 8 objects (16 accepted, 1 repeated, 2 refused); 1 object whole" in said.out
    assert "bronze.viewing_events: 14 rows" in said.out and "nothing was changed" in said.out
    assert ANNA not in said.out + said.err


def test_what_was_confirmed_is_done_and_the_receipt_verifies(lake: PeopleLake, key: Path, tmp_path: Path) -> None:
    plan = erase(lake, "--subject", f"viewer_id={ANNA}", as_json=True).json()
    said = erase(lake, "--subject", f"viewer_id={ANNA}", "--confirm", plan["digest"][:16], "--as", "aiko", "--key", key, as_json=True)
    assert said.code == 0, said.err
    assert bytes_with(lake.root, ANNA) == [] and ANNA not in said.out + said.err
    receipt = tmp_path / "receipt.json"
    receipt.write_text(said.out)
    checked = erase(lake, "verify", receipt, "--subject", f"viewer_id={ANNA}", as_json=True)
    assert checked.code == 0 and checked.json()["evidence"]["found_files"] == 0, checked.err
    assert erase(lake, "verify", receipt).code == 0
    assert erase(lake, "verify", receipt, "--subject", f"viewer_id={BODO}").code == 1


def test_a_receipt_that_was_changed_does_not_verify(lake: PeopleLake, key: Path, tmp_path: Path) -> None:
    made = done(lake, key, "--subject", f"viewer_id={ANNA}").json()
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps({**made, "files_removed": 0}))
    said = erase(lake, "verify", receipt)
    assert said.code == 1 and "does not fit" in said.err
    receipt.write_text("{}")
    assert "no receipt" in erase(lake, "verify", receipt).err


def test_what_comes_back_through_another_door_is_found_when_the_receipt_is_verified(lake: PeopleLake, key: Path, tmp_path: Path) -> None:
    receipt = tmp_path / "receipt.json"
    receipt.write_text(done(lake, key, "--subject", f"viewer_id={ANNA}").out)
    (lake.root / "warehouse" / "note.txt").write_text(f"call {ANNA}, please")
    said = erase(lake, "verify", receipt, "--subject", f"viewer_id={ANNA}")
    assert said.code == 1 and "note.txt" in said.out


def test_a_plan_that_is_another_by_now_is_not_carried_out(lake: PeopleLake, key: Path) -> None:
    digest = erase(lake, "--subject", f"viewer_id={ANNA}", as_json=True).json()["digest"]
    PeopleLake(lake.root).land("more.jsonl", json_lines([record(999, ANNA)]))
    before = everything(lake.root)
    said = erase(lake, "--subject", f"viewer_id={ANNA}", "--confirm", digest, "--as", "aiko", "--key", key)
    assert said.code == 2 and "another by now" in said.err
    assert everything(lake.root) == before


@pytest.mark.parametrize("about", ["subject", "source", "country"])
def test_a_legal_hold_refuses_and_says_why(lake: PeopleLake, key: Path, about: str) -> None:
    person = erase(lake, "--subject", f"viewer_id={ANNA}", as_json=True).json()["plan"]["about"]
    held = {"subject": person, "source": "viewing_events", "country": "JP"}[about]
    write(lake.root, "retention.yaml", {"holds": {"case_4711": {"reason": "The court asked.", about: held, "until": "2037-01-01"}}})
    before = everything(lake.root)
    for said in (erase(lake, "--subject", f"viewer_id={ANNA}"), done(lake, key, "--subject", f"viewer_id={ANNA}")):
        assert said.code == 4 and "The court asked." in said.err and "2037-01-01" in said.err
        assert ANNA not in said.err
    assert everything(lake.root) == before


def test_a_hold_that_has_ended_or_is_about_somebody_else_holds_nothing(lake: PeopleLake, key: Path) -> None:
    other = erase(lake, "--subject", f"viewer_id={BODO}", as_json=True).json()["plan"]["about"]
    holds = {"old": {"reason": "Over.", "source": "viewing_events", "until": "2026-01-01"}, "bodo": {"reason": "His.", "subject": other}}
    write(lake.root, "retention.yaml", {"holds": holds})
    assert done(lake, key, "--subject", f"viewer_id={ANNA}").code == 0
    assert done(lake, key, "--subject", f"viewer_id={BODO}").code == 4


def test_a_retention_file_with_a_fault_erases_nothing(lake: PeopleLake, key: Path) -> None:
    write(lake.root, "retention.yaml", {"holds": {"case": {"reason": "Yes.", "source": "viewing_event"}}})
    said = done(lake, key, "--subject", f"viewer_id={ANNA}")
    assert said.code == 1 and "retention.yaml" in said.err
    checked = ringi("check", lake=lake.root)
    assert "RNG-JOB-101" in checked.out and "did you mean `viewing_events`" in checked.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--subject", "viewer_id"), "expected a column and a value"),
        (("--subject", "viewer_id="), "expected a column and a value"),
        (("--subject", "viewr_id=secret-7"), "did you mean `viewer_id`"),
        (("--subject", "title_id=t1"), "is not personal"),
        ((), "Say who is to be erased"),
        (("--expired", "--subject", "viewer_id=secret-7"), "Say who is to be erased"),
        (("--subject", "viewer_id=secret-7", "--yes"), "--as PERSON --key FILE"),
        (("wipe",), "is not understood"),
        (("verify", "nowhere.json"), "There is no file"),
    ],
)
def test_wrong_words_are_told_and_change_nothing(lake: PeopleLake, words: tuple[str, ...], told: str) -> None:
    before = everything(lake.root)
    said = erase(lake, *words)
    assert said.code == 2 and told in said.err and "secret-7" not in said.err, said.err
    assert everything(lake.root) == before


def test_a_key_that_is_not_the_persons_signs_nothing(lake: PeopleLake, tmp_path: Path) -> None:
    said = erase(lake, "--subject", f"viewer_id={ANNA}", "--yes", "--as", "aiko", "--key", _key(tmp_path, "bernd"))
    assert said.code == 4 and "is not one of `aiko`" in said.err
    assert bytes_with(lake.root, ANNA)


def test_what_is_too_old_goes_and_the_rest_stays(lake: PeopleLake, key: Path) -> None:
    today = dt.datetime.now(dt.UTC).date()
    days = (today - dt.date(2026, 11, 2)).days
    assert done(lake, key, "--expired").json() == {"schema_version": 1, "receipt": None}
    if days < 1:
        pytest.skip("the clock of this machine lies before the events of this test")
    write(lake.root, "retention.yaml", {"days": {"personal": 36_500}, "sources": {"viewing_events": {"personal": days}}})
    published = PeopleLake(lake.root).everything()
    plan = erase(lake, "--expired")
    assert plan.code == 0 and "bronze.viewing_events: " in plan.out
    said = done(lake, key, "--expired")
    assert said.code == 0, said.err
    after = PeopleLake(lake.root)
    held = after.read("bronze.viewing_events", "min(occurred_at)")
    assert held[0][0].date() == dt.date(2026, 11, 2)
    assert after.everything() == published
    assert done(lake, key, "--expired").json()["receipt"] is None


def test_a_hold_keeps_what_is_too_old(lake: PeopleLake, key: Path) -> None:
    write(lake.root, "retention.yaml", {"days": {"personal": 1}, "holds": {"case": {"reason": "Asked.", "source": "viewing_events"}}})
    before = PeopleLake(lake.root).read("bronze.viewing_events")
    said = erase(lake, "--expired")
    assert "the source `viewing_events`" in said.out and "Asked." in said.out
    done(lake, key, "--expired")
    assert PeopleLake(lake.root).read("bronze.viewing_events") == before


def test_the_subject_can_come_from_the_standard_input(lake: PeopleLake) -> None:
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(lake.root), "erase", "--subject", "-"]
    said = subprocess.run(command, input=f"viewer_id={ANNA}\n", capture_output=True, text=True, check=True)
    assert "bronze.viewing_events: 14 rows" in said.stdout
