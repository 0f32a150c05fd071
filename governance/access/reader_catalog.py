"""The catalog as a reader's query needs it: countries, views, sources and dimensions, and metrics only when one is asked for.

A query asks about the columns of one view; reading the files of 12,000 metrics for that would take seconds. Findings are left
to `ringi check`. What cannot be found this way counts as unknown, and an unknown column is given to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from metrics_catalog.catalog import Catalog
from metrics_catalog.loading import load_book, load_folder
from metrics_catalog.metric import Metric
from metrics_catalog.project_files import list_files
from metrics_catalog.reading import read_definition

if TYPE_CHECKING:
    from pathlib import Path


def load_for_readers(root: Path) -> Catalog:
    """The catalog of a lake project without hearings, people and approvals, whose metrics are read on demand."""
    root = root.resolve()
    countries, views = load_book(root, "country"), load_folder(root, "view")
    return Catalog(
        root=root,
        countries=countries.models,
        people={},
        sources=load_folder(root, "source").models,
        dimensions=load_folder(root, "dimension").models,
        metrics=MetricsOnDemand(root),
        views=views.models,
        hearings={},
        broken={"country": countries.broken, "view": views.broken},
    )


class MetricsOnDemand(Mapping[str, Metric]):
    """Metrics by name. A metric's file is called like the metric; one that cannot be read is not there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, Metric | None] = {}

    @cached_property
    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in reversed(list_files(self._root, "metric").files)}

    def __getitem__(self, name: str) -> Metric:
        if name not in self._read:
            self._read[name] = self._model(name)
        found = self._read[name]
        if found is None:
            raise KeyError(name)
        return found

    def _model(self, name: str) -> Metric | None:
        if name not in self._files:
            return None
        model = read_definition("metric", self._files[name], self._root).model
        return model if isinstance(model, Metric) and model.metric == name else None

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self[name] is not None
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._files if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
