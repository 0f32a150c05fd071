"""The commands of access before any account is met: what is said where there is none, or where what was given makes no sense."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from governance.keys.ssh import new_key
from governance.lake_formation.planning.plan import Effect, Plan, Step
from governance.lake_formation.planning.plan_file import text
from governance.lake_formation.resource import Table
from governance.lake_formation.state import Permission
from tests.support.aws_lake import aws_settings, profile_toml
from tests.support.catalogs import small_project
from tests.support.command import ringi

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
GRANT = Permission("arn:aws:iam::123456789012:role/a", Table("views_jp", "daily"), "SELECT")
NARROWING = Plan((Step(GRANT, None, Effect.NARROWS, "JP"),), account="123456789012", at=NOW, made_at=NOW)
WIDENING = Plan((Step(None, GRANT, Effect.WIDENS, "JP"),), account="123456789012", at=NOW, made_at=NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = small_project(tmp_path / "lake")
    with (project / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{profile_toml(aws_settings())}\n")
    return project


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(new_key().private_text())
    return path


def written(root: Path, plan: Plan) -> Path:
    path = root.parent / "plan.json"
    path.write_bytes(text(plan))
    return path


def test_a_plan_for_a_lake_on_this_machine_says_what_to_do_instead(root: Path) -> None:
    said = ringi("access", "plan", lake=root)
    assert said.code == 2
    assert "is a lake on this machine: no account holds permissions for it" in said.err
    assert "ringi --profile aws access plan" in said.err
    assert "ringi access export" in said.err


def test_an_apply_for_a_lake_on_this_machine_is_refused(root: Path) -> None:
    assert ringi("access", "apply", written(root, NARROWING), lake=root).code == 2


@pytest.mark.parametrize("command", ["apply", "approve"])
def test_a_file_that_is_no_plan_is_refused(root: Path, key: Path, command: str) -> None:
    path = root.parent / "plan.json"
    path.write_text("{}")
    more: list[str | Path] = ["--side", "tech", "--as", "aiko", "--key", key] if command == "approve" else []
    said = ringi("--profile", "aws", "access", command, path, *more, lake=root)
    assert said.code == 2
    assert "is no plan of access" in said.err
    gone = ringi("--profile", "aws", "access", command, root.parent / "gone.json", *more, lake=root)
    assert gone.code == 2
    assert "cannot be read" in gone.err


def test_a_plan_that_narrows_takes_no_key(root: Path, key: Path) -> None:
    path = written(root, NARROWING)
    said = ringi("--profile", "aws", "access", "approve", path, "--side", "tech", "--as", "aiko", "--key", key, lake=root)
    assert said.code == 2
    assert "lets nobody see more, so it needs no key" in said.err


def test_a_key_of_nobody_is_refused_after_the_plan_was_shown(root: Path, key: Path) -> None:
    path = written(root, WIDENING)
    said = ringi("--profile", "aws", "access", "approve", path, "--side", "tech", "--as", "nobody", "--key", key, lake=root)
    assert said.code == 4
    assert "+ SELECT on views_jp.daily  widens" in said.err
    assert "There is no person `nobody`" in said.err
    assert not (root / "access").exists()


def test_a_policy_with_a_finding_that_blocks_is_not_planned(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    (root / "policy").mkdir(exist_ok=True)
    (root / "policy" / "faulty.yaml").write_text("grants:\n  lost: {to: [nobody_at_all], views: [views_jp.daily], reason: A typo.}\n")
    with (root / "ringi.toml").open("r", encoding="utf-8") as file:
        settings = file.read()
    (root / "ringi.toml").write_text(settings.replace('region = "', 'catalog_id = "123456789012"\nregion = "'))
    said = ringi("--profile", "aws", "access", "plan", lake=root)
    assert said.code == 1
    assert "a plan made now would take away what they were meant to give" in said.err


def test_every_command_of_access_is_listed_in_the_order_of_the_work() -> None:
    told = ringi("access", "--help").out
    places = [told.index(f"\n  {name} ") for name in ("plan", "approve", "apply", "drift", "explain", "export")]
    assert places == sorted(places)
