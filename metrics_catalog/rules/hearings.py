"""Hearings: a metric's Why comes from a talk that was about it, at which both sides were there."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from metrics_catalog.finding import Severity
from metrics_catalog.hearing import sides_at
from metrics_catalog.person import Side
from metrics_catalog.rules.common import At, found, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.hearing import Entry, Hearing

A_DAY = dt.timedelta(days=1)
"""So much earlier a day begins in the east than on the clock of a machine in UTC, at most."""


def hearings_of_metrics(catalog: Catalog) -> Iterator[Finding]:
    """The hearing that a metric names lists the metric, and did not reject it."""
    for name, metric in catalog.metrics.items():
        hearing = catalog.hearings.get(metric.hearing) if metric.hearing is not None else None
        if hearing is None:
            continue
        at = At("metric", name, ("hearing",))
        if name not in hearing.metrics:
            message = f"`{name}` names the hearing `{hearing.hearing}`, which does not list it."
            yield found(catalog, "RNG-CAT-095", at, message, "add the metric to `metrics` of the hearing if it was heard there.")
        elif hearing.outcome == "rejected":
            message = f"The hearing `{hearing.hearing}` of `{name}` ended with `rejected`."
            yield found(catalog, "RNG-CAT-097", at, message, "hold another hearing before proposing it again.", severity=Severity.WARNING)


def one_sided_hearings(catalog: Catalog) -> Iterator[Finding]:
    """Tech and business both spoke, at a hearing and at each later talk."""
    for at, talk in _talks(catalog):
        for side in Side:
            if side not in sides_at(talk):
                where = f"the hearing `{at.name}`" if not at.path else f"the talk of {talk.date} in the hearing `{at.name}`"
                yield found(catalog, "RNG-CAT-096", at / "attendees", f"Nobody spoke for {side} at {where}.", "a hearing needs both sides.")


def one_voice_a_side(catalog: Catalog) -> Iterator[Finding]:
    """Nobody speaks for both sides at one talk, and somebody who holds a side speaks for it."""
    for at, talk in _talks(catalog):
        both = [
            name
            for name in dict.fromkeys(a.person for a in talk.attendees)
            if len({a.side for a in talk.attendees if a.person == name}) > 1
        ]
        if both:
            message = f"{listed(both)} spoke for both sides at one talk of the hearing `{at.name}`."
            yield found(catalog, "RNG-CAT-140", at / "attendees", message, "a person speaks for one side at a talk; ask somebody else too.")
        for side in sorted(sides_at(talk)):
            voices = [attendee.person for attendee in talk.attendees if attendee.side is side]
            if all(name in catalog.people and side not in _ever_held(catalog, name) for name in voices):
                message = f"{listed(voices)} spoke for {side} at the hearing `{at.name}`, and may not turn the {side} key."
                hint = f"a person of the {side} side should be there: see `sides` in people.yaml."
                yield found(catalog, "RNG-CAT-141", at / "attendees", message, hint, severity=Severity.WARNING)


def days_of_hearings(catalog: Catalog) -> Iterator[Finding]:
    """A review comes after its talk."""
    for at, talk in _talks(catalog):
        if talk.review_on is not None and talk.review_on <= talk.date:
            message = f"The talk of {talk.date} is to be reviewed on {talk.review_on}, which is not after it."
            yield found(catalog, "RNG-CAT-144", at / "review_on", message, "name a later day.")


def entries_of_hearings(catalog: Catalog) -> Iterator[Finding]:
    """An entry is about metrics that its hearing heard."""
    for name, hearing in catalog.hearings.items():
        for number, entry in enumerate(hearing.entries):
            for position, metric in enumerate(entry.metrics):
                if metric not in hearing.metrics and metric in catalog.metrics:
                    at = At("hearing", name, ("entries", number, "metrics", position))
                    message = f"An entry of the hearing `{name}` is about `{metric}`, which was not heard there."
                    yield found(catalog, "RNG-CAT-148", at, message, f"write it into the hearing of `{metric}`.")


def talks_in_the_future(catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    """A talk that is on record took place."""
    for at, talk in _talks(catalog):
        if talk.date > today + A_DAY:
            message = f"The hearing `{at.name}` records a talk of {talk.date}, which is still to come."
            yield found(
                catalog, "RNG-CAT-142", at / "date", message, "write down what was said once it was said.", severity=Severity.WARNING
            )


def reviews_due(catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    """A note for each hearing whose metrics were to be talked about again by now."""
    for name, hearing in catalog.hearings.items():
        mine = [metric for metric in hearing.metrics if metric in catalog.metrics and catalog.metrics[metric].hearing == name]
        due = {metric: day for metric in mine if (day := hearing.review_of(metric)) is not None and day <= today}
        if due:
            shown = [*due][:3]
            more = f" and {len(due) - 3} more" if len(due) > 3 else ""
            message = f"{listed(shown)}{more} {'was' if len(due) == 1 else 'were'} to be talked about again on {min(due.values())}."
            hint = f"talk about it, then write it down: `ringi hearing add {' '.join(due)}`."
            yield found(catalog, "RNG-CAT-145", At("hearing", name, ("review_on",)), message, hint, severity=Severity.WARNING)


def _talks(catalog: Catalog) -> Iterator[tuple[At, Hearing | Entry]]:
    """Each hearing, then its entries, with the place where it stands."""
    for name, hearing in catalog.hearings.items():
        at = At("hearing", name)
        yield at, hearing
        yield from ((at / "entries" / number, entry) for number, entry in enumerate(hearing.entries))


def _ever_held(catalog: Catalog, name: str) -> set[Side]:
    """The sides of a person, earlier ones too: who left a side could speak for it then."""
    person = catalog.people[name]
    return {*person.sides, *(earlier.side for earlier in person.earlier_sides)}
