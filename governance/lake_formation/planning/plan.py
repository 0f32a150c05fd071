"""A plan of access: the steps from what an account holds to what the policy gives, each with what it does to the readers.

Made by `planning.py` from two states, printed by `ringi access plan`, written and read by `plan_file.py`, signed over by the keys
of `keys.py`, and carried out by `apply.py` in the order of `order.py`.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from governance.lake_formation.state import CellsFilter, Element, Permission
from metrics_catalog.finding import Finding


class Kind(StrEnum):
    """What a step does: something new, something gone, or one thing in place of another."""

    ADD = "add"
    REMOVE = "remove"
    CHANGE = "change"


class Effect(StrEnum):
    """What a step does to the readers, all of the plan being done: `widens` where anybody sees more, whatever it hides beside."""

    WIDENS = "widens"
    NARROWS = "narrows"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Shows:
    """What a step newly shows, counted on the local lake: rows with at least one new cell, and cells."""

    rows: int
    cells: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Of an ADD `before` is None, of a REMOVE `after`; `country` is the code (None: it concerns all of them)."""

    before: Element | None
    after: Element | None
    effect: Effect
    country: str | None = None
    shows: Shows | None = None
    """None where nothing is newly visible, or where the local lake cannot tell."""

    @property
    def kind(self) -> Kind:
        if self.before is None:
            return Kind.ADD
        return Kind.REMOVE if self.after is None else Kind.CHANGE

    @property
    def element(self) -> Element:
        """What it is about: what will be there, or what is there now."""
        found = self.after if self.after is not None else self.before
        if found is None:
            raise ValueError("a step has a before or an after")
        return found

    @property
    def principal(self) -> str | None:
        """Whose access it is; None for what belongs to nobody, such as a filter."""
        return getattr(self.element, "principal", None)


@dataclass(frozen=True)
class Plan:
    """All steps, in the order in which they are shown (country, principal, resource)."""

    steps: tuple[Step, ...]
    suspended: tuple[Permission, ...] = ()
    """Permissions that stay, but are taken away while something below them moves, and given again."""
    filters: tuple[CellsFilter, ...] = ()
    """The filters that permissions of the steps name, so that a reader of the plan sees what they show."""
    refused: tuple[Finding, ...] = ()
    """Parts of the policy that Lake Formation cannot express: nothing is given for them."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Digest of what the account held, by part: a database, `tags`, `settings` and so on; only parts that the plan touches."""
    after: Mapping[str, str] = field(default_factory=dict)
    """The same parts once the plan is done: what the proof at the end compares with."""
    account: str = ""
    policy: str = ""
    """Which policy it carries out: commit and digest of its files."""
    at: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    """The instant for which the policy was read."""
    made_at: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    """When the account was read."""
    holds_until: dt.date | None = None
    """First day (UTC) on which the policy gives something else, since a grant begins or ends; None: never."""

    authors: tuple[str, ...] = ()
    """Who wrote the change of the policy, as far as it is known: short names of people.yaml. They turn no key over the plan."""

    @property
    def is_empty(self) -> bool:
        return not self.steps

    @property
    def widens(self) -> bool:
        """Whether anybody sees more after it: then both keys are needed."""
        return any(step.effect is Effect.WIDENS for step in self.steps)

    def count(self, mark: Kind | Effect) -> int:
        """How many steps are of a kind, or have an effect."""
        return self._counts[mark]

    @cached_property
    def _counts(self) -> Counter[Kind | Effect]:
        return Counter(mark for step in self.steps for mark in (step.kind, step.effect))
