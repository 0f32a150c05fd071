"""The script that spark-submit starts: the step's own commands only, their exit codes, and the end told to the state that waits."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from infra.aws.task_token import TaskToken
from metrics_catalog.errors import ExitCode
from ringi import spark_job
from ringi.setup.starting import start


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("round") / "project"
    start(folder)
    return folder


def submitted(project: Path, step: str, words: str) -> subprocess.CompletedProcess[str]:
    """The script as a process of its own, as spark-submit starts it: by its path, from the folder that holds the project."""
    script = str(Path(spark_job.__file__))
    command = [sys.executable, script, "--step", step, "--words", words, "--profile", "local"]
    return subprocess.run(command, cwd=project.parent, capture_output=True, text=True, timeout=120, check=False)


def test_a_step_ends_with_the_commands_exit_code(project: Path) -> None:
    done = submitted(project, "check", '["check"]')
    assert done.returncode == ExitCode.DONE, done.stderr
    broken = project / "metrics" / "engagement" / "broken.yaml"
    broken.write_text("metric: broken\n", encoding="utf-8")
    try:
        found = submitted(project, "check", '["check"]')
    finally:
        broken.unlink()
    assert found.returncode == ExitCode.FINDINGS
    assert json.loads(found.stdout)["findings"]


@pytest.mark.parametrize("words", ['["query", "select 1"]', '["run; rm"]', "[]", "check", '{"check": 1}'])
def test_a_step_is_its_own_commands_only(project: Path, words: str) -> None:
    done = submitted(project, "check", words)
    assert done.returncode == ExitCode.USAGE
    assert "error: The step check cannot be" in done.stderr
    assert "Hint:" in done.stderr
    assert "Traceback" not in done.stderr


def stubbed() -> tuple[Any, Stubber]:
    client = boto3.client("stepfunctions", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    return client, Stubber(client)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1, "Ringi.Findings"),
        (2, "Ringi.Usage"),
        (4, "Ringi.Refused"),
        (5, "Ringi.Outside"),
        (130, "Ringi.Interrupted"),
        (77, "Ringi.Failed"),
    ],
)
def test_each_exit_code_has_its_name_in_the_state_machine(code: int, error: str) -> None:
    client, stub = stubbed()
    cause = json.dumps({"step": "run", "exit_code": code, "said": "error: 視聴時間"}, ensure_ascii=False)
    stub.add_response("send_task_failure", {}, {"taskToken": "T", "error": error, "cause": cause})
    with stub:
        TaskToken(client, "T", "run").ended(code, "error: 視聴時間")
    stub.assert_no_pending_responses()


def test_a_step_that_ended_well_is_told_as_a_value() -> None:
    client, stub = stubbed()
    stub.add_response("send_task_success", {}, {"taskToken": "T", "output": '{"step": "run", "exit_code": 0, "said": ""}'})
    with stub:
        TaskToken(client, "T", "run").ended(0, "")
    stub.assert_no_pending_responses()


def test_a_job_for_which_nobody_waits_is_told_so() -> None:
    client, stub = stubbed()
    stub.add_response("send_task_heartbeat", {}, {"taskToken": ANY})
    stub.add_client_error("send_task_heartbeat", "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    lost = threading.Event()
    with stub, TaskToken(client, "T", "run").alive(lost.set, every=0.01):
        assert lost.wait(timeout=10)
    stub.assert_no_pending_responses()


def test_the_last_words_are_kept_and_passed_on(capsys: pytest.CaptureFixture[str]) -> None:
    said = spark_job.Said(sys.stderr)
    for number in range(100):
        said.write(f"line {number}\n")
    said.write("half a")
    assert said.last().splitlines() == [*(f"line {number}" for number in range(60, 100)), "half a"]
    assert capsys.readouterr().err.startswith("line 0\nline 1\n")
