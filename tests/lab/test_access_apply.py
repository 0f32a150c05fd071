"""`ringi access plan`, `approve` and `apply` on an account that answers: refusals, kills, staleness, and what others did by hand."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from governance.keys.ssh import new_key
from infra.aws.account import Aws
from tests.lab.moto_server import ACCOUNT, Moto
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_lake import make_aws_lake, profile_toml
from tests.support.command import Said, ringi
from tests.support.lakes import event

APPROVERS = {"haruka_mori": "tech", "emi_takahashi": "business"}
EVE = f"arn:aws:iam::{ACCOUNT}:role/eve"
VIEW = {"Table": {"DatabaseName": "views_jp", "Name": "title_daily"}}
EVENTS = [event(number, country, "2026-11-01 20:00", "start") for number, country in enumerate(("JP", "DE", "US"))]


@dataclass(frozen=True, slots=True)
class Place:
    """A project, its account, and where plans are written."""

    root: Path
    aws: Aws
    folder: Path

    def access(self, *words: str | Path, as_json: bool = False) -> Said:
        return ringi("--profile", "aws", "access", *words, lake=self.root, as_json=as_json)

    def plan(self, name: str = "plan.json") -> Path:
        path = self.folder / name
        said = self.access("plan", "--out", path)
        assert said.code == 0, said.err
        return path

    def approve(self, plan: Path) -> None:
        for person, side in APPROVERS.items():
            said = self.access("approve", plan, "--side", side, "--as", person, "--key", self.folder / person)
            assert said.code == 0, said.err

    @property
    def changes(self) -> int:
        """The exit code of a plan: 0 where the account is as the policy says, 3 where it is not."""
        return self.access("plan", "--detailed-exitcode").code

    def by_hand(self, operation: str, principal: str = EVE) -> None:
        """What somebody does in the console."""
        self.aws.client("lakeformation").__getattribute__(operation)(
            Principal={"DataLakePrincipalIdentifier": principal}, Resource=VIEW, Permissions=["SELECT"]
        )

    def begin(self, plan: Path) -> subprocess.Popen[bytes]:
        """An apply in a process of its own."""
        words = [sys.executable, "-m", "ringi.cli.app", "--lake", str(self.root), "--profile", "aws", "access", "apply", str(plan)]
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ.copy())

    def journaled(self) -> int:
        """Lines of journals in the bucket."""
        listed = self.aws.client("s3").get_paginator("list_objects_v2")
        found: Any = listed.paginate(Bucket=self.aws.settings.bucket, Prefix=f"{self.aws.settings.prefix}access/journal/")
        return sum(len(page.get("Contents", ())) for page in found)


@pytest.fixture(scope="module")
def place(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The starter, published on AWS, in an account in which nothing is given."""
    moto.reset()
    folder = tmp_path_factory.mktemp("apply")
    root = folder / "lake"
    assert ringi("init", root).code == 0
    aws = make_aws_lake(("jp", "de", "us"), endpoint_url=moto.url, principal_identity=f"arn:aws:iam::{ACCOUNT}:role/{{principal}}")
    with (root / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + profile_toml(aws.settings))
    people = yaml.safe_load((root / "people.yaml").read_text(encoding="utf-8"))
    for person in APPROVERS:
        key = new_key()
        people["people"][person]["keys"] = [{"public_key": key.public_line}]
        (folder / person).write_bytes(key.private_text())
    (root / "people.yaml").write_text(yaml.safe_dump(people, allow_unicode=True, sort_keys=False), encoding="utf-8")
    lake = AwsRunningLake(root, aws)
    columns = dict.fromkeys(lake.catalog.sources["viewing_events"].columns)
    lake.events([{**columns, **one} for one in EVENTS])
    lake.run(now=dt.datetime.now(dt.UTC))
    yield Place(root, aws, folder)


@pytest.fixture(scope="module")
def applied(place: Place) -> Place:
    """The first plan, applied by processes that were killed again and again."""
    plan = place.plan()
    refused = place.access("apply", plan)
    assert refused.code == 4
    assert "the tech key and the business key over it are missing" in refused.err
    place.approve(plan)
    dry = place.access("apply", plan, "--dry-run", as_json=True)
    assert dry.code == 0, dry.err
    assert place.journaled() == 0, "a dry run does nothing"
    kills = killed_until_done(place, plan, len(dry.json()["calls"]))
    assert kills >= 2, "the apply was too quick to be killed"
    return place


def killed_until_done(place: Place, plan: Path, calls: int) -> int:
    """Kill the apply whenever its journal has grown by a part; how often that was."""
    kills, more = 0, max(4, calls // 4)
    while kills < 6:
        process, goal = place.begin(plan), place.journaled() + more
        while process.poll() is None and place.journaled() < goal:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        said, _ = process.communicate()
        place.aws.client("s3").delete_object(Bucket=place.aws.settings.bucket, Key=f"{place.aws.settings.prefix}.lock")  # else 90 seconds
        if process.returncode == 0:
            return kills
        assert process.returncode == -signal.SIGKILL, said.decode()
    done = place.access("apply", plan)
    assert done.code == 0, done.err + done.out
    return kills


def test_an_apply_that_was_killed_again_and_again_ends_as_planned(applied: Place) -> None:
    assert applied.changes == 0


def test_applying_the_same_plan_again_changes_nothing(applied: Place) -> None:
    said = applied.access("apply", applied.folder / "plan.json", as_json=True)
    assert said.code == 0, said.err
    assert said.json()["complete"] is True
    assert said.json()["resumed"] is True


def test_a_grant_made_by_hand_is_taken_away_by_a_plan_that_needs_no_key(applied: Place) -> None:
    applied.by_hand("grant_permissions")
    told = applied.access("plan", as_json=True).json()
    assert [(step["step"], step["effect"], step["principal"]) for step in told["steps"]] == [("remove", "narrows", EVE)]
    assert told["needs_keys"] is False
    said = applied.access("apply", applied.plan("foreign.json"))
    assert said.code == 0, said.err + said.out
    assert applied.changes == 0


def test_a_grant_taken_away_by_hand_comes_back_with_both_keys(applied: Place) -> None:
    applied.by_hand("revoke_permissions", f"arn:aws:iam::{ACCOUNT}:role/analyst_jp")
    plan = applied.plan("back.json")
    assert applied.access("apply", plan).code == 4
    applied.approve(plan)
    said = applied.access("apply", plan)
    assert said.code == 0, said.err + said.out
    assert applied.changes == 0


def test_a_stale_plan_is_refused_and_nothing_is_done(applied: Place) -> None:
    applied.by_hand("grant_permissions")
    plan = applied.plan("stale.json")
    applied.by_hand("revoke_permissions")
    applied.by_hand("grant_permissions", f"{EVE}2")
    said = applied.access("apply", plan)
    assert said.code == 4, said.err + said.out
    assert "changed since this plan was made" in said.err
    assert "role/eve2" in said.err
    again = applied.access("apply", applied.plan("fresh.json"))
    assert again.code == 0, again.err
    assert applied.changes == 0


def test_plans_and_applies_stand_in_the_audit_ledger(applied: Place) -> None:
    from jobs.ledgers import audit_ledger
    from ringi.lake import Lake

    lake = Lake(applied.root, "aws")
    with lake.ledger_engine() as engine:
        kinds = {row.kind for row in audit_ledger.read(lake.tables, engine)}
    assert {"access_plan", "access_approval", "access_apply"} <= kinds


def test_a_plan_for_a_later_day_says_what_holds_then_and_is_not_applied_now(applied: Place) -> None:
    plan = applied.folder / "later.json"
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).date()
    said = applied.access("plan", "--at", str(day), "--out", plan)
    assert said.code == 0, said.err
    assert applied.access("apply", plan).code == 4
