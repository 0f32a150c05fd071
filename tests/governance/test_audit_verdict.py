"""What chains and the audit ledger say of each other."""

from __future__ import annotations

from governance.ledgers.audit_verdict import Chain, Vouched, judged
from governance.ledgers.query_chain import GENESIS, Link

HASHES = {1: "a" * 64, 2: "b" * 64, 3: "c" * 64}
CHAIN = Chain("ledger.restatements", 9, Link(3, HASHES[3]), "block", links=HASHES)


def sentences(vouched: Vouched, chain: Chain = CHAIN, noted: str | None = None) -> list[str]:
    return [fault.message for each in judged([chain], vouched, noted).chains for fault in each.faults]


def test_a_chain_that_fits_its_seals_has_no_fault() -> None:
    assert sentences(Vouched({CHAIN.name: {1: HASHES[1], 3: HASHES[3]}}, redacted={CHAIN.name: HASHES[2]})) == []
    [chain] = judged([CHAIN], Vouched({CHAIN.name: {2: HASHES[2]}})).chains
    assert (chain.sealed, chain.unsealed) == (2, 1)


def test_a_seal_beyond_the_end_says_what_is_missing() -> None:
    assert "blocks 4 to 6 are missing" in sentences(Vouched({CHAIN.name: {6: "f" * 64}}))[0]
    assert "block 4 is missing" in sentences(Vouched({CHAIN.name: {4: "f" * 64}}))[0]


def test_another_hash_than_the_sealed_one_is_a_chain_that_was_written_anew() -> None:
    [said] = sentences(Vouched({CHAIN.name: {1: HASHES[1], 2: "f" * 64, 3: "e" * 64}}))
    assert said.startswith("block 2 is not the one that was sealed")


def test_the_head_that_an_erasure_left_must_be_there() -> None:
    assert sentences(Vouched(redacted={CHAIN.name: "f" * 64})) == ["it does not hold the head that the last erasure left"]


def test_a_ledger_that_was_sealed_and_is_not_there_is_missed() -> None:
    assert sentences(Vouched({"ledger.runs": {7: "f" * 64}})) == ["the ledger is gone; it was sealed at number 7"]


def test_a_chain_begins_at_nothing_or_where_a_removal_was_recorded() -> None:
    later = Chain("queries", 2, Link(9, "d" * 64), "line", start=Link(7, "e" * 64))
    assert sentences(Vouched(), later) == ["its first line is number 8, and no removal of those before it was recorded"]
    assert sentences(Vouched(removals=[Link(7, "e" * 64)]), later) == []
    assert sentences(Vouched(removals=[Link(7, "f" * 64)]), later) != []
    assert sentences(Vouched({"queries": {5: "anything"}}, removals=[Link(7, "e" * 64)]), later) == [], "what was sealed is gone with it"


def test_a_noted_head_must_stand_in_some_chain() -> None:
    assert sentences(Vouched(), noted=HASHES[1]) == []
    assert "no chain holds the head" in sentences(Vouched(), noted=GENESIS)[0]
