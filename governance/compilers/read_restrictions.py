"""The evaluator's answer as ReadRestrictions of Iceberg's REST catalog: one row filter and one action a column.

Such a document says one thing of all rows, so a principal whose grants show a column on some of its rows only, or clear on some
and masked on others, cannot be described; that is refused, never widened. A column that is not given cannot be hidden there: it
is replaced by NULL, or by a fixed value where the table says that it is never NULL, which shows its name and nothing else. The form is that of apache/iceberg's REST specification
(`required-row-filter`, `required-column-projections`) as it was merged in 2026; see docs/access/engines.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.compilers.iceberg_expression import NotExpressibleError, any_true
from governance.policy.masks import Mask

if TYPE_CHECKING:
    from governance.access.evaluator import Access

NAME = "Iceberg ReadRestrictions"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the saved copy: its Iceberg field id, and whether it may never be NULL."""

    id: int
    required: bool = False


def document(access: Access, table: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """What a principal may read of the Iceberg table behind a relation. Raises NotExpressibleError with the reason where it cannot be said.

    `fields` are the table's columns by name; a column that the relation does not have is replaced too.
    """
    actions = [
        {"field-id": fields[name].id, "action": str(action)}
        for name in sorted(fields, key=lambda each: fields[each].id)
        if (action := _action(access, name, fields[name])) is not None
    ]
    rows = access.row_filter
    restrictions: dict[str, Any] = {}
    if rows is not None:
        restrictions["required-row-filter"] = any_true(rows, access.relation.types)
    if actions:
        restrictions["required-column-projections"] = actions
    return {"principal": access.principal, "table": table, "read-restrictions": restrictions}


def _action(access: Access, column: str, field: Field) -> Mask | None:
    """The one action of a column; None where it is shown as it is."""
    if column not in access.columns:
        return Mask.MASK_TO_FIXED_VALUE if field.required else Mask.REPLACE_WITH_NULL
    ways = access.ways(column)
    if len(ways) > 1:
        shown = " and ".join("clear" if way.mask is None else f"as {way.mask}" for way in ways)
        raise NotExpressibleError(f"`{column}` is shown {shown}, on different rows, and there is one action a column")
    if ways[0].conditions is not None:
        raise NotExpressibleError(f"`{column}` is given on fewer rows than other columns are, and there is one filter for all")
    action = ways[0].mask
    if action is Mask.MASK_TO_DEFAULT:
        raise NotExpressibleError(f"`{column}` has the mask `{action}`, which is not in the specification; `{Mask.MASK_TO_FIXED_VALUE}` is")
    if action is Mask.REPLACE_WITH_NULL and field.required:
        raise NotExpressibleError(f"`{column}` would have to read as NULL, and the table says that it never is")
    return action
