"""Whether a certified meaning can still be computed from the sources and dimensions as they are now.

Asked by the gate at each run. What cannot run is withheld with a finding; it is never guessed, and never silently replaced
by what the YAML says meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Place
    from metrics_catalog.logic import DimensionLogic, SourceLogic
    from metrics_catalog.meaning import Meaning

CODE = "RNG-GOV-014"
HINT = "bring it back, or change the metric and turn both keys on its new meaning."


def can_still_run(meaning: Meaning, catalog: Catalog) -> Finding | None:
    """None where it can run; else the finding that names what it lacks. A source whose file has a fault at present is no lack."""
    for logic in meaning.logic.measured():
        for place, lack in _of_source(catalog, logic.source) if logic.source else ():
            return _withheld(meaning, place, lack)
        for dimension in logic.dimensions.values():
            for place, lack in _of_dimension(catalog, dimension) if dimension else ():
                return _withheld(meaning, place, lack)
    return None


def _withheld(meaning: Meaning, place: Place, lack: str) -> Finding:
    return Finding(CODE, place, f"`{meaning.metric}` is withheld: its certified meaning can no longer run because {lack}.", HINT)


def _of_source(catalog: Catalog, certified: SourceLogic) -> Iterator[tuple[Place, str]]:
    name = certified.source
    source = catalog.sources.get(name)
    if source is None:
        if not catalog.is_broken("source", name):
            yield catalog.place("source", name), f"the source `{name}` is gone"
        return
    if source.delivery != certified.delivery:
        yield (
            catalog.place("source", name, "delivery"),
            f"`{name}` is now delivered as `{source.delivery}`, and was as `{certified.delivery}`",
        )
    for column, column_type in certified.columns.items():
        if column not in source.columns:
            yield catalog.place("source", name, "columns"), f"`{name}` lost the column `{column}`"
        elif source.columns[column].type is not column_type:
            now = source.columns[column].type.value
            yield (
                catalog.place("source", name, "columns", column, "type"),
                f"`{name}.{column}` is now of type {now}, and was {column_type.value}",
            )


def _of_dimension(catalog: Catalog, certified: DimensionLogic) -> Iterator[tuple[Place, str]]:
    name = certified.dimension
    dimension = catalog.dimensions.get(name)
    if dimension is None:
        if not catalog.is_broken("dimension", name):
            yield catalog.place("dimension", name), f"the dimension `{name}` is gone"
        return
    attribute = dimension.attributes.get(certified.attribute)
    if attribute is None:
        yield catalog.place("dimension", name, "attributes"), f"the dimension `{name}` lost the attribute `{certified.attribute}`"
    elif attribute.type is not certified.type:
        yield (
            catalog.place("dimension", name, "attributes", certified.attribute, "type"),
            f"`{name}.{certified.attribute}` is now of type {attribute.type.value}, and was {certified.type.value}",
        )
    if dimension.key != certified.key:
        yield (
            catalog.place("dimension", name, "key"),
            f"the dimension `{name}` is now joined on `{dimension.key}`, and was on `{certified.key}`",
        )
    if dimension.source != certified.source:
        yield catalog.place("dimension", name, "source"), f"the rows of `{name}` come from elsewhere than when it was certified"
