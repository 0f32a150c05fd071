"""Runs dbt over Ringi's own generated project, in a process of its own: its imports, logs and failures stay outside.

It reaches no network here, and sends no usage statistics.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.errors import InfraError
from infra.local.foreign import translated
from views.dbt.project import PRIVATE

if TYPE_CHECKING:
    from types import TracebackType

PATIENCE_SECONDS = 900
WORKER = Path(__file__).with_name("dbt_worker.py")


@dataclass(frozen=True, slots=True)
class DbtOutcome:
    """What a build of dbt left: the results of its nodes, the nodes by id, its error messages, and how long it was waited for.

    `results` is None where dbt could not read the project at all; `failed` is dbt's own word that all is not well.
    """

    failed: bool
    results: list[dict[str, Any]] | None
    nodes: dict[str, dict[str, Any]]
    messages: tuple[str, ...]
    seconds: float


class DbtProcess:
    """One dbt, reading the generated project of the lake at `root` from the moment it is made; close it."""

    def __init__(self, root: Path) -> None:
        self._folder = root / PRIVATE
        with translated("starting dbt"):
            (self._folder / "target" / "run_results.json").unlink(missing_ok=True)
            self._child = subprocess.Popen(  # noqa: S603  our own interpreter and our own file
                [sys.executable, "-I", "-X", "utf8", str(WORKER), str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                cwd=self._folder,
                umask=0o077,
                start_new_session=True,  # an interrupted run closes it in order, instead of both at once
            )

    def __enter__(self) -> DbtProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def build(self) -> DbtOutcome:
        """Build and test all generated models, and wait for it."""
        began = time.monotonic()
        try:
            answer, said = self._child.communicate(b"build\n", timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise InfraError(
                f"dbt did not finish within {PATIENCE_SECONDS // 60} minutes, so the SQL views were not refreshed.",
                hint="the facts are published; run `ringi run` again when the machine is less busy.",
            ) from error
        told = _object(answer.decode(errors="replace")) or _died(said.decode(errors="replace"))
        results = _read(self._folder / "target" / "run_results.json")
        nodes = (_read(self._folder / "target" / "manifest.json") or {}).get("nodes", {})
        return DbtOutcome(told["failed"], results["results"] if results else None, nodes, tuple(told["messages"]), time.monotonic() - began)

    def close(self) -> None:
        """End the process, whatever it does; nothing happens where it ended by itself."""
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()


def _environment() -> dict[str, str]:
    """The person's environment without settings of dbt's own, which could point it at another project or the network."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    return kept | {"DO_NOT_TRACK": "1"}


def _died(said: str) -> dict[str, Any]:
    """The answer of a process that gave none: the last thing it said."""
    return {"failed": True, "messages": said.strip().splitlines()[-1:]}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return _object(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
