"""Keeps the SQL views of a local lake: lists of files always, dbt only when a definition changed.

The last step of `ringi run`: `start` it when the views are known, so that dbt reads its project beside the computing, and
`build` once all saved copies are published.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from infra.local import dbt_project
from infra.local.catalog_db import CatalogDb
from infra.local.dbt_process import DbtProcess
from infra.local.views_file import NAME, BusyError, opened
from metrics_catalog.finding import Place
from views.dbt import report
from views.dbt.copies import copies
from views.dbt.project import project
from views.dbt.report import DbtReport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from infra.local.dbt_process import DbtOutcome
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from views.dbt.copies import Copy
    from views.published_view import PublishedView


class SqlViews:
    """The SQL views of one lake; close it, or use it in a `with`."""

    def __init__(self, catalog: Catalog, warehouse: Path) -> None:
        self._catalog, self._warehouse = catalog, warehouse.absolute()
        self._started: tuple[str, DbtProcess] | None = None

    def __enter__(self) -> SqlViews:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self, views: Sequence[PublishedView]) -> None:
        """Write the dbt project, and let dbt read it in its own process where `build` will need it."""
        digest = self._written(views)
        with suppress(BusyError), opened(self._warehouse / NAME, patience_seconds=0) as file:
            if views and not file.is_built(digest, whatever_countries=True):
                self._dbt(digest)

    def build(self, views: Sequence[PublishedView], tables: Tables) -> DbtReport:
        """Bring `views.duckdb` to the published views.

        `views` are the contracts that this run published. Nothing is recomputed; faults come back as findings, and whatever
        they are, the published copies stay as they are.
        """
        digest = self._written(views)
        try:
            made, refreshed, is_built = self._refreshed(copies(views), tables, digest)
            if is_built or not made:
                return _report(made, refreshed, built=True)
            outcome = self._dbt(digest).build()
            found = self._findings(outcome)
            if not found:
                with opened(self._warehouse / NAME) as file:
                    file.set_built(digest)
        except BusyError:
            return _report((), 0, built=False, findings=(report.busy(NAME, self._place()),))
        return _report(made, refreshed, built=not found, outcome=outcome, findings=found)

    def close(self) -> None:
        """End a dbt that was started and not needed."""
        if self._started is not None:
            self._started[1].close()
            self._started = None

    def _written(self, views: Sequence[PublishedView]) -> str:
        whole = project(views, self._warehouse / NAME)
        if self._started is not None and self._started[0] != whole.digest:
            self.close()  # it read another project
        dbt_project.write(self._catalog.root, whole)
        return whole.digest

    def _dbt(self, digest: str) -> DbtProcess:
        if self._started is None:
            self._started = digest, DbtProcess(self._catalog.root)
        return self._started[1]

    def _refreshed(self, promised: Sequence[Copy], tables: Tables, digest: str) -> tuple[Sequence[Copy], int, bool]:
        """The saved copies that exist, how many of them have new files, and whether dbt built just this before."""
        pointers = _pointers(CatalogDb(self._warehouse / "catalog.db"), promised)
        with opened(self._warehouse / NAME) as file:
            moved = file.refresh(promised, pointers, lambda name: [found.path for found in tables.files(name)])
            is_built = file.is_built(digest)
            if not is_built:
                file.set_built(None)  # a build that ends half-way, or with failed tests, is made again
        return [copy for copy in promised if copy.name in pointers], moved, is_built

    def _findings(self, outcome: DbtOutcome) -> tuple[Finding, ...]:
        found = report.findings(outcome.results or (), outcome.nodes, lambda view: self._catalog.place("view", view))
        return found or ((report.unreadable(outcome.messages, self._place()),) if outcome.failed or outcome.results is None else ())

    def _place(self) -> Place:
        return next((self._catalog.place("view", name) for name in sorted(self._catalog.views)), Place("views"))


def _pointers(database: CatalogDb, wanted: Iterable[Copy]) -> dict[str, str]:
    """The present metadata file of each saved copy that exists."""
    found: dict[str, str] = {}
    for namespace in sorted({copy.name.partition(".")[0] for copy in wanted}):
        found |= database.pointers(namespace, "TABLE")
    return found


def _report(
    made: Sequence[Copy], refreshed: int, *, built: bool, outcome: DbtOutcome | None = None, findings: tuple[Finding, ...] = ()
) -> DbtReport:
    results = outcome.results or () if outcome is not None else ()
    return DbtReport(
        built=built,
        ran=outcome is not None,
        refreshed=refreshed,
        views=len({copy.view for copy in made}),
        countries=len({copy.country for copy in made}),
        tests=sum(1 for result in results if result["unique_id"].startswith("test.")),
        seconds=outcome.seconds if outcome is not None else 0.0,
        findings=findings,
    )
