"""What is searched: one entry for each metric, view, dimension, source, hearing and country, as plain values.

Made from the catalog by `collect`, stored by `index`; `facts` comes back unchanged in a hit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from metrics_catalog.catalog import Catalog

KINDS = ("metric", "view", "dimension", "source", "hearing", "country")
"""Kinds of entries; of two that match equally well, the earlier kind comes first. The key that names it in JSON, too."""


class Keys(NamedTuple):
    """State of a metric's two keys (`valid`, `void` or `missing`), and whether any meaning of it is certified."""

    tech: str
    business: str
    certified: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be found. The texts are in every language, the most telling first.

    `weight` orders entries of a kind that match equally well: the lower comes first.
    """

    kind: str
    name: str
    labels: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    weight: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """All that an index is made from: the catalog, the keys of its metrics, and how many files could not be read."""

    catalog: Catalog
    keys: Mapping[str, Keys] = field(default_factory=dict)
    unread: int = 0
