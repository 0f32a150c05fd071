"""Gathers a report: the diff, then for each metric whose meaning changes its keys, duplicates, SQL, numbers and price."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringi.reporting.report import MetricReport, Numbers, Report, is_recomputed

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from jobs.preview.price import Price
    from jobs.preview.statement import Statements
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.diff.catalog_diff import CatalogDiff, MetricEffect
    from metrics_catalog.metric import Metric
    from ringi.lake import Lake

MOST_METRICS = 40
"""Metrics that are told one by one; a change of a shared source may touch thousands."""

NOT_ASKED = "They were not asked for (`--no-numbers`)."


def report(lake: Lake, base: str, *, with_numbers: bool = True, links: str = "", say: Callable[[str], None] = lambda _: None) -> Report:
    """The report of the project's files against a git revision; what cannot be computed is said in it, never raised.

    `say` gets what only helps whoever sits at this machine.

    Raises UsageError where there is no repository or no such revision.
    """
    from metrics_catalog.diff.texts import read_once
    from metrics_catalog.duplicates.find import Duplicates, duplicates
    from ringi.proposal.diffing import diff_against
    from ringi.reporting.keys import keys_needed, lost_keys
    from ringi.reporting.numbers import computed_numbers, priced

    day, root = day_of(lake, base), lake.root.resolve()
    with read_once():
        diff = diff_against(root, base, today=day)
        effects = _by_weight(diff)
        told, more = effects[:MOST_METRICS], tuple(effect.metric for effect in effects[MOST_METRICS:])
        recomputed = [effect for effect in told if is_recomputed(effect)]
        own = {change.metric for change in diff.changes}
        written = [diff.after.metrics[each.metric] for each in recomputed if each.metric in own and each.after]
        alike = duplicates(root, written, new=[each.metric for each in recomputed if each.before is None])
    keys = keys_needed(diff.after, [effect.metric for effect in told], day)
    numbers: dict[str, Numbers] = {}
    prices: dict[str, Price] = {}
    why = "" if with_numbers else NOT_ASKED
    if with_numbers and recomputed:
        numbers, why = computed_numbers(lake, recomputed, say)
        prices = {} if why else priced(lake, recomputed)
    metrics = tuple(
        MetricReport(
            effect=effect,
            metric=_metric(diff, effect.metric),
            file=_file(diff, effect.metric),
            keys=keys.get(effect.metric, ()),
            duplicates=alike.get(effect.metric, Duplicates(())),
            statements=_statements(effect),
            numbers=numbers.get(effect.metric),
            price=prices.get(effect.metric),
        )
        for effect in told
    )
    return Report(base, diff, metrics, more, lost_keys(diff, day), _faults(diff), why, links)


def day_of(lake: Lake, base: str) -> dt.date:
    """The day that decides which country variants hold: that of the base's commit, so that no clock changes the report."""
    from infra.local.git import Repository

    repository = Repository.of(lake.root)
    return repository.committed_on(repository.resolve(base))


def _faults(diff: CatalogDiff) -> tuple[tuple[str, str], ...]:
    """Changed metrics without a meaning: those that lost it, and new ones that never had one."""
    from metrics_catalog.meaning import UnresolvedError, resolve_all

    found = {effect.metric: effect.fault for effect in diff.effects if effect.fault}
    told = {effect.metric for effect in diff.effects}
    silent = [name for name in diff.metrics if name not in told and name in diff.after.metrics]
    found |= {name: held.message for name, held in resolve_all(diff.after, silent).items() if isinstance(held, UnresolvedError)}
    return tuple(sorted(found.items()))


def _by_weight(diff: CatalogDiff) -> list[MetricEffect]:
    """Metrics whose own file changed first, then what follows from them; those that people would miss if left out."""
    own = {change.metric for change in diff.changes}
    return sorted(diff.effects, key=lambda effect: (effect.metric not in own, not is_recomputed(effect), effect.metric))


def _statements(effect: MetricEffect) -> Statements | None:
    from jobs.preview.statement import statements

    if not is_recomputed(effect) or effect.fault:
        return None
    return statements(effect.before.logic if effect.before else None, effect.after.logic if effect.after else None, effect.numbers)


def _side(diff: CatalogDiff, name: str) -> Catalog:
    return diff.after if name in diff.after.metrics else diff.before


def _metric(diff: CatalogDiff, name: str) -> Metric:
    return _side(diff, name).metrics[name]


def _file(diff: CatalogDiff, name: str) -> str:
    return _side(diff, name).files.get(("metric", name), "")
