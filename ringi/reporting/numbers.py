"""The numbers of a report: every changed metric before and after on one sample for each set of sources, and its look-alikes.

Metrics that read the same sources are computed together, in one scan, with other metrics of those sources beside them: two that have
the same value on every country-day are probably one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError
from ringi.reporting.report import Numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.preview.comparison import Pair
    from jobs.preview.price import Price
    from jobs.preview.scan import Scan
    from metrics_catalog.diff.catalog_diff import MetricEffect
    from metrics_catalog.logic import Logic
    from ringi.lake import Lake

MOST_TOGETHER = 12
"""Metrics of one scan: each is computed twice."""

MOST_OTHERS = 24
"""Other metrics that are computed beside them and compared by value."""

LEAST_VALUES = 5
"""Fewer country-days with a number other than 0 are no proof that two metrics are the same."""

NO_LAKE = "There is no event in the lake of this machine, so nothing could be computed."
UNREADABLE = "The lake of this machine could not be read, so nothing was computed."


def computed_numbers(lake: Lake, effects: Sequence[MetricEffect], say: Callable[[str], None]) -> tuple[dict[str, Numbers], str]:
    """The numbers by metric; and a sentence why there are none at all, empty where there are. `say` gets why a lake cannot be read."""
    from infra.errors import InfraError
    from jobs.preview.comparison import Pair

    told = {each.metric: Numbers(None, each.fault) for each in effects if each.fault}
    pairs = [
        Pair(each.metric, each.before.logic if each.before else None, each.after.logic if each.after else None)
        for each in effects
        if not each.fault
    ]
    try:
        if not has_events(lake):
            return {}, NO_LAKE
        with lake.engine() as engine:
            found = [_group(lake, engine, group) for group in _grouped(pairs)]
    except InfraError as error:
        say(str(error))
        return {}, UNREADABLE
    return told | {name: numbers for group in found for name, numbers in group.items()}, ""


def has_events(lake: Lake) -> bool:
    """Whether anything was landed; a lake that was never made is not made by asking."""
    if lake.aws is None and not lake.config.warehouse.is_dir():
        return False
    return bool(lake.tables.names("bronze"))


def priced(lake: Lake, effects: Sequence[MetricEffect]) -> dict[str, Price]:
    """The price of each metric that is computed from landed sources."""
    from jobs.errors import JobError
    from jobs.preview.price import price

    found: dict[str, Price] = {}
    for effect in effects:
        if effect.after is None:
            continue
        try:
            held = price(lake.tables, effect.metric, effect.after.logic, len(effect.after.logic.time_zones))
        except JobError:
            continue  # its numbers say why
        if held is not None:
            found[effect.metric] = held
    return found


def _grouped(pairs: Sequence[Pair]) -> Iterator[list[Pair]]:
    """Metrics of the same sources, in order, not too many at once."""
    by_sources: dict[frozenset[str], list[Pair]] = {}
    for pair in pairs:
        by_sources.setdefault(_sources(pair.columns.values()), []).append(pair)
    for group in by_sources.values():
        for start in range(0, len(group), MOST_TOGETHER):
            yield group[start : start + MOST_TOGETHER]


def _sources(logics: Iterable[Logic]) -> frozenset[str]:
    return frozenset(part.source.source for logic in logics for part in logic.measured() if part.source is not None)


def _group(lake: Lake, engine: Engine, pairs: Sequence[Pair]) -> dict[str, Numbers]:
    """One scan for all; where a metric cannot be computed, each by itself, so that it takes no other with it."""
    from jobs.errors import EngineError

    others = _others(lake, pairs)
    try:
        return _scanned(lake, engine, pairs, others)
    except EngineError as error:
        return {pair.metric: Numbers(None, error.message) for pair in pairs}
    except RingiError as error:
        if len(pairs) == 1 and not others:
            return {pairs[0].metric: Numbers(None, error.message)}
    found: dict[str, Numbers] = {}
    for pair in pairs:
        try:
            found |= _scanned(lake, engine, [pair], {})
        except RingiError as error:
            found[pair.metric] = Numbers(None, error.message)
    return found


def _scanned(lake: Lake, engine: Engine, pairs: Sequence[Pair], others: Mapping[str, Logic]) -> dict[str, Numbers]:
    from jobs.preview.comparison import compare
    from jobs.preview.scan import scan

    columns = {name: logic for pair in pairs for name, logic in pair.columns.items()}
    columns |= {_beside(name): logic for name, logic in others.items()}
    countries = sorted(set().union(*(part.time_zones for logic in columns.values() for part in logic.measured())))
    found = scan(lake.tables, engine, columns, countries)
    return {pair.metric: Numbers(compare(pair, found), same_values=tuple(_same_values(pair, others, found))) for pair in pairs}


def _beside(name: str) -> str:
    return f"{name}@beside"


def _others(lake: Lake, pairs: Sequence[Pair]) -> dict[str, Logic]:
    """Metrics of the same sources to compare with: those in the same unit first, then by name."""
    from metrics_catalog.meaning import Meaning, resolve_all

    catalog, own = lake.catalog, {pair.metric for pair in pairs}
    wanted = _sources([logic for pair in pairs for logic in pair.columns.values()])
    units = {catalog.metrics[name].what.unit for name in own if name in catalog.metrics}
    near = sorted(
        (metric.what.unit not in units, name) for name, metric in catalog.metrics.items() if getattr(metric.how, "source", None) in wanted
    )
    names = [name for _, name in near[: MOST_OTHERS + len(own)]]
    return {name: held.logic for name, held in resolve_all(catalog, names).items() if isinstance(held, Meaning) and held.logic.time_zones}


def _same_values(pair: Pair, others: Mapping[str, Logic], found: Scan) -> Iterator[str]:
    """The other metrics whose value is the same on every computed country-day."""
    from jobs.preview.comparison import same

    if pair.after is None:
        return
    mine = found.column(f"{pair.metric}@after@value")
    if sum(bool(value) for value in mine.values()) < LEAST_VALUES:
        return
    for name in sorted(others):
        if name != pair.metric and all(same(mine[cell], value) for cell, value in found.column(_beside(name)).items()):
            yield name
