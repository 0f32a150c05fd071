"""A plan of access as the approval page shows it: who newly sees what, how many rows and cells, what is taken away, and the keys.

Everything here is of the plan that the key will cover. Readers of whom the same is said, but for their country, stand in one group
in which each is named. Plain data; the page decides how it looks. Used by the desk of plans.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

from governance.lake_formation.describe import who
from governance.lake_formation.planning import keys, plan_text
from governance.lake_formation.planning.plan import Effect
from governance.lake_formation.planning.plan_file import digest
from governance.lake_formation.resource import Filter
from metrics_catalog.person import Side
from ringi.approving.plan_words import step_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from governance.lake_formation.planning.plan import Plan, Shows, Step
    from governance.lake_formation.state import CellsFilter
    from metrics_catalog.catalog import Catalog
    from ringi.approving.words import Words


def shown(root: Path, catalog: Catalog, plan: Plan, now: datetime) -> dict[str, Any]:
    """The JSON value of a plan."""
    turned = keys.turned(root, catalog.people, plan, now)
    return {
        "plan": digest(plan),
        "account": plan.account,
        "policy": plan.policy,
        "made_at": plan.made_at.isoformat(timespec="seconds"),
        "at": plan.at.isoformat(timespec="seconds"),
        "holds_until": None if plan.holds_until is None else plan.holds_until.isoformat(),
        "authors": [_name(catalog, name) for name in plan.authors],
        "widens": groups(plan, catalog, Effect.WIDENS),
        "narrows": groups(plan, catalog, Effect.NARROWS),
        "neutral": plan.count(Effect.NEUTRAL),
        "refused": [{"place": str(each.place), "message": each.message} for each in plan.refused],
        "keys": {side.value: _key(catalog, turned, side) for side in Side},
        "text": plan_text.text(plan),
    }


def groups(plan: Plan, catalog: Catalog, effect: Effect) -> list[dict[str, Any]]:
    """The steps of an effect: readers of whom the same is said, with the lines that say it."""
    filters = {Filter(each.database, each.table, each.name): each for each in plan.filters}
    found: dict[tuple[str, ...], list[tuple[Step, ...]]] = {}
    for (country, _), steps in groupby(plan.steps, key=lambda step: (step.country, step.principal)):
        own = tuple(step for step in steps if step.effect is effect)
        if own:
            found.setdefault(tuple(_general(step_words(step, filters)["en"], country) for step in own), []).append(own)
    return [_group(blocks, filters, catalog) for blocks in found.values()]


def _group(blocks: Sequence[tuple[Step, ...]], filters: Mapping[Filter, CellsFilter], catalog: Catalog) -> dict[str, Any]:
    alone = len(blocks) == 1
    lines = []
    for position, step in enumerate(blocks[0]):
        words = step_words(step, filters)
        told = words if alone else {language: _general(text, step.country) for language, text in words.items()}
        lines.append({"words": told, **_counts(block[position].shows for block in blocks)})
    return {"readers": [_reader(block[0], catalog) for block in blocks], "lines": lines}


def _reader(step: Step, catalog: Catalog) -> dict[str, Any]:
    country = catalog.countries.get(step.country) if step.country else None
    name: Words | None = country.name.model_dump() if country else {"en": step.country, "ja": step.country} if step.country else None
    return {"country": name, "who": who(step.principal) if step.principal else None}


def _counts(shows: Iterable[Shows | None]) -> dict[str, Any]:
    """Rows and cells newly visible; `uncounted` readers are those for whom the lake at hand could not tell."""
    held = list(shows)
    known = [each for each in held if each is not None]
    return {
        "rows": sum(each.rows for each in known) if known else None,
        "cells": sum(each.cells for each in known) if known else None,
        "uncounted": len(held) - len(known),
    }


def _general(text: str, country: str | None) -> str:
    """A sentence that does not name its country, and no filter, whose name is a digest."""
    text = _FILTER.sub("ringi_…", text)
    if country is None:
        return text
    code = re.escape(country)
    return re.sub(rf"(?<![A-Za-z0-9])(?:{code}|{code.lower()})(?![A-Za-z0-9])", "<cc>", text)


_FILTER = re.compile(r"\bringi_[0-9a-f]{8,}\b")


def _key(catalog: Catalog, turned: keys.Turned, side: Side) -> dict[str, Any]:
    key = turned.keys.get(side)
    if key is None:
        return {"state": "missing", "by": None, "at": None}
    return {"state": "valid", "by": _name(catalog, key.person), "at": key.approval.approved_at.isoformat(timespec="seconds")}


def _name(catalog: Catalog, person: str) -> str:
    return catalog.people[person].name if person in catalog.people else person
