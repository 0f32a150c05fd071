"""The script that compares a real account with what Ringi relies on finds the lab's Lake Formation as expected, and leaves nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.lab.moto_server import Moto

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "check_lake_formation.py"
PAGE = ROOT / "docs" / "lake-formation.md"


def run(*words: str, moto: Moto | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(moto.environment if moto else {})}
    return subprocess.run([sys.executable, str(SCRIPT), *words], env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_labs_lake_formation_is_as_expected_and_nothing_is_left_behind(moto: Moto) -> None:
    moto.reset()
    done = run("--really", moto=moto)
    assert done.returncode == 0, done.stdout + done.stderr
    assert moto.client("glue").get_databases()["DatabaseList"] == []
    assert moto.client("iam").list_roles()["Roles"] == []
    lf = moto.client("lakeformation")
    assert [lf.list_permissions()["PrincipalResourcePermissions"], lf.list_lf_tags()["LFTags"]] == [[], []]


def test_without_being_told_to_it_calls_nothing(moto: Moto) -> None:
    before = moto.log.read_text().count("POST")
    done = run(moto=moto)
    assert done.returncode == 0
    assert "Nothing is called" in done.stdout
    assert moto.log.read_text().count("POST") == before


def test_what_is_different_is_named_and_the_exit_status_says_so(moto: Moto) -> None:
    moto.let_lake_formation(have_row_policies=False)
    try:
        done = run("--really", "--only", "row-policies-are-there", moto=moto)
    finally:
        moto.let_lake_formation(have_row_policies=True)
    assert done.returncode == 1
    assert "different  row-policies-are-there" in done.stdout


def test_the_page_lists_every_check_and_no_other() -> None:
    listed = set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    told = set(re.findall(r"^  ([a-z0-9-]+): ", run().stdout, flags=re.MULTILINE))
    assert told
    assert listed == told
