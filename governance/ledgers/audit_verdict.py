"""What verifying the ledgers of a lake found: one verdict a chain, and how the chains vouch for each other.

Made by `ringi.audit.verifying` of what was read; printed by `ringi audit verify`. A seal is a line of the audit ledger that says where
another chain stood; a chain that does not reach its seals, or stands otherwise there, was cut or rewritten.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from governance.ledgers.query_chain import GENESIS, Link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class ChainFault:
    """One place where a chain is not what was written: data file, block and line where they are known, and the sentence."""

    message: str
    file: str | None = None
    block: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """One ledger: how many lines, where it ends, what is wrong; `links` are hashes by the number of a line or block, where known.

    `start` is what its first line follows. `unit` says what is numbered.
    """

    name: str
    lines: int
    end: Link
    unit: str
    faults: tuple[ChainFault, ...] = ()
    links: Mapping[int, str] = field(default_factory=dict)
    start: Link = Link()  # noqa: RUF009  a frozen value
    sealed: int = 0
    loose: int = 0
    """Bytes at its end that are no line: what a writer left that was killed."""

    @property
    def unsealed(self) -> int:
        """How many lines or blocks at its end no seal knows: cutting them off would not be seen."""
        return max(self.end.number - self.sealed, 0)


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """All chains of a lake."""

    chains: tuple[Chain, ...]

    @property
    def is_whole(self) -> bool:
        return not any(chain.faults for chain in self.chains)


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the audit ledger says of other chains: by name, hashes by number; places up to which old days were removed; and by name
    the head that an erasure left."""

    seals: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    removals: Sequence[Link] = ()
    redacted: Mapping[str, str] = field(default_factory=dict)


def judged(chains: Sequence[Chain], vouched: Vouched, noted: str | None = None) -> AuditVerdict:
    """The chains with what the audit ledger says against them.

    `noted` is the hash of a head that somebody kept elsewhere: some chain must hold it.
    """
    seals = vouched.seals
    begun = frozenset((link.number, link.hash) for link in vouched.removals) | {(0, GENESIS)}
    there = {chain.name: _sealed(_started(chain, begun), seals.get(chain.name, {})) for chain in chains}
    there |= {name: _redacted(there[name], head) for name, head in vouched.redacted.items() if name in there}
    gone = [
        Chain(name, 0, Link(), "block", (ChainFault(f"the ledger is gone; it was sealed at number {max(held)}"),))
        for name, held in sorted(seals.items())
        if name not in there
    ]
    found = [*there.values(), *gone]
    if noted is not None and not any(noted in chain.links.values() or chain.end.hash == noted for chain in found):
        message = f"no chain holds the head {noted} that was noted: ledgers were rewritten, cut, or belong to another lake"
        found.append(Chain("noted head", 0, Link(), "block", (ChainFault(message),)))
    return AuditVerdict(tuple(found))


def _started(chain: Chain, begun: frozenset[tuple[int, str]]) -> Chain:
    if not chain.lines or (chain.start.number, chain.start.hash) in begun:
        return chain
    message = f"its first {chain.unit} is number {chain.start.number + 1}, and no removal of those before it was recorded"
    return replace(chain, faults=(ChainFault(message), *chain.faults))


def _redacted(chain: Chain, head: str) -> Chain:
    if head in chain.links.values():
        return chain
    return replace(chain, faults=(*chain.faults, ChainFault("it does not hold the head that the last erasure left")))


def _sealed(chain: Chain, seals: Mapping[int, str]) -> Chain:
    """The chain against its seals: those before its start went with old days, those beyond its end are missing."""
    faults = list(chain.faults)
    held = {number: digest for number, digest in sorted(seals.items()) if number > chain.start.number}
    beyond = [number for number in held if number > chain.end.number]
    if beyond:
        missing = (
            f"{chain.unit}s {chain.end.number + 1} to {beyond[-1]} are"
            if beyond[-1] > chain.end.number + 1
            else f"{chain.unit} {beyond[-1]} is"
        )
        faults.append(ChainFault(f"the end was cut off: {missing} missing, which a seal in the audit ledger knows"))
    wrong = [number for number, digest in held.items() if number <= chain.end.number and chain.links.get(number) != digest]
    if wrong:
        faults.append(
            ChainFault(f"{chain.unit} {wrong[0]} is not the one that was sealed: the chain was written anew from there or before")
        )
    return replace(chain, faults=tuple(faults), sealed=max(seals, default=0))
