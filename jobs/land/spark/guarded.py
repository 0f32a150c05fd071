"""What every task of landing on Spark shares: an embedded engine of its own, and failures that come back as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jobs.engines.duckdb import DuckDb
from jobs.errors import EngineError
from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """What the outside world did to a worker, as a sentence, and what to do."""

    message: str
    hint: str | None


def embedded(scratch: str, memory_limit: str) -> DuckDb:
    """An engine for one task: one thread, spilling into the task's own folder."""
    return DuckDb(spill=Path(scratch) / "spill", memory_limit=memory_limit, threads=1)


def guarded(work: Callable[[], R]) -> R | Failure:
    """What the work gives, or the failure that a person must know; faults of Ringi itself pass."""
    try:
        return work()
    except RingiError as error:
        return Failure(error.message, error.hint)
    except OSError as error:
        return Failure(f"A worker failed: {error.strerror or error}.", "mend that, then run the same command again.")


def answers(given: Iterable[R | Failure]) -> list[R]:
    """All answers; raises EngineError with the first failure."""
    found: list[R] = []
    for one in given:
        if isinstance(one, Failure):
            raise EngineError(one.message, hint=one.hint)
        found.append(one)
    return found
