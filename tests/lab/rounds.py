"""A round of the lake in the lab: the state machine in moto's interpreter, and a cluster that does, or pretends to do, its jobs.

The interpreter runs `infra/state_machines/lake.asl.json` with names and numbers filled in, nothing else changed: it calls EMR
Serverless and SNS, and waits for the tokens. moto's EMR Serverless only keeps what was asked for, so `Cluster` fetches each job and
answers for it, through the same code as a real job.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.aws.task_token import TaskToken
from ringi import spark_job
from tests.lab.moto_server import ACCOUNT, REGION, Moto

MACHINE = Path(__file__).parents[2] / "infra" / "state_machines" / "lake.asl.json"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ringi"
LONGEST_ROUND = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """One job that the state machine asked for."""

    step: str
    arguments: tuple[str, ...]
    token: str
    request: Mapping[str, Any]


Worker = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Round:
    """How a round ended: its status, the error it gave, the states it entered, the tokens with which it asked for jobs, the jobs
    themselves, and what people were told."""

    status: str
    error: str
    states: tuple[str, ...]
    asked: tuple[str, ...]
    jobs: tuple[Job, ...]
    told: tuple[Mapping[str, str], ...]

    @property
    def steps(self) -> list[str]:
        return [job.step for job in self.jobs]


def definition(application: str, topic: str, *, profile: str = "local", heartbeat_seconds: int = 150) -> str:
    """The state machine with its places filled in, pauses short; fails where a place has no value or a value no place."""
    values = {
        "start_job": "arn:aws:states:::aws-sdk:emrserverless:startJobRun.waitForTaskToken",
        "publish_message": "arn:aws:states:::sns:publish",
        "application_id": application,
        **{f"{role}_role": f"{ROLE}-{role}" for role in ("land", "run", "access", "maintain")},
        "entry_point": "s3://lake/code/spark_job.py",
        "profile": profile,
        "spark_submit_parameters": "--conf spark.sql.adaptive.enabled=true",
        "log_uri": "s3://logs/jobs/",
        "log_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555",
        "topic": topic,
        "timeout_minutes": 5,
        "timeout_seconds": 300,
        "heartbeat_seconds": heartbeat_seconds,
        "retry_seconds": 1,
        "retry_longest_seconds": 2,
        "retries": 2,
    }
    text = MACHINE.read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(values)
    filled = re.sub(r"\$\{(\w+)\}", lambda place: str(values[place[1]]), text)
    json.loads(filled)
    return filled


def one_round(moto: Moto, steps: Mapping[str, list[str]], worker: Worker, **settings: Any) -> Round:
    """Start a state machine of its own, let `worker` answer its jobs, and wait for the end."""
    states = moto.client("stepfunctions")
    name = f"round-{time.time_ns()}"
    application = moto.client("emr-serverless").create_application(
        name=name, releaseLabel="emr-7.9.0-20250101", type="SPARK", clientToken=name
    )["applicationId"]
    topic, queue = _listened_topic(moto, name)
    machine = states.create_state_machine(name=name, roleArn=ROLE, definition=definition(application, topic, **settings))["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, name=name, input=json.dumps({"steps": steps}))["executionArn"]
    cluster = Cluster(moto, application, worker)
    deadline = time.monotonic() + LONGEST_ROUND
    while (ended := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline, f"the round did not end; jobs: {[job.step for job in cluster.jobs]}"
        cluster.look()
        time.sleep(0.1)
    history = states.get_execution_history(executionArn=execution)["events"]
    entered = tuple(event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event)
    sent = [json.loads(event["taskScheduledEventDetails"]["parameters"]) for event in history if "taskScheduledEventDetails" in event]
    asked = tuple(parameters["ClientToken"] for parameters in sent if "ClientToken" in parameters)
    return Round(ended["status"], ended.get("error", ""), entered, asked, tuple(cluster.jobs), _told(moto, queue))


@dataclass(slots=True)
class Cluster:
    """Fetches jobs of one application and has each answered in a thread of its own."""

    moto: Moto
    application: str
    worker: Worker
    jobs: list[Job] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Start the jobs that are new."""
        emr = self.moto.client("emr-serverless")
        for run in emr.list_job_runs(applicationId=self.application)["jobRuns"] if self._any(emr) else []:
            if run["id"] not in self._seen:
                self._seen.add(run["id"])
                self._start(emr.get_job_run(applicationId=self.application, jobRunId=run["id"])["jobRun"])

    def _any(self, emr: Any) -> bool:
        """Whether there is a job yet: moto knows the list of an application only after its first."""
        try:
            emr.list_job_runs(applicationId=self.application)
        except emr.exceptions.ResourceNotFoundException:
            return False
        return True

    def _start(self, found: Mapping[str, Any]) -> None:
        arguments = tuple(found["jobDriver"]["sparkSubmit"]["entryPointArguments"])
        named = dict(zip(arguments[::2], arguments[1::2], strict=True))
        job = Job(named["--step"], arguments, named["--task-token"], found)
        self.jobs.append(job)
        threading.Thread(target=self.worker, args=(job,), daemon=True).start()


def answering(moto: Moto, ends: Mapping[str, list[int | None]]) -> Worker:
    """A worker that ends each step with the next of its exit codes; None falls silent, as a lost machine does."""
    left = {step: list(codes) for step, codes in ends.items()}

    def work(job: Job) -> None:
        code = left[job.step].pop(0)
        if code is not None:
            TaskToken(moto.client("stepfunctions"), job.token, job.step).ended(code, f"error: as told ({code})")

    return work


def submitted(moto: Moto, folder: Path, log: list[subprocess.CompletedProcess[str]]) -> Worker:
    """A worker that starts the real script as spark-submit does, in the folder that holds `project`."""

    def work(job: Job) -> None:
        command = [sys.executable, str(spark_job.__file__), *job.arguments]
        environment = {**moto.environment, "PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        log.append(subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST_ROUND, check=False))

    return work


def _listened_topic(moto: Moto, name: str) -> tuple[str, str]:
    """A topic, and the address of a queue that hears it."""
    sns, sqs = moto.client("sns"), moto.client("sqs")
    topic = sns.create_topic(Name=name)["TopicArn"]
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
    return topic, queue


def _told(moto: Moto, queue: str) -> tuple[Mapping[str, str], ...]:
    messages = moto.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return tuple(json.loads(message["Body"]) for message in messages)
