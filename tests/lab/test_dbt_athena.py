"""A country's team builds models of its own over a published view with dbt-athena, unmodified, under its own rights."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lab.athena_workgroup import a_bucket, a_workgroup
from tests.lab.dbt_athena import dbt
from tests.lab.lake_on_s3 import COUNTRIES, Published, access_rules
from tests.lab.moto_server import Moto
from tests.lab.trino_server import REFUSED, Trino

TEAM = "team_jp"


@pytest.fixture(scope="module")
def environment(lab: Moto, trino: Trino, published: Published) -> dict[str, str]:
    """What dbt is given: the keys of the team's own IAM user, and places for results and data."""
    iam = lab.client("iam")
    iam.create_user(UserName=TEAM)
    key = iam.create_access_key(UserName=TEAM)["AccessKey"]
    a_workgroup(lab, "team-jp", bucket="ringi-test-results")
    data = a_bucket(lab, "ringi-test-team-jp")
    trino.allow([*access_rules(COUNTRIES), {"user": TEAM, "schema": "views_jp", "privileges": ["SELECT"]}], owners={TEAM: TEAM})
    own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    kept = {name: value for name, value in lab.environment.items() if name != "AWS_SESSION_TOKEN"}
    return {**kept, **own, "LAB_RESULTS": "s3://ringi-test-results/dbt/", "LAB_DATA": f"s3://{data}/data/"}


def test_dbt_builds_a_table_and_a_view_and_its_tests_pass(
    environment: dict[str, str], trino: Trino, published: Published, tmp_path: Path
) -> None:
    done = dbt(["build"], tmp_path, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS=5" in done.stdout
    expected: dict[object, int] = {}
    for row in published.values("jp", "title_daily"):
        expected[row["viewing_date"]] = expected.get(row["viewing_date"], 0) + row["plays"]
    assert dict(trino.query("SELECT viewing_date, plays FROM team_jp.hours_by_day", user=TEAM)) == expected
    best = sorted(expected.items(), key=lambda day: (-day[1], str(day[0])))[:3]
    assert sorted(trino.query("SELECT viewing_date, plays FROM team_jp.best_days", user=TEAM)) == sorted(best)


def test_dbt_is_refused_another_countrys_view(environment: dict[str, str], tmp_path: Path) -> None:
    model = tmp_path / "project" / "models" / "theirs.sql"
    model.parent.mkdir(parents=True)
    model.write_text("select * from views_de.title_daily", encoding="utf-8")
    done = dbt(["run", "--select", "theirs"], tmp_path, environment)
    assert done.returncode != 0
    assert re.search(REFUSED, done.stdout)
