"""The README's section "On AWS", the operator's hour in it, is followed literally: each line that it shows is run against the lab.

What a person would have and the lab gives instead: an AWS account (moto with a Lake Formation that governs Athena, on one
endpoint), a lake project with approved metrics and a policy, a file of events, Terraform's answers to questions, the homes of two
people with their SSH keys, and the role of an analyst. The endpoint is the only field added to the profile that Terraform writes.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.gate.resign import resign
from tests.lab.lake_formation_calls import credentials_of
from tests.lab.moto_server import ACCOUNT, Moto
from tests.lab.readme import Step, steps
from tests.lab.terraform import ROOT, terraform_at
from tests.lab.trino_server import Trino
from tests.support.catalogs import small_project, write
from tests.support.lakes import event

ADMIN = f"arn:aws:iam::{ACCOUNT}:role/lake-admin"
VARIABLES = {
    "region": "eu-west-1",
    "emr_release_label": "emr-7.9.0-20250101",  # the form that moto takes
    "trial": True,
    "lake_administrators": [ADMIN],
}
POLICY = {
    "principals": {"analyst_jp": {"country": "JP"}, "analyst_de": {"country": "DE"}, "lake_operators": {"identities": [ADMIN]}},
    "administrators": ["lake_operators"],
    "definers": {"published_views": {"reason": "Analysts read views; only the views read the saved copies."}},
    "grants": {
        f"own_country_{code}": {"to": [f"analyst_{code}"], "views": [f"views_{code}.*"], "reason": "Their own country's numbers."}
        for code in ("jp", "de")
    },
}
HEARTBEATS, STARTS = 3, 2
STEP_SECONDS = 600


@pytest.fixture(scope="module")
def place(lab: Moto, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the section begins from: this repository's folder with `my-lake` and `events.jsonl` in it, and an empty account."""
    lab.reset()
    folder = tmp_path_factory.mktemp("readme")
    (folder / "infra").mkdir()
    made = terraform_at(lab, folder / "infra", VARIABLES)
    shutil.copyfile(made.environment["TF_CLI_CONFIG_FILE"], folder / "terraform.rc")
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    lake = small_project(folder / "my-lake")
    write(lake, "policy/access.yaml", POLICY)
    keys = resign(lake, "aiko", "bernd", dt.datetime.now(dt.UTC), folder / "keys").private_keys
    for person, key in keys.items():
        (folder / "homes" / person / ".ssh").mkdir(parents=True)
        shutil.copy(key, folder / "homes" / person / ".ssh" / "id_ed25519")
    (folder / "events.jsonl").write_text(
        "".join(json.dumps(each, default=dt.datetime.isoformat) + "\n" for each in events()), encoding="utf-8"
    )
    return folder


def events() -> Iterator[dict[str, Any]]:
    """Starts and heartbeats of one day in two countries."""
    for country in ("JP", "DE"):
        for number in range(STARTS + HEARTBEATS):
            kind = "start" if number < STARTS else "heartbeat"
            yield event(number, country, f"2026-11-02 1{number}:00", kind, event_id=f"{country}{number}")


@pytest.fixture(scope="module")
def environment(lab: Moto, trino: Trino, place: Path) -> dict[str, str]:
    """A shell in which `ringi`, `python` and `terraform` are found, and AWS is the lab."""
    names = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    quiet = {"TF_IN_AUTOMATION": "1", "TF_CLI_ARGS_init": "-input=false", "TF_CLI_ARGS_apply": "-auto-approve -input=false -parallelism=20"}
    settings = {"TF_CLI_CONFIG_FILE": str(place / "terraform.rc")}
    return {**os.environ, **lab.environment, **names, **quiet, **settings}


@pytest.fixture(scope="module")
def followed(lab: Moto, trino: Trino, place: Path, environment: dict[str, str]) -> dict[str, str]:
    """What each step wrote to its standard output, all steps run in the README's order; Lake Formation says what Athena reads."""
    lab.let_lake_formation(govern=True, have_row_policies=False)
    try:
        return {step.text: _done(step, lab, place, environment) for step in steps()}
    finally:
        lab.let_lake_formation(govern=False, have_row_policies=False)


def _done(step: Step, lab: Moto, place: Path, environment: dict[str, str]) -> str:
    if step.language == "python":
        command, environment = [sys.executable, "-c", step.text], {**environment, **_analyst(lab)}
    else:
        command = ["bash", "-c", step.text]
        if typed := re.search(r" --as (\w+) ", step.text):
            environment = {**environment, "HOME": str(place / "homes" / typed[1])}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=STEP_SECONDS, check=False)
    assert done.returncode == 0, f"`{step.text}` ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
    if "ringi_toml" in step.text:  # the profile is the last section of the file
        with (place / "my-lake" / "ringi.toml").open("a", encoding="utf-8") as profile:
            profile.write(f'endpoint_url = "{lab.url}"\nmemory_limit = "1GB"\n')
    return done.stdout


def _analyst(lab: Moto) -> dict[str, str]:
    """The keys of a session as the role of Japan's analysts."""
    return {name.upper(): value for name, value in credentials_of(lab, "analyst_jp").items()}


def test_the_section_shows_every_step_from_terraform_to_a_query() -> None:
    words = " ".join(step.text for step in steps())
    for each in (
        "lake apply",
        "aws land",
        "aws run",
        "doctor",
        "access plan",
        "access apply",
        "drift",
        "explain",
        "audit",
        "read_sql_query",
    ):
        assert each in words


def test_the_analyst_at_the_end_reads_the_numbers_of_the_events(followed: dict[str, str]) -> None:
    (query,) = (text for text in followed if "read_sql_query" in text)
    (row,) = json.loads(followed[query])
    assert row["viewing_country"] == "JP"
    assert row["viewing_date"].startswith("2026-11-02")
    assert row["plays"] == STARTS
    assert row["viewing_hours"] == pytest.approx(HEARTBEATS * 60 / 3600, rel=1e-9)


def test_what_was_landed_and_published_lies_in_s3_under_the_keys_that_terraform_made(lab: Moto, followed: dict[str, str]) -> None:
    s3, (bucket,) = lab.client("s3"), _lake_buckets(lab)
    for below, alias in (("warehouse/bronze/", "alias/ringi-lake"), ("warehouse/saved_jp/", "alias/ringi-jp")):
        key = lab.client("kms").describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
        found = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=below).get("Contents", ())]
        assert found
        assert {s3.head_object(Bucket=bucket, Key=name)["SSEKMSKeyId"] for name in found} == {key}


def _lake_buckets(lab: Moto) -> list[str]:
    return [each["Name"] for each in lab.client("s3").list_buckets()["Buckets"] if each["Name"].startswith("ringi-lake-")]


def test_the_operators_hour_ends_with_an_account_as_the_policy_says(followed: dict[str, str]) -> None:
    told = {step.partition(" aws ")[2]: text for step, text in followed.items() if " aws " in step}
    assert "to add" in told["access plan --out plan.json"] and "widen" in told["access plan --out plan.json"]
    assert "own_country_jp" in told["access explain analyst_jp views_jp.title_daily"]
    assert "access_apply" in told["audit list --kind access_apply"]
