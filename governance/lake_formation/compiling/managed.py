"""Which elements of an account Ringi answers for: those it may take away. Everything else is seen, told, and left as it is.

Managed are the databases of the lake with all that is on them, whoever made it, the tags, filters and row policies called
`ringi_…`, the warehouse's place in S3, and the settings. Used by `compile.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.lake_formation.compiling.shape import PREFIX
from governance.lake_formation.compiling.tagging import KEYS
from governance.lake_formation.reads.registered import path_of
from governance.lake_formation.resource import Columns, Database, Filter, Location, Table, TagKey, TagPolicy
from governance.lake_formation.state import Attachment, CellsFilter, OptIn, Permission, Registration, RowPolicy, Settings, Tag, Tagged

if TYPE_CHECKING:
    from governance.lake_formation.resource import Resource
    from governance.lake_formation.state import Element


@dataclass(frozen=True)
class Managed:
    """Asked of an element: whether Ringi answers for it."""

    databases: frozenset[str]
    warehouse: str | None = None
    """The lake's folder in S3."""
    place: str | None = None
    """The registered place that it lies under, as an ARN."""
    keys: frozenset[str] = KEYS

    def __call__(self, element: Element) -> bool:
        match element:
            case Permission() | OptIn() | Tagged():
                return self.has(element.resource) and (not isinstance(element, Tagged) or element.key in self.keys)
            case CellsFilter():
                return element.database in self.databases
            case Tag():
                return element.key in self.keys
            case Registration():
                return self._is_ours(element.arn)
            case RowPolicy():
                return element.name.startswith(PREFIX)
            case Attachment():
                return element.database in self.databases or element.policy.startswith(PREFIX)
            case Settings():
                return True
        return False

    def has(self, on: Resource) -> bool:
        """Whether a resource is the lake's."""
        match on:
            case Database():
                return on.name in self.databases
            case Table() | Columns() | Filter():
                return on.database in self.databases
            case Location():
                return self._is_ours(on.arn)
            case TagKey():
                return on.key in self.keys
            case TagPolicy():
                return any(key in self.keys for key, _ in on.expression)
        return False

    def _is_ours(self, arn: str) -> bool:
        """The registered place, the lake's folder, and every place below that."""
        below = self.warehouse is not None and f"{path_of(arn)}/".startswith(f"{path_of(self.warehouse)}/")
        return below or arn == self.place
