"""`ringi run --plan` for a lake on AWS: the calls of Glue as botocore's own model takes them, and as the run then sends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from infra.aws.account import Aws
from infra.aws.glue_views import GlueCall
from infra.aws.tables import AwsTables
from jobs.publishing.definers import as_table_view
from jobs.running.foreseen import foresee
from jobs.running.run import RunLake
from ringi.operations.run_planning import RunIntent
from tests.support.aws_engine import AwsRunningLake
from tests.support.catalogs import edit, metric_file
from tests.support.lakes import event

GLUE = ServiceModel(Loader().load_service_model("glue", "service-2"))


@pytest.fixture
def lake(aws: Aws, tmp_path: Path) -> AwsRunningLake:
    lake = AwsRunningLake(tmp_path / "lake", aws)
    lake.events([event(1, "JP", "2026-11-01 10:00"), event(2, "DE", "2026-11-01 20:00", "heartbeat")])
    return lake


def intended(lake: AwsRunningLake) -> RunIntent:
    """What `ringi.operations.run_planning.plan_run` makes of an opened lake, over the tests' engine."""
    assert isinstance(lake.tables, AwsTables)
    found = foresee(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    put = [as_table_view(view) for view in found.definers.to_put]
    return RunIntent(found, lake.tables.definers.calls(put, found.definers.to_drop))


def sent_by(lake: AwsRunningLake, aws: Aws) -> list[GlueCall]:
    """Calls over definer views that a run sends."""
    sent: list[GlueCall] = []

    def heard(params: dict[str, Any], model: Any, **_: Any) -> None:
        if str(params.get("DatabaseName") or params.get("DatabaseInput", {}).get("Name")).startswith("views_"):
            sent.append(GlueCall(model.name, json.loads(json.dumps(params))))

    events = aws.client("glue").meta.events
    for operation in ("CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable"):
        events.register(f"provide-client-params.glue.{operation}", heard, unique_id=f"{operation}-heard")
    lake.run()
    for operation in ("CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable"):
        events.unregister(f"provide-client-params.glue.{operation}", unique_id=f"{operation}-heard")
    return sent


def without_the_runs_own(call: GlueCall) -> tuple[str, str]:
    """A call less what only the run can know: its name, the snapshot it published."""
    given: dict[str, Any] = json.loads(json.dumps(call.parameters))
    said = given.get("TableInput", {}).get("Parameters", {})
    for name in ("ringi.run-id", "ringi.gold-snapshot", "ringi.meanings"):
        said.pop(name, None)
    return call.operation, json.dumps(given, sort_keys=True)


def assert_taken_by_glue(calls: tuple[GlueCall, ...]) -> None:
    for call in calls:
        report = ParamValidator().validate(call.parameters, GLUE.operation_model(call.operation).input_shape)
        assert not report.has_errors(), report.generate_report()


def test_the_plan_of_a_first_run_is_what_the_run_sends_for_countries_with_events(lake: AwsRunningLake, aws: Aws) -> None:
    shown = intended(lake)
    assert_taken_by_glue(shown.calls)
    for call in shown.calls[-len(lake.catalog.countries) :]:
        texts = {one["Dialect"]: one["ViewOriginalText"] for one in call.parameters["TableInput"]["ViewDefinition"]["Representations"]}
        assert call.operation == "CreateTable" and set(texts) == {"ATHENA", "SPARK", "REDSHIFT"}
    sent = sent_by(lake, aws)
    assert {call.operation for call in sent} == {"CreateDatabase", "CreateTable"} and len(sent) == 4
    planned = {without_the_runs_own(call) for call in shown.calls}
    assert {without_the_runs_own(call) for call in sent} <= planned
    assert intended(lake).is_empty and intended(lake).calls == ()


def test_a_changed_meaning_is_shown_as_the_update_that_is_sent(lake: AwsRunningLake, aws: Aws) -> None:
    lake.run()
    edit(lake.root, metric_file("viewing_hours"), lambda d: d["how"].update(expression="seconds_viewed / 1800.0"))
    shown = intended(lake)
    assert_taken_by_glue(shown.calls)
    updates = {without_the_runs_own(call) for call in shown.calls if call.operation == "UpdateTable"}
    assert len(updates) == 2 and updates == {without_the_runs_own(call) for call in sent_by(lake, aws)}


def test_a_view_that_is_gone_is_shown_as_its_removal(lake: AwsRunningLake, aws: Aws) -> None:
    lake.run()
    (lake.root / "views" / "title_daily.yaml").unlink()
    shown = intended(lake)
    assert_taken_by_glue(shown.calls)
    assert [(call.operation, call.parameters) for call in shown.calls] == [
        ("DeleteTable", {"DatabaseName": f"views_{code}", "Name": "title_daily"}) for code in ("de", "jp")
    ]
    assert {call.operation for call in sent_by(lake, aws)} == {"DeleteTable"}


def test_people_read_one_line_a_step_and_programs_the_whole_call(lake: AwsRunningLake) -> None:
    shown = intended(lake)
    lines = shown.summary()
    assert "compute   title_daily: all countries and periods (it was never computed)" in lines
    countries = sorted(lake.catalog.countries)
    number = len(countries)
    assert f"create    title_daily: {number} definer views with the first facts: {', '.join(countries)}" in lines
    assert lines[-2:] == [f"call      glue:CreateDatabase, {number} times", f"call      glue:CreateTable, {number} times"]
    told = json.loads(json.dumps(shown.as_json()))
    assert {"service": "glue", "operation": "CreateTable"}.items() <= told["calls"][-1].items()
    assert [GlueCall(one["operation"], one["parameters"]) for one in told["calls"]] == list(shown.calls)
