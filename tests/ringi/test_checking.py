"""`ringi check --examples`, and the door of approvals: a metric must be shown by its examples, and so must all it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.catalogs import edit, measured, metric, metric_file, small_project, write
from tests.support.command import Said, ringi
from tests.support.forge import commit, git
from tests.support.keys import keyed_project, signer

SHOWN: list[dict[str, Any]] = [
    {
        "name": "Two starts among four events.",
        "country": "DE",
        "rows": [{"event_type": kind} for kind in ("start", "start", "stop", "heartbeat", "pause")],
        "expect": 2,
    },
    {
        "name": "A day begins at midnight in Berlin.",
        "country": "DE",
        "day": "2026-10-28",
        "rows": [
            {"event_type": "start", "occurred_at": "2026-10-27T22:59:59Z"},
            {"event_type": "start", "occurred_at": "2026-10-27T23:00:00Z"},
        ],
        "expect": 1,
    },
]
"""Examples that notice every change of `plays`."""


def show_plays(root: Path) -> None:
    edit(root, metric_file("plays"), lambda document: document.update(examples=SHOWN))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_project(tmp_path / "lake")


def codes(said: Said) -> list[tuple[str, str]]:
    return [(finding["code"], finding["file"].split("/")[-1]) for finding in said.json()["findings"]]


def test_a_metric_whose_examples_notice_everything_has_no_finding(lake: Path) -> None:
    show_plays(lake)
    said = ringi("check", "--examples", "--metric", "plays", lake=lake)
    assert (said.code, said.out) == (0, "")
    assert said.err.startswith("2 examples of 1 metric computed, 7 small changes of it tried.\n")


def test_a_missing_row_is_told_in_words_with_an_example_to_paste(lake: Path) -> None:
    show_plays(lake)
    edit(lake, metric_file("plays"), lambda document: document["examples"].pop())
    said = ringi("check", "--examples", "--metric", "plays", lake=lake)
    assert said.code == 1 and said.out.count("error RNG-CAT-152") == 2
    assert "No example of `plays` notices when an event of the first moments of a local day is counted on the day before." in said.out
    assert "paste this below `examples:`" in said.out and "\n  - {name: Differs when an event of the first moments" in said.out


def test_a_wrong_number_is_told_beside_the_one_that_the_metric_gives(lake: Path) -> None:
    show_plays(lake)
    edit(lake, metric_file("plays"), lambda document: document["examples"][0].update(expect=2.5))
    said = ringi("check", "--examples", "--metric", "plays", lake=lake)
    assert said.code == 1 and "`Two starts among four events.` of `plays` expects 2.5, and the metric gives 2." in said.out


def test_metrics_without_examples_are_named_one_by_one(lake: Path) -> None:
    show_plays(lake)
    said = ringi("check", "--examples", "--metric", "completions", "--metric", "plays", lake=lake, as_json=True)
    assert said.code == 1 and codes(said) == [("RNG-CAT-150", "completions.yaml")]


def test_examples_that_are_advised_are_warnings_and_a_wrong_one_is_still_an_error(lake: Path) -> None:
    write(lake, "ringi.toml", '[profiles.local]\n[approval]\nexamples = "advised"\n')
    said = ringi("check", "--examples", "--metric", "plays", lake=lake, as_json=True)
    assert said.code == 0 and [finding["severity"] for finding in said.json()["findings"]] == ["warning"]
    show_plays(lake)
    edit(lake, metric_file("plays"), lambda document: document["examples"][0].update(expect=9))
    said = ringi("check", "--examples", "--metric", "plays", lake=lake, as_json=True)
    assert said.code == 1 and ("RNG-CAT-151", "plays.yaml") in codes(said)


def test_only_what_changed_since_a_commit_is_computed(lake: Path) -> None:
    git(lake, "init", "--quiet")
    commit(lake, "before")
    said = ringi("check", "--examples", "--base", "HEAD", lake=lake)
    assert said.code == 0 and said.err.startswith("0 examples of 0 metrics computed.")
    show_plays(lake)
    said = ringi("check", "--examples", "--base", "HEAD", lake=lake)
    assert said.err.startswith("2 examples of 1 metric computed"), "an example alone changes what is shown"
    edit(lake, metric_file("plays"), lambda document: document["how"].update(filter="event_type = 'stop'"))
    said = ringi("check", "--examples", "--base", "HEAD", lake=lake, as_json=True)
    assert {file for _, file in codes(said)} == {"plays.yaml", "completion_rate.yaml", "hours_per_play.yaml"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--examples", "--metric", "play"], "did you mean `plays`?"),
        (["--metric", "plays"], "go with `--examples`"),
        (["--base", "HEAD"], "go with `--examples`"),
        (["--examples", "--engine", "abacus"], "abacus"),
    ],
)
def test_words_that_make_no_sense_are_refused_with_2(lake: Path, words: list[str], said: str) -> None:
    told = ringi("check", *words, lake=lake)
    assert told.code == 2 and said in told.err


@pytest.mark.parametrize("written", ['"mandatory"', "true", "[]"])
def test_another_word_in_ringi_toml_is_refused_and_the_two_are_named(lake: Path, written: str) -> None:
    write(lake, "ringi.toml", f"[profiles.local]\n[approval]\nexamples = {written}\n")
    told = ringi("check", "--examples", "--metric", "plays", lake=lake)
    assert told.code == 2 and '"required" or "advised"' in told.err


@pytest.mark.parametrize(
    ("example", "code", "said"),
    [
        ({"expect": float("inf")}, "RNG-CAT-022", "a number"),
        ({"expect": float("nan")}, "RNG-CAT-022", "a number"),
        ({"expect": "two"}, "RNG-CAT-022", "a number"),
        ({"day": "2026-02-30"}, "RNG-CAT-027", "a day such as"),
        ({"rows": [{"event_typ": "start"}]}, "RNG-CAT-056", "no column of the source"),
        ({"rows": [{"position_s": 1.5}]}, "RNG-JOB-090", "a whole number"),
        ({"rows": [{"position_s": True}]}, "RNG-JOB-090", "a whole number"),
        ({"rows": [{"seconds_viewed": float("nan")}]}, "RNG-JOB-090", "a finite number"),
        ({"rows": [{"received_at": "yesterday"}]}, "RNG-JOB-090", "a time such as"),
        ({"rows": [{"device_type": ["tv"]}]}, "RNG-JOB-090", "a text"),
        ({"rows": [{"position_s": 2**63}]}, "RNG-JOB-090", "64 bits"),
        ({"country": "XX"}, "RNG-JOB-091", "a country that the lake has"),
        ({"rows": [], "expect": 0}, "RNG-CAT-151", "no event at all"),
    ],
)
def test_an_example_that_makes_no_sense_is_a_finding(lake: Path, example: dict[str, Any], code: str, said: str) -> None:
    document = {**SHOWN[0], **example}
    edit(lake, metric_file("plays"), lambda metric: metric.update(examples=[document]))
    unreadable = code in ("RNG-CAT-022", "RNG-CAT-027")  # then there is no metric whose examples could be computed
    told = ringi("check", *([] if unreadable else ["--examples", "--metric", "plays"]), lake=lake, as_json=True)
    found = {finding["code"]: finding for finding in told.json()["findings"]}
    assert told.code == 1 and code in found
    assert said in found[code]["message"] + found[code]["hint"]
    assert found[code]["file"] == metric_file("plays") and found[code]["line"] > 1


# the door


@pytest.fixture
def keyed(tmp_path: Path) -> Path:
    return keyed_project(tmp_path / "keyed")


def approve(root: Path, *words: str, as_json: bool = False) -> Said:
    key = root.parent / "key"
    key.write_bytes(signer("aiko").private_text())
    key.chmod(0o600)
    return ringi("approve", *words, "--side", "tech", "--as", "aiko", "--key", key, lake=root, as_json=as_json)


def test_a_metric_that_its_examples_do_not_show_cannot_be_approved(keyed: Path) -> None:
    refused = approve(keyed, "plays")
    assert refused.code == 4 and "RNG-CAT-150" in refused.err and "ringi check --examples" in refused.err
    assert not list((keyed / "approvals").glob("plays/*"))
    show_plays(keyed)
    assert approve(keyed, "plays").code == 0
    assert list((keyed / "approvals").glob("plays/tech-aiko-*.yaml"))


def test_a_wrong_example_stands_against_an_approval_even_where_examples_are_advised(keyed: Path) -> None:
    write(keyed, "ringi.toml", '[profiles.local]\n[approval]\nexamples = "advised"\n')
    assert approve(keyed, "completions").code == 0
    show_plays(keyed)
    edit(keyed, metric_file("plays"), lambda document: document["examples"][0].update(expect=3))
    refused = approve(keyed, "plays")
    assert refused.code == 4 and "expects 3, and the metric gives 2" in refused.err


def test_a_ratio_waits_for_the_examples_of_what_it_is_made_of(keyed: Path) -> None:
    rows = [*({"event_type": "start"} for _ in range(4)), *({"event_type": "stop", "position_s": position} for position in (1200, 5))]
    shown = {"name": "One of four plays is completed.", "country": "DE", "rows": rows, "expect": 0.25}
    edit(keyed, metric_file("completion_rate"), lambda document: document.update(examples=[shown]))
    show_plays(keyed)
    refused = approve(keyed, "completion_rate")
    assert refused.code == 4 and metric_file("completions") in refused.err and "`completions` has no example" in refused.err


def test_of_many_metrics_those_that_are_shown_are_approved(keyed: Path) -> None:
    show_plays(keyed)
    told = approve(keyed, "--all", as_json=True)
    states = {key["metric"]: key["state"] for key in told.json()["keys"]}
    assert told.code == 4 and states.pop("plays") == "turned" and set(states.values()) == {"refused"}


def test_who_may_not_sign_is_told_that_first(keyed: Path) -> None:
    key = keyed.parent / "key"
    key.write_bytes(signer("dora").private_text())
    refused = ringi("approve", "plays", "--side", "tech", "--as", "dora", "--key", key, lake=keyed)
    assert refused.code == 4 and "dora" in refused.err and "RNG-CAT-150" not in refused.err


def test_a_metric_that_holds_already_is_not_asked_again(keyed: Path) -> None:
    show_plays(keyed)
    approve(keyed, "plays")
    edit(keyed, metric_file("plays"), lambda document: document.pop("examples"))
    again = approve(keyed, "plays", as_json=True)
    assert again.code == 0 and again.json()["keys"][0]["state"] == "held already", "examples are no part of the meaning"


def test_a_part_that_cannot_be_resolved_is_left_to_the_other_rules(lake: Path) -> None:
    write(lake, metric_file("lost"), metric("lost", measured("sum", "seconds_viewd"), examples=SHOWN))
    told = ringi("check", "--examples", "--metric", "lost", lake=lake, as_json=True)
    assert told.code == 1 and ("RNG-CAT-103", "lost.yaml") in codes(told)
