"""A published view made from the small search catalog, whose metrics all count as certified."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from metrics_catalog.meaning import resolve
from tests.support.search_catalog import catalog
from views.contract import publish

if TYPE_CHECKING:
    from collections.abc import Iterable

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning
    from views.published_view import PublishedView


def numeric_catalog() -> Catalog:
    """The small catalog, with the columns its expressions read."""
    whole = catalog()
    events = whole.sources["viewing_events"].model_dump()
    events["columns"] |= {"viewer_id": {"type": "string"}, "seconds_viewed": {"type": "double"}, "position_s": {"type": "integer"}}
    source = type(whole.sources["viewing_events"]).model_validate(events)
    return replace(whole, sources={"viewing_events": source})


def certified(whole: Catalog, names: Iterable[str] | None = None) -> dict[str, Meaning]:
    """The present meaning of each metric, as if both keys were turned on it."""
    return {name: resolve(whole, name) for name in (whole.metrics if names is None else names)}


def title_daily() -> PublishedView:
    whole = numeric_catalog()
    view = publish(whole, "title_daily", certified(whole)).view
    assert view is not None
    return view
