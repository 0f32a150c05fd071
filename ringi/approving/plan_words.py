"""A step of a plan of access in words, in English and in Japanese, for people who know neither Lake Formation nor SQL.

Used by `plan_shown`. Names of tables and columns and conditions stay as they are, between backticks: they are what is approved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.lake_formation.describe import describe, where
from governance.lake_formation.resource import EVERY_TABLE, Columns, Filter, Table, TagPolicy
from governance.lake_formation.state import CellsFilter, Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from governance.lake_formation.planning.plan import Step
    from governance.lake_formation.resource import Resource
    from governance.lake_formation.state import Element
    from ringi.approving.words import Words


def step_words(step: Step, filters: Mapping[Filter, CellsFilter]) -> Words:
    """What a step gives, takes or changes, without saying to whom."""
    if step.before is not None and step.after is not None:
        before, after = element_words(step.before, filters), element_words(step.after, filters)
        return {"en": f"Before: {before['en']} Then: {after['en']}", "ja": f"変更前:{before['ja']} 変更後:{after['ja']}"}
    return element_words(step.element, filters)


def element_words(element: Element, filters: Mapping[Filter, CellsFilter]) -> Words:
    """One element, as a sentence."""
    if isinstance(element, CellsFilter):
        return _cells(element)
    if not isinstance(element, Permission):
        said = _code(describe(element))
        return {"en": f"{said}.", "ja": f"{said}。"}
    known = filters.get(element.resource) if isinstance(element.resource, Filter) else None
    words = _reading(element.resource, known) if element.action == "SELECT" else _right(element)
    return _with_conditions(element, words)


def _reading(on: Resource, known: CellsFilter | None) -> Words:
    match on:
        case Table(database, name) if name == EVERY_TABLE:
            return {
                "en": f"Read every table of {_code(database)}, present and later.",
                "ja": f"{_code(database)} の現在と今後のすべての表を読む。",
            }
        case Table(database, name):
            return _all_columns(f"{database}.{name}")
        case Columns(database, table, included, excluded):
            return _some_columns(f"{database}.{table}", included, excluded)
        case Filter(database, table) if known is not None:
            return _rows(_some_columns(f"{database}.{table}", known.included, known.excluded), known.rows)
        case TagPolicy():
            return {"en": f"Read {_code(where(on))}.", "ja": f"{_code(where(on))} に当たるものを読む。"}
    return {"en": f"Read {_code(where(on))}.", "ja": f"{_code(where(on))} を読む。"}


def _all_columns(table: str) -> Words:
    return {"en": f"Read all columns of {_code(table)}.", "ja": f"{_code(table)} のすべての列を読む。"}


def _some_columns(table: str, included: Iterable[str], excluded: Iterable[str]) -> Words:
    names, without = _listed(included), _listed(excluded)
    if names:
        return {"en": f"Read {names} of {_code(table)}.", "ja": f"{_code(table)} の列 {names} を読む。"}
    if without:
        return {"en": f"Read all columns but {without} of {_code(table)}.", "ja": f"{_code(table)} の {without} を除くすべての列を読む。"}
    return _all_columns(table)


def _rows(words: Words, rows: str | None) -> Words:
    if rows is None:
        return {"en": f"{words['en'][:-1]}, in all rows.", "ja": f"{words['ja'][:-1]}(すべての行)。"}
    return {"en": f"{words['en'][:-1]}, in rows where {_code(rows)}.", "ja": f"{words['ja'][:-1]}(条件 {_code(rows)} に合う行)。"}


def _cells(element: CellsFilter) -> Words:
    table = f"{element.database}.{element.table}"
    words = _rows(_some_columns(table, element.included, element.excluded), element.rows)
    return {
        "en": f"Whoever reads by the filter {_code(element.name)}: {words['en'][0].lower()}{words['en'][1:]}",
        "ja": f"フィルター {_code(element.name)} で読む人:{words['ja']}",
    }


def _right(element: Permission) -> Words:
    """A right that shows no cell by itself."""
    place = _code(where(element.resource))
    if element.action == "DESCRIBE":
        return {"en": f"Know that {place} is there.", "ja": f"{place} があることを知る。"}
    return {"en": f"Have the right {_code(element.action)} on {place}.", "ja": f"{place} に対する権限 {_code(element.action)} をもつ。"}


def _with_conditions(element: Permission, words: Words) -> Words:
    if element.grantable:
        words = {"en": f"{words['en'][:-1]}, and hand this on to others.", "ja": f"{words['ja'][:-1]}。これを他の人に渡すこともできる。"}
    if element.condition is not None:
        told = _code(element.condition)
        words = {"en": f"{words['en'][:-1]}, where {told}.", "ja": f"{words['ja'][:-1]}(条件 {told})。"}
    return words


def _listed(names: Iterable[str]) -> str:
    return ", ".join(_code(name) for name in names)


def _code(text: str) -> str:
    """Between backticks; one in the text itself must not end it."""
    return f"`{text.replace('`', chr(39))}`"
