"""Worked examples and the mutation gate over an opened lake. Used by `ringi check --examples` and by the door of approvals.

`[approval] examples` in ringi.toml says how much a missing example weighs: `required` (an error; the default) or `advised` (a warning).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Severity, did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

    from jobs.mutants import Verdict
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.logic import Logic
    from ringi.lake import Lake

_WEIGHTS = {"required": Severity.ERROR, "advised": Severity.WARNING}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was computed: how many examples and changed metrics, and the findings."""

    metrics: int
    examples: int
    changes: int
    findings: tuple[Finding, ...]


def check_examples(lake: Lake, metrics: Iterable[str] | None = None, *, engine: str | None = None) -> Checked:
    """Compute the examples of metrics (default: all), and try every small change of each.

    On Spark only the examples are computed: what notices a change is the same on every engine. Raises UsageError for unknown names.
    """
    catalog = lake.catalog
    names = sorted(catalog.metrics) if metrics is None else sorted(_known(catalog, metrics))
    verdicts = _on_spark(lake, names) if engine == "spark" else _embedded(catalog, names)
    return _checked(catalog, verdicts, weight_of_missing(lake.root))


def _checked(catalog: Catalog, verdicts: Mapping[str, Verdict], weight: Severity) -> Checked:
    found = {finding for verdict in verdicts.values() for finding in _findings(catalog, verdict, weight)}
    return Checked(
        metrics=len(verdicts),
        examples=sum(len(verdict.worked) for verdict in verdicts.values()),
        changes=sum(len(verdict.mutants) for verdict in verdicts.values()),
        findings=tuple(sorted(found, key=Finding.sort_key)),
    )


def not_shown_by_examples(root: Path, catalog: Catalog, metrics: Iterable[str]) -> tuple[Finding, ...]:
    """What stands against an approval: examples of these metrics, and of all they are computed from, that are missing or wrong.

    `root` is the folder whose ringi.toml says how much a missing example weighs.
    """
    verdicts = _embedded(catalog, sorted(with_upstream(catalog, metrics)))
    return _checked(catalog, verdicts, weight_of_missing(root)).findings


def with_upstream(catalog: Catalog, metrics: Iterable[str]) -> set[str]:
    """Metrics and all that they are computed from, as far as the catalog knows them."""
    from metrics_catalog.rules.common import parts_of

    found: set[str] = set()
    waiting = list(metrics)
    while waiting:
        name = waiting.pop()
        if name in catalog.metrics and name not in found:
            found.add(name)
            waiting.extend(parts_of(catalog.metrics[name].how))
    return found


def changed_since(lake: Lake, base: str) -> set[str]:
    """Metrics whose files changed since a commit, their examples included, and those that are computed from them."""
    from ringi.proposal.diffing import diff_against

    diff = diff_against(lake.root, base)
    own = {change.metric for change in diff.changes if change.metric is not None}
    return {name for name in (*diff.metrics, *own) if name in lake.catalog.metrics}


def weight_of_missing(root: Path) -> Severity:
    """How much a missing example weighs in this project; raises UsageError where ringi.toml says neither of the two words."""
    from ringi.project import FILE, read_section

    word = read_section(root, "approval").get("examples", "required")
    if not isinstance(word, str) or word not in _WEIGHTS:
        raise UsageError(f"{FILE}: `examples` of [approval] is {word!r}.", hint='expected "required" or "advised".')
    return _WEIGHTS[word]


def _known(catalog: Catalog, metrics: Iterable[str]) -> set[str]:
    names = set(metrics)
    for name in sorted(names - catalog.metrics.keys()):
        if catalog.is_broken("metric", name):
            raise UsageError(f"The file of `{name}` cannot be read.", hint="run `ringi check` and mend what it finds.")
        raise UsageError(f"There is no metric `{name}`.", hint=did_you_mean(name, catalog.metrics) or "list them with `ringi status`.")
    return names


def _logics(catalog: Catalog, names: Collection[str]) -> dict[str, Logic]:
    """The present logic of each metric; one without a meaning has findings of its own, and a retired one is shown to nobody."""
    from metrics_catalog.meaning import Meaning, resolve_all

    living = [name for name in names if catalog.metrics[name].lifecycle != "retired"]
    return {name: found.logic for name, found in resolve_all(catalog, living).items() if isinstance(found, Meaning)}


def _embedded(catalog: Catalog, names: Collection[str]) -> dict[str, Verdict]:
    """On the embedded engine, whatever the lake computes with: examples are a few rows, and need no lake at all."""
    from jobs.engines.duckdb import DuckDb
    from jobs.mutants import judge

    logics = _logics(catalog, names)
    if not logics:
        return {}
    with DuckDb() as engine:
        return judge(catalog, engine, logics)


def _on_spark(lake: Lake, names: Collection[str]) -> dict[str, Verdict]:
    from jobs.mutants import judge

    logics = _logics(lake.catalog, [name for name in names if lake.catalog.metrics[name].examples])
    if not logics:
        return {}
    with lake.engine("spark") as engine:
        return judge(lake.catalog, engine, logics, mutate=False)


def _findings(catalog: Catalog, verdict: Verdict, weight: Severity) -> Iterable[Finding]:
    from jobs.mutants.telling import findings_of

    return findings_of(catalog, verdict, weight)
