"""An AWS profile of ringi.toml: read strictly, with messages that say what to do; the lake opens with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from governance.lake_formation.compiling.work import JobRole, Work
from infra.aws.account import Aws
from infra.aws.keys import Keys
from infra.aws.settings import FIELDS as AWS_FIELDS
from infra.aws.spark_settings import s3a_settings
from infra.aws.tables import AwsTables
from infra.local.query_process import Limits
from metrics_catalog.errors import UsageError
from ringi.lake import Lake
from ringi.project import FIELDS, read_profile
from ringi.query.answering import run_query
from tests.support.aws_lake import profile_toml

GOOD = {
    "warehouse": "s3://acme-lake/ringi",
    "region": "eu-west-1",
    "kms_key": "alias/ringi-lake",
    "definer_role": "arn:aws:iam::123456789012:role/ringi-definer",
}
ROLE = "arn:aws:iam::123456789012:role/{}"


def profile(root: Path, **changed: str | None) -> str:
    fields = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    text = "[profiles.aws]\n" + "".join(f'{name} = "{value}"\n' for name, value in fields.items())
    (root / "ringi.toml").write_text(text, encoding="utf-8")
    return text


def test_a_profile_in_s3_computes_with_spark_and_works_below_the_project(tmp_path: Path) -> None:
    profile(tmp_path, endpoint_url="http://localhost:5000", catalog_id="123456789012")
    held = read_profile(tmp_path, "aws")
    assert (held.warehouse, held.engine) == (tmp_path / ".ringi" / "aws", "spark")
    assert held.aws is not None and (held.aws.bucket, held.aws.prefix) == ("acme-lake", "ringi/")
    assert (held.aws.country_key_alias, held.aws.athena_workgroup, held.aws.views) == ("alias/ringi-{country}", "ringi", "multi-dialect")


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"warehouse": "s3://Acme/ringi"}, "`warehouse` is `s3://Acme/ringi`"),
        ({"warehouse": "gs://acme/ringi"}, "expected `s3://bucket/prefix`"),
        ({"region": None}, "lacks `region`, the AWS region"),
        ({"kms_key": None}, "lacks `kms_key`, the key of the lake"),
        ({"kms_key": "ringi-lake"}, "`kms_key` is 'ringi-lake'"),
        ({"country_key_alias": "alias/ringi"}, "`country_key_alias` is 'alias/ringi'"),
        ({"catalog_id": "42"}, "expected the account whose Glue catalog"),
        ({"definer_role": None}, 'or set views = "presto"'),
        ({"views": "plain"}, "expected how definer views are kept"),
        ({"regoin": "x"}, "unknown field `regoin`"),
        ({"warehouse": "warehouse"}, "set `warehouse` to `s3://bucket/prefix`"),
    ],
)
def test_a_broken_profile_says_which_field_and_what_was_expected(tmp_path: Path, changed: dict[str, str | None], word: str) -> None:
    profile(tmp_path, **changed)
    with pytest.raises(UsageError) as caught:
        read_profile(tmp_path, "aws")
    assert word in str(caught.value) and "ringi.toml" in caught.value.message and caught.value.hint


def test_every_setting_survives_being_written_and_read(aws: Aws, tmp_path: Path) -> None:
    landing, other = (
        JobRole(ROLE.format("landing"), frozenset({Work.LAND})),
        JobRole(ROLE.format("other"), frozenset({Work.LAND, Work.RUN})),
    )
    for roles in ((), (landing, other)):
        settings = replace(aws.settings, job_roles=roles)
        (tmp_path / "ringi.toml").write_text(profile_toml(settings), encoding="utf-8")
        assert read_profile(tmp_path, "aws").aws == settings


def job_roles(root: Path, told: str) -> tuple[JobRole, ...]:
    (root / "ringi.toml").write_text(f"{profile(root)}job_roles = {told}\n", encoding="utf-8")
    settings = read_profile(root, "aws").aws
    assert settings is not None
    return settings.job_roles


def test_roles_that_are_only_listed_do_all_work_as_they_always_did(tmp_path: Path) -> None:
    one, other = ROLE.format("a"), ROLE.format("b")
    assert job_roles(tmp_path, f'"{one} {other}"') == (JobRole(one, frozenset(Work)), JobRole(other, frozenset(Work)))


def test_a_table_says_which_role_does_which_work(tmp_path: Path) -> None:
    one, other = ROLE.format("a"), ROLE.format("b")
    told = f'{{ run = "{one}", land = "{other} {one}" }}'
    assert job_roles(tmp_path, told) == (JobRole(one, frozenset({Work.LAND, Work.RUN})), JobRole(other, frozenset({Work.LAND})))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (f'{{ landing = "{ROLE.format("a")}" }}', "has 'landing' = 'arn:"),
        ('{ land = "ringi-land" }', "has 'land' = 'ringi-land'"),
        ("{ land = 3 }", "has 'land' = 3"),
        ('"ringi-land"', "is 'ringi-land'"),
        ("7", "is 7"),
        (f'["{ROLE.format("a")}"]', "is ['arn:"),
    ],
)
def test_other_work_and_what_is_no_role_is_refused_with_what_was_expected(tmp_path: Path, told: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        job_roles(tmp_path, told)
    assert said in caught.value.message and caught.value.hint


def test_a_project_with_the_profile_opens_the_lake_in_s3(aws: Aws, tmp_path: Path) -> None:
    (tmp_path / "ringi.toml").write_text(profile_toml(aws.settings), encoding="utf-8")
    lake = Lake(tmp_path, "aws")
    said: list[str] = []
    assert isinstance(lake.tables, AwsTables) and lake.tables.data_folder("gold.v") == "s3://ringi-test-lake/prefix/gold/v/data"
    assert lake.objects.path("x") == "s3://ringi-test-lake/prefix/landing/x"
    with lake.held("run", said.append):
        assert lake.objects.exists("../.lock") is False and not said
    assert not (tmp_path / ".ringi").exists()


def test_the_embedded_engine_is_refused_for_a_lake_in_s3(tmp_path: Path, aws: Aws) -> None:
    (tmp_path / "ringi.toml").write_text(profile_toml(aws.settings), encoding="utf-8")
    with pytest.raises(UsageError, match="is in S3"), Lake(tmp_path, "aws").engine("duckdb"):
        pass


def test_spark_writes_with_the_lakes_key_at_the_profiles_endpoint(aws: Aws) -> None:
    found = s3a_settings(aws)
    assert found["spark.hadoop.fs.s3a.encryption.algorithm"] == "SSE-KMS"
    assert found["spark.hadoop.fs.s3a.encryption.key"] == Keys(aws).arn("alias/ringi-lake")
    assert found["spark.hadoop.fs.s3.impl"].endswith("S3AFileSystem") and "spark.hadoop.fs.s3a.endpoint" not in found
    assert "software.amazon.awssdk:bundle" in found["spark.jars.excludes"], "640 MB that Spark does not need"


@pytest.mark.parametrize(
    ("inside", "key"),
    [
        ("saved_jp/title_daily/data/a.parquet", "alias/ringi-jp"),
        ("saved_de/x", "alias/ringi-de"),
        ("gold/saved_jp/x", "alias/ringi-lake"),
        (".staging/x", "alias/ringi-lake"),
        ("landing/viewing_events/saved_jp/x", "alias/ringi-lake"),
    ],
)
def test_only_saved_copies_lie_under_a_countrys_key(aws: Aws, inside: str, key: str) -> None:
    assert Keys(aws).name(f"{aws.settings.warehouse}/{inside}") == key


def test_a_query_of_a_lake_in_s3_is_sent_to_athena(tmp_path: Path) -> None:
    profile(tmp_path)
    with pytest.raises(UsageError, match="the profile `aws` is in S3") as caught:
        run_query(Lake(tmp_path, "aws"), "select 1", "analyst_jp", Limits())
    assert "in the workgroup `ringi`" in str(caught.value)


def test_every_field_of_a_profile_is_told_in_the_guide() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "aws.md").read_text(encoding="utf-8")
    told = guide.partition("## 12. The profile, field by field")[2]
    assert [name for name in (*AWS_FIELDS, *FIELDS) if f"`{name}`" not in told] == []
