"""Which definer views must be created, replaced or dropped, as values: the plan that publishing walks and a dry run prints.

Compares wanted views with those that exist. Only views that Ringi made (they carry the property `ringi.view`) are ever
replaced or dropped: what a country team put beside them stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from views.ending import ENDING, ending_text
from views.errors import ViewError
from views.published_view import Role, published_name
from views.render import DIALECTS, definer_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from metrics_catalog.source import ColumnType
    from views.published_view import PublishedView

MARK = "ringi.view"
"""The property that says whose a view is."""

METRIC = "ringi.metric."
"""Before the name of a metric's column: the property that holds the digest of its certified meaning."""


class Column(Protocol):
    """What is compared of a column."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> ColumnType: ...
    @property
    def doc(self) -> str: ...


class ExistingView(Protocol):
    """What is compared of a view that exists; `jobs.table.DefinerView` is one."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def sql(self) -> Mapping[str, str]: ...
    @property
    def properties(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column that a definer view promises."""

    name: str
    type: ColumnType
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class WantedView:
    """One definer view as it should be: `views_jp.title_daily`, its columns, one SQL text a dialect, and properties.

    Properties name the view, the country, for each metric's column the digest of its certified meaning, and the end of those
    that are deprecated.
    """

    name: str
    columns: tuple[ViewColumn, ...]
    sql: Mapping[str, str]
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Create:
    """A view that does not exist."""

    view: WantedView


@dataclass(frozen=True, slots=True)
class Replace:
    """A view that exists otherwise. `breaks` says in sentences what its readers lose; empty where they lose nothing."""

    view: WantedView
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """A view that is as it should be."""

    name: str


@dataclass(frozen=True, slots=True)
class Drop:
    """A view of Ringi's that is wanted no more."""

    name: str


Change = Create | Replace | Keep | Drop


@dataclass(frozen=True, slots=True)
class ViewPlan:
    """All changes, in the order of names."""

    changes: tuple[Change, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return all(isinstance(change, Keep) for change in self.changes)

    @property
    def to_put(self) -> tuple[WantedView, ...]:
        """Views to create or replace."""
        return tuple(change.view for change in self.changes if isinstance(change, Create | Replace))

    @property
    def to_drop(self) -> tuple[str, ...]:
        """Names of views to drop."""
        return tuple(change.name for change in self.changes if isinstance(change, Drop))


def wanted(view: PublishedView, countries: Iterable[str] | None = None) -> tuple[WantedView, ...]:
    """The definer views of a published view, one a country; `countries` narrows them, such as to those with a saved copy."""
    columns = tuple(ViewColumn(column.name, column.type, column.required, column.doc) for column in view.columns)
    digests = {f"{METRIC}{column.name}": column.digest for column in view.columns if column.role is Role.METRIC}
    endings = {f"{ENDING}{column.name}": ending_text(column.ending) for column in view.columns if column.ending is not None}
    codes = view.countries if countries is None else sorted(set(countries) & set(view.countries))
    return tuple(
        WantedView(
            name=published_name(code, view.name),
            columns=columns,
            sql={dialect: definer_sql(view, code, dialect) for dialect in DIALECTS},
            properties={MARK: view.name, "ringi.country": code, **digests, **endings},
        )
        for code in codes
    )


def plan(wanted: Iterable[WantedView], existing: Iterable[ExistingView]) -> ViewPlan:
    """What makes the existing views the wanted ones; a ViewError where somebody else's view has a wanted name."""
    want, have = {view.name: view for view in wanted}, {view.name: view for view in existing}
    found = (_change(want.get(name), have.get(name)) for name in sorted(want.keys() | have.keys()))
    return ViewPlan(tuple(change for change in found if change is not None))


def _change(want: WantedView | None, have: ExistingView | None) -> Change | None:
    if want is None:
        return Drop(have.name) if have is not None and MARK in have.properties else None
    if have is None:
        return Create(want)
    if MARK not in have.properties:
        raise ViewError(
            f"`{want.name}` exists and was not made by Ringi, so it is not replaced.",
            hint=f"give the other view another name, or drop it; then `ringi run` makes `{want.name}`.",
        )
    return Keep(want.name) if _same(want, have) else Replace(want, tuple(breaks(have.columns, want.columns)))


def _same(want: WantedView, have: ExistingView) -> bool:
    """Properties that others add, such as the run that wrote it, do not count."""
    return (
        [(column.name, column.type, column.doc) for column in want.columns] == [(c.name, c.type, c.doc) for c in have.columns]
        and dict(want.sql) == dict(have.sql)
        and want.properties.items() <= dict(have.properties).items()
    )


def breaks(before: Sequence[Column], after: Sequence[Column]) -> list[str]:
    """What readers of the old columns lose, in sentences."""
    types = {column.name: column.type for column in after}
    lost = [f"the column `{column.name}` is gone" for column in before if column.name not in types]
    changed = [
        f"the column `{column.name}` was {column.type} and is {types[column.name]}"
        for column in before
        if types.get(column.name, column.type) != column.type
    ]
    kept = [column.name for column in before if column.name in types]
    moved = kept != [column.name for column in after if column.name in set(kept)]
    return lost + changed + (["the order of columns changed"] if moved else [])
