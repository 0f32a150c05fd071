"""Metrics made of metrics: no circle, no sum of what cannot be summed, no division of a mean, nothing retired.

A ratio divides what was aggregated at the row's own grain, so exact distinct counts may stand in it (hours per viewer). A
mean or a ratio may not: dividing it again answers no question that its own numerator and denominator would not answer
better. Parts may read different sources, where each has an event time and a country: then both have the view's grain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics_catalog.expression import nodes
from metrics_catalog.finding import Severity
from metrics_catalog.metric import ADDITIVITY_OF_KIND, Additivity, Derived, Ratio
from metrics_catalog.rules.common import At, found, leaves, listed, measured, parsed, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.metric import Metric


MOST_LEVELS = 8
"""How many levels of metrics may stand on each other."""


def cycles(catalog: Catalog) -> Iterator[Finding]:
    """No metric is computed from itself; each circle is told once, at its first metric by name."""
    done: set[str] = set()
    for name in sorted(catalog.metrics):
        circle = _circle(catalog, name, done)
        if circle:
            yield found(
                catalog,
                "RNG-CAT-050",
                _part_field(catalog.metrics[circle[0]]),
                f"`{circle[0]}` is computed from itself: {' -> '.join(circle)}.",
                "break the circle.",
            )


def _circle(catalog: Catalog, start: str, done: set[str]) -> list[str]:
    """A circle that is reached from `start`, or nothing. Walks with a list, so that a long chain does no harm."""
    path: list[str] = []
    waiting = [(start, False)]
    while waiting:
        name, leaving = waiting.pop()
        if leaving:
            path.pop()
            done.add(name)
        elif name in path:
            done.update(path)
            circle = path[path.index(name) :]
            first = circle.index(min(circle))
            return [*circle[first:], *circle[:first], circle[first]]
        elif name in catalog.metrics and name not in done:
            path.append(name)
            waiting.append((name, True))
            waiting.extend((part, False) for part in parts_of(catalog.metrics[name].how))
    return []


def deep_composition(catalog: Catalog) -> Iterator[Finding]:
    """No metric stands on a tower of others: nobody could read what it means, and its meaning would hold each part many times."""
    heights: dict[str, int] = {}
    for name in catalog.metrics:
        if _height(catalog, name, heights) == MOST_LEVELS + 1:  # told where the limit is passed, not again above
            message = f"`{name}` is computed from metrics that are computed from metrics, more than {MOST_LEVELS} levels deep."
            yield found(catalog, "RNG-CAT-054", _part_field(catalog.metrics[name]), message, "compute it from metrics nearer to the rows.")


def _height(catalog: Catalog, name: str, heights: dict[str, int]) -> int:
    """Levels of metrics below a metric (0: it reads rows); a circle counts as 0, for another rule speaks about it."""
    waiting = [name]
    while waiting:
        current = waiting[-1]
        parts = parts_of(catalog.metrics[current].how) if current in catalog.metrics else ()
        unknown = [part for part in parts if part not in heights and part not in waiting]
        if unknown:
            waiting.append(unknown[0])
        else:
            heights[current] = 1 + max(heights.get(part, 0) for part in parts) if parts else 0
            waiting.pop()
    return heights[name]


def parts_without_meaning(catalog: Catalog) -> Iterator[Finding]:
    """A ratio does not divide means or ratios; a derived metric names at least one metric, a ratio two different ones."""
    for metric in catalog.metrics.values():
        at = At("metric", metric.metric, ("how",))
        if isinstance(metric.how, Ratio):
            if metric.how.numerator == metric.how.denominator:
                yield found(
                    catalog,
                    "RNG-CAT-057",
                    at / "denominator",
                    f"`{metric.metric}` divides `{metric.how.numerator}` by itself.",
                    "name another metric.",
                )
            for field in ("numerator", "denominator"):
                yield from _mean_in_ratio(catalog, metric, field)
        elif isinstance(metric.how, Derived) and parsed(metric.how.expression) is not None and not parts_of(metric.how):
            yield found(
                catalog,
                "RNG-CAT-057",
                at / "expression",
                f"`{metric.metric}` names no metric.",
                "name metrics where an expression names columns.",
            )


def _mean_in_ratio(catalog: Catalog, metric: Metric, field: str) -> Iterator[Finding]:
    name = getattr(metric.how, field)
    part = catalog.metrics.get(name)
    if part is not None and part.how.kind in ("ratio", "average"):
        message = (
            f"The {field} `{name}` is itself {'a ratio' if part.how.kind == 'ratio' else 'an average'}; a ratio divides sums and counts."
        )
        better = f"such as {listed(parts_of(part.how))}" if isinstance(part.how, Ratio) else "such as its sum"
        hint = f"name what it is made of, {better}; or use `kind: derived` if the quotient is really meant."
        yield found(catalog, "RNG-CAT-051", At("metric", metric.metric, ("how", field)), message, hint)


def added_non_additive(catalog: Catalog) -> Iterator[Finding]:
    """A derived metric does not add up metrics that cannot be summed, such as two counts of different viewers."""
    for metric in catalog.metrics.values():
        if not isinstance(metric.how, Derived):
            continue
        node = parsed(metric.how.expression)
        for column in _added(node) if node is not None else ():
            part = catalog.metrics.get(column.name)
            if part is not None and not _adds_up(catalog, part.metric):
                message = f"`{part.metric}` is {_shown(part)} and cannot be added to another metric."
                hint = "count over both at once in a metric of its own, or publish the two beside each other."
                yield found(
                    catalog, "RNG-CAT-052", At("metric", metric.metric, ("how", "expression")), message, hint, offset=column.position
                )


def _shown(metric: Metric) -> str:
    words = {
        "count_distinct": "a count of different values",
        "average": "an average",
        "ratio": "a ratio",
        "minimum": "a minimum",
        "maximum": "a maximum",
    }
    return words.get(metric.how.kind, "no sum")


def _added(node: nodes.Node) -> Iterator[nodes.Column]:
    """Metrics that stand as terms of a sum (each side of a `+` that has metrics on both sides)."""
    for part in nodes.walk(node):
        if isinstance(part, nodes.Arithmetic) and part.op == "+" and all(_has_metric(side) for side in part.children()):
            for side in part.children():
                yield from _terms(side)


def _has_metric(node: nodes.Node) -> bool:
    return any(isinstance(part, nodes.Column) for part in nodes.walk(node))


def _terms(node: nodes.Node) -> Iterator[nodes.Column]:
    """The metric that a term is, looked for behind a sign and a constant factor; inner sums speak for themselves."""
    match node:
        case nodes.Column():
            yield node
        case nodes.Negative():
            yield from _terms(node.operand)
        case nodes.Arithmetic(op="*" | "/") if not _has_metric(node.right):
            yield from _terms(node.left)
        case nodes.Arithmetic(op="*") if not _has_metric(node.left):
            yield from _terms(node.right)
        case nodes.Arithmetic(op="-"):
            yield from _terms(node.left)
        case nodes.Arithmetic(op="+") if not all(map(_has_metric, node.children())):
            yield from _terms(node.left)
            yield from _terms(node.right)


def _adds_up(catalog: Catalog, name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a metric's values may be added: sums and counts, and derived metrics that only add such."""
    metric = catalog.metrics.get(name)
    if metric is None or name in seen or len(seen) > MOST_LEVELS:
        return True  # another rule speaks about it
    if not isinstance(metric.how, Derived):
        return ADDITIVITY_OF_KIND[metric.how.kind] is Additivity.ADDITIVE
    node = parsed(metric.how.expression)
    if node is None:
        return True
    linear = all(
        isinstance(part, nodes.Column | nodes.Negative | nodes.Integer | nodes.Double) or _is_linear(part) for part in nodes.walk(node)
    )
    return linear and all(_adds_up(catalog, part, seen | {name}) for part in parts_of(metric.how))


def _is_linear(node: nodes.Node) -> bool:
    if not isinstance(node, nodes.Arithmetic):
        return False
    return (
        node.op in ("+", "-")
        or (node.op == "/" and not _has_metric(node.right))
        or (node.op == "*" and not all(map(_has_metric, node.children())))
    )


def incomparable_parts(catalog: Catalog) -> Iterator[Finding]:
    """Parts from different sources meet only at a country and a period: each of the sources has both."""
    for metric in catalog.metrics.values():
        if measured(metric) is not None:
            continue
        below = leaves(catalog, metric.metric)
        sources = {how.source for part in below if (how := measured(part)) is not None}
        for name in sorted(sources) if len(sources) > 1 else ():
            source = catalog.sources.get(name)
            if source is not None and (source.event_time is None or source.country is None):
                message = f"`{metric.metric}` mixes the sources {listed(sorted(sources))}, and `{name}` has no {'event time' if source.event_time is None else 'country'}."
                yield found(catalog, "RNG-CAT-053", _part_field(metric), message, "mix only sources that have `event_time` and `country`.")


def retired_parts(catalog: Catalog) -> Iterator[Finding]:
    """Nothing active is made of a metric that is retired; a deprecated part is a warning."""
    for metric in catalog.metrics.values():
        for name in parts_of(metric.how) if metric.declared_end is None else ():
            part = catalog.metrics.get(name)
            if part is not None and part.declared_end is not None:
                severity = Severity.ERROR if part.declared_end == "retired" else Severity.WARNING
                message = f"`{metric.metric}` is made of `{name}`, which is {part.declared_end}."
                yield found(catalog, "RNG-CAT-055", _part_field(metric), message, "name another metric.", severity=severity)


def _part_field(metric: Metric) -> At:
    field = "numerator" if isinstance(metric.how, Ratio) else "expression"
    return At("metric", metric.metric, ("how", field))
