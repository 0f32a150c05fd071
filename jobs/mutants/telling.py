"""Verdicts as findings: what a person reads when an example is wrong, or when no example notices a change of the metric.

Made from `gate.Verdict`; printed by `ringi check --examples`, and read by the approval door.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    from jobs.examples.bench import Outcome
    from jobs.examples.work import Worked
    from jobs.mutants.gate import Survivor, Verdict
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.metric import Example

MOST_NAMED = 5
"""Examples that one hint proposes; those for the rest are proposed once these are there."""


def findings_of(catalog: Catalog, verdict: Verdict, lacking: Severity = Severity.ERROR) -> Iterator[Finding]:
    """All findings of one metric. `lacking` is how much a missing example weighs; a wrong one is always an error."""
    yield from _of_examples(catalog, verdict)
    if not catalog.metrics[verdict.metric].examples:
        yield _no_example(catalog, verdict, lacking)
        return
    shown = {example.country for example in catalog.metrics[verdict.metric].examples}
    unshown = [code for code in sorted(verdict.logic.variants) if code not in shown]
    for code in unshown if verdict.mutants else ():
        yield _no_example_of(catalog, verdict, code, lacking)
    for survivor in verdict.survivors:
        if survivor.mutant.country not in unshown:
            yield _unnoticed(catalog, verdict, survivor, lacking)


def _of_examples(catalog: Catalog, verdict: Verdict) -> Iterator[Finding]:
    for position, error in sorted(verdict.refused.items()):
        place = catalog.place("metric", verdict.metric, "examples", position, *error.path)
        yield Finding(error.code, place, error.message, error.hint or "")
    for one in verdict.worked:
        if not one.holds:
            place = catalog.place("metric", verdict.metric, "examples", one.position, "expect")
            message = f"The example `{one.name}` of `{one.metric}` expects {told(one.expected)}, and the metric gives {told(one.computed)}."
            yield Finding("RNG-CAT-151", place, message, _of_wrong(one))


def _of_wrong(one: Worked) -> str:
    if one.computed is None and one.expected == 0:
        return "where there is no event at all there is no value either: give the example a row that does not count, or expect null."
    return "work the number out by hand; then mend the example or the metric."


def _no_example(catalog: Catalog, verdict: Verdict, lacking: Severity) -> Finding:
    place = catalog.place("metric", verdict.metric, "examples")
    message = f"`{verdict.metric}` has no example: nothing shows what it is meant to give."
    return Finding("RNG-CAT-150", place, message, _proposal(verdict.survivors), lacking)


def _no_example_of(catalog: Catalog, verdict: Verdict, code: str, lacking: Severity) -> Finding:
    place = catalog.place("metric", verdict.metric, "countries", code)
    message = f"`{verdict.metric}` has a variant for {code}, and no example of {code} shows what it gives there."
    return Finding("RNG-CAT-153", place, message, _proposal([one for one in verdict.survivors if one.mutant.country == code]), lacking)


def _unnoticed(catalog: Catalog, verdict: Verdict, survivor: Survivor, lacking: Severity) -> Finding:
    place = catalog.place("metric", verdict.metric, *survivor.mutant.field)
    if survivor.witness is None:
        message = f"No events were found over which `{verdict.metric}` differs when {survivor.mutant.what}."
        hint = "nothing is demanded; if you know such events, add them as an example."
        return Finding("RNG-CAT-154", place, message, hint, Severity.WARNING)
    message = f"No example of `{verdict.metric}` notices when {survivor.mutant.what}."
    return Finding("RNG-CAT-152", place, message, _proposal([survivor]), lacking)


def _proposal(survivors: Sequence[Survivor]) -> str:
    """The examples that would notice, one a line, indented as they stand below `examples:`; the numbers are what the metric gives now."""
    named: dict[str, Example] = {}
    for survivor in survivors:
        if survivor.witness is not None:
            named.setdefault(repr(survivor.witness), survivor.witness.model_copy(update={"name": f"Differs when {survivor.mutant.what}."}))
    if not named:
        return "add an example: a few rows, worked out by hand."
    lines = "".join(f"\n  {pasted(example)}" for example in list(named.values())[:MOST_NAMED])
    return f"if the metric is right, paste this below `examples:` in its file, with a name of your own:{lines}"


def pasted(example: Example) -> str:
    """An example as one line of YAML, an entry of the list `examples`."""
    entry: dict[str, Any] = {"name": example.name, "country": example.country}
    if example.day is not None:
        entry["day"] = example.day
    entry |= {"rows": [dict(row) for row in example.rows], "expect": example.expect}
    text = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"- {text.strip()}"


def told(value: Outcome) -> str:
    """A number as a person reads it."""
    if value is None:
        return "no value (null)"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
