"""Preview: a metric's numbers under its pending meaning beside the certified ones; nothing is written.

The very code of a run computes both, over all events in bronze. Used by `ringi preview`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.cells import Cells
from jobs.dimensions import dimension_relations
from jobs.errors import JobError
from jobs.facts import FRESH, fresh_facts
from jobs.run_plan import ViewPlan, WantedView, dimension_sources, sources
from metrics_catalog.model import Text
from metrics_catalog.view import COUNTRY_COLUMN, Grain, TimeGrain, View
from views.contract import publish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobs.engine import Engine
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning

NAME = "preview"
Value = float | int | None


@dataclass(frozen=True, slots=True)
class Line:
    """One country and period: the value under the certified meaning (None where it never had one) and under the pending one."""

    viewing_country: str
    period: dt.date
    certified: Value
    pending: Value

    @property
    def change(self) -> float | None:
        """Relative change from certified to pending; None where it cannot be said."""
        if self.certified is None or self.pending is None or not self.certified:
            return None
        return (self.pending - self.certified) / abs(self.certified)


def preview(
    catalog: Catalog,
    tables: Tables,
    engine: Engine,
    pending: Meaning,
    certified: Meaning | None,
    grain: TimeGrain,
    countries: frozenset[str],
) -> tuple[Line, ...]:
    """Both numbers for each country and period, in order; `countries` empty means all."""
    after = _values(catalog, tables, engine, pending, grain)
    before = after if certified == pending else _values(catalog, tables, engine, certified, grain) if certified else {}
    cells = sorted(cell for cell in {*before, *after} if not countries or cell[0] in countries)
    return tuple(Line(country, period, before.get((country, period)), after.get((country, period))) for country, period in cells)


def _values(catalog: Catalog, tables: Tables, engine: Engine, meaning: Meaning, grain: TimeGrain) -> Mapping[tuple[str, dt.date], Value]:
    plan = _plan(catalog, tables, meaning, grain)
    view = plan.wanted.contract
    fresh_facts(tables, engine, plan, dimension_relations(tables, engine, catalog, view, plan.inputs))
    time = view.keys[1]
    rows = engine.rows(f'SELECT "{COUNTRY_COLUMN}", "{time}", "{meaning.metric}" FROM {FRESH}')
    return {(country, period): value for country, period, value in rows}


def _plan(catalog: Catalog, tables: Tables, meaning: Meaning, grain: TimeGrain) -> ViewPlan:
    """A plan of a view with this one metric, no dimension, all countries, all periods."""
    metric = meaning.metric
    view = View(
        view=NAME,
        label=Text(en="Preview", ja="プレビュー"),
        grain=Grain(time=grain),
        metrics=(metric,),
        owners=catalog.metrics[metric].owners,
    )
    found = publish(replace(catalog, views={NAME: view}), NAME, {metric: meaning}).view
    if found is None:
        raise JobError(f"`{metric}` cannot be computed as it is written.", hint="run `ringi check` and mend what it finds.")
    inputs = {name: held.id if (held := tables.snapshot(name)) else 0 for name in sorted({*sources(found), *dimension_sources(found)})}
    wanted = WantedView(found, grain, found.countries)
    return ViewPlan(wanted, Cells(everything=True), inputs, countries={}, shape="", head=None, reasons=(), reason="")
