"""Tags: country on databases of views, view on their tables, classification on their columns; and the grants that go through them.

Only databases of views are tagged: an expression over these tags must never reach a saved copy. Used by `compile.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.lake_formation.compiling.shape import why_not_by_tags
from governance.lake_formation.limits import TAG_LENGTH, TAG_VALUES
from governance.lake_formation.resource import Columns, Database, TagPolicy
from governance.lake_formation.state import Tag, Tagged
from metrics_catalog.finding import Finding
from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from governance.lake_formation.compiling.holders import Holders
    from governance.lake_formation.compiling.published import Kind, Published, Spot
    from governance.policy.grant import Grant
    from governance.policy.policy import Policy
    from metrics_catalog.finding import Place

COUNTRY, VIEW, CLASSIFICATION = "ringi_country", "ringi_view", "ringi_classification"
KEYS = frozenset({COUNTRY, VIEW, CLASSIFICATION})


def tag_policies(policy: Policy, holders: Holders) -> tuple[TagPolicy, ...]:
    """The expressions that equal holders are given instead of names, inside their fence."""
    grants = [policy.grants[name] for name in holders.grants]
    through = [grant for grant in grants if grant.through == "tags" and not why_not_by_tags(grant)]
    found = (_expression(grant, pattern, holders.country) for grant in through for pattern in grant.views)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def _expression(grant: Grant, pattern: str, fence: str | None) -> TagPolicy | None:
    schema, _, view = pattern.partition(".")
    country = None if schema == "*" else schema.removeprefix("views_")
    if fence is not None and country not in (None, fence.lower()):
        return None
    country = country or (fence.lower() if fence is not None else None)
    classes = tuple(sorted(str(level) for level in grant.classifications))
    named = {COUNTRY: (country,) if country else (), VIEW: () if view == "*" else (view,), CLASSIFICATION: classes}
    return TagPolicy("TABLE", tuple(sorted((key, values) for key, values in named.items() if values)))


def tags(spots: Sequence[Spot]) -> frozenset[Tag]:
    """The tags that relations need; values that nobody carries are not defined, but classifications always are."""
    countries = tuple(sorted({spot.country.lower() for spot in spots}))
    views = tuple(sorted({spot.view for spot in spots if len(spot.view) <= TAG_LENGTH}))
    classes = tuple(sorted(str(level) for level in Classification))
    values = {COUNTRY: countries, VIEW: views, CLASSIFICATION: classes}
    return frozenset(Tag(key, each[:TAG_VALUES]) for key, each in values.items() if each)


def tagged(published: Published) -> Iterator[Tagged]:
    """What carries which tag."""
    known = {value for each in tags(published.spots) for value in each.values if each.key == VIEW}
    levels: dict[int, list[tuple[str, str]]] = {}
    for schema in sorted({spot.schema for spot in published.spots}):
        yield Tagged(Database(schema), COUNTRY, schema.removeprefix("views_"))
    for spot in published.spots:
        if spot.view in known:
            yield Tagged(spot.on_view, VIEW, spot.view)
        if spot.kind.number not in levels:
            levels[spot.kind.number] = _levels(spot.kind)
        for name, level in levels[spot.kind.number]:
            yield Tagged(Columns(spot.schema, spot.view, (name,)), CLASSIFICATION, level)


def _levels(kind: Kind) -> list[tuple[str, str]]:
    """The class of each column; one that nobody knows is personal."""
    classes = {column.name: column.classification for column in kind.known}
    return [(name, str(classes.get(name, Classification.PERSONAL))) for name in kind.columns]


def untaggable(published: Published, place: Place) -> Iterator[Finding]:
    """Views that cannot carry their tag, so that no grant through tags reaches them by name."""
    views = sorted({spot.view for spot in published.spots})
    for view in views:
        if len(view) > TAG_LENGTH:
            message = (
                f"The view `{view}` has {len(view)} characters; a tag takes {TAG_LENGTH}. No grant through tags reaches it by its name."
            )
            yield Finding("RNG-GOV-099", place, message, "give it a shorter name, or grant it with `through: names`.")
    if len(views) > TAG_VALUES:
        message = f"There are {len(views)} views; a tag takes {TAG_VALUES} values. Grants through tags do not reach the rest by name."
        yield Finding("RNG-GOV-099", place, message, "grant them with `through: names`.")
