"""The SQL that computes a metric for one day, before and after a change, for people to read side by side.

The compiler of a run writes it. A few countries stand for all: those whose variants differ, and one that has none.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.compile import FactsRequest, Relations, compile_facts
from jobs.compile.request import Periods
from jobs.errors import JobError
from jobs.facts.run_plan import bronze_name
from metrics_catalog.view import TimeGrain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metrics_catalog.logic import Logic

NO_END = dt.date(2026, 1, 1)
"""The day for which a metric is compiled whose variants have no end."""

MOST_COUNTRIES = 6


@dataclass(frozen=True, slots=True)
class Statements:
    """Both texts (None: there is no such meaning, or it cannot be compiled), the countries and the day they are written for."""

    before: str | None
    after: str | None
    countries: tuple[str, ...]
    day: dt.date


def statements(before: Logic | None, after: Logic | None, changed: Sequence[str] = ()) -> Statements:
    """The statements of two meanings; of countries, those in `changed` are taken first."""
    logics = [logic for logic in (before, after) if logic is not None]
    countries, day = _countries(logics, changed), _day(logics)
    return Statements(_text(before, countries, day), _text(after, countries, day), countries, day)


def _countries(logics: Sequence[Logic], changed: Sequence[str]) -> tuple[str, ...]:
    known = sorted(set().union(*(part.time_zones for logic in logics for part in logic.measured())))
    own = {code for logic in logics for part in logic.measured() for code in part.variants if code in known}
    ordered = [*(code for code in changed if code in known), *known]
    plain = next((code for code in ordered if code not in own), None)
    variants = [code for code in dict.fromkeys(ordered) if code in own][: MOST_COUNTRIES - 1]
    return tuple(sorted({*variants, *([plain] if plain else [])}))


def _day(logics: Sequence[Logic]) -> dt.date:
    """A day on which every variant with an end still holds."""
    ends = [variant.until for logic in logics for part in logic.measured() for variant in part.variants.values() if variant.until]
    return min(ends) - dt.timedelta(days=1) if ends else NO_END


def _text(logic: Logic | None, countries: tuple[str, ...], day: dt.date) -> str | None:
    if logic is None or not countries:
        return None
    relations = Relations({name: bronze_name(name) for name in _sources(logic)})
    periods = Periods(TimeGrain.DAY, day, day + dt.timedelta(days=1))
    try:
        return compile_facts(FactsRequest(periods, (), {logic.metric: logic}, countries, relations)).sql
    except JobError:
        return None


def _sources(logic: Logic) -> Iterator[str]:
    for part in logic.measured():
        if part.source is not None:
            yield part.source.source
