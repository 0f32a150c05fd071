"""Runs the command line on a terminal of its own, and answers its prompts as a person would."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CTRL_C, CTRL_D = "\x03", "\x04"
PATIENCE = 60.0
A_MOMENT = 0.5
"""Seconds until a person interrupts. Python notices a signal between a prompt and the wait for its answer only at the next key."""


@dataclass(frozen=True)
class Shown:
    """All that stood on the terminal, and the exit code."""

    text: str
    code: int


def on_terminal(words: list[str | Path], answers: list[tuple[str, str]]) -> Shown:
    """Run `ringi WORDS…`; each answer is typed once its prompt stands there. A prompt is a part of the text after the last answer."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["COLUMNS"] = "400"
        os.execv(sys.executable, [sys.executable, "-m", "ringi.cli.app", *map(str, words)])  # noqa: S606  our own command, no shell
    shown, seen = "", 0
    try:
        for prompt, answer in answers:
            while prompt not in shown[seen:]:
                more = _more(terminal)
                assert more is not None, f"the command ended while waiting for {prompt!r} in {shown[seen:]!r}"
                shown += more
            seen = len(shown)
            if answer in (CTRL_C, CTRL_D):
                time.sleep(A_MOMENT)
            os.write(terminal, (answer if answer in (CTRL_C, CTRL_D) else f"{answer}\n").encode())
        while (more := _more(terminal)) is not None:
            shown += more
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
        os.close(terminal)
    return Shown(shown.replace("\r\n", "\n"), os.waitstatus_to_exitcode(status))


def _more(terminal: int) -> str | None:
    """The next text; None at the end."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if select.select([terminal], [], [], 1.0)[0]:
            try:
                raw = os.read(terminal, 65_536)
            except OSError:  # Linux says so when the other end is closed
                return None
            return raw.decode("utf-8", "replace") if raw else None
    raise AssertionError("nothing came from the command")
