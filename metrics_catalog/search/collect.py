"""Makes the entries of a search index from a catalog. The only part of search that touches models, and only to read them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from metrics_catalog.search.entry import Content, Entry, Keys
from metrics_catalog.search.slices import Slices, label_object, texts_of, weight_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.hearing import Hearing
    from metrics_catalog.metric import Metric

_NO_KEYS = Keys("missing", "missing", certified=False)


def entries(content: Content) -> Iterator[Entry]:
    """Every entry of the catalog, in the order in which equals are listed."""
    catalog, slices = content.catalog, Slices(content.catalog)
    listed = _views_of_metrics(catalog)
    for name, metric in catalog.metrics.items():
        yield _metric(metric, content.keys.get(name, _NO_KEYS), slices, listed.get(name, ()))
    yield from _views(catalog, slices)
    yield from slices.entries()
    yield from _sources(catalog)
    yield from _hearings(catalog)
    yield from _countries(catalog)


def _views_of_metrics(catalog: Catalog) -> Mapping[str, list[dict[str, Any]]]:
    """Views that show a metric: those that list it, and those that list a ratio of which it is a part."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for view in catalog.views.values():
        shown = dict.fromkeys(view.metrics)
        for name in view.metrics:
            metric = catalog.metrics.get(name)
            if metric is not None and metric.how.kind == "ratio":
                shown |= dict.fromkeys((metric.how.numerator, metric.how.denominator))
        countries = len(catalog.countries) if view.countries == "all" else len(view.countries)
        for name in shown:
            found[name].append({"view": view.view, "countries": countries})
    return found


def _metric(metric: Metric, keys: Keys, slices: Slices, views: Any) -> Entry:
    what, why = metric.what, metric.why
    dimensions = slices.of(metric.metric)
    return Entry(
        kind="metric",
        name=metric.metric,
        labels=texts_of(what.label),
        aliases=(*what.aliases.en, *what.aliases.ja),
        dimensions=tuple(text for name in dimensions for text in (name, *slices.labels(name))),
        about=(
            *texts_of(what.description),
            *texts_of(why.question),
            *texts_of(why.decision),
            *texts_of(what.not_for),
            what.unit,
            *why.consumers,
            metric.owners.tech,
            metric.owners.business,
            *(variant.reason for variant in metric.countries.values()),
        ),
        weight=weight_of(metric),
        facts={
            "metric": metric.metric,
            "label": label_object(what.label),
            "unit": what.unit,
            "description": label_object(what.description),
            "owners": {"tech": metric.owners.tech, "business": metric.owners.business},
            "keys": {"tech": keys.tech, "business": keys.business},
            "lifecycle": metric.declared_end or "active",
            "dimensions": list(dimensions),
            "views": [{**view, "published": keys.certified} for view in views],
        },
    )


def _views(catalog: Catalog, slices: Slices) -> Iterator[Entry]:
    for view in catalog.views.values():
        metrics = [catalog.metrics[name] for name in view.metrics if name in catalog.metrics]
        countries = len(catalog.countries) if view.countries == "all" else len(view.countries)
        yield Entry(
            kind="view",
            name=view.view,
            labels=texts_of(view.label),
            dimensions=tuple(text for name in view.grain.dimensions for text in (name, *slices.labels(name))),
            about=(*texts_of(view.description), *(text for metric in metrics for text in (metric.metric, *texts_of(metric.what.label)))),
            facts={
                "view": view.view,
                "label": label_object(view.label),
                "description": label_object(view.description),
                "owners": {"tech": view.owners.tech, "business": view.owners.business},
                "grain": {"time": view.grain.time, "dimensions": list(view.grain.dimensions)},
                "metrics": list(view.metrics),
                "countries": countries,
            },
        )


def _sources(catalog: Catalog) -> Iterator[Entry]:
    for source in catalog.sources.values():
        described = [text for column in source.columns.values() for text in texts_of(column.description)]
        yield Entry(
            kind="source",
            name=source.source,
            labels=texts_of(source.label),
            dimensions=tuple(source.columns),
            about=(*texts_of(source.description), *described, source.owners.tech, source.owners.business),
            facts={
                "source": source.source,
                "label": label_object(source.label),
                "description": label_object(source.description),
                "owners": {"tech": source.owners.tech, "business": source.owners.business},
                "columns": list(source.columns),
            },
        )


def _hearings(catalog: Catalog) -> Iterator[Entry]:
    for hearing in catalog.hearings.values():
        asked = [text for each in hearing.questions for text in (each.question, each.answer)]
        yield Entry(
            kind="hearing",
            name=hearing.hearing,
            labels=(hearing.question,),
            about=(hearing.decision, *asked, *hearing.dissent, *hearing.metrics, *_said(hearing)),
            facts={
                "hearing": hearing.hearing,
                "date": hearing.date.isoformat(),
                "question": hearing.question,
                "decision": hearing.decision,
                "metrics": list(hearing.metrics),
            },
        )


def _said(hearing: Hearing) -> Iterator[str]:
    """What else was said: the decision behind the metric, the agenda, and the later talks."""
    yield from (text for text in (hearing.decides, *hearing.agenda.model_dump().values()) if text)
    for entry in hearing.entries:
        yield from (entry.decision, *entry.dissent, *(text for each in entry.questions for text in (each.question, each.answer)))


def _countries(catalog: Catalog) -> Iterator[Entry]:
    for code, country in catalog.countries.items():
        views = [view.view for view in catalog.views.values() if view.countries == "all" or code in view.countries]
        yield Entry(
            kind="country",
            name=code,
            labels=texts_of(country.name),
            facts={"country": code, "label": label_object(country.name), "views": [f"views_{code.lower()}.{view}" for view in views]},
        )
