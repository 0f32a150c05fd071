"""What `ringi check` says of the files of keys over access plans: damaged, in a foreign folder, or no key at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.lake_formation.planning.key_files import FOLDER, findings
from governance.lake_formation.planning.keys import unsigned
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.plan_file import digest
from metrics_catalog.finding import Severity
from metrics_catalog.person import Side
from tests.support.catalogs import small_project
from tests.support.command import ringi
from tests.support.keys import START

PLAN = Plan((), account="123456789012")
NAME = digest(PLAN)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound file of a key over a plan that nobody has any more."""
    small_project(tmp_path)
    path = tmp_path / FOLDER / NAME / "tech-aiko.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(unsigned(PLAN, Side.TECH, "aiko", START).model_copy(update={"signature": "x"}).text(), encoding="utf-8")
    return path


def told(root: Path) -> list[tuple[str, str, Severity]]:
    return [(finding.code, finding.place.file.removeprefix(f"{FOLDER.as_posix()}/"), finding.severity) for finding in findings(root)]


def test_a_project_without_keys_and_one_with_records_have_no_findings(tmp_path: Path, file: Path) -> None:
    assert told(tmp_path) == []
    assert told(tmp_path / "nowhere") == []
    (file.parent / ".gitkeep").touch()
    assert told(tmp_path) == []


def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace("side: tech", "side: [tech"), encoding="utf-8")
    (finding,) = findings(tmp_path)
    assert finding.place.file == f"{FOLDER.as_posix()}/{NAME}/tech-aiko.yaml" and finding.place.line >= 3
    assert finding.blocks and finding.hint


@pytest.mark.parametrize(("old", "new"), [("side: tech", "side: neither"), ("person: aiko\n", ""), ("plan:", "plans:")])
def test_a_file_with_other_fields_is_a_finding(tmp_path: Path, file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert all(name == f"{NAME}/tech-aiko.yaml" and severity is Severity.ERROR for _, name, severity in told(tmp_path))
    assert told(tmp_path)


def test_a_key_in_the_folder_of_another_plan_is_a_finding_that_names_its_own(tmp_path: Path, file: Path) -> None:
    other = tmp_path / FOLDER / ("0" * 64) / file.name
    other.parent.mkdir()
    file.rename(other)
    (finding,) = findings(tmp_path)
    assert finding.code == "RNG-GOV-100" and NAME[:12] in finding.message and NAME in finding.hint


def test_what_is_no_key_is_a_warning(tmp_path: Path, file: Path) -> None:
    (file.parent / "tech-aiko.yaml.bak").write_text("x", encoding="utf-8")
    (file.parent / "deeper").mkdir()
    (tmp_path / FOLDER / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / FOLDER / "monday").mkdir()
    stray = ["monday", "notes.txt", f"{NAME}/deeper", f"{NAME}/tech-aiko.yaml.bak"]
    assert sorted(told(tmp_path)) == sorted(("RNG-GOV-103", name, Severity.WARNING) for name in stray)


def test_a_file_where_the_folder_should_be_is_a_finding(tmp_path: Path) -> None:
    small_project(tmp_path)
    (tmp_path / "access").mkdir()
    (tmp_path / FOLDER).write_text("x", encoding="utf-8")
    (finding,) = findings(tmp_path)
    assert finding.code == "RNG-GOV-103" and finding.blocks


def test_the_check_prints_them(tmp_path: Path, file: Path) -> None:
    file.write_bytes(b"\xff\xfe plan")
    said = ringi("check", lake=tmp_path)
    assert said.code == 1
    assert f"{FOLDER.as_posix()}/{NAME}/tech-aiko.yaml" in said.out + said.err
