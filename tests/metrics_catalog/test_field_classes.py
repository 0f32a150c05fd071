"""Every field of every model that a metric's meaning reaches: changing it voids the keys of its class, no more and no less."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from pydantic import Field

from metrics_catalog.catalog import load
from metrics_catalog.country import Country
from metrics_catalog.dimension import Dimension, Validity
from metrics_catalog.meaning import resolve
from metrics_catalog.meaning_diff import changes, covers
from metrics_catalog.metric import Metric
from metrics_catalog.model import FieldClass, Model, Text
from metrics_catalog.person import Side
from metrics_catalog.source import Column, Source
from tests.support.catalogs import dimension, measured, metric, small_project, source, text, write
from tests.support.fields import Leaf, another, leaves, models_below, with_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning

KINDS = ("count", "count_distinct", "sum", "average", "minimum", "maximum", "ratio", "derived")
BOTH = {Side.TECH, Side.BUSINESS}
VOIDED: dict[FieldClass, set[Side]] = {FieldClass.EDITORIAL: set(), FieldClass.BUSINESS: {Side.BUSINESS}, FieldClass.LOGIC: BOTH}
NAMES = {("Metric", "metric"), ("Source", "source"), ("Dimension", "dimension")}
"""Also the names in the catalog; renaming has a test of its own."""

OTHERS: dict[tuple[str, str], Any] = {
    ("Variant", "filter"): "event_type = 'pause'",
    ("Variant", "expression"): "position_s",
    ("Ratio", "numerator"): "viewers",
    ("Ratio", "denominator"): "viewers",
    ("Derived", "expression"): "plays * 2",
    ("CountDistinct", "expression"): "title_id",
    ("Sum", "kind"): "average",
    ("Metric", "lifecycle"): "deprecated",
    ("Source", "key"): ("viewer_id",),
    ("Source", "event_time"): "received_at",
    ("Source", "received_time"): "occurred_at",
    ("Source", "country"): "account_country",
    ("Source", "delivery"): "snapshot",
    ("Source", "unknown_fields"): "refuse",
    ("Column", "description"): Text(en="Another", ja="別"),
    ("Column", "values"): ("1", "2"),
    ("Column", "null_values"): ("N/A",),
    ("Column", "minimum"): -1.0,
    ("Column", "maximum"): 1e9,
    ("Column", "from_field"): "raw",
    ("Dimension", "key"): "plan",
    ("Dimension", "rows"): ({"title_id": "t9", "genre": "comedy"},),
    ("Dimension", "source"): "other_events",
    ("Dimension", "validity"): Validity(valid_from="from_day", valid_until="until_day"),
    ("Attribute", "label"): Text(en="Another", ja="別"),
}
"""Values for fields that may be empty, or where most other values would leave a metric without a meaning."""


class Case(NamedTuple):
    """A model in the catalog, how a changed one is put there, and what a leaf's change must void in which metric."""

    metric: str
    model: Model
    put: Callable[[Any], Catalog]
    expected: Callable[[Leaf], set[Side]] = lambda leaf: VOIDED[leaf.field_class]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return rich_catalog(tmp_path_factory.mktemp("rich"))


def rich_catalog(root: Path) -> Catalog:
    """`small_project` with a metric of each kind, every kind of dimension, and a second source to point to."""
    small_project(root)
    write(root, "sources/other_events.yaml", source("other_events"))
    columns = {"device_type": {"type": "string"}, "form": {"type": "string"}}
    write(
        root,
        "sources/device_list.yaml",
        source("device_list", columns=columns, key=["device_type"], event_time=None, received_time=None, country=None),
    )
    write(
        root, "dimensions/devices.yaml", dimension("devices", key="device_type", attributes={"form": {}}, rows=None, source="device_list")
    )
    rows = [{"title_id": "t1", "genre": "drama", "from_day": "2026-01-01", "until_day": None}]
    validity = {"valid_from": "from_day", "valid_until": "until_day"}
    write(root, "dimensions/titles.yaml", dimension(attributes={"genre": {"label": text("Genre")}}, rows=rows, validity=validity))
    for kind in KINDS:
        write(root, f"metrics/engagement/a_{kind}.yaml", rich_metric(kind))
    return load(root)[0]


def rich_metric(kind: str) -> dict[str, Any]:
    """A metric of a kind, with every field that a metric can have."""
    how: dict[str, Any] = measured(
        kind, None if kind == "count" else "viewer_id", "event_type = 'heartbeat'", dimensions=["plan", "genre", "form"]
    )
    if kind == "ratio":
        how = {"kind": "ratio", "numerator": "a_sum", "denominator": "plays"}
    if kind == "derived":
        how = {"kind": "derived", "expression": "a_sum / plays"}
    if kind in ("sum", "average"):
        how["expression"] = "seconds_viewed / 60.0"
    japan = {"filter": "seconds_viewed >= 5", "expression": "seconds_viewed", "reason": "Previews autoplay.", "until": "2037-03-31"}
    example = {"name": "One heartbeat", "country": "JP", "day": "2026-10-28", "rows": [{"event_type": "heartbeat"}], "expect": 1}
    document = metric(f"a_{kind}", how, countries={"JP": japan}, tier="critical", examples=[example])
    document["deprecation"] = {"successor": "plays", "reason": "Counted twice.", "ends_on": "2037-03-31"}
    document["what"] |= {"aliases": {"en": ["time"], "ja": ["じかん"]}, "not_for": text("Billing.")}
    return document


def cases(catalog: Catalog) -> Iterator[Case]:
    """Everything that the meanings of the eight metrics are made of."""
    for kind in KINDS:
        name = f"a_{kind}"
        yield Case(name, catalog.metrics[name], partial(with_model, catalog, "metrics", name))
    for name in ("a_sum", "a_ratio", "a_derived"):
        yield Case(name, used_columns(catalog), partial(with_source, catalog))
        yield Case(name, catalog.countries["JP"], partial(with_model, catalog, "countries", "JP"))
        for each in ("titles", "devices"):
            yield Case(name, catalog.dimensions[each], partial(with_model, catalog, "dimensions", each))
    for name in ("a_ratio", "a_derived"):
        yield Case(name, catalog.metrics["a_sum"], partial(with_model, catalog, "metrics", "a_sum"), of_upstream)


def with_model(catalog: Catalog, kind: str, name: str, changed: Model) -> Catalog:
    models: dict[str, Any] = {kind: {**getattr(catalog, kind), name: changed}}
    return replace(catalog, **models)


def of_upstream(leaf: Leaf) -> set[Side]:
    """An upstream metric's logic is part of the numbers; of its words only the unit, the rest has keys of its own."""
    if leaf.field_class is FieldClass.LOGIC:
        return BOTH
    return {Side.BUSINESS} if leaf.dotted == "what.unit" else set()


def used_columns(catalog: Catalog) -> Source:
    """The source, less the columns that no metric here uses."""
    logic = resolve(catalog, "a_sum").logic.source
    assert logic is not None
    whole = catalog.sources["viewing_events"]
    return whole.model_copy(update={"columns": {name: column for name, column in whole.columns.items() if name in logic.columns}})


def with_source(catalog: Catalog, changed: Source) -> Catalog:
    whole = catalog.sources["viewing_events"]
    every = changed.model_copy(update={"columns": {**whole.columns, **changed.columns}})
    return replace(catalog, sources={**catalog.sources, "viewing_events": every})


def other_value(leaf: Leaf) -> Any:
    if leaf.owner[1] == "kind" and leaf.owner[0] != "Sum":
        return "sum"
    if leaf.owner[1] == "source" and leaf.owner[0] != "Dimension":
        return "other_events"
    if leaf.path[0] == "how" and leaf.owner[1] in ("filter", "expression"):
        return OTHERS.get(leaf.owner, "event_type = 'pause'" if leaf.owner[1] == "filter" else "position_s")
    return OTHERS[leaf.owner] if leaf.owner in OTHERS and OTHERS[leaf.owner] != leaf.value else another(leaf.value)


def cannot_be_given(leaf: Leaf, model: Model) -> bool:
    """A dimension has rows or a source, never both."""
    return isinstance(model, Dimension) and leaf.owner == ("Dimension", "rows" if model.source else "source")


def mistakes(catalog: Catalog, case: Case) -> Iterator[str]:
    before = resolve(catalog, case.metric)
    for leaf in leaves(case.model):
        if leaf.owner in NAMES or cannot_be_given(leaf, case.model):
            continue
        after = resolve(case.put(with_value(case.model, leaf.path, other_value(leaf))), case.metric)
        if not voided(before, after) == named(before, after) == case.expected(leaf):
            yield f"{case.metric}: {leaf.owner} {leaf.dotted} ({leaf.field_class}) voids {voided(before, after)}, names {changes(before, after)}"


def voided(before: Meaning, after: Meaning) -> set[Side]:
    return {side for side in Side if not covers(side, before, after)}


def named(before: Meaning, after: Meaning) -> set[Side]:
    return {side for change in changes(before, after) for side in change.voids}


def test_a_changed_field_voids_the_keys_of_its_class_and_is_named(catalog: Catalog) -> None:
    assert not [mistake for case in cases(catalog) for mistake in mistakes(catalog, case)]


def test_no_model_that_a_meaning_reaches_is_left_out(catalog: Catalog) -> None:
    reachable = {model.__name__ for root in (Metric, Source, Dimension, Country) for model in models_below(root)}
    assert {"Variant", "Column", "Validity", "CountDistinct", "Text"} < reachable
    assert {leaf.owner[0] for case in cases(catalog) for leaf in leaves(case.model)} == reachable


def test_a_field_that_nobody_classed_voids_both_keys(catalog: Catalog) -> None:
    class Wider(Column):
        volume: int = Field(default=0)

    class Louder(Country):
        noise: str = Field(default="")

    def with_both(volume: int, noise: str) -> Catalog:
        column = Wider(**catalog.sources["viewing_events"].columns["seconds_viewed"].model_dump(), volume=volume)
        whole = with_source(catalog, catalog.sources["viewing_events"].model_copy(update={"columns": {"seconds_viewed": column}}))
        country = Louder(**catalog.countries["JP"].model_dump(), noise=noise)
        return replace(whole, countries={**catalog.countries, "JP": country})

    before = resolve(with_both(0, ""), "a_sum")
    assert before.digest == resolve(catalog, "a_sum").digest, "a field that says nothing yet changes no digest"
    louder, wider = resolve(with_both(0, "loud"), "a_sum"), resolve(with_both(1, ""), "a_sum")
    assert voided(before, wider) == voided(before, louder) == BOTH
    assert [change.field for change in changes(before, wider)] == ["source.viewing_events.columns.seconds_viewed.volume"]
    assert [change.field for change in changes(before, louder)] == ["countries.JP.noise"]


def test_a_changed_column_that_no_metric_uses_voids_nothing(catalog: Catalog) -> None:
    unused = catalog.sources["viewing_events"].columns["player_version"]
    for leaf in leaves(unused):
        changed = with_value(unused, leaf.path, other_value(leaf))
        source = catalog.sources["viewing_events"]
        after = with_source(catalog, source.model_copy(update={"columns": {**source.columns, "player_version": changed}}))
        assert not voided(resolve(catalog, "a_sum"), resolve(after, "a_sum")), leaf


def test_a_renamed_metric_source_or_dimension_voids_both_keys(catalog: Catalog) -> None:
    before = resolve(catalog, "a_sum")
    model = catalog.metrics["a_sum"]
    renamed = model.model_copy(update={"metric": "b_sum"})
    assert voided(before, resolve(replace(catalog, metrics={"b_sum": renamed}), "b_sum")) == BOTH

    pointed = model.model_copy(update={"how": model.how.model_copy(update={"source": "events"})})
    events = catalog.sources["viewing_events"].model_copy(update={"source": "events"})
    assert (
        voided(before, resolve(replace(catalog, sources={**catalog.sources, "events": events}, metrics={"a_sum": pointed}), "a_sum"))
        == BOTH
    )

    works = catalog.dimensions["titles"].model_copy(update={"dimension": "works"})
    assert voided(before, resolve(replace(catalog, dimensions={"devices": catalog.dimensions["devices"], "works": works}), "a_sum")) == BOTH
