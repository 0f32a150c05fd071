"""A step of a round as a job of EMR Serverless: the request as a value, handing it in, and waiting for its end.

The request is the one that the state machine sends (infra/state_machines); this module is for rounds by hand. Settings come from
`terraform output -json jobs`.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated
from infra.errors import InfraError
from metrics_catalog.canonical_json import digest
from metrics_catalog.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

STEPS: Mapping[str, str] = {"land": "land", "check": "land", "run": "run", "publish": "run", "grant": "access", "maintain": "maintain"}
"""The steps of a round, in their order, and whose role each takes."""

PYTHON = "./environment/bin/python"
ENDED = frozenset({"SUCCESS", "FAILED", "CANCELLED"})
ASK_AGAIN_SECONDS = 15.0
_EXIT_CODE = re.compile(r"ExitCode: (\d+)")


@dataclass(frozen=True, slots=True)
class Jobs:
    """Where jobs run and with what: an application, its roles by name, code in S3, logs and their key, Spark's settings."""

    application_id: str
    roles: Mapping[str, str]
    entry_point: str
    environment_archive: str
    project_archive: str
    log_uri: str
    log_key: str
    timeout_minutes: int = 240
    spark_settings: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def read(text: str) -> Jobs:
        """From the JSON of `terraform output -json jobs`; a UsageError says what it lacks."""
        try:
            return Jobs(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise UsageError(
                "The settings of the jobs are not those of this version.", hint="write them anew: `terraform output -json jobs`."
            ) from error


class JobEndedError(InfraError):
    """A job ended without success; its exit code is the job's own where EMR Serverless tells it."""

    def __init__(self, job: str, state: str, details: str) -> None:
        found = _EXIT_CODE.search(details)
        known = {int(code) for code in ExitCode}
        code = int(found[1]) if found else int(ExitCode.OUTSIDE)
        self.exit_code = ExitCode(code) if code in known and code != ExitCode.DONE else ExitCode.OUTSIDE
        super().__init__(
            f"The job {job} ended as {state}. {details}".strip(),
            hint="its log says more: look below the job's number in the bucket of the jobs' logs.",
        )


def spark_submit_parameters(jobs: Jobs) -> str:
    """The `--conf` words of a job, in the order of their names; a profile's own settings win."""
    settings = {
        "spark.archives": f"{jobs.environment_archive}#environment,{jobs.project_archive}#project",
        "spark.emr-serverless.driverEnv.PYSPARK_DRIVER_PYTHON": PYTHON,
        "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": PYTHON,
        "spark.executorEnv.PYSPARK_PYTHON": PYTHON,
        "spark.sql.adaptive.enabled": "true",
        **jobs.spark_settings,
    }
    return " ".join(f"--conf {name}={value}" for name, value in sorted(settings.items()))


def job_request(jobs: Jobs, profile: str, step: str, words: Sequence[str], *, run: str) -> dict[str, Any]:
    """The parameters of StartJobRun for one step of a round.

    `words` are the step's command (`["run", "title_daily"]`). `run` names the round: the same step, words, code and `run` give the
    same token, so that a request sent twice starts one job. Raises UsageError for an unknown step.
    """
    if step not in STEPS:
        raise UsageError(f"There is no step `{step}`.", hint=f"the steps of a round are {', '.join(STEPS)}.")
    driver = {
        "entryPoint": jobs.entry_point,
        "entryPointArguments": ["--step", step, "--words", json.dumps(list(words), separators=(",", ":")), "--profile", profile],
        "sparkSubmitParameters": spark_submit_parameters(jobs),
    }
    return {
        "applicationId": jobs.application_id,
        "clientToken": digest({"application": jobs.application_id, "driver": driver, "run": run}),
        "configurationOverrides": {
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": jobs.log_uri, "encryptionKeyArn": jobs.log_key}}
        },
        "executionRoleArn": jobs.roles[STEPS[step]],
        "executionTimeoutMinutes": jobs.timeout_minutes,
        "jobDriver": {"sparkSubmit": driver},
        "name": f"ringi-{step}",
        "tags": {"ringi:step": step, "ringi:profile": profile},
    }


def submit(client: Any, request: Mapping[str, Any]) -> str:
    """Hand a job in; gives its number. The same request twice gives the same job."""
    with translated(f"handing in the job {request['name']}"):
        return str(client.start_job_run(**request)["jobRunId"])


def wait(client: Any, application_id: str, job: str, say: Callable[[str], object], pause: Callable[[float], object] = time.sleep) -> None:
    """Wait until a job has ended, saying each new state; JobEndedError where it did not end well."""
    told = ""
    while True:
        with translated(f"asking for the job {job}"):
            found = client.get_job_run(applicationId=application_id, jobRunId=job)["jobRun"]
        state = str(found["state"])
        if state != told:
            say(f"job {job}: {state}")
            told = state
        if state in ENDED:
            break
        pause(ASK_AGAIN_SECONDS)
    if state != "SUCCESS":
        raise JobEndedError(job, state, str(found.get("stateDetails") or ""))
