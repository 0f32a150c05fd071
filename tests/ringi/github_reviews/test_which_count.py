"""`ringi approvals from-github`: which reviews turn a key, and what is kept of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from governance.errors import GovernanceError
from metrics_catalog.catalog import load
from tests.ringi.github_reviews.recording import NOW, TURNED, files, record
from tests.support.catalogs import edit, metric_file
from tests.support.command import ringi
from tests.support.forge import NUMBER, Proposed, settings
from tests.support.github_server import Fault, GithubServer
from tests.support.keys import BUSINESS, TECH, gate, signer, turn


def test_an_approving_review_of_the_head_turns_the_key_that_the_gate_then_counts(proposed: Proposed) -> None:
    proposed.approve()
    said = record(proposed)
    assert said.code == 0, said.err
    (file,) = files(proposed)
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert (written["metric"], written["side"], written["person"], written["method"]) == ("viewers", "business", "bernd", "github")
    assert written["github"]["commit"] == proposed.head and written["github"]["login"] == "Bernd-M"
    status = gate(proposed.root, NOW)
    assert status.metrics["viewers"].keys[BUSINESS].state.value == "valid" and not status.findings


def test_both_keys_one_by_review_and_one_by_ssh_certify(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    turn(proposed.root, "viewers", TECH, "aiko", TURNED)
    assert gate(proposed.root, NOW).metrics["viewers"].certificate is not None


def test_what_is_covered_is_the_tree_of_the_reviewed_commit_not_the_working_tree(proposed: Proposed) -> None:
    proposed.approve()
    reviewed = gate(proposed.root, NOW).metrics["viewers"].current_digest
    edit(proposed.root, metric_file("viewers"), lambda metric: metric["how"].update(filter="event_type = 'stop'"))
    assert record(proposed).code == 0
    assert load(proposed.root)[0].approvals["viewers"][0].meaning == reviewed
    assert gate(proposed.root, NOW).metrics["viewers"].keys[BUSINESS].state.value == "void"


def test_the_same_review_is_recorded_once(proposed: Proposed) -> None:
    proposed.approve()
    record(proposed)
    said = record(proposed)
    assert said.code == 0 and "recorded already" in said.out and len(files(proposed)) == 1


def test_what_is_made_of_a_changed_metric_gets_its_key_and_nothing_else_does(proposed: Proposed) -> None:
    edit(proposed.root, metric_file("completions"), lambda metric: metric["how"].update(filter="event_type = 'stop'"))
    proposed.push("completions too")
    proposed.approve()
    record(proposed)
    assert {file.parent.name for file in files(proposed)} == {"viewers", "completions", "completion_rate"}


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (lambda p: p.approve(state="CHANGES_REQUESTED"), "the latest review asks for changes"),
        (lambda p: (p.approve(), p.approve(state="CHANGES_REQUESTED", minutes=5)), "the latest review asks for changes"),
        (lambda p: p.repository.dismiss(NUMBER, p.approve()), "the review was dismissed"),
        (lambda p: p.approve(commit="c" * 40), "but the head of the pull request is"),
        (
            lambda p: (p.approve(), p.push("more")) if (p.root / "README.md").write_text("x") else None,
            "but the head of the pull request is",
        ),
        (lambda p: p.approve("priya"), "opened the pull request"),
        (lambda p: p.approve("stranger"), "is the GitHub account of nobody"),
        (lambda p: p.approve("dora"), "holds none of the sides business"),
        (lambda p: p.approve("aiko-sato"), "holds none of the sides business"),
        (
            lambda p: (
                p.repository.commits[NUMBER].append({**p.repository.commits[NUMBER][0], "author": {"login": "bernd-m"}}),
                p.approve(),
            ),
            "wrote a commit",
        ),
    ],
)
def test_a_review_that_does_not_count_is_told_and_writes_nothing(proposed: Proposed, prepare: object, why: str) -> None:
    prepare(proposed)  # type: ignore[operator]  # one of the lambdas above
    said = record(proposed)
    assert said.code == 4 and why in said.err and "turns a key" in said.err
    assert files(proposed) == []


def test_a_later_comment_leaves_the_approval_as_it_is(proposed: Proposed) -> None:
    proposed.approve()
    proposed.approve(state="COMMENTED", minutes=5)
    assert record(proposed).code == 0


def test_the_proposer_of_a_metric_is_refused_by_review_too(proposed: Proposed) -> None:
    proposed.approve("carla")
    said = record(proposed)
    assert said.code == 4 and "proposes `viewers`" in said.err and files(proposed) == []


def test_people_whom_the_pull_request_adds_do_not_count_in_it(proposed: Proposed) -> None:
    edit(proposed.root, "people.yaml", lambda d: d["people"]["dora"].update(sides=["business"]))
    proposed.push("dora may approve now")
    proposed.approve("dora")
    said = record(proposed)
    assert said.code == 4 and "`dora` holds none of the sides" in said.err and files(proposed) == []


def test_people_whom_the_pull_request_removes_do_not_count_either(proposed: Proposed) -> None:
    edit(proposed.root, "people.yaml", lambda d: d["people"]["bernd"].update(valid_until="2025-01-01T00:00:00Z"))
    proposed.push("bernd left")
    proposed.approve()
    assert record(proposed).code == 4 and files(proposed) == []


def test_without_the_section_no_review_counts(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, toml='[profiles.local]\nwarehouse = "warehouse"\n')
    proposed.approve()
    said = record(proposed)
    assert said.code == 4 and "[approval.github]" in said.err and "RNG-GOV-050" in said.err
    assert server.asked == [], "GitHub is not even asked"


def test_without_a_witness_key_it_says_which_option_is_missing(proposed: Proposed, server: GithubServer) -> None:
    said = ringi("approvals", "from-github", "--pr", str(NUMBER), lake=proposed.root)
    assert said.code == 2 and "RINGI_WITNESS_KEY" in said.err and server.asked == []


def test_a_pull_request_cannot_turn_reviews_on_for_itself(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, toml='[profiles.local]\nwarehouse = "warehouse"\n')
    (proposed.root / "ringi.toml").write_text(settings(server), encoding="utf-8")
    proposed.push("reviews count now")
    proposed.approve()
    said = record(proposed)
    assert said.code == 4 and "has no section [approval.github]" in said.err and files(proposed) == []


def test_a_key_that_is_no_witness_records_nothing(proposed: Proposed) -> None:
    proposed.approve()
    proposed.key.write_bytes(signer("aiko").private_text())
    said = record(proposed)
    assert said.code == 4 and "is no witness" in said.err and files(proposed) == []


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (", compromised = true", "compromised"),
        (", revoked_at = 2025-01-01T00:00:00Z", "revoked at 2025-01-01T00:00:00Z"),
        (", valid_until = 2025-01-01T00:00:00Z", "until 2025-01-01T00:00:00Z"),
    ],
)
def test_a_witness_that_no_longer_counts_records_nothing(tmp_path: Path, server: GithubServer, more: str, why: str) -> None:
    proposed = Proposed(tmp_path / "project", server, toml=settings(server, more=more))
    proposed.approve()
    said = record(proposed)
    assert said.code == 4 and why in said.err and files(proposed) == []


def test_tech_counts_by_review_only_where_the_project_says_so(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, toml=settings(server, '["tech", "business"]'))
    proposed.approve("aiko-sato")
    proposed.approve("Bernd-M", minutes=1)
    assert record(proposed).code == 0
    assert gate(proposed.root, NOW).metrics["viewers"].certificate is not None


def test_a_witness_who_turns_the_other_key_is_one_hand(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, toml=settings(server, witness="aiko"))
    proposed.key.write_bytes(signer("aiko").private_text())
    proposed.approve()
    assert record(proposed).code == 0
    with pytest.raises(GovernanceError, match="one hand would turn both keys"):
        turn(proposed.root, "viewers", TECH, "aiko", NOW)
    turn(proposed.root, "viewers", TECH, "chie", NOW)
    assert gate(proposed.root, NOW).metrics["viewers"].certificate is not None


def test_a_person_of_both_sides_says_which_key_the_review_turns(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, toml=settings(server, '["tech", "business"]'))
    proposed.approve("chie")
    assert "say with `--side`" in record(proposed).err
    assert record(proposed, "--side", "business").code == 0
    assert gate(proposed.root, NOW).metrics["viewers"].keys[BUSINESS].by == "chie"


def test_a_head_that_moves_while_it_is_read_is_not_recorded(proposed: Proposed, server: GithubServer) -> None:
    proposed.approve()
    entry = dict(proposed.repository.pulls[NUMBER])
    proposed.repository.pulls[NUMBER]["head"] = {"sha": "d" * 40}
    server.faults.append(Fault(200, raw=json.dumps({**entry, "head": {"sha": proposed.head}}).encode()))
    said = record(proposed)
    assert said.code == 4 and "moved from" in said.err and files(proposed) == []


def test_a_commit_that_git_does_not_hold_says_how_to_bring_it_in(proposed: Proposed) -> None:
    proposed.repository.push(NUMBER, "d" * 40)
    said = record(proposed)
    assert said.code == 2 and f"git fetch origin pull/{NUMBER}/head" in said.err


def test_a_closed_pull_request_and_one_with_too_many_commits_are_refused(proposed: Proposed) -> None:
    proposed.repository.pulls[NUMBER]["commits"] = 251
    assert "251 commits" in record(proposed).err
    proposed.repository.pulls[NUMBER]["state"] = "closed"
    said = record(proposed)
    assert said.code == 4 and "closed without a merge" in said.err


def test_another_repository_than_the_project_names_is_refused(proposed: Proposed, server: GithubServer) -> None:
    other = server.repository("mallory/metrics")
    other.open(NUMBER, head=proposed.head, base=proposed.base, author="mallory")
    said = record(proposed, "--repo", "mallory/metrics")
    assert said.code == 4 and "takes reviews of `acme/metrics`" in said.err and files(proposed) == []


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path, server: GithubServer) -> None:
    proposed = Proposed(tmp_path / "project", server, prefix="lakes/one")
    proposed.approve()
    assert record(proposed).code == 0 and len(files(proposed)) >= 1


def test_what_github_refuses_ends_with_5_and_writes_nothing(proposed: Proposed, server: GithubServer) -> None:
    proposed.approve()
    server.use_up(4000)
    said = record(proposed)
    assert said.code == 5 and "asked to wait 67 minutes" in said.err and files(proposed) == []


def test_missing_names_the_keys_and_the_people_who_may_turn_them(proposed: Proposed) -> None:
    said = ringi("approvals", "missing", "--base", "main", lake=proposed.root, as_json=True)
    assert said.code == 4
    needed = {(each["metric"], each["side"]): each for each in said.json()["needed"]}
    assert needed["viewers", "business"]["people"] == ["bernd", "chie"] and needed["viewers", "business"]["state"] == "missing"
    proposed.approve()
    record(proposed)
    for metric in said.json()["metrics"]:
        turn(proposed.root, metric, TECH, "aiko", TURNED)
    done = ringi("approvals", "missing", "--base", "main", lake=proposed.root)
    assert done.code == 0 and "both keys of each hold" in done.out


def test_a_changed_metric_that_cannot_be_read_still_needs_its_keys(proposed: Proposed) -> None:
    (proposed.root / metric_file("viewers")).write_text("metric: viewers\nwhat: {", encoding="utf-8")
    said = ringi("approvals", "missing", "--base", "main", lake=proposed.root)
    assert said.code == 4 and "viewers" in said.out
