"""The parent's side of the locked DuckDB process: starts it, talks to it, holds it to its time, and ends it.

Used by `query.py`. The process gets an empty environment, no file but its pipes, a session of its own (so that Ctrl-C reaches
only us), and is killed when it is late, when we leave, or when it says something we do not expect. What it says is read as
JSON and never trusted further than that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.ledgers.query_refusal import RefusalCode
from infra.errors import InfraError
from infra.local.query_errors import QueryFailedError, QueryRefusedError, SqlError
from infra.local.query_statement import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

WORKER = Path(__file__).with_name("query_worker.py")
LONGEST_LINE = 128 * 2**20
"""Bytes of one answer; the process stops itself far earlier."""

START_SECONDS, LEAST_PARSE_SECONDS = 30, 10
"""For the process to be there, and for reading a statement: a parser can be slow too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one query may use. `seconds` holds for taking in the data and again for running the SQL."""

    rows: int = 100_000
    seconds: int = 60
    memory_mib: int = 2048
    threads: int = 4
    result_mib: int = 64


@dataclass(frozen=True, slots=True)
class Loading:
    """A permitted relation: its schema and name, and the SELECT that yields exactly the permitted cells.

    `base` is the FROM item of the saved copy that the SELECT reads under the name `base_schema.base_table`; that name is gone
    again before the lock. Names are quoted.
    """

    schema: str
    table: str
    sql: str
    base_schema: str
    base_table: str
    base: str


@dataclass(frozen=True, slots=True)
class RawResult:
    """Rows as the process sent them; `end` says whether they are `all`, or were cut at the limit of `rows`."""

    columns: tuple[tuple[str, str], ...]
    rows: list[list[Any]]
    end: str


class QueryProcess:
    """One locked process for one query: `parse`, then `load`, then `run`; use it in a `with` statement."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._late = False
        command = [sys.executable, "-I", "-X", "utf8", str(WORKER)]
        try:
            self._child = subprocess.Popen(  # noqa: S603  our own interpreter and our own file
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                cwd=Path("/"),
                start_new_session=True,
            )
        except OSError as error:
            raise InfraError(f"The query process cannot be started: {error.strerror or error}.", hint="try again.") from error
        threads = max(1, min(limits.threads, os.cpu_count() or 1))
        self._send({"settings": {"threads": threads, "memory_mib": limits.memory_mib, "seconds": limits.seconds}})

    def __enter__(self) -> QueryProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The process's number, for those who watch it."""
        return self._child.pid

    def parse(self, sql: str) -> dict[str, Any]:
        """The parse tree of the SQL, by DuckDB's own parser; nothing is run."""
        with self._in_time(START_SECONDS):
            self._expect("ready")
        with self._in_time(min(max(self._limits.seconds, LEAST_PARSE_SECONDS), START_SECONDS)):
            self._send({"parse": sql})
            return dict(self._expect("parsed")["parsed"])

    def load(self, relations: Sequence[Loading], *, keep_order: bool = True) -> None:
        """Take in the permitted relations, then lock. Afterwards nothing can be taken in any more."""
        loads = [asdict(each) for each in relations]
        with self._in_time(self._limits.seconds):
            self._send({"load": loads, "keep_order": keep_order})
            answer = self._answer()
            if "loaded" not in answer:
                raise self._not_loaded(str(answer.get("error")))

    def run(self, sql: str) -> RawResult:
        """Run the reader's SQL over what was taken in."""
        limits = self._limits
        with self._in_time(limits.seconds + 2):
            self._send({"run": sql, "rows": limits.rows, "bytes": limits.result_mib * 2**20})
            columns = tuple((str(name), str(kind)) for name, kind in self._expect("columns")["columns"])
            rows: list[list[Any]] = []
            while "batch" in (answer := self._expect("batch", "end")):
                rows.extend(answer["batch"])
        if answer["end"] == "bytes":
            message = f"The result is larger than {limits.result_mib} MiB."
            raise QueryFailedError(message, hint="ask for fewer rows or columns, or aggregate.", code=RefusalCode.TOO_LARGE)
        return RawResult(columns, rows, str(answer["end"]))

    def _expect(self, *wanted: str) -> dict[str, Any]:
        answer = self._answer()
        if any(key in answer for key in wanted):
            return answer
        raise fault(str(answer.get("error")), str(answer.get("message", "")), self._limits)

    def _answer(self) -> dict[str, Any]:
        assert self._child.stdout is not None  # noqa: S101  it was opened as a pipe
        line = self._child.stdout.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise self._died()
        try:
            answer = json.loads(line)
        except RecursionError as error:
            raise QueryRefusedError("The statement is nested too deeply.", hint="write it with fewer levels of brackets.") from error
        except ValueError as error:
            raise self._died() from error
        return answer if isinstance(answer, dict) else {}

    def _send(self, request: dict[str, Any]) -> None:
        assert self._child.stdin is not None  # noqa: S101  it was opened as a pipe
        try:
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        except OSError as error:
            raise self._died() from error

    def _died(self) -> QueryFailedError:
        if self._late:
            return _too_long(self._limits)
        self._end()
        hint = "the query asks for too much at once; ask for less."
        return QueryFailedError("The query process ended before it answered.", hint=hint, code=RefusalCode.STOPPED)

    def _not_loaded(self, kind: str) -> QueryFailedError | InfraError:
        """Why the data could not be taken in; DuckDB's own words name files of the lake, so they are not passed on."""
        if kind == "memory":
            hint = "name the columns you need instead of `*`."
            message = f"The columns this query reads do not fit in {self._limits.memory_mib} MiB."
            return QueryFailedError(message, hint=hint, code=RefusalCode.MEMORY)
        if kind == "time":
            return _too_long(self._limits)
        return InfraError("The saved copy of a view cannot be read.", hint="run `ringi doctor`; if a run is in progress, try again.")

    @contextlib.contextmanager
    def _in_time(self, seconds: float) -> Iterator[None]:
        """Kill the process when it has not done by then."""
        timer = threading.Timer(seconds, self._kill_late)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _kill_late(self) -> None:
        self._late = True
        self._child.kill()

    def _end(self) -> None:
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def fault(kind: str, message: str, limits: Limits) -> SqlError | QueryFailedError | QueryRefusedError:
    """DuckDB's refusal of the reader's SQL, in a sentence."""
    if kind == "time":
        return _too_long(limits)
    if kind == "memory":
        message = f"The query needs more than {limits.memory_mib} MiB."
        return QueryFailedError(message, hint="ask for fewer rows or columns, or aggregate first.", code=RefusalCode.MEMORY)
    if kind == "permission":
        return QueryRefusedError(
            "A query may not leave its own views.", hint="it reads published views only; files and settings are closed."
        )
    if kind == "sql":
        return SqlError(cleaned(message), hint="check the SQL; `ringi query --list --as PRINCIPAL` shows what can be read.")
    return QueryFailedError(cleaned(message), hint="check the values that the SQL computes with.")


def _too_long(limits: Limits) -> QueryFailedError:
    hint = "ask for fewer rows or days, or give it more time with --seconds."
    return QueryFailedError(f"The query took longer than {limits.seconds} seconds.", hint=hint, code=RefusalCode.TOO_LONG)


_KIND = re.compile(r"^(?:[A-Z][A-Za-z-]* )+Error: ")
_PATH = re.compile(r"(?<![\w/])/(?:[^\s/'\"]+/)+[^\s'\"]*")


def cleaned(message: str) -> str:
    """DuckDB's message without its class, the drawing of the place, and any path."""
    text = _KIND.sub("", message.split("\nLINE ")[0].strip())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("^")]
    return shortened(_PATH.sub("…", " ".join(lines))).rstrip(".!") + "."
