"""What a recorded review is worth later: merged, edited by hand, moved, or told otherwise by GitHub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from governance.keys.approval_text import approval_text
from metrics_catalog.approval import WITNESS_NAMESPACE, Approval
from tests.ringi.github_reviews.recording import NOW, files, record
from tests.support.command import ringi
from tests.support.forge import NUMBER, Proposed, commit, git
from tests.support.keys import BUSINESS, gate, signer


def test_recorded_reviews_still_count_after_they_are_committed_and_merged(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    commit(proposed.top, "keys")
    git(proposed.top, "checkout", "--quiet", "main")
    git(proposed.top, "merge", "--quiet", "--no-edit", "change")
    assert gate(proposed.root, NOW).metrics["viewers"].keys[BUSINESS].state.value == "valid"


def forged(proposed: Proposed, **changed: object) -> str:
    """The finding about the recorded review after somebody edited its file."""
    proposed.approve()
    record(proposed)
    file = files(proposed)[0]
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    document["github"] |= {name: value for name, value in changed.items() if value is not None}
    for name in [name for name, value in changed.items() if value is None]:
        document["github"].pop(name)
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    (finding,) = [each for each in gate(proposed.root, NOW).findings if each.place.file == f"approvals/{file.parent.name}/{file.name}"]
    return finding.code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"login": "chie"}, "RNG-GOV-051"),
        ({"commit": "e" * 40}, "RNG-GOV-051"),
        ({"review_id": 7}, "RNG-GOV-051"),
        ({"witness": None}, "RNG-GOV-051"),
        ({"witnessed_at": None}, "RNG-GOV-051"),
        ({"witnessed_at": "2099-01-01T00:00:00Z"}, "RNG-GOV-051"),
        ({"witness": "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"}, "RNG-GOV-051"),
        ({"submitted_at": "2025-05-01T00:00:00Z"}, "RNG-GOV-068"),
        ({"url": "https://evil.example.com/pull/12"}, "RNG-GOV-068"),
        ({"pull_request": 1}, "RNG-GOV-068"),
        ({"repository": "mallory/metrics"}, "RNG-GOV-050"),
        ({"server": "https://github.com"}, "RNG-GOV-050"),
    ],
)
def test_an_edited_record_of_a_review_counts_for_nothing(proposed: Proposed, changed: dict[str, object], code: str) -> None:
    assert forged(proposed, **changed) == code


def test_a_record_moved_to_another_metric_counts_for_nothing(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    file = files(proposed)[0]
    document = yaml.safe_load(file.read_text(encoding="utf-8")) | {"person": "chie"}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    assert [finding.code for finding in gate(proposed.root, NOW).findings] == ["RNG-GOV-051"]


def test_turning_reviews_off_voids_what_they_turned(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    (proposed.root / "ringi.toml").write_text('[profiles.local]\nwarehouse = "warehouse"\n', encoding="utf-8")
    status = gate(proposed.root, NOW)
    assert status.metrics["viewers"].keys[BUSINESS].state.value == "missing"
    assert {finding.code for finding in status.findings} == {"RNG-GOV-050"}


@pytest.mark.parametrize(
    "toml", ["[approval.github]\n", "[approval.github]\nrepository = 3\n", "approval = 3\n[", "[approval]\ngithub = 3\n"]
)
def test_a_section_that_cannot_be_used_lets_no_review_count(proposed: Proposed, toml: str) -> None:
    proposed.approve()
    record(proposed)
    (proposed.root / "ringi.toml").write_text(toml, encoding="utf-8")
    assert {finding.code for finding in gate(proposed.root, NOW).findings} == {"RNG-GOV-050"}


def test_check_tells_of_a_section_that_cannot_be_used(proposed: Proposed) -> None:
    assert ringi("check", lake=proposed.root).out == ""
    toml = proposed.root / "ringi.toml"
    good = toml.read_text(encoding="utf-8")
    toml.write_text(good.replace("witnesses", "witneses"), encoding="utf-8")
    said = ringi("check", lake=proposed.root)
    assert said.code == 1 and "RNG-GOV-050  ringi.toml:1:1" in said.out and "`witnesses`: it is missing" in said.out
    toml.write_text(good.replace(signer("witness").public_line, "ssh-ed25519 AAAA"), encoding="utf-8")
    assert "is no SSH key that can be checked with" in ringi("check", lake=proposed.root).out
    toml.write_text(good.replace(signer("witness").public_line, signer("aiko").public_line), encoding="utf-8")
    said = ringi("check", lake=proposed.root)
    assert said.code == 0 and "warning RNG-GOV-051" in said.out and "also an SSH key of `aiko`" in said.out


def test_asking_again_finds_reviews_of_which_github_tells_otherwise(proposed: Proposed) -> None:
    review = proposed.approve()
    record(proposed)
    assert ringi("approvals", "recheck", lake=proposed.root).code == 0
    proposed.repository.dismiss(NUMBER, review)
    said = ringi("approvals", "recheck", lake=proposed.root)
    assert said.code == 0 and "warning RNG-INF-057" in said.out and "dismissed since" in said.out
    proposed.repository.reviews[NUMBER][0]["user"]["login"] = "mallory"
    said = ringi("approvals", "recheck", lake=proposed.root)
    assert said.code == 1 and "of `mallory`, not of `Bernd-M`" in said.out
    proposed.repository.reviews[NUMBER].clear()
    assert "GitHub knows no such review" in ringi("approvals", "recheck", lake=proposed.root).out


def test_verification_asks_again_where_it_is_told_to(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    said = ringi("verify", "--online", lake=proposed.root)
    assert said.code == 0 and "1 keys turned by review asked about: 0 findings" in said.err
    proposed.repository.reviews[NUMBER][0]["user"]["login"] = "mallory"
    assert ringi("verify", lake=proposed.root).code == 0, "no file proves it"
    said = ringi("verify", "--online", lake=proposed.root)
    assert said.code == 1 and "RNG-INF-057" in said.out and "of `mallory`, not of `Bernd-M`" in said.out
    assert ringi("verify", "--online", "--at", "HEAD", lake=proposed.root).code == 2


def test_asking_again_finds_a_witness_who_signed_for_what_the_commit_does_not_mean(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    (claimed,) = files(proposed)
    proposed.repository.reviews[NUMBER][0]["commit_id"] = proposed.base
    _sign_again(claimed, commit=proposed.base)
    said = ringi("approvals", "recheck", lake=proposed.root)
    assert said.code == 1 and f"the reviewed commit {proposed.base[:12]} does not have that meaning" in said.out


def test_commits_that_are_gone_are_said_and_not_guessed(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    (claimed,) = files(proposed)
    proposed.repository.reviews[NUMBER][0]["commit_id"] = "f" * 40
    _sign_again(claimed, commit="f" * 40)
    said = ringi("approvals", "recheck", lake=proposed.root)
    assert said.code == 0 and "1 reviewed commits are not in this clone" in said.err


def _sign_again(file: Path, *, commit: str) -> None:
    """What a dishonest witness writes: the same meaning, said to be of another commit, with a good signature."""
    approval = Approval.model_validate_json(json.dumps(yaml.safe_load(file.read_text(encoding="utf-8"))))
    assert approval.github is not None
    moved = approval.model_copy(update={"github": approval.github.model_copy(update={"commit": commit})})
    assert moved.github is not None
    witness = signer("witness").sign(moved.witnessed_text(), WITNESS_NAMESPACE)
    signed = moved.model_copy(update={"github": moved.github.model_copy(update={"witness": witness})})
    file.write_text(approval_text(signed), encoding="utf-8")
