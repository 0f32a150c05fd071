"""What a run would do, as a value: facts to compute, saved copies to publish, definer views to make; nothing is changed.

Made by `foresee` from the very plans that `jobs.running.run` walks, for `ringi run --plan`. What a country's facts will be is not known
before they are computed, so a country without facts counts where events of it may come to be counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.facts import run_plan
from jobs.ledgers.published import publications
from jobs.publishing import definers, publish_plan
from jobs.running.run import left_alone, refuse_unreadable_countries, wanted_views
from views.published_view import published_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.facts.run_plan import RunPlan, ViewPlan
    from jobs.running.run import RunLake
    from metrics_catalog.finding import Finding
    from views.plan import ViewPlan as DefinerPlan


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a run would do.

    `facts` are the cells to compute; `copies` the countries by view whose saved copies are out of date already; `withdrawn` the
    copies (view, country) that nobody may read any more; `definers` the definer views to create, replace or drop. `first` names
    those of `definers` whose country has no facts yet: they are made with its first ones, and only then.
    """

    facts: RunPlan
    copies: dict[str, tuple[str, ...]]
    withdrawn: tuple[tuple[str, str], ...]
    definers: DefinerPlan
    first: frozenset[str]
    findings: tuple[Finding, ...]

    @property
    def is_empty(self) -> bool:
        """Whether everything is up to date."""
        return self.facts.is_empty and not self.copies and not self.withdrawn and self.definers.is_empty


def foresee(lake: RunLake, views: Sequence[str] = ()) -> Foreseen:
    """What `jobs.running.run.run` would do now with some views, all by default. Reads tables and the ledger of publications."""
    refuse_unreadable_countries(lake.catalog)
    left = left_alone(lake.catalog, views)
    wanted, findings = wanted_views(lake, views)
    facts = run_plan.plan(lake.tables, lake.engine, wanted)
    copies = publish_plan.plan(lake.tables, wanted, publications(lake.tables, lake.engine), left)
    computed = {view.name: _countries(view) for view in facts.views}
    present = {each.contract.name: frozenset(copies.current.get(each.contract.name, ())) for each in wanted}
    hoped = {name: tuple(sorted(present[name] | computed.get(name, frozenset()))) for name in present}
    withdrawn = tuple((name, code) for name, code in copies.withdrawn if code not in hoped.get(name, ()))
    return Foreseen(
        facts=facts,
        copies={view.wanted.contract.name: view.countries for view in copies.views},
        withdrawn=withdrawn,
        definers=definers.plan_all(lake.tables, replace(copies, current=hoped), wanted, left),
        first=frozenset(published_name(code, name) for name, codes in hoped.items() for code in codes if code not in present[name]),
        findings=findings,
    )


def _countries(view: ViewPlan) -> frozenset[str]:
    """Countries of a view in which something may be counted."""
    cells = view.cells
    found = frozenset(view.wanted.countries) if cells.everything else cells.whole | {code for code, _ in cells.pairs}
    return found & frozenset(view.wanted.countries)
