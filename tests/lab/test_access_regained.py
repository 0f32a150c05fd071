"""Saved copies and views that were dropped and made anew keep their protection: what was given on them is back before a view shows them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from governance.lake_formation.api import calls
from governance.lake_formation.resource import Filter, Table
from governance.lake_formation.state import CellsFilter, Element, OptIn, Permission
from infra.aws.account import Aws
from infra.aws.lake_formation.account import LakeFormationAccount
from infra.aws.lake_formation.given import S3Given, table_element
from jobs.running.foreseen import foresee
from jobs.running.run import RunLake
from ringi.operations.run_planning import RunIntent, made_anew
from tests.lab.moto_server import ACCOUNT, Moto
from tests.support.aws_engine import AwsRunningLake
from tests.support.aws_lake import DEFINER, make_aws_lake
from tests.support.lakes import event

JP = f"arn:aws:iam::{ACCOUNT}:role/analyst_jp"
COPY, VIEW = Table("saved_jp", "title_daily"), Table("views_jp", "title_daily")
GIVEN: tuple[Element, ...] = (
    Permission(DEFINER, COPY, "SELECT", grantable=True),
    CellsFilter("saved_jp", "title_daily", "some", rows="title_id = 't1'"),
    Permission(JP, Filter("saved_jp", "title_daily", "some"), "SELECT"),
    OptIn(JP, COPY),
    Permission(JP, VIEW, "DESCRIBE"),
    Permission(JP, VIEW, "SELECT"),
)
EVENTS = [event(1, "JP", "2026-11-01 20:00", "start"), event(2, "DE", "2026-11-01 20:00", "start")]


@pytest.fixture
def aws(moto: Moto, tmp_path: Path) -> Aws:
    """The account of a published lake with grants on its Japanese view and copy, as an applied plan leaves them."""
    moto.reset()
    aws = make_aws_lake(endpoint_url=moto.url)
    empty: dict[str, Any] = {"DataLakeAdmins": [], "CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    aws.client("lakeformation").put_data_lake_settings(DataLakeSettings=empty)
    made = AwsRunningLake(tmp_path, aws)
    made.events(EVENTS)
    made.run()
    for call in calls.of(GIVEN, (), ACCOUNT):
        assert LakeFormationAccount(aws).do(call).failures == {}
    by_database: dict[str, list[Element]] = {}
    for one in GIVEN:
        place = table_element(one)
        assert place is not None
        by_database.setdefault(place[0], []).append(one)
    S3Given(aws).keep(by_database)
    return aws


def given_now(aws: Aws) -> set[Element]:
    state = LakeFormationAccount(aws).read(["saved_jp", "views_jp"])
    ours = {one for one in state.permissions if one.principal in (JP, DEFINER)}
    return {*ours, *state.filters, *state.opt_ins}


def drop(aws: Aws, *tables: Table) -> None:
    for table in tables:
        aws.client("glue").delete_table(DatabaseName=table.database, Name=table.name)


@contextmanager
def heard(aws: Aws) -> Iterator[list[str]]:
    """What Glue and Lake Formation are told to change, in order."""
    told: list[str] = []

    def hear(params: dict[str, Any], model: Any, **_: Any) -> None:
        about = params.get("DatabaseName", "")
        for entry in params.get("Entries", ()):
            about = str(entry["Resource"])
        if model.name.startswith(("Create", "Batch")):
            told.append(f"{model.name} {about}")

    for service in ("glue", "lakeformation"):
        aws.client(service).meta.events.register(f"provide-client-params.{service}", hear, unique_id="heard")
    yield told
    for service in ("glue", "lakeformation"):
        aws.client(service).meta.events.unregister(f"provide-client-params.{service}", unique_id="heard")


def test_what_was_dropped_by_hand_is_made_anew_with_all_that_was_given_on_it(aws: Aws, tmp_path: Path) -> None:
    assert given_now(aws) == set(GIVEN)
    drop(aws, VIEW, COPY)
    assert given_now(aws) == set()
    again = AwsRunningLake(tmp_path, aws)
    with heard(aws) as told:
        again.run()
    assert given_now(aws) == set(GIVEN)
    assert again.tables.regain.notes == ()
    copy, view = told.index("CreateTable saved_jp"), told.index("CreateTable views_jp")
    on_copy = [place for place, call in enumerate(told) if call.startswith(("BatchGrant", "CreateDataCellsFilter", "CreateLakeFormation"))][
        :3
    ]
    assert copy < min(on_copy) and max(on_copy) < view < len(told) - 1


def test_the_plan_of_a_run_lists_the_calls_that_give_access_back(aws: Aws, tmp_path: Path) -> None:
    regain = AwsRunningLake(tmp_path, aws).tables.regain
    names = ["saved_jp.title_daily", "views_jp.title_daily", "saved_de.title_daily"]
    drop(aws, VIEW, COPY)
    with heard(aws) as told:
        planned = regain.foreseen(names)
        assert told == [], "nothing is changed by asking"
    grants = [
        one for call in planned if call.operation == "BatchGrantPermissions" for some in calls.elements(call).values() for one in some
    ]
    assert set(grants) == {one for one in GIVEN if isinstance(one, Permission)}
    lake = AwsRunningLake(tmp_path, aws)
    found = foresee(RunLake(lake.catalog, lake.certified(), lake.tables, lake.engine))
    assert set(made_anew(lake.tables, found)) == set(names[:2])
    intent = RunIntent(found, regained=lake.tables.regain.foreseen(made_anew(lake.tables, found)))
    assert set(map(str, intent.regained)) == set(map(str, planned)) and not intent.is_empty
    assert "give back access on what is made anew:" in intent.summary()
    assert [call["operation"] for call in intent.as_json()["calls"] if call["service"] == "lakeformation"] == [
        call.operation for call in intent.regained
    ]
    with heard(aws) as told:
        AwsRunningLake(tmp_path, aws).run()
    sent = [call.partition(" ")[0] for call in told if not call.startswith(("CreateTable", "CreateDatabase", "BatchRevoke"))]
    assert set(sent) == {call.operation for call in planned} - {"BatchRevokePermissions"}
    assert regain.foreseen([]) == (), "what was given back is not given again"


def test_a_view_alone_that_was_dropped_keeps_its_protection(aws: Aws, tmp_path: Path) -> None:
    drop(aws, VIEW)
    AwsRunningLake(tmp_path, aws).run()
    assert given_now(aws) == set(GIVEN)


def test_a_grant_that_was_only_made_by_hand_does_not_come_back(aws: Aws, tmp_path: Path) -> None:
    by_hand = Permission(f"arn:aws:iam::{ACCOUNT}:role/eve", VIEW, "SELECT")
    for call in calls.of([by_hand], (), ACCOUNT):
        LakeFormationAccount(aws).do(call)
    drop(aws, VIEW)
    AwsRunningLake(tmp_path, aws).run()
    assert by_hand not in LakeFormationAccount(aws).read(["views_jp"]).permissions


def test_a_run_with_nothing_new_asks_for_nothing_to_be_given(aws: Aws, tmp_path: Path) -> None:
    with heard(aws) as told:
        AwsRunningLake(tmp_path, aws).run()
    assert told == []
