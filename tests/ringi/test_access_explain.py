"""`ringi access explain` on a lake of this machine: what the policy gives, through which role, where it is written, what ends it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from governance.access.evaluator import decide
from governance.access.explain_reader import explain_reader
from governance.policy.policy import load
from governance.policy.relation import Relations
from ringi.lake import Lake
from ringi.spark_job import main
from tests.support.catalogs import loaded, small_project, write
from tests.support.command import Said, ringi

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
JP = "views_jp.title_daily"
POLICY: dict[str, Any] = {
    "purposes": {"comparison": {"en": "Comparing countries.", "ja": "国の比較。"}},
    "principals": {
        "aki": {"identities": ["arn:aws:iam::123456789012:role/aki"]},
        "ben": {"country": "DE"},
        "cem": {},
    },
    "roles": {"team_jp": {"members": ["aki"]}, "everyone": {"members": ["aki", "ben"]}},
    "grants": {
        "own_country": {"to": ["team_jp"], "views": ["views_jp.*"], "reason": "Their own country."},
        "plays_for_all": {
            "to": ["everyone", "aki"],
            "views": ["*.title_daily"],
            "columns": {"include": ["title_id", "plays"]},
            "rows": "device_type = 'tv'",
            "masks": {"title_id": "sha-256-global"},
            "valid_until": "2027-01-01",
            "purpose": "comparison",
            "reason": "A comparison.",
        },
    },
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    small_project(tmp_path)
    write(tmp_path, "policy/access.yaml", POLICY)
    return tmp_path


def explained(project: Path, *words: str) -> Said:
    return ringi("access", "explain", *words, lake=project)


def test_every_grant_is_told_with_role_reason_and_place(project: Path) -> None:
    said = explained(project, "aki", JP)
    assert said.code == 0, said.err
    assert "By the policy, aki reads views_jp.title_daily. 3 ways give it:" in said.out
    assert "The grant own_country, which aki has through the role team_jp." in said.out
    assert "because: Their own country." in said.out
    assert "shows: the columns title_id, plays, the rows where device_type = 'tv'" in said.out
    assert "masked: title_id (sha-256-global)" in said.out
    assert "for: comparison" in said.out
    assert "it ends before 2027-01-01" in said.out
    lines = (project / "policy" / "access.yaml").read_text(encoding="utf-8").split("\n")
    place = next(number for number, line in enumerate(lines, 1) if "own_country:" in line)
    assert f"written: policy/access.yaml:{place}:" in said.out


def test_what_to_edit_closes_every_way_and_touches_nobody_else(project: Path) -> None:
    told = ringi("access", "explain", "aki", JP, lake=project, as_json=True).json()["policy"]
    assert {(edit["take_out_of"], edit["name"]) for edit in told["edits"]} == {
        ("roles", "team_jp"),
        ("roles", "everyone"),
        ("grants", "plays_for_all"),
    }
    write(
        project,
        "policy/access.yaml",
        {
            **POLICY,
            "roles": {"team_jp": {"members": ["cem"]}, "everyone": {"members": ["ben"]}},
            "grants": {**POLICY["grants"], "plays_for_all": {**POLICY["grants"]["plays_for_all"], "to": ["everyone"]}},
        },
    )
    catalog = loaded(project)
    policy, _ = load(project, catalog)
    relation = Relations(catalog).get("views_jp", "title_daily")
    assert relation is not None
    assert not decide(policy, "aki", relation, NOW)


def test_one_column_is_explained_by_the_grants_that_give_it(project: Path) -> None:
    told = ringi("access", "explain", "aki", f"{JP}.viewing_date", lake=project, as_json=True).json()["policy"]
    assert [way["grant"] for way in told["ways"]] == ["own_country"]


def test_who_is_fenced_in_another_country_reads_nothing_and_is_told_why(project: Path) -> None:
    said = explained(project, "ben", JP)
    assert said.code == 0
    assert "ben does not read views_jp.title_daily" in said.out
    assert "belongs to the country DE" in said.out


def test_an_identity_and_a_session_of_its_role_are_the_principal(project: Path) -> None:
    for identity in ("arn:aws:iam::123456789012:role/aki", "arn:aws:sts::123456789012:assumed-role/aki/laptop"):
        told = ringi("access", "explain", identity, JP, lake=project, as_json=True).json()
        assert (told["principal"], told["account"]) == ("aki", None)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("aky", JP), "did you mean `aki`?"),
        (("team_jp", JP), "is a role; ask about one of its members: aki"),
        (("aki", "views_jp.title_dayly"), "did you mean `views_jp.title_daily`?"),
        (("aki", "title_daily"), "write `views_jp.title_daily`"),
        (("aki", f"{JP}.play"), "did you mean `plays`?"),
    ],
)
def test_what_nobody_knows_is_refused_with_the_nearest_name(project: Path, words: tuple[str, str], hint: str) -> None:
    said = explained(project, *words)
    assert (said.code, said.out) == (2, "")
    assert hint in said.err


def test_drift_of_a_lake_on_this_machine_is_refused(project: Path) -> None:
    said = ringi("access", "drift", lake=project)
    assert said.code == 2
    assert "is a lake on this machine" in said.err


def test_a_way_is_there_for_each_grant_that_the_evaluator_holds(project: Path) -> None:
    lake = Lake(project)
    policy, _ = load(project, lake.catalog)
    relation = Relations(lake.catalog).get("views_jp", "title_daily")
    assert relation is not None
    for principal in policy.principals:
        for column in (None, *relation.types):
            found = explain_reader(policy, principal, relation, NOW, column)
            held = {each.grant for each in decide(policy, principal, relation, NOW).held if column is None or column in each.columns}
            assert {way.grant for way in found.ways} == held


def test_the_grant_step_of_a_round_is_this_door(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def step(*words: str) -> int:
        return main(["--step", "grant", "--words", json.dumps(words), "--lake", str(project), "--profile", "local"])

    assert step("access", "explain", "aki", JP) == 0
    assert json.loads(capsys.readouterr().out)["principal"] == "aki"
    assert step("access", "drift") == 2
    assert step("erase", "--everything") == 2
