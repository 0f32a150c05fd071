"""Rules over a whole catalog; one small file a concern, each rule a pure function from catalog to findings.

`check` runs all of them. A rule never stops at its first finding, and says nothing about definitions that could not be
read: those have findings already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.catalog import sorted_findings
from metrics_catalog.collection import rare_collection
from metrics_catalog.rules.collisions import colliding_columns, reserved_words
from metrics_catalog.rules.composition import (
    added_non_additive,
    cycles,
    deep_composition,
    incomparable_parts,
    parts_without_meaning,
    retired_parts,
)
from metrics_catalog.rules.countries import unknown_time_zones
from metrics_catalog.rules.deprecations import deprecations, ended_columns
from metrics_catalog.rules.dimensions import ambiguous_attributes, dimension_columns, dimension_rows, rows_or_source
from metrics_catalog.rules.examples import example_rows
from metrics_catalog.rules.expressions import expressions
from metrics_catalog.rules.hearings import (
    days_of_hearings,
    entries_of_hearings,
    hearings_of_metrics,
    one_sided_hearings,
    one_voice_a_side,
    reviews_due,
    talks_in_the_future,
)
from metrics_catalog.rules.people import keys_shared_or_missing, validity_of_people
from metrics_catalog.rules.references import unknown_names
from metrics_catalog.rules.sources import column_constraints, source_columns, source_delivery
from metrics_catalog.rules.variants import expired_variants, variant_fields, variants_that_repeat
from metrics_catalog.rules.views import personal_dimensions, retired_columns, view_grain, view_lists, view_sources
from metrics_catalog.rules.words import empty_words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding

RULES: tuple[Callable[[Catalog], Iterable[Finding]], ...] = (
    empty_words,
    unknown_names,
    expressions,
    variant_fields,
    variants_that_repeat,
    cycles,
    deep_composition,
    parts_without_meaning,
    added_non_additive,
    incomparable_parts,
    retired_parts,
    example_rows,
    view_lists,
    view_grain,
    view_sources,
    retired_columns,
    personal_dimensions,
    colliding_columns,
    reserved_words,
    rows_or_source,
    dimension_rows,
    dimension_columns,
    ambiguous_attributes,
    source_columns,
    source_delivery,
    column_constraints,
    unknown_time_zones,
    keys_shared_or_missing,
    validity_of_people,
    hearings_of_metrics,
    one_sided_hearings,
    one_voice_a_side,
    days_of_hearings,
    entries_of_hearings,
    deprecations,
)
"""Rules that depend on the files alone."""

RULES_OF_A_DAY: tuple[Callable[[Catalog, dt.date], Iterable[Finding]], ...] = (
    expired_variants,
    ended_columns,
    talks_in_the_future,
    reviews_due,
)
"""Rules that also depend on the day; they only warn, so that a faultless project does not break by itself."""


def check(catalog: Catalog, today: dt.date) -> tuple[Finding, ...]:
    """All findings between the definitions of a catalog, in the order of their places."""
    with rare_collection():
        found = [finding for rule in RULES for finding in rule(catalog)]
        found += [finding for dated in RULES_OF_A_DAY for finding in dated(catalog, today)]
    return sorted_findings(found)
