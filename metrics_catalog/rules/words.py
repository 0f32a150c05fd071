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

_NOTHING = re.compile(
    r"[\s\W_]*((todo|tbd|tba|fixme|xxx+|n/?a|none|null|test|未定|未記入|なし|あとで)[\s\W_]*)?|(todo|tbd|fixme)\b.*",
    re.IGNORECASE | re.DOTALL,
)


def empty_words(catalog: Catalog) -> Iterator[Finding]:
    """What, Why and owners of metrics, and labels and owners of the rest, hold words that mean something."""
    for name, metric in catalog.metrics.items():
        yield from _said(catalog, At("metric", name), metric.owners, _of_metric(metric, At("metric", name)))
    for kind, models in (("view", catalog.views), ("source", catalog.sources), ("dimension", catalog.dimensions)):
        for name, model in models.items():
            yield from _said(catalog, At(kind, name), model.owners, _of_text(model.label, At(kind, name) / "label"))


def _said(catalog: Catalog, at: At, owners: Owners, words: Iterable[tuple[At, str]]) -> Iterator[Finding]:
    for place, text in (*words, *_of_owners(owners, at / "owners")):
        if _NOTHING.fullmatch(text):
            field = ".".join(str(step) for step in place.path)
            message = f"`{field}` of the {at.kind} `{at.name}` says nothing: `{text}`."
            yield found(catalog, "RNG-CAT-030", place, message, "write it so that a newcomer understands it.")


def _of_metric(metric: Metric, at: At) -> Iterator[tuple[At, str]]:
    yield from _of_text(metric.what.label, at / "what" / "label")
    yield from _of_text(metric.what.description, at / "what" / "description")
    yield at / "what" / "unit", metric.what.unit
    yield from _of_text(metric.why.question, at / "why" / "question")
    yield from _of_text(metric.why.decision, at / "why" / "decision")
    for country, variant in metric.countries.items():
        yield at / "countries" / country / "reason", variant.reason


def _of_text(text: Text, at: At) -> Iterator[tuple[At, str]]:
    yield at / "en", text.en
    yield at / "ja", text.ja


def _of_owners(owners: Owners, at: At) -> Iterator[tuple[At, str]]:
    yield at / "tech", owners.tech
    yield at / "business", owners.business
