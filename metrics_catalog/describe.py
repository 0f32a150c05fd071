"""One definition with all that belongs to it, as plain data: what `ringi show` and other doors tell of a name.

A metric comes with its canonical expression, the metrics it is made of and those made of it, and the views that publish it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metrics_catalog.composition import canonical, parts_of
from metrics_catalog.errors import CatalogError, UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Metric

KINDS = ("metric", "view", "source", "dimension", "hearing", "person", "country")
"""In the order in which a name is looked for."""

Facts = dict[str, Any]


def describe(catalog: Catalog, name: str) -> Facts:
    """All facts of the definition called `name`; raises UsageError where there is none, CatalogError where it cannot be read."""
    kind = _kind_of(catalog, name)
    model = _models(catalog)[kind][name]
    place = catalog.place(kind, name)
    facts: Facts = {"kind": kind, "name": name, "file": place.file, "line": place.line, "definition": model.model_dump(mode="json")}
    if kind == "metric":
        facts |= _of_metric(catalog, catalog.metrics[name])
    elif kind in ("source", "dimension"):
        facts["metrics"] = sorted(metric for metric in catalog.metrics if _reads(catalog, catalog.metrics[metric], kind, name))
    elif kind == "person":
        facts["proposed"] = sorted(metric.metric for metric in catalog.metrics.values() if metric.proposer == name)
    elif kind == "country":
        facts["variants"] = sorted(metric.metric for metric in catalog.metrics.values() if name in metric.countries)
    return facts


def _models(catalog: Catalog) -> dict[str, Mapping[str, Any]]:
    return {
        "metric": catalog.metrics,
        "view": catalog.views,
        "source": catalog.sources,
        "dimension": catalog.dimensions,
        "hearing": catalog.hearings,
        "person": catalog.people,
        "country": catalog.countries,
    }


def _kind_of(catalog: Catalog, name: str) -> str:
    models = _models(catalog)
    found = next((kind for kind in KINDS if name in models[kind]), None)
    if found is not None:
        return found
    broken = next((kind for kind in KINDS if name in catalog.broken.get(kind, ())), None)
    if broken is not None:
        raise CatalogError(f"The {broken} `{name}` cannot be read.", hint="run `ringi check`: its findings say why.")
    near = did_you_mean(name, {one for kind in KINDS for one in models[kind]})
    raise UsageError(f"Nothing is called `{name}`.", hint=near or f"`ringi search {name}` looks in labels and descriptions too.")


def _of_metric(catalog: Catalog, metric: Metric) -> Facts:
    how = metric.how
    return {
        "additivity": metric.additivity.value,
        "canonical": {field: canonical(text) for field in ("expression", "filter") if (text := getattr(how, field, None)) is not None},
        "variants": {
            code: {field: canonical(text) for field in ("expression", "filter") if (text := getattr(variant, field)) is not None}
            for code, variant in sorted(metric.countries.items())
        },
        "parts": list(parts_of(how)),
        "part_of": sorted(other.metric for other in catalog.metrics.values() if metric.metric in parts_of(other.how)),
        "views": sorted(view.view for view in catalog.views.values() if metric.metric in view.metrics),
    }


def _reads(catalog: Catalog, metric: Metric, kind: str, name: str) -> bool:
    if kind == "source":
        return getattr(metric.how, "source", None) == name
    return bool(set(getattr(metric.how, "dimensions", ())) & set(catalog.dimensions[name].attributes))
