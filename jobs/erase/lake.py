"""The parts of a lake that erasure works on, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from governance.retention import Retention
    from jobs.engine import Engine
    from jobs.engines.duckdb import DuckDb
    from jobs.erase.ports import Forgetting, Places
    from jobs.object_store import ObjectStore
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog

Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
"""Told a label and a total; gives a function to call with how much more is done."""


@dataclass(frozen=True, slots=True)
class EraseLake:
    """`engine` reads and writes tables; `bench` is this process's own engine, which reads the landing zone."""

    catalog: Catalog
    retention: Retention
    tables: Tables
    objects: ObjectStore
    engine: Engine
    bench: DuckDb
    places: Places
    forgetting: Forgetting
    progress: Progress
