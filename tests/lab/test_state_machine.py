"""The state machine in moto's real interpreter: each way in which a step can end, and what the round does then."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringi.setup.starting import start
from tests.lab.moto_server import REGION, Moto, moto_running
from tests.lab.rounds import answering, one_round, submitted

ALL = {"land": ["land", "viewing_events", "e.jsonl"], "check": ["check"], "run": ["run"], "publish": ["run"], "grant": ["access", "apply"],
       "maintain": ["maintain"]}  # fmt: skip


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    with moto_running(tmp_path_factory.mktemp("moto"), "tests.lab.extended_server") as server:
        server.configure('{"stepfunctions": {"execute_state_machine": true}}')
        yield server


def test_a_good_round_does_each_step_once_in_order_and_tells_nobody(aws: Moto) -> None:
    ended = one_round(aws, ALL, answering(aws, {step: [0] for step in ALL}))
    assert (ended.status, ended.steps, ended.told) == ("SUCCEEDED", ["land", "check", "run", "publish", "grant", "maintain"], ())
    roles = [job.request["executionRole"].rpartition("-")[2] for job in ended.jobs]
    assert roles == ["land", "land", "run", "run", "access", "maintain"]
    assert [json.loads(job.arguments[3]) for job in ended.jobs] == list(ALL.values())


def test_steps_that_the_input_does_not_name_are_left_out(aws: Moto) -> None:
    ended = one_round(aws, {"check": ["check"], "run": ["run"]}, answering(aws, {"check": [0], "run": [0]}))
    assert (ended.status, ended.steps) == ("SUCCEEDED", ["check", "run"])


def test_a_nights_maintenance_is_a_round_of_its_own_that_waits_for_a_busy_lake(aws: Moto) -> None:
    ended = one_round(aws, {"maintain": ["maintain"]}, answering(aws, {"maintain": [5, 0]}))
    assert (ended.status, ended.steps, ended.told) == ("SUCCEEDED", ["maintain", "maintain"], ())
    assert {job.request["executionRole"].rpartition("-")[2] for job in ended.jobs} == {"maintain"}


@pytest.mark.parametrize(("codes", "error"), [([1], "Ringi.Findings"), ([4], "Ringi.Refused"), ([5, 5, 5], "Ringi.Outside")])
def test_maintenance_that_fails_is_told_to_people(aws: Moto, codes: list[int | None], error: str) -> None:
    ended = one_round(aws, {"maintain": ["maintain"]}, answering(aws, {"maintain": codes}))
    assert (ended.status, ended.error, len(ended.jobs)) == ("FAILED", error, len(codes))
    assert [message["Subject"] for message in ended.told] == [f"Ringi: a round ended with {error}"]


def test_a_step_that_fails_outside_is_tried_again_under_another_token(aws: Moto) -> None:
    ended = one_round(aws, {"land": ALL["land"], "run": ["run"]}, answering(aws, {"land": [5, 0], "run": [0]}))
    assert (ended.status, ended.steps, ended.told) == ("SUCCEEDED", ["land", "land", "run"], ())
    first, second, _ = ended.jobs
    assert first.arguments[:6] == second.arguments[:6]
    assert len(set(ended.asked)) == 3  # with the first one's token EMR Serverless would give the failed job back


def test_findings_stop_the_round_before_anything_is_computed(aws: Moto) -> None:
    ended = one_round(aws, ALL, answering(aws, {"land": [0], "check": [1]}))
    assert (ended.status, ended.error, ended.steps) == ("FAILED", "Ringi.Findings", ["land", "check"])
    assert not {"Run", "Publish", "Grant", "Maintain"} & set(ended.states)
    (message,) = ended.told
    assert message["Subject"] == "Ringi: a round ended with Ringi.Findings"
    assert ":execution:" in message["Message"]


@pytest.mark.parametrize(("code", "error"), [(2, "Ringi.Usage"), (4, "Ringi.Refused")])
def test_what_a_person_must_mend_is_never_tried_again(aws: Moto, code: int, error: str) -> None:
    ended = one_round(aws, {"run": ["run"], "grant": ALL["grant"]}, answering(aws, {"run": [code]}))
    assert (ended.status, ended.error, ended.steps) == ("FAILED", error, ["run"])
    assert [message["Subject"] for message in ended.told] == [f"Ringi: a round ended with {error}"]


def test_the_outside_world_is_tried_thrice_then_people_are_told(aws: Moto) -> None:
    ended = one_round(aws, {"run": ["run"], "grant": ALL["grant"]}, answering(aws, {"run": [5, 5, 5]}))
    assert (ended.status, ended.error, ended.steps) == ("FAILED", "Ringi.Outside", ["run", "run", "run"])
    assert len(ended.told) == 1


def test_a_job_that_falls_silent_is_tried_again(aws: Moto) -> None:
    ended = one_round(aws, {"run": ["run"]}, answering(aws, {"run": [None, 0]}), heartbeat_seconds=2)
    assert (ended.status, ended.steps) == ("SUCCEEDED", ["run", "run"])


def test_an_exit_code_that_nobody_knows_is_tried_again_and_told(aws: Moto) -> None:
    ended = one_round(aws, {"run": ["run"]}, answering(aws, {"run": [77, 77, 77]}))
    assert (ended.status, ended.error, ended.steps) == ("FAILED", "Ringi.Failed", ["run", "run", "run"])


def event(number: int) -> dict[str, object]:
    """One heartbeat as the starter's contract has it."""
    at = {"occurred_at": f"2026-10-26T20:0{number}:00Z", "received_at": f"2026-10-26T20:0{number}:05Z"}
    who = {"event_id": f"e{number}", "viewer_id": "v1", "viewing_country": "JP", "title_id": "t1"}
    return {**who, **at, "event_type": "heartbeat", "position_s": 60 * number, "seconds_viewed": 60}


def test_real_commands_answer_the_state_machine(aws: Moto, tmp_path: Path) -> None:
    start(tmp_path / "project")
    aws.client("s3").create_bucket(Bucket="raw", CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.client("s3").put_object(
        Bucket="raw", Key="2026-10-26/events.jsonl", Body="".join(json.dumps(event(number)) + "\n" for number in range(3))
    )
    steps = {"land": ["land", "viewing_events", "s3://raw/2026-10-26/"], "check": ["check"], "run": ["run"]}
    broken = tmp_path / "project" / "metrics" / "engagement" / "broken.yaml"
    broken.write_text("metric: broken\n", encoding="utf-8")
    log: list[subprocess.CompletedProcess[str]] = []
    ended = one_round(aws, steps, submitted(aws, tmp_path, log))
    assert (ended.status, ended.error, ended.steps) == ("FAILED", "Ringi.Findings", ["land", "check"]), log
    assert json.loads(log[0].stdout)["total"]["accepted"] == 3
    broken.unlink()
    ended = one_round(aws, {**steps, "maintain": ["maintain"]}, submitted(aws, tmp_path, log))
    assert (ended.status, ended.steps) == ("SUCCEEDED", ["land", "check", "run", "maintain"]), log
    assert json.loads(log[2].stdout)["files"][0]["again"]
    assert json.loads(log[-1].stdout)["schema_version"] == 1
