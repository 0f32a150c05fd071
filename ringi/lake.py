"""Opens a lake project and wires the rooms to their adapters; every door (command line, notebook, portal) begins here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from ringi.project import Profile, read_profile

if TYPE_CHECKING:
    from pathlib import Path

    from governance.gate.gate import Certification
    from infra.aws.account import Aws
    from infra.aws.no_sql_views import NoSqlViews
    from infra.local.dbt_views import SqlViews
    from infra.tables.iceberg import IcebergTables
    from infra.tables.maintenance import TableUpkeep
    from jobs.engine import Engine
    from jobs.engines.duckdb import DuckDb
    from jobs.object_store import ObjectStore
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


class Lake:
    """One lake project, opened; parts are made when they are first asked for."""

    def __init__(self, root: Path, profile: str = "local") -> None:
        self.root = root
        self.config: Profile = read_profile(root, profile)
        self._engines: dict[str, Engine] = {}

    @cached_property
    def _loaded(self) -> tuple[Catalog, tuple[Finding, ...]]:
        from metrics_catalog.catalog import load

        return load(self.root)

    @property
    def catalog(self) -> Catalog:
        """All that could be read of the project's files."""
        return self._loaded[0]

    @property
    def reading_findings(self) -> tuple[Finding, ...]:
        """What could not be read; the rules are a check of their own."""
        return self._loaded[1]

    def findings(self, today: dt.date | None = None) -> tuple[Finding, ...]:
        """Every finding in the project's files: reading, rules, approvals, policies, keys over plans; today is UTC's unless given."""
        from governance.gate.gate import approval_findings
        from governance.keys.github_settings import settings_findings
        from governance.lake_formation.planning.key_files import findings as key_findings
        from governance.policy.policy import load as load_policy
        from governance.retention import load as load_retention
        from metrics_catalog.catalog import sorted_findings
        from metrics_catalog.rules import check
        from ringi.targets.findings import target_findings

        now = dt.datetime.now(dt.UTC)
        day = today or now.date()
        policy, of_policy = load_policy(self.root, self.catalog, today=day)
        of_targets = target_findings(self.root, policy, self.catalog, dt.datetime.combine(day, dt.time(), dt.UTC))
        of_approvals = (*approval_findings(self.catalog, now), *settings_findings(self.root, self.catalog.people))
        _, of_retention = load_retention(self.root, self.catalog, day)
        return sorted_findings({
            *self.reading_findings, *check(self.catalog, day), *of_policy, *of_targets, *of_retention, *of_approvals,
            *key_findings(self.root),
        })  # fmt: skip

    def certification(self, now: dt.datetime) -> Certification:
        """What may be published at this moment."""
        from governance.gate.gate import certified

        return certified(self.catalog, now)

    @cached_property
    def aws(self) -> Aws | None:
        """The AWS account of the profile, or None for a lake on this machine."""
        if self.config.aws is None:
            return None
        from infra.aws.account import Aws

        return Aws(self.config.aws)

    @cached_property
    def tables(self) -> IcebergTables:
        """The lake's Iceberg tables."""
        if self.aws is not None:
            from infra.aws.tables import AwsTables

            return AwsTables(self.aws)
        from infra.local.iceberg import LocalTables

        return LocalTables(self.config.warehouse)

    @cached_property
    def upkeep(self) -> TableUpkeep:
        """What keeping the lake's tables small needs beside them."""
        from infra.tables.maintenance import TableUpkeep

        return TableUpkeep(self.tables)

    @cached_property
    def objects(self) -> ObjectStore:
        """The lake's landing zone: raw bytes as they were received."""
        if self.aws is not None:
            from infra.aws.object_store import S3ObjectStore

            return S3ObjectStore(self.aws)
        from infra.local.object_store import LocalObjectStore

        return LocalObjectStore(self.config.warehouse / "landing")

    @contextmanager
    def engine(self, name: str | None = None) -> Iterator[Engine]:
        """A session of the profile's engine, or of the one that is named; inside a block that has it open, that very one."""
        from ringi.engines import opened

        wanted = name or self.config.engine
        if wanted in self._engines:
            yield self._engines[wanted]
            return
        engine = self._engines[wanted] = opened(self.config, name, self.aws)
        try:
            yield engine
        finally:
            del self._engines[wanted]
            engine.close()

    @contextmanager
    def ledger_engine(self) -> Iterator[Engine]:
        """A session for reading and writing ledgers: one that is open already, or an embedded one that needs no Spark."""
        if self._engines:
            yield next(iter(self._engines.values()))
        elif self.aws is None:
            with self.embedded() as engine:
                yield engine
        else:
            from infra.tables.staged_engine import StagedDuckDb

            with StagedDuckDb(self.tables, spill=self.config.warehouse / ".spill", memory_limit=self.config.memory_limit) as engine:
                yield engine

    def embedded(self) -> DuckDb:
        """A session of the embedded engine, whatever the profile computes with; close it."""
        from ringi.engines import embedded

        return embedded(self.config)

    def sql_views(self) -> SqlViews | NoSqlViews:
        """The keeper of the views that DuckDB reads; a lake on AWS has its definer views in the Glue catalog instead."""
        if self.aws is not None:
            from infra.aws.no_sql_views import NoSqlViews

            return NoSqlViews()
        from infra.local.dbt_views import SqlViews

        return SqlViews(self.catalog, self.config.warehouse)

    @contextmanager
    def held(self, doing: str, say: Callable[[str], None], *, patience: dt.timedelta | None = None) -> Iterator[None]:
        """Hold the lake against a second writer; waits as long as `patience` or as usual, then refuses and names the holder."""
        waiting = {} if patience is None else {"patience": patience}
        if self.aws is not None:
            from infra.aws.lock import held as held_in_s3

            with held_in_s3(self.aws, doing, say=say, **waiting):
                yield
            return
        from infra.local.lock import held

        with held(self.config.warehouse, doing, say=say, **waiting):
            yield
