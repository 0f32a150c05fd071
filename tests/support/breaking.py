"""Breaking a small lake project in one place, and reading what the rules say about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from metrics_catalog.rules import check
from tests.support.catalogs import Yaml, edit, loaded, metric, metric_file, write

if TYPE_CHECKING:
    from pathlib import Path

    from metrics_catalog.finding import Finding

TODAY = dt.date(2026, 11, 22)
VIEW, SOURCE, DIMENSION, HEARING = (
    "views/title_daily.yaml",
    "sources/viewing_events.yaml",
    "dimensions/titles.yaml",
    "hearings/2026-11-engagement.yaml",
)
PLAYS = metric_file("plays")
Change = Callable[[Yaml], Any]


def findings_of(root: Path, today: dt.date = TODAY) -> tuple[Finding, ...]:
    return check(loaded(root), today)


def new_metric(root: Path, name: str, how: Yaml, **changes: Any) -> None:
    """A metric more, heard at the hearing."""
    write(root, metric_file(name), metric(name, how, **changes))
    edit(root, HEARING, lambda document: document["metrics"].append(name))


def only(root: Path) -> Finding:
    """The one finding of the rules."""
    (finding,) = findings_of(root)
    return finding


def set_(*path: Any, to: Any) -> Change:
    """A change that sets one field; None as value is written as null."""

    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = to

    return change


def drop(*path: Any) -> Change:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change
