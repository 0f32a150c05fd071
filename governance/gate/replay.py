"""What the turned keys of one metric add up to: replayed in the order of time, as a value.

A meaning is certified at the moment when a Business key over it and a Tech key over the same logic are held by two
different people. The newest certificate counts. A key that a newer certificate replaced does not come back by itself:
going back to an earlier meaning needs both keys again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from governance.keys.turned_key import OTHER_SIDE, Refusal, TurnedKey, one_person
from metrics_catalog.meaning_diff import covers, same_logic
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from datetime import datetime

    from metrics_catalog.meaning import Meaning


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two keys by two people over one meaning, the one that Business agreed to."""

    tech: TurnedKey
    business: TurnedKey

    @property
    def meaning(self) -> Meaning:
        return self.business.meaning

    @property
    def certified_at(self) -> datetime:
        return max(self.tech.at, self.business.at)


Rule = Callable[[TurnedKey, Certificate], Refusal | None]
"""Why a Business key may not replace the last certificate; None where it may."""


def no_rule(_key: TurnedKey, _last: Certificate) -> Refusal | None:
    """Nothing is asked."""
    return None


@dataclass(frozen=True, slots=True)
class Replaced:
    """A key that has had its time: a later certificate over another meaning took its place."""

    key: TurnedKey
    by: Certificate


@dataclass(frozen=True, slots=True)
class Standing:
    """What all keys of a metric add up to; every part is in the order of time.

    `held` still hold for what they cover, `certificates` are all that there ever were, `refused` are keys that the hand of
    the other side's key turned, `replaced` those that a newer certificate took the place of.
    """

    held: tuple[TurnedKey, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    refused: tuple[tuple[TurnedKey, Refusal], ...] = ()
    replaced: tuple[Replaced, ...] = ()
    rule: Rule = no_rule

    @property
    def certificate(self) -> Certificate | None:
        """The newest certificate."""
        return self.certificates[-1] if self.certificates else None

    def holding(self, side: Side, present: Meaning) -> TurnedKey | None:
        """The newest key of a side that covers the present meaning."""
        found = (key for key in reversed(self.held) if key.side is side and covers(side, key.meaning, present))
        return next((key for key in found if self.unheard(key) is None), None)

    def newest(self, side: Side) -> TurnedKey | None:
        """The newest key of a side, whatever it covers."""
        return next((key for key in reversed(self.held) if key.side is side), None)

    def had_its_time(self, side: Side, present: Meaning) -> Replaced | None:
        """The newest key of a side that was over the present meaning until another was certified: a revert does not bring it back."""
        return next((each for each in reversed(self.replaced) if each.key.side is side and covers(side, each.key.meaning, present)), None)

    def objection(self, key: TurnedKey) -> Refusal | None:
        """Why this key may not join those that are held: the same hand turned the other side's, or Business was not heard."""
        others = (other for other in self.held if other.side is OTHER_SIDE[key.side] and same_logic(other.meaning, key.meaning))
        by_one_hand = next((refusal for other in others if (refusal := one_person(other, key.approval, key.key))), None)
        return by_one_hand or self.unheard(key)

    def unheard(self, key: TurnedKey) -> Refusal | None:
        """Why a Business key does not count beside the newest certificate, however early it says that it was turned."""
        return self.rule(key, self.certificate) if key.side is Side.BUSINESS and self.certificate is not None else None


def replay(keys: Iterable[TurnedKey], rule: Rule = no_rule) -> Standing:
    """The standing of one metric after all its keys were turned; `rule` is asked of Business keys over changed meanings."""
    standing = Standing(rule=rule)
    for key in sorted(keys, key=lambda key: (key.at, key.side, key.approval.person, key.approval.meaning)):
        standing = turned(standing, key)
    return standing


def turned(standing: Standing, key: TurnedKey) -> Standing:
    """The standing after one more key, turned later than the others."""
    if refusal := standing.objection(key):
        return replace(standing, refused=(*standing.refused, (key, refusal)))
    certificate = _certificate(standing, key)
    held = (*standing.held, key)
    if certificate is None:
        return replace(standing, held=held)
    gone = [each for each in held if _has_had_its_time(each, standing.certificate, certificate)]
    return replace(
        standing,
        held=tuple(each for each in held if not any(each is other for other in gone)),
        certificates=(*standing.certificates, certificate),
        replaced=(*standing.replaced, *(Replaced(each, certificate) for each in gone)),
    )


def _certificate(standing: Standing, key: TurnedKey) -> Certificate | None:
    """The certificate that this key completes, with the newest key of the other side that agrees on the logic."""
    for other in reversed(standing.held):
        if other.side is OTHER_SIDE[key.side] and same_logic(other.meaning, key.meaning) and standing.unheard(other) is None:
            return Certificate(key, other) if key.side is Side.TECH else Certificate(other, key)
    return None


def _has_had_its_time(key: TurnedKey, old: Certificate | None, new: Certificate) -> bool:
    """Whether a key held for the old certificate's meaning and does not for the new one's."""
    return old is not None and covers(key.side, key.meaning, old.meaning) and not covers(key.side, key.meaning, new.meaning)
