"""Definer views over saved copies, as values of the tables port; `views.plan` decides which must change.

Used by `publish.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.table import DefinerView, TableColumn
from views import plan as view_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobs.facts.run_plan import WantedView
    from jobs.publishing.publish_plan import PublicationPlan
    from jobs.table import Tables


def plan_all(tables: Tables, planned: PublicationPlan, wanted: Sequence[WantedView], left: Callable[[str], bool]) -> view_plan.ViewPlan:
    """What makes the lake's definer views the wanted ones, one over each copy; those of views that are `left` alone stay."""
    want = _wanted_definers([(each, planned.current.get(each.contract.name, ())) for each in wanted])
    namespaces = [name for name in tables.namespaces() if name.startswith("views_")]
    held = (view for namespace in namespaces for view in tables.views(namespace))
    return view_plan.plan(want, [view for view in held if not left(view.properties.get(view_plan.MARK, ""))])


def changed_over(tables: Tables, wanted: WantedView, codes: Sequence[str]) -> list[DefinerView]:
    """The definer views over some countries' copies that are not as the contract says."""
    want = _wanted_definers([(wanted, codes)])
    present = [held for view in want if (held := tables.view(view.name)) is not None]
    return [as_table_view(view) for view in view_plan.plan(want, present).to_put]


def _wanted_definers(held: Sequence[tuple[WantedView, Sequence[str]]]) -> list[view_plan.WantedView]:
    return [view for wanted, codes in held for view in view_plan.wanted(wanted.contract, codes)]


def as_table_view(view: view_plan.WantedView) -> DefinerView:
    columns = tuple(
        TableColumn(column.name, column.type, column.required, column.doc, number) for number, column in enumerate(view.columns, 1)
    )
    return DefinerView(view.name, columns, view.sql, view.properties)
