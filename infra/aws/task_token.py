"""How a job tells the state machine that it lives, and how it ended; the state machine waits for that and for nothing else.

Made by `ringi/spark_job.py` where the state machine gave it a token. The names of the errors are those that the state machine's
retries and catches know.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import code_of, translated
from infra.errors import InfraError
from metrics_catalog.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HEARTBEAT_SECONDS = 60.0
LONGEST_CAUSE = 8000
"""Characters; Step Functions takes 32,768."""

ERRORS: Mapping[int, str] = {
    ExitCode.FINDINGS: "Ringi.Findings",
    ExitCode.USAGE: "Ringi.Usage",
    ExitCode.CHANGES: "Ringi.Changes",
    ExitCode.REFUSED: "Ringi.Refused",
    ExitCode.OUTSIDE: "Ringi.Outside",
    ExitCode.INTERRUPTED: "Ringi.Interrupted",
}
"""What the state machine calls each way in which a command does not end well."""

NOBODY_WAITS = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


def client(region: str | None = None) -> Any:
    """A client of Step Functions with the job's own rights."""
    import boto3
    from botocore.config import Config

    with translated("connecting to Step Functions"):
        return boto3.client("stepfunctions", region_name=region, config=Config(retries={"mode": "standard", "total_max_attempts": 6}))


class TaskToken:
    """One state that waits. `step` is told with the outcome."""

    def __init__(self, client: Any, token: str, step: str) -> None:
        self._client, self._token, self._step = client, token, step

    @contextmanager
    def alive(self, lost: Callable[[], object], every: float = HEARTBEAT_SECONDS) -> Iterator[None]:
        """Send heartbeats while the body runs; `lost` is called once when nobody waits for this job any more.

        The state machine tries a silent job again. A job that was only slow must not work beside its successor, so it is told.
        """
        stop = threading.Event()
        beating = threading.Thread(target=self._beat, args=(stop, lost, every), name="ringi-heartbeat", daemon=True)
        beating.start()
        try:
            yield
        finally:
            stop.set()
            beating.join()

    def ended(self, exit_code: int, said: str) -> None:
        """Tell how the step ended: its exit code, and the last words it said to people."""
        outcome = {"step": self._step, "exit_code": exit_code, "said": said[-LONGEST_CAUSE:]}
        with translated("telling the state machine how the step ended"):
            if exit_code == ExitCode.DONE:
                self._client.send_task_success(taskToken=self._token, output=json.dumps(outcome))
            else:
                error = ERRORS.get(exit_code, "Ringi.Failed")
                self._client.send_task_failure(taskToken=self._token, error=error, cause=json.dumps(outcome, ensure_ascii=False))

    def _beat(self, stop: threading.Event, lost: Callable[[], object], every: float) -> None:
        while not stop.wait(every):
            try:
                with translated("telling the state machine that the step lives"):
                    self._client.send_task_heartbeat(taskToken=self._token)
            except InfraError as error:
                if isinstance(error.__cause__, Exception) and code_of(error.__cause__) in NOBODY_WAITS:
                    lost()
                    return
