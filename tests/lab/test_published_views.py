"""A lake that Spark made on S3 and Glue, read by other engines: each published view gives an analyst what the lake of DuckDB gives,
and nobody else's country."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from trino.exceptions import TrinoUserError

from governance.compilers.trino import TrinoTarget
from governance.compilers.trino import rules as written_rules
from governance.policy.policy import load_quickly
from governance.policy.relation import Relations
from infra.local.query_process import Limits
from ringi.query.answering import run_query
from tests.lab.athena_workgroup import a_workgroup
from tests.lab.cells import assert_same_cells
from tests.lab.lake_on_s3 import COUNTRIES, Published, open_to_analysts
from tests.lab.moto_server import Moto
from tests.lab.trino_server import CATALOG, DEFINER_USER, OWNER, REFUSED, Trino

VIEWS = ("catalogue_weekly", "country_daily", "playback_quality_daily", "title_daily")


@pytest.fixture(scope="module", autouse=True)
def rules(lab: Moto, trino: Trino, published: Published) -> None:
    open_to_analysts(trino)


def as_analyst(trino: Trino, country: str, view: str) -> list[dict[str, Any]]:
    return trino.rows(f"SELECT * FROM views_{country}.{view}", user=f"analyst_{country}")


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("view", VIEWS)
def test_trino_gives_an_analyst_the_values_of_the_duckdb_lake(trino: Trino, published: Published, country: str, view: str) -> None:
    expected = published.values(country, view)
    assert expected, "a view without rows proves nothing"
    assert_same_cells(expected, as_analyst(trino, country, view))


def test_spark_landed_and_published_all_of_it_and_then_has_nothing_to_do(published: Published) -> None:
    told = published.told
    assert told["landed"]["viewing_events"] == published.landed["viewing_events"] > told["landed"]["titles"] > 0
    assert told["run"]["published"] == told["run"]["definer_views"] == len(COUNTRIES) * len(VIEWS)
    after = told["after"]
    assert not any(after[part] for part in ("compute", "copies", "withdraw", "definer_views", "calls"))


def test_events_that_are_sent_once_more_are_found_in_bronze_on_s3(published: Published) -> None:
    again = published.told["again"]
    assert again["accepted"] == 0 and 1 < again["repeated"] == again["received"] - again["refused"]


def test_the_plan_told_each_call_that_made_a_view(lab: Moto, published: Published) -> None:
    calls = published.told["plan"]["calls"]
    glue = ServiceModel(Loader().load_service_model("glue", "service-2"))
    for call in calls:
        report = ParamValidator().validate(call["parameters"], glue.operation_model(call["operation"]).input_shape)
        assert not report.has_errors(), report.generate_report()
    planned = {f"{one['DatabaseName']}.{one['TableInput']['Name']}": one["TableInput"] for one in _of(calls, "CreateTable")}
    for country in COUNTRIES:
        for view in VIEWS:
            held = lab.client("glue").get_table(DatabaseName=f"views_{country}", Name=view)["Table"]
            wanted = planned.pop(f"views_{country}.{view}")
            texts = {one["Dialect"]: one["ViewOriginalText"] for one in held["ViewDefinition"]["Representations"]}
            assert texts == {one["Dialect"]: one["ViewOriginalText"] for one in wanted["ViewDefinition"]["Representations"]}
            assert set(texts) == {"ATHENA", "SPARK", "REDSHIFT"}
            assert held["Parameters"]["ringi.run-id"] == published.told["run"]["run_id"]
            assert wanted["Parameters"].items() <= held["Parameters"].items()
    assert planned == {}


def _of(calls: list[dict[str, Any]], operation: str) -> list[dict[str, Any]]:
    return [call["parameters"] for call in calls if call["operation"] == operation]


def test_every_published_view_is_among_those_compared(published: Published) -> None:
    for country in COUNTRIES:
        assert [view.name for view in published.views(country)] == [f"views_{country}.{view}" for view in VIEWS]


@pytest.mark.parametrize("schema", ["views_jp", "saved_jp"])
def test_an_analyst_of_germany_is_refused_japans_schemas(trino: Trino, schema: str) -> None:
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query(f"SELECT count(*) FROM {schema}.title_daily", user="analyst_de")


def test_an_analyst_reads_the_view_and_not_the_saved_copy_below_it(trino: Trino) -> None:
    assert trino.query("SELECT count(*) FROM views_jp.title_daily", user="analyst_jp")[0][0] > 0
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query("SELECT count(*) FROM saved_jp.title_daily", user="analyst_jp")
    with pytest.raises(TrinoUserError, match=REFUSED):
        trino.query("SELECT count(*) FROM gold.title_daily", user="analyst_jp")


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("view", VIEWS)
def test_pyiceberg_reads_the_same_saved_copy(lab: Moto, published: Published, country: str, view: str) -> None:
    from pyiceberg.catalog.glue import GlueCatalog

    catalog = GlueCatalog("lab", **{"s3.endpoint": lab.url, "glue.endpoint": lab.url})
    table = catalog.load_table(f"saved_{country}.{view}")
    assert_same_cells(published.values(country, view), table.scan().to_arrow().to_pylist())


@pytest.mark.parametrize(("view", "ctas"), [*((view, False) for view in VIEWS), ("title_daily", True)])
def test_awswrangler_reads_a_published_view_through_athena(lab: Moto, published: Published, view: str, ctas: bool) -> None:
    import awswrangler as wr

    workgroup = a_workgroup(lab, f"wrangler-{view}-{str(ctas).lower()}", bucket="ringi-test-results")
    wr.catalog.create_database("wrangler_scratch", exist_ok=True)
    frame = wr.athena.read_sql_query(f"SELECT * FROM views_jp.{view}", database="wrangler_scratch", workgroup=workgroup, ctas_approach=ctas)
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    assert_same_cells(published.values("jp", view), rows)


def test_every_file_of_a_country_lies_under_that_countrys_key(lab: Moto, published: Published) -> None:
    keys = lab.client("kms")
    for country in COUNTRIES:
        key = keys.describe_key(KeyId=f"alias/ringi-{country}")["KeyMetadata"]["Arn"]
        found = _objects(lab, published.warehouse, f"saved_{country}/")
        assert found
        assert {head["SSEKMSKeyId"] for head in found.values()} == {key}


def _objects(lab: Moto, warehouse: str, below: str) -> dict[str, Any]:
    s3, (bucket, _, prefix) = lab.client("s3"), warehouse.removeprefix("s3://").partition("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/{below}")
    names = [one["Key"] for page in pages for one in page.get("Contents", ())]
    return {name: s3.head_object(Bucket=bucket, Key=name) for name in names}


def test_the_rules_that_ringi_writes_give_each_reader_what_a_query_gives(trino: Trino, published: Published) -> None:
    """The starter's policy as `ringi access export --target trino` compiles it, through definer views."""
    local, before = published.local, trino.rules.read_text(encoding="utf-8")
    policy, _ = load_quickly(local.root, local.catalog)
    declared = Relations(local.catalog)
    relations = [declared.published(f"views_{country}", view, declared.types_of(view)) for country in COUNTRIES for view in VIEWS]
    definer = (DEFINER_USER, tuple(f"saved_{country}" for country in COUNTRIES))
    made = written_rules(policy, relations, TrinoTarget(CATALOG, OWNER, (definer,)), dt.datetime.now(dt.UTC))
    assert not made.refused
    trino.rule_with(made.as_text())
    try:
        for country, view in (("jp", "title_daily"), ("de", "playback_quality_daily")):
            assert_same_cells(published.values(country, view), as_analyst(trino, country, view))
        sql = "SELECT * FROM views_jp.title_daily"
        partner = run_query(local, sql, "tv_partnerships", Limits())[0].rows
        assert partner
        assert_same_cells(partner, trino.rows(sql, user="tv_partnerships"))
        for user in ("analyst_de", "playback_engineering", "lake_operators", "nobody"):
            with pytest.raises(TrinoUserError, match=REFUSED):
                trino.query("SELECT count(*) FROM views_jp.title_daily", user=user)
    finally:
        trino.rule_with(before)
