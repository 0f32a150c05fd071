"""Definer views in Glue: all dialects of one rendering, what a plan shows is what is sent, and drift of any text is seen."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from infra.aws.account import Aws
from infra.aws.glue_view_input import TEXT
from infra.aws.tables import AwsTables
from infra.errors import InfraError
from jobs.publishing.definers import as_table_view
from jobs.table import Commit, DefinerView, TableSpec
from tests.support.aws_faults import answer, error, failing, lost_answer
from tests.support.aws_lake import DEFINER
from tests.support.view_catalog import title_daily
from views.plan import Create, Keep, Replace, WantedView, plan, wanted

NAME = "views_jp.title_daily"


def wanted_jp() -> WantedView:
    return wanted(title_daily(), ["JP"])[0]


def definer() -> DefinerView:
    return as_table_view(wanted_jp())


def with_copy(aws: Aws) -> AwsTables:
    """Tables with a saved copy that says which run wrote it."""
    tables = AwsTables(aws)
    summary = {"ringi.run-id": "run-7", "ringi.gold-snapshot": "42", "ringi.meanings": '{"plays": "d1"}'}
    tables.commit(Commit("saved_jp.title_daily", [], spec=TableSpec("saved_jp.title_daily", definer().columns), summary=summary))
    return tables


def entry(aws: Aws) -> dict[str, Any]:
    return dict(aws.client("glue").get_table(DatabaseName="views_jp", Name="title_daily")["Table"])


def changed(aws: Aws, **fields: Any) -> None:
    """Somebody edits the entry behind our back."""
    held = entry(aws)
    kept = {
        key: held[key]
        for key in ("Name", "TableType", "StorageDescriptor", "Parameters", "ViewDefinition", "ViewOriginalText")
        if key in held
    }
    aws.client("glue").update_table(DatabaseName="views_jp", TableInput={**kept, **fields})


def test_a_view_carries_all_dialects_its_definer_and_the_table_below(aws: Aws) -> None:
    with_copy(aws).put_views([definer()])
    held = entry(aws)
    assert held["TableType"] == "VIRTUAL_VIEW"
    defined = held["ViewDefinition"]
    assert (defined["IsProtected"], defined["Definer"]) == (True, DEFINER)
    assert defined["SubObjects"] == ["arn:aws:glue:eu-west-1:123456789012:table/saved_jp/title_daily"]
    assert {one["Dialect"]: one["ViewOriginalText"] for one in defined["Representations"]} == {
        name.upper(): definer().sql[name] for name in ("athena", "spark", "redshift")
    }
    assert all(one["ViewExpandedText"] == one["ViewOriginalText"] for one in defined["Representations"])
    assert '"awsdatacatalog"."saved_jp"."title_daily"' in definer().sql["redshift"]


def test_a_view_says_which_run_and_which_snapshot_its_copy_comes_from(aws: Aws) -> None:
    with_copy(aws).put_views([definer()])
    said = entry(aws)["Parameters"]
    assert (said["ringi.run-id"], said["ringi.gold-snapshot"], said["ringi.meanings"]) == ("run-7", "42", '{"plays": "d1"}')
    assert definer().properties.items() <= said.items() and any(name.startswith("ringi.metric.") for name in said)


@pytest.mark.parametrize("kind", ["multi-dialect", "presto"])
def test_what_was_put_reads_back_the_same(aws: Aws, kind: str) -> None:
    tables = AwsTables(Aws(replace(aws.settings, views=kind)))
    tables.put_views([definer()])
    held = tables.view(NAME)
    assert held is not None and (held.columns, dict(held.sql)) == (definer().columns, dict(definer().sql))
    assert tables.views("views_jp") == (held,) and tables.names("views_jp") == ()
    assert plan([wanted_jp()], [held]).changes == (Keep(NAME),)


def test_the_plan_shows_the_call_that_is_sent(aws: Aws) -> None:
    tables, sent = with_copy(aws), []

    def heard(params: dict[str, Any], model: Any, **_: Any) -> None:
        sent.append((model.name, json.loads(json.dumps(params))))

    for operation in ("CreateTable", "UpdateTable"):
        aws.client("glue").meta.events.register(f"provide-client-params.glue.{operation}", heard)
    for _ in range(2):
        shown = tables.definers.call(definer())
        tables.put_views([definer()])
        assert sent[-1] == (shown.operation, shown.parameters)
    assert [operation for operation, _ in sent] == ["CreateTable", "UpdateTable"]
    assert sent[1][1]["ViewUpdateAction"] == "ADD_OR_REPLACE" and sent[1][1]["Force"] is False and sent[1][1]["VersionId"] == "1"


def edited(representations: list[dict[str, str]], dialect: str, field: str) -> list[dict[str, str]]:
    return [{**one, field: "select 1"} if one["Dialect"] == dialect else one for one in representations]


@pytest.mark.parametrize("field", ["ViewOriginalText", "ViewExpandedText"])
@pytest.mark.parametrize("dialect", ["ATHENA", "SPARK", "REDSHIFT"])
def test_an_edited_text_is_seen_and_mended_the_executed_one_too(aws: Aws, dialect: str, field: str) -> None:
    tables = with_copy(aws)
    tables.put_views([definer()])
    defined = entry(aws)["ViewDefinition"]
    changed(aws, ViewDefinition={**defined, "Representations": edited(defined["Representations"], dialect, field)})
    seen = plan([wanted_jp()], tables.views("views_jp"))
    assert isinstance(seen.changes[0], Replace)
    tables.put_views([as_table_view(view) for view in seen.to_put])
    assert plan([wanted_jp()], tables.views("views_jp")).is_empty


@pytest.mark.parametrize("change", [{"IsProtected": False}, {"Definer": "arn:aws:iam::123456789012:role/somebody"}, {"SubObjects": []}])
def test_a_changed_definer_or_protection_or_base_is_drift(aws: Aws, change: dict[str, Any]) -> None:
    tables = with_copy(aws)
    tables.put_views([definer()])
    changed(aws, ViewDefinition={**entry(aws)["ViewDefinition"], **change})
    assert isinstance(plan([wanted_jp()], tables.views("views_jp")).changes[0], Replace)


def test_a_changed_column_is_drift(aws: Aws) -> None:
    tables = with_copy(aws)
    tables.put_views([definer()])
    columns = entry(aws)["StorageDescriptor"]["Columns"]
    changed(aws, StorageDescriptor={"Columns": columns[:-1]})
    assert isinstance(plan([wanted_jp()], tables.views("views_jp")).changes[0], Replace)
    assert tables.definers.call(definer()).parameters["Force"] is True


def test_a_presto_view_is_what_trino_reads(aws: Aws) -> None:
    tables = AwsTables(Aws(replace(aws.settings, views="presto", definer_role=None, views_catalog="lake")))
    tables.put_views([definer()])
    held = entry(aws)
    assert held["Parameters"]["presto_view"] == "true" and held["ViewExpandedText"] == "/* Presto View */"
    text = held["ViewOriginalText"]
    assert text.startswith("/* Presto View: ") and text.endswith(" */") and "ViewDefinition" not in held
    told = json.loads(base64.b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */")))
    assert told["originalSql"] == definer().sql["athena"] and (told["catalog"], told["schema"]) == ("lake", "views_jp")
    assert told["runAsInvoker"] is False and told["owner"] == held["Owner"] == "ringi"
    assert told["columns"][0] == {"name": "viewing_country", "type": "varchar"}
    changed(aws, ViewOriginalText="/* Presto View: eyJ9 */")
    assert isinstance(plan([wanted_jp()], tables.views("views_jp")).changes[0], Replace)


def test_texts_of_other_engines_lie_beside(aws: Aws) -> None:
    with_copy(aws).put_views([definer()])
    assert entry(aws)["Parameters"][f"{TEXT}duckdb"] == definer().sql["duckdb"]


def test_a_dropped_view_is_gone_and_a_table_of_that_name_stays(aws: Aws) -> None:
    tables = with_copy(aws)
    tables.put_views([definer()])
    tables.drop(NAME)
    tables.drop(NAME)
    assert tables.view(NAME) is None and plan([wanted_jp()], tables.views("views_jp")).changes == (Create(wanted_jp()),)
    assert tables.names("saved_jp") == ("saved_jp.title_daily",)


def test_glue_is_waited_for_and_what_an_engine_objects_is_told(aws: Aws) -> None:
    def status(state: str, **more: Any) -> Any:
        table = {"Name": "title_daily", "DatabaseName": "views_jp", "Status": {"State": state, **more}}
        return lambda name, request: answer(request, 200, json.dumps({"Table": table}).encode())

    tables = with_copy(aws)
    objection = {"Dialect": "ATHENA", "State": "FAILED", "Error": {"ErrorCode": "X", "ErrorMessage": "no such column"}}
    with failing(aws, "glue", "GetTable", status("QUEUED"), only="IncludeStatusDetails") as waited:
        tables.put_views([definer()])
    assert (waited.failed, waited.seen) == (1, 2)
    failed = status("FAILED", Details={"ViewValidations": [objection]})
    with (
        failing(aws, "glue", "GetTable", failed, only="IncludeStatusDetails"),
        pytest.raises(InfraError, match=r"Glue did not make the view `views_jp.title_daily` .*ATHENA: no such column") as caught,
    ):
        tables.put_views([definer()])
    assert "RNG-INF-038" in str(caught.value)


@pytest.mark.parametrize("fault", [lost_answer, error("ConcurrentModificationException")])
def test_a_view_whose_answer_was_lost_or_that_another_changed_is_put_again(aws: Aws, fault: Any) -> None:
    tables = with_copy(aws)
    tables.put_views([definer()])
    again = replace(definer(), properties={**definer().properties, "ringi.country": "changed"})
    with failing(aws, "glue", "UpdateTable", fault):
        tables.put_views([again])
    held = tables.view(NAME)
    assert held is not None and held.properties["ringi.country"] == "changed"
