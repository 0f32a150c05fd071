"""What many rules need: findings with their places, names that may not exist, types of columns, the parts of a metric.

Used by the rules of this folder only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.composition import parsed, parts_of
from metrics_catalog.finding import Finding, Severity, did_you_mean
from metrics_catalog.metric import Derived, Ratio

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Measured, Metric
    from metrics_catalog.source import ColumnType, Source

__all__ = ["UNKNOWN_CODES", "At", "attributes", "found", "leaves", "listed", "measured", "parsed", "parts_of", "types_of", "unknown"]


@dataclass(frozen=True, slots=True)
class At:
    """A field of a definition: kind, name, and the path to the field."""

    kind: str
    name: str
    path: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> At:
        return At(self.kind, self.name, (*self.path, step))


def found(
    catalog: Catalog,
    code: str,
    at: At,
    message: str,
    hint: str = "",
    *,
    severity: Severity = Severity.ERROR,
    offset: int | None = None,
) -> Finding:
    """A finding at a field; its file is read again for line and column."""
    return Finding(code, catalog.place(at.kind, at.name, *at.path, offset=offset), message, hint, severity)


UNKNOWN_CODES = {
    "source": "RNG-CAT-032",
    "column": "RNG-CAT-034",
    "dimension": "RNG-CAT-035",
    "country": "RNG-CAT-036",
    "person": "RNG-CAT-037",
    "hearing": "RNG-CAT-038",
    "metric": "RNG-CAT-039",
}
"""The code for a name of each kind that nothing defines."""

_WHERE = {
    "source": "sources/",
    "dimension": "dimensions/",
    "country": "countries.yaml",
    "person": "people.yaml",
    "hearing": "hearings/",
    "metric": "metrics/",
}


def unknown(catalog: Catalog, kind: str, name: str, known: Collection[str], at: At, *, offset: int | None = None) -> Iterator[Finding]:
    """A finding where `name` is not among `known` and its file is not merely broken."""
    if name in known or catalog.is_broken(kind, name):
        return
    where = f" in `{_WHERE[kind]}`" if kind in _WHERE else ""
    hint = did_you_mean(name, known) or f"define it{where}, or name another."
    yield found(catalog, UNKNOWN_CODES[kind], at, f"There is no {kind} `{name}`{where}.", hint, offset=offset)


def listed(words: Collection[str]) -> str:
    """Names for a sentence."""
    return ", ".join(f"`{word}`" for word in words)


def types_of(source: Source) -> dict[str, ColumnType]:
    """The type of each column of a source."""
    return {name: column.type for name, column in source.columns.items()}


def measured(metric: Metric) -> Measured | None:
    """The How of a metric that reads a source itself, else None."""
    return None if isinstance(metric.how, Ratio | Derived) else metric.how


def leaves(catalog: Catalog, name: str) -> tuple[Metric, ...]:
    """The metrics below a metric that read a source; itself where it does. Unknown parts and cycles are left out."""
    itself = catalog.metrics.get(name)
    if itself is not None and measured(itself) is not None:
        return (itself,)
    reached: dict[str, Metric] = {}
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop()
        metric = catalog.metrics.get(current)
        if metric is None or current in seen:
            continue
        seen.add(current)
        if measured(metric) is not None:
            reached[current] = metric
        waiting.extend(parts_of(metric.how))
    return tuple(reached[key] for key in sorted(reached))


def attributes(catalog: Catalog, source: Source) -> set[str]:
    """Attributes of the dimensions that are joined to a source."""
    return {name for dimension in catalog.dimensions.values() if dimension.key in source.columns for name in dimension.attributes}
