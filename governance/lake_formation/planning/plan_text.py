"""A plan as people read it: blocks of a country and a principal, a line a step with its effect, and the total in one line.

Blocks that say the same of many countries or principals are printed once, with a count; `full` prints them all. Used by
`ringi access plan`; a reader of JSON gets every step (`as_json`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from governance.lake_formation.describe import describe, right, who
from governance.lake_formation.elements import as_json as element_json
from governance.lake_formation.planning.plan import Effect, Kind, Plan, Shows, Step
from governance.lake_formation.planning.plan_file import digest
from governance.lake_formation.resource import Filter
from governance.lake_formation.state import CellsFilter, Element, Permission
from metrics_catalog.collection import rare_collection

SIGNS = {Kind.ADD: "+", Kind.REMOVE: "-", Kind.CHANGE: "~"}
FOLD_FROM = 4
"""So many blocks alike are printed once."""

NAMED = 3
"""Of those, so many are named."""


@dataclass(frozen=True, slots=True)
class _Line:
    sign: str
    text: str
    effect: Effect


@dataclass(frozen=True)
class _Block:
    """The steps of one principal in one country."""

    country: str | None
    principal: str | None
    lines: tuple[_Line, ...]
    shows: tuple[Shows | None, ...]

    @property
    def alike(self) -> tuple[object, ...]:
        """Equal for blocks that say the same of another country and another principal."""
        return (
            self.country is None,
            self.principal is None,
            tuple((line.sign, _general(line.text, self.country), line.effect) for line in self.lines),
        )


@rare_collection()
def text(plan: Plan, *, full: bool = False) -> str:
    """The whole plan."""
    if plan.is_empty:
        return "\n".join([*_refused(plan), "No changes: the account is as the policy says."])
    parts = [line for blocks in _folded(_blocks(plan), full) for line in _block_lines(blocks)]
    return "\n".join([*parts, *_suspended(plan), *_refused(plan), total(plan)])


def total(plan: Plan) -> str:
    """The last line."""
    steps = ", ".join(f"{plan.count(kind)} to {kind.value}" for kind in (Kind.ADD, Kind.CHANGE, Kind.REMOVE))
    effects = ", ".join(
        f"{plan.count(effect)} {word}"
        for effect, word in ((Effect.WIDENS, "widen"), (Effect.NARROWS, "narrow"), (Effect.NEUTRAL, "neutral"))
    )
    return f"Plan: {steps}; {effects}."


@rare_collection()
def as_json(plan: Plan) -> dict[str, Any]:
    """For other programs."""
    words = _Words(plan.filters)
    return {
        "schema_version": 1,
        "digest": digest(plan),
        "account": plan.account,
        "policy": plan.policy,
        "authors": list(plan.authors),
        "at": plan.at.isoformat(),
        "holds_until": plan.holds_until,
        "needs_keys": plan.widens,
        "steps": [_step_json(step, words) for step in plan.steps],
        "suspended": [describe(permission) for permission in plan.suspended],
        "refused": [{"code": each.code, "place": str(each.place), "message": each.message, "hint": each.hint} for each in plan.refused],
        "total": {mark.value: plan.count(mark) for mark in (*Kind, *Effect)},
    }


def _step_json(step: Step, words: _Words) -> dict[str, Any]:
    return {
        "step": step.kind.value,
        "effect": step.effect.value,
        "country": step.country,
        "principal": step.principal,
        "text": words.of(step),
        "before": element_json(step.before),
        "after": element_json(step.after),
        "new_rows": None if step.shows is None else step.shows.rows,
        "new_cells": None if step.shows is None else step.shows.cells,
    }


def _blocks(plan: Plan) -> Iterator[_Block]:
    words = _Words(plan.filters)
    for (country, principal), steps in groupby(plan.steps, key=lambda step: (step.country, step.principal)):
        found = tuple(steps)
        lines = tuple(_Line(SIGNS[step.kind], words.of(step), step.effect) for step in found)
        yield _Block(country, principal, lines, tuple(step.shows for step in found))


class _Words:
    """What the steps of a plan say, without whose they are, which stands above. The members of a team get the same: it is put together once."""

    def __init__(self, filters: Iterable[CellsFilter]) -> None:
        self._filters = {Filter(each.database, each.table, each.name): each for each in filters}
        self._rights: dict[tuple[object, ...], str] = {}

    def of(self, step: Step) -> str:
        if step.before is not None and step.after is not None:
            return f"{self._told(step.before)}  ->  {self._told(step.after)}"
        return self._told(step.element)

    def _told(self, element: Element) -> str:
        if not isinstance(element, Permission):
            return describe(element)
        key = element.resource, element.action, element.grantable, element.condition
        found = self._rights.get(key)
        if found is None:
            found = self._rights[key] = self._right(element)
        return found

    def _right(self, permission: Permission) -> str:
        """A filter's name is followed by what it shows."""
        shown = self._filters.get(permission.resource) if isinstance(permission.resource, Filter) else None
        return right(permission) if shown is None else f"{right(permission)} ({describe(shown).partition(': ')[2]})"


@lru_cache(maxsize=65_536)
def _general(text: str, country: str | None) -> str:
    """A text that names neither the country nor the principal. Only for seeing that two blocks are alike."""
    if country is not None:
        text = _code(country).sub(lambda found: "<CC>" if found[0].isupper() else "<cc>", text)
    return _FILTER.sub("ringi_<filter>", text) if "ringi_" in text else text


_FILTER = re.compile(r"\bringi_[0-9a-f]{8,}\b")


@cache
def _code(country: str) -> re.Pattern[str]:
    """A country's code as a word, in upper or in lower case, such as in `views_jp` and `'JP'`."""
    code = re.escape(country)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{code}|{code.lower()})(?![A-Za-z0-9])")


def _folded(blocks: Iterable[_Block], full: bool) -> list[list[_Block]]:
    found: dict[tuple[object, ...], list[_Block]] = {}
    for number, block in enumerate(blocks):
        found.setdefault((number,) if full else block.alike, []).append(block)
    folded: list[list[_Block]] = []
    for group in found.values():
        folded += [group] if len(group) >= FOLD_FROM else [[block] for block in group]
    return sorted(folded, key=lambda group: (group[0].country or "", group[0].principal or ""))


def _block_lines(blocks: Sequence[_Block]) -> Iterator[str]:
    first = blocks[0]
    yield _title(blocks)
    texts = [line.text if len(blocks) == 1 else _general(line.text, first.country) for line in first.lines]
    width = min(max(len(each) for each in texts), 100)
    for number, line in enumerate(first.lines):
        counted = [block.shows[number] for block in blocks]
        yield f"  {line.sign} {texts[number]:<{width}}  {line.effect.value}{_counts(counted)}"
    yield ""


def _title(blocks: Sequence[_Block]) -> str:
    if len(blocks) == 1:
        return (
            f"{blocks[0].country or 'All countries'}, {_principal(blocks[0])}"
            if blocks[0].principal
            else blocks[0].country or "All countries"
        )
    countries = list(dict.fromkeys(block.country for block in blocks if block.country))
    principals = list(dict.fromkeys(_principal(block) for block in blocks if block.principal))
    parts = [_some(countries, "countries")] if countries else ["All countries"]
    parts += [_some(principals, "principals")] if principals else []
    return f"{', '.join(parts)} ({len(blocks)} alike)"


def _principal(block: _Block) -> str:
    return who(block.principal or "")


def _some(names: Sequence[str], what: str) -> str:
    shown = " ".join(names[:NAMED])
    return shown if len(names) <= NAMED else f"{shown} … ({len(names)} {what})"


def _counts(shows: Sequence[Shows | None]) -> str:
    known = [each for each in shows if each is not None]
    if not known:
        return ""
    rows, cells = sum(each.rows for each in known), sum(each.cells for each in known)
    return f": {rows:,} rows, {cells:,} cells newly visible on the local lake"


def _suspended(plan: Plan) -> Iterator[str]:
    if plan.suspended:
        yield f"{len(plan.suspended)} permissions stay, but are taken away for a moment while what they rest on moves:"
        yield from (f"  {describe(permission)}" for permission in plan.suspended[:10])
        yield from [f"  and {len(plan.suspended) - 10} more"] if len(plan.suspended) > 10 else []
        yield ""


def _refused(plan: Plan) -> Iterator[str]:
    if plan.refused:
        yield "Not possible on Lake Formation, so nothing is given for it:"
        for each in plan.refused:
            yield f"  {each.code}  {each.place}: {each.message}"
            if each.hint:
                yield f"    Hint: {each.hint}"
        yield ""
