"""Opens a lake project and wires the rooms to their adapters; every door (command line, notebook, portal) begins here."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ringi.project import Profile, read_profile

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.iceberg import LocalTables

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding


class Lake:
    """One lake project, opened; parts are made when they are first asked for."""

    def __init__(self, root: Path, profile: str = "local") -> None:
        self.root = root
        self.config: Profile = read_profile(root, profile)

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

    @cached_property
    def tables(self) -> LocalTables:
        """The lake's Iceberg tables."""
        from infra.local.iceberg import LocalTables

        return LocalTables(self.config.warehouse)
