"""What the turned keys of one metric add up to: replayed in the order of time, as a value.

A meaning is certified at the moment when a Business key over it and a Tech key over the same logic are held by two
different people. The newest certificate counts. A key that a newer certificate replaced does not come back by itself:
going back to an earlier meaning needs both keys again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.turned_key import OTHER_SIDE, Refusal, TurnedKey, one_person
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


@dataclass(frozen=True, slots=True)
class Standing:
    """Keys that still hold for what they cover, oldest first; the newest certificate; and keys refused because one person turned both."""

    held: tuple[TurnedKey, ...] = ()
    certificate: Certificate | None = None
    refused: tuple[tuple[TurnedKey, Refusal], ...] = ()

    def holding(self, side: Side, present: Meaning) -> TurnedKey | None:
        """The newest key of a side that covers the present meaning."""
        return next((key for key in reversed(self.held) if key.side is side and covers(side, key.meaning, present)), None)

    def newest(self, side: Side) -> TurnedKey | None:
        """The newest key of a side, whatever it covers."""
        return next((key for key in reversed(self.held) if key.side is side), None)

    def objection(self, key: TurnedKey) -> Refusal | None:
        """Why this key may not join those that are held: the other side's key over the same logic is by the same hand."""
        others = (other for other in self.held if other.side is OTHER_SIDE[key.side] and same_logic(other.meaning, key.meaning))
        return next((refusal for other in others if (refusal := one_person(other, key.approval, key.key))), None)


def replay(keys: Iterable[TurnedKey]) -> Standing:
    """The standing of one metric after all its keys were turned."""
    standing = Standing()
    for key in sorted(keys, key=lambda key: (key.at, key.side, key.approval.person, key.approval.meaning)):
        standing = turned(standing, key)
    return standing


def turned(standing: Standing, key: TurnedKey) -> Standing:
    """The standing after one more key, turned later than the others."""
    if refusal := standing.objection(key):
        return Standing(standing.held, standing.certificate, (*standing.refused, (key, refusal)))
    certificate = _certificate(standing, key)
    held = (*standing.held, key)
    if certificate is None:
        return Standing(held, standing.certificate, standing.refused)
    return Standing(_without_replaced(held, standing.certificate, certificate), certificate, standing.refused)


def _certificate(standing: Standing, key: TurnedKey) -> Certificate | None:
    """The certificate that this key completes, with the newest key of the other side that agrees on the logic."""
    for other in reversed(standing.held):
        if other.side is OTHER_SIDE[key.side] and same_logic(other.meaning, key.meaning):
            return Certificate(key, other) if key.side is Side.TECH else Certificate(other, key)
    return None


def _without_replaced(held: Iterable[TurnedKey], old: Certificate | None, new: Certificate) -> tuple[TurnedKey, ...]:
    """Keys that held for the old certificate's meaning and not for the new one's have had their time."""
    if old is None:
        return tuple(held)
    return tuple(key for key in held if covers(key.side, key.meaning, new.meaning) or not covers(key.side, key.meaning, old.meaning))
