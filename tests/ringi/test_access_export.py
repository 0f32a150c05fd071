"""`ringi access export`: the policy as files of other engines, from the lake as it is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.support.catalogs import edit, write
from tests.support.command import ringi
from tests.support.lakes import RunningLake, event

OWN: dict[str, Any] = {"to": ["analyst_<cc>"], "views": ["views_<cc>.*"], "reason": "Own country."}
POLICY: dict[str, Any] = {
    "per_country": [{"principals": {"analyst_<cc>": {"country": "<CC>"}}, "grants": {"own_<cc>": OWN}}],
    "principals": {"partner": {}, "rival": {}},
    "grants": {
        "television": {
            "to": ["partner"],
            "views": ["views_jp.title_daily"],
            "columns": {"include": ["viewing_date", "title_id", "device_type", "plays"]},
            "rows": "device_type = 'tv'",
            "masks": {"title_id": "show-last-4", "viewing_date": "truncate-to-month"},
            "valid_until": "2999-01-01",
            "reason": "Talks.",
        },
        "secret": {"to": ["rival"], "views": ["views_jp.title_daily"], "masks": {"title_id": "sha-256-query-local"}, "reason": "Talks."},
    },
    "definers": {"views": {"identities": ["arn:aws:iam::123456789012:role/ringi-definer"], "reason": "Views read with it."}},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that publishes Japan and Germany."""
    made = RunningLake(tmp_path_factory.mktemp("lake"))
    write(made.root, "policy/access.yaml", POLICY)
    devices = ("tv", "web", "mobile")
    made.events(
        [event(i, ("JP", "DE")[i % 2], "2026-11-01 03:00", device_type=devices[i % 3], title_id=f"title-{i % 4}") for i in range(24)]
    )
    made.run()
    made.engine.close()
    return made.root


def test_trinos_rules_give_each_analyst_the_own_country(project: Path, tmp_path: Path) -> None:
    said = ringi("access", "export", "--target", "trino", "--out", tmp_path / "etc", lake=project, as_json=True)
    assert said.code == 1
    assert [each["principal"] for each in said.json()["refused"]] == ["rival"]
    assert "needs a secret of each query" in said.err
    rules = json.loads((tmp_path / "etc" / "rules.json").read_text(encoding="utf-8"))
    tables = {(rule.get("user"), rule.get("schema"), rule.get("table")): rule for rule in rules["tables"]}
    assert tables["analyst_jp", "views_jp", "title_daily"]["privileges"] == ["SELECT"]
    assert not [key for key in tables if key[0] == "analyst_jp" and key[1] not in ("views_jp", "jdbc")]
    assert tables["partner", "views_jp", "title_daily"]["filter"] == "\"device_type\" = 'tv'"
    assert tables["ringi\\-definer", "saved_de|saved_jp|saved_no|saved_np|saved_us", None]["privileges"] == ["SELECT", "GRANT_SELECT"]
    assert rules["tables"][-1] == {"privileges": []}
    assert "security.config-file" in (tmp_path / "etc" / "access-control.properties").read_text(encoding="utf-8")
    assert said.json()["right_until"] == "2999-01-01"


def test_a_column_that_is_published_and_declared_no_more_is_given_to_nobody(project: Path, tmp_path: Path) -> None:
    before = (project / "views/title_daily.yaml").read_text(encoding="utf-8")
    try:
        edit(project, "views/title_daily.yaml", lambda view: view.update(metrics=["viewing_hours"]))
        edit(project, "metrics/engagement/plays.yaml", lambda metric: metric.update(metric="plays_anew"))
        said = ringi("access", "export", "--target", "trino", "--as", "analyst_jp", lake=project)
    finally:
        (project / "views/title_daily.yaml").write_text(before, encoding="utf-8")
        edit(project, "metrics/engagement/plays.yaml", lambda metric: metric.update(metric="plays"))
    (rule,) = [rule for rule in json.loads(said.out)["tables"] if rule.get("table") == "title_daily"]
    assert {"name": "plays", "allow": False} in rule["columns"]


def test_duckdbs_views_give_the_rows_that_a_query_gives(project: Path, tmp_path: Path) -> None:
    said = ringi("access", "export", "--target", "duckdb", "--as", "partner", "--out", tmp_path, lake=project)
    assert said.code == 0
    assert said.out == f"{tmp_path}/partner.sql\n"
    lake = RunningLake(project)
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA saved_jp")
    spec = lake.tables.spec("saved_jp.title_daily")
    assert spec is not None
    held = lake.engine.relation([file.path for file in lake.tables.files("saved_jp.title_daily")], spec.columns)
    connection.execute(f"CREATE VIEW saved_jp.title_daily AS SELECT * FROM {held}")
    lake.engine.close()
    connection.execute((tmp_path / "partner.sql").read_text(encoding="utf-8"))
    rows = connection.execute("SELECT * FROM views_jp.title_daily ORDER BY ALL").fetchall()
    asked = ringi("query", "select * from views_jp.title_daily order by all", "--as", "partner", lake=project, as_json=True).json()
    assert [list(map(str, row)) for row in rows] == [list(map(str, row.values())) for row in asked]
    assert {(row["viewing_date"], row["title_id"][:-4]) for row in asked} == {("2026-11-01", "xxx")}


def test_read_restrictions_name_the_fields_of_the_saved_copy(project: Path) -> None:
    said = ringi("access", "export", "--target", "read-restrictions", "--as", "partner", lake=project)
    assert said.code == 0
    (document,) = list(yaml.safe_load_all(said.out))
    lake = RunningLake(project)
    spec = lake.tables.spec("saved_jp.title_daily")
    lake.engine.close()
    assert spec is not None
    ids = {column.name: column.id for column in spec.columns}
    assert (document["principal"], document["table"]) == ("partner", "saved_jp.title_daily")
    restrictions = document["read-restrictions"]
    assert restrictions["required-row-filter"]["right"] == {"type": "eq", "term": "device_type", "value": "tv"}
    actions = {each["field-id"]: each["action"] for each in restrictions["required-column-projections"]}
    assert actions[ids["title_id"]] == "show-last-4"
    assert actions[ids["viewing_hours"]] == "replace-with-null"
    assert ids["plays"] not in actions


def test_a_principal_nobody_declared_is_refused(project: Path) -> None:
    said = ringi("access", "export", "--target", "trino", "--as", "analist_jp", lake=project)
    assert (said.code, said.out) == (4, "")
    assert "did you mean `analyst_jp`?" in said.err


def test_what_a_configured_target_cannot_say_is_a_finding(project: Path, tmp_path: Path) -> None:
    before = (project / "ringi.toml").read_text(encoding="utf-8")
    aws = (
        '[access]\ntargets = ["trino", "read-restrictions"]\n[profiles.aws]\nwarehouse = "s3://acme-lake/ringi"\nregion = "eu-west-1"\n'
        'kms_key = "alias/ringi-lake"\ndefiner_role = "arn:aws:iam::123456789012:role/ringi-definer"\n'
        'principal_identity = "arn:aws:iam::123456789012:role/{principal}"\n'
    )
    try:
        (project / "ringi.toml").write_text(before + aws, encoding="utf-8")
        found = ringi("check", lake=project, as_json=True).json()["findings"]
    finally:
        (project / "ringi.toml").write_text(before, encoding="utf-8")
    told = {(each["code"], each["message"].split(" cannot be told")[0]) for each in found if each["code"] == "RNG-GOV-089"}
    assert told == {("RNG-GOV-089", "trino")}
    assert {each["code"] for each in found} >= {"RNG-GOV-089", "RNG-GOV-091"}
    assert not [each for each in ringi("check", lake=project, as_json=True).json()["findings"] if each["code"] == "RNG-GOV-089"]


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ('targets = ["spark"]', "`targets` of `access` is ['spark']"),
        ('targets = "trino"', "`targets` of `access` is 'trino'"),
        ("trino_owner = 1", "`trino_owner` of `access` is 1"),
        ('owner = "lake"', "unknown field `owner`"),
    ],
)
def test_a_section_that_says_something_else_is_told(project: Path, section: str, words: str) -> None:
    before = (project / "ringi.toml").read_text(encoding="utf-8")
    try:
        (project / "ringi.toml").write_text(f"{before}\n[access]\n{section}\n", encoding="utf-8")
        said = ringi("access", "export", "--target", "trino", lake=project)
    finally:
        (project / "ringi.toml").write_text(before, encoding="utf-8")
    assert said.code == 2
    assert words in said.err
