"""What `spark-submit` and EMR Serverless start: one step of a round, as the command line does it, with the same exit codes.

Takes the step, the words of its command, the profile and, from the state machine, the token of the state that waits. It lies in S3
as a file of its own; Ringi itself is in the packed environment, and the lake project is unpacked beside it as `project`.

    spark-submit … spark_job.py --step run --words '["run", "title_daily"]' --profile aws
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from infra.aws.task_token import TaskToken

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "land": ("land",),
    "check": ("check",),
    "run": ("run", "backfill"),
    "publish": ("run",),
    "grant": ("access",),
    "maintain": ("maintain",),
}
"""The commands that a step may be: the state machine's input must not become a way to run anything else."""

LAST_LINES = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the step and tell whoever waits for it; gives the command's exit code."""
    wanted = _parser().parse_args(arguments)
    said = Said(sys.stderr)
    waiting = _waiting(wanted.task_token, wanted.step)
    with redirect_stderr(said):
        if waiting is None:
            return _done(wanted)
        with waiting.alive(lost=_stop):
            code = _done(wanted)
    waiting.ended(code, said.last())
    return code


def _done(wanted: argparse.Namespace) -> int:
    """Run the command in this process, for the Spark session is this process's."""
    from metrics_catalog.errors import ExitCode, RingiError

    words = _words(wanted.words)
    allowed = COMMANDS[wanted.step]
    if words is None or not words or words[0] not in allowed:
        commands = " or ".join(f"`{name}`" for name in allowed)
        sys.stderr.write(
            f"error: The step {wanted.step} cannot be {wanted.words}.\n  Hint: give a JSON list that begins with {commands}.\n"
        )
        return int(ExitCode.USAGE)
    try:
        with TemporaryDirectory(prefix="ringi-inbox-") as inbox:
            return _called(wanted, _present(words, Path(inbox)))
    except RingiError as error:
        sys.stderr.write(f"error: {error}\n")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)


def _called(wanted: argparse.Namespace, words: Sequence[str]) -> int:
    from metrics_catalog.errors import ExitCode
    from ringi.cli import app

    sys.argv = ["ringi", "--lake", wanted.lake, "--profile", wanted.profile, "--format", "json", *words]
    try:
        app.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(ExitCode.FINDINGS if end.code else ExitCode.DONE)
    return int(ExitCode.DONE)


def _present(words: Sequence[str], inbox: Path) -> list[str]:
    """The words with every place in S3 replaced by the files that lie there, brought into `inbox`."""
    from infra.aws import inbox as s3

    if not any(word.startswith(s3.SCHEME) for word in words):
        return list(words)
    client = s3.client()
    given: list[str] = []
    for at, word in enumerate(words):
        given += map(str, s3.fetched(client, word, inbox / str(at))) if word.startswith(s3.SCHEME) else [word]
    return given


def _words(text: str) -> list[str] | None:
    """The words of a command, from a JSON list of texts; None where it is something else."""
    try:
        words = json.loads(text)
    except ValueError:
        return None
    return words if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _waiting(token: str | None, step: str) -> TaskToken | None:
    from infra.aws import task_token

    return task_token.TaskToken(task_token.client(), token, step) if token else None


def _stop() -> None:
    """End the command as Ctrl-C does: what it had begun is completed by the next one."""
    sys.stderr.write("error: The state machine does not wait for this job any more; it stops.\n")
    os.kill(os.getpid(), signal.SIGINT)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spark_job.py", description="One step of a round of a Ringi lake.")
    parser.add_argument("--step", required=True, choices=tuple(COMMANDS), help="the step of the round")
    parser.add_argument("--words", required=True, help="the words of its command, as a JSON list")
    parser.add_argument("--profile", default="aws", help="a profile of ringi.toml")
    parser.add_argument("--lake", default="project", help="the folder of the lake project")
    parser.add_argument("--task-token", help="the token of the state that waits for this step")
    return parser


class Said(io.TextIOBase):
    """What was said to people: passed on, and the last lines kept for the state machine."""

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._open = ""

    def write(self, text: str) -> int:
        self._to.write(text)
        *whole, self._open = (self._open + text).split("\n")
        self._lines.extend(whole)
        return len(text)

    def flush(self) -> None:
        self._to.flush()

    def last(self) -> str:
        return "\n".join([*self._lines, self._open]).strip()


if __name__ == "__main__":
    sys.exit(main())
