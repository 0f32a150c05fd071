"""Words that say nothing: a placeholder, or only invisible characters, where What, Why and the owners should speak."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from metrics_catalog.rules.common import At, found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.metric import Metric
    from metrics_catalog.model import Owners, Text

Words = tuple[tuple[str, ...], str]
"""The path of a field and what it says."""

_NOTHING = re.compile(
    r"[\s\W_]*((todo|tbd|tba|fixme|xxx+|n/?a|none|null|test|未定|未記入|なし|あとで)[\s\W_]*)?|(todo|tbd|fixme)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def empty_words(catalog: Catalog) -> Iterator[Finding]:
    """What, Why and owners of metrics, and labels and owners of the rest, hold words that mean something."""
    for name, metric in catalog.metrics.items():
        yield from _said(catalog, At("metric", name), (*_of_metric(metric), *_of_owners(metric.owners)))
    for kind, models in (("view", catalog.views), ("source", catalog.sources), ("dimension", catalog.dimensions)):
        for name, model in models.items():
            yield from _said(catalog, At(kind, name), (*_of_text(model.label, "label"), *_of_owners(model.owners)))


def _said(catalog: Catalog, at: At, words: Iterable[Words]) -> Iterator[Finding]:
    for path, text in words:
        if _NOTHING.fullmatch(text):
            field = ".".join(path)
            message = f"`{field}` of the {at.kind} `{at.name}` says nothing: `{text}`."
            yield found(catalog, "RNG-CAT-030", At(at.kind, at.name, path), message, "write it so that a newcomer understands it.")


def _of_metric(metric: Metric) -> Iterator[Words]:
    yield from _of_text(metric.what.label, "what", "label")
    yield from _of_text(metric.what.description, "what", "description")
    yield ("what", "unit"), metric.what.unit
    yield from _of_text(metric.why.question, "why", "question")
    yield from _of_text(metric.why.decision, "why", "decision")
    for country, variant in metric.countries.items():
        yield ("countries", country, "reason"), variant.reason


def _of_text(text: Text, *path: str) -> tuple[Words, Words]:
    return ((*path, "en"), text.en), ((*path, "ja"), text.ja)


def _of_owners(owners: Owners) -> tuple[Words, Words]:
    return (("owners", "tech"), owners.tech), (("owners", "business"), owners.business)
