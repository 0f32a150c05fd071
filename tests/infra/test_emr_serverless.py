"""The job request of a step: as botocore's own model takes it, the same for the same round, and its end told in Ringi's exit codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.stub import Stubber
from botocore.validate import ParamValidator
from moto import mock_aws

from infra.aws.emr_serverless import STEPS, JobEndedError, Jobs, job_request, spark_submit_parameters, submit, wait
from infra.errors import InfraError
from metrics_catalog.errors import ExitCode, UsageError

ACCOUNT = "123456789012"
JOBS = Jobs(
    application_id="00f1abcdefgh",
    roles={name: f"arn:aws:iam::{ACCOUNT}:role/ringi-{name}" for name in ("land", "run", "access", "maintain")},
    entry_point="s3://lake/code/spark_job.py",
    environment_archive="s3://lake/code/environment.tar.gz",
    project_archive="s3://lake/code/project.tar.gz",
    log_uri="s3://logs/jobs/",
    log_key=f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
    spark_settings={"spark.executor.memory": "16g"},
)


@pytest.fixture
def emr() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("emr-serverless", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


def shape_of_request() -> Any:
    return ServiceModel(Loader().load_service_model("emr-serverless", "service-2")).operation_model("StartJobRun").input_shape


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_a_request_that_the_services_own_model_takes(step: str) -> None:
    request = job_request(JOBS, "aws", step, [step], run="2026-11-22")
    report = ParamValidator().validate(request, shape_of_request())
    assert not report.has_errors(), report.generate_report()


def test_each_step_takes_the_role_of_its_duty() -> None:
    roles = {step: job_request(JOBS, "aws", step, [step], run="r")["executionRoleArn"].rpartition("-")[2] for step in STEPS}
    assert roles == {"land": "land", "check": "land", "run": "run", "publish": "run", "grant": "access", "maintain": "maintain"}


def test_logs_are_encrypted_with_the_key_of_operations() -> None:
    request = job_request(JOBS, "aws", "run", ["run"], run="r")
    assert request["configurationOverrides"]["monitoringConfiguration"]["s3MonitoringConfiguration"] == {
        "logUri": "s3://logs/jobs/",
        "encryptionKeyArn": JOBS.log_key,
    }


def test_the_token_is_the_rounds_own() -> None:
    def token(step: str = "run", words: tuple[str, ...] = ("run",), run: str = "r") -> str:
        return str(job_request(JOBS, "aws", step, words, run=run)["clientToken"])

    assert token() == token()
    others = {token(), token(step="publish"), token(words=("run", "title_daily")), token(run="s")}
    assert len(others) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,64}", each) for each in others)


def test_settings_of_the_profile_win_over_ringis() -> None:
    jobs = Jobs(**{**{name: getattr(JOBS, name) for name in JOBS.__slots__}, "spark_settings": {"spark.sql.adaptive.enabled": "false"}})
    assert "--conf spark.sql.adaptive.enabled=false" in spark_submit_parameters(jobs)
    assert "adaptive.enabled=true" not in spark_submit_parameters(jobs)


def test_a_step_that_does_not_exist_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="There is no step `erase`"):
        job_request(JOBS, "aws", "erase", ["erase"], run="r")


def test_settings_that_lack_something_are_wrong_usage() -> None:
    with pytest.raises(UsageError, match="terraform output -json jobs"):
        Jobs.read('{"application_id": "x"}')


def test_a_job_is_handed_in_and_waited_for(emr: Any) -> None:
    made = emr.create_application(name="ringi", releaseLabel="emr-7.9.0-20250101", type="SPARK", clientToken="once")["applicationId"]
    jobs = Jobs(**{**{name: getattr(JOBS, name) for name in JOBS.__slots__}, "application_id": made})
    request = job_request(jobs, "aws", "run", ["run"], run="r")
    job = submit(emr, request)
    said: list[str] = []
    wait(emr, made, job, said.append)
    held = emr.get_job_run(applicationId=made, jobRunId=job)["jobRun"]
    assert said == [f"job {job}: SUCCESS"]
    assert held["jobDriver"] == request["jobDriver"]
    assert held["tags"] == {"ringi:step": "run", "ringi:profile": "aws"}


def test_an_application_that_is_not_there_is_told_in_one_sentence(emr: Any) -> None:
    with pytest.raises(InfraError, match="While handing in the job ringi-run") as caught:
        submit(emr, job_request(JOBS, "aws", "run", ["run"], run="r"))
    assert "Traceback" not in str(caught.value)


def answers(*states: tuple[str, str]) -> tuple[Any, Stubber]:
    """A client whose service answers with these states, one a call."""
    client = boto3.client("emr-serverless", region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    stub = Stubber(client)
    for state, details in states:
        run = {
            "applicationId": JOBS.application_id,
            "jobRunId": "00f9",
            "arn": f"arn:aws:emr-serverless:eu-west-1:{ACCOUNT}:/applications/x/jobruns/00f9",
            "createdBy": f"arn:aws:iam::{ACCOUNT}:role/operator",
            "createdAt": 0,
            "updatedAt": 0,
            "executionRole": JOBS.roles["run"],
            "state": state,
            "stateDetails": details or "as it should be",
            "releaseLabel": "emr-7.9.0",
            "jobDriver": {"sparkSubmit": {"entryPoint": JOBS.entry_point}},
        }
        stub.add_response("get_job_run", {"jobRun": run}, {"applicationId": JOBS.application_id, "jobRunId": "00f9"})
    stub.activate()
    return client, stub


@pytest.mark.parametrize(
    ("details", "exit_code"),
    [
        ("Job failed, see the log. ExitCode: 1. Last exceptions: none", ExitCode.FINDINGS),
        ("Job failed, see the log. ExitCode: 4.", ExitCode.REFUSED),
        ("Job failed, see the log. ExitCode: 137.", ExitCode.OUTSIDE),
        ("The worker was lost", ExitCode.OUTSIDE),
    ],
)
def test_a_failed_job_ends_with_its_own_exit_code(details: str, exit_code: ExitCode) -> None:
    client, stub = answers(("PENDING", ""), ("RUNNING", ""), ("RUNNING", ""), ("FAILED", details))
    said: list[str] = []
    pauses: list[float] = []
    with pytest.raises(JobEndedError, match="ended as FAILED") as caught:
        wait(client, JOBS.application_id, "00f9", said.append, pauses.append)
    assert caught.value.exit_code == exit_code
    assert said == ["job 00f9: PENDING", "job 00f9: RUNNING", "job 00f9: FAILED"]
    assert len(pauses) == 3
    stub.assert_no_pending_responses()
