"""The commands over the registry: check, explain, show, new, init."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from metrics_catalog.catalog import load
from tests.support.catalogs import edit, metric_file, small_project, write
from tests.support.command import ringi


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return small_project(tmp_path / "lake")


def test_check_of_a_faultless_lake_ends_with_0_and_says_so(lake: Path) -> None:
    said = ringi("check", lake=lake)
    assert (said.code, said.out) == (0, "")
    assert said.err == "7 metrics, 1 views, 5 countries checked: no findings.\n"


def test_check_prints_each_finding_with_code_place_hint_and_where_to_read_more(lake: Path) -> None:
    edit(lake, metric_file("plays"), lambda metric: metric.update(proposer="karla"))
    said = ringi("check", lake=lake)
    line = load(lake)[0].place("metric", "plays", "proposer").line
    assert said.code == 1
    assert said.out == (
        f"error RNG-CAT-037  metrics/engagement/plays.yaml:{line}:11\n"
        "  There is no person `karla` in `people.yaml`.\n"
        "  Hint: did you mean `carla`?\n"
        "  More: ringi explain RNG-CAT-037\n\n"
    )
    assert said.err.endswith("checked: 1 error.\n")


def test_check_in_json_holds_every_finding(lake: Path) -> None:
    write(lake, "metrics/damaged.yaml", "- x\n")
    said = ringi("check", lake=lake, as_json=True)
    (finding,) = said.json()["findings"]
    assert said.json()["schema_version"] == 1
    assert (finding["code"], finding["file"], finding["severity"]) == ("RNG-CAT-011", "metrics/damaged.yaml", "error")


def test_warnings_alone_end_with_0(lake: Path) -> None:
    edit(lake, "people.yaml", lambda book: book["people"]["aiko"].pop("keys"))
    said = ringi("check", lake=lake)
    assert said.code == 0 and said.out.startswith("warning RNG-CAT-091") and said.err.endswith("1 warning.\n")


def test_explain_prints_the_page_of_a_code_and_lists_all() -> None:
    assert ringi("explain", "cat-037").out.startswith("# RNG-CAT-037: An unknown person")
    assert ringi("explain", "RNG-CAT-037", as_json=True).json()["title"] == "An unknown person"
    assert len(ringi("explain", as_json=True).json()) > 70


def test_explain_of_an_unknown_code_ends_with_2_and_the_nearest() -> None:
    said = ringi("explain", "RNG-CAT-37")
    assert said.code == 2 and "did you mean `RNG-CAT-037`?" in said.err


def test_show_tells_what_why_how_keys_and_views(lake: Path) -> None:
    said = ringi("show", "viewing_hours", lake=lake)
    assert said.code == 0
    for part in (
        "metric viewing_hours  Viewing hours / Viewing hours(日本語)",
        "The viewing hours of one country and day.",
        "sum of seconds_viewed / 3600.0",
        "from viewing_events, where event_type = 'heartbeat'",
        "filter event_type = 'heartbeat' AND seconds_viewed >= 5 (until 2037-03-31). Short previews autoplay in Japan.",
        "tech: missing",
        "title_daily",
        "hours_per_play",
    ):
        assert part in said.out


def test_show_in_json_gives_the_same_facts(lake: Path) -> None:
    facts = ringi("show", "completion_rate", lake=lake, as_json=True).json()
    assert (facts["kind"], facts["parts"], facts["views"]) == ("metric", ["completions", "plays"], ["title_daily"])
    assert facts["keys"]["tech"]["state"] == "missing" and facts["additivity"] == "non_additive"


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("title_daily", "one viewing country, day, title_id, device_type"),
        ("viewing_events", "position_s: integer, internal"),
        ("titles", "2 in the file"),
        ("2026-11-engagement", "Count heartbeats."),
        ("aiko", "Aiko Sato"),
        ("NO", "Europe/Oslo"),
    ],
)
def test_show_knows_every_kind_of_definition(lake: Path, name: str, part: str) -> None:
    assert part in ringi("show", name, lake=lake).out


def test_show_of_an_unknown_or_broken_name_says_what_to_do(lake: Path) -> None:
    said = ringi("show", "viewing_hour", lake=lake)
    assert said.code == 2 and "did you mean `viewing_hours`?" in said.err
    write(lake, metric_file("plays"), "- x\n")
    said = ringi("show", "plays", lake=lake)
    assert said.code == 1 and "ringi check" in said.err


def test_a_new_metric_from_flags_has_no_finding_once_it_was_heard(lake: Path) -> None:
    flags = {
        "label-en": "Early exits", "label-ja": "早期離脱: 数", "description-en": "Stops within two minutes, before the title begins.",
        "description-ja": "2分以内の停止。", "unit": "plays", "question-en": "Who leaves early?", "question-ja": "誰が早く離れるか。",
        "decision-en": "Which openings to shorten.", "decision-ja": "どの冒頭を短くするか。", "kind": "count", "source": "viewing_events",
        "filter": "event_type = 'stop' and position_s < 120", "dimensions": "title_id, plan", "tech": "data-platform", "business": "content",
        "proposer": "carla", "domain": "completion",
    }  # fmt: skip
    said = ringi("new", "metric", "early_exits", *(word for flag, value in flags.items() for word in (f"--{flag}", value)), lake=lake)
    assert (said.code, said.out) == (0, "metrics/completion/early_exits.yaml\n")
    text = (lake / "metrics/completion/early_exits.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../../.ringi/schema/metric.json\nmetric: early_exits\n")
    assert ringi("check", lake=lake).code == 0
    assert load(lake)[0].metrics["early_exits"].what.label.ja == "早期離脱: 数"


@pytest.mark.parametrize("kind", ["count", "sum", "ratio", "derived"])
def test_a_new_metric_without_answers_is_readable_and_full_of_findings(lake: Path, kind: str) -> None:
    assert ringi("new", "metric", "early_exits", "--kind", kind, lake=lake).code == 0
    said = ringi("check", lake=lake, as_json=True)
    assert said.code == 1
    assert {finding["file"] for finding in said.json()["findings"]} == {"metrics/general/early_exits.yaml"}


def test_new_views_and_hearings_are_written(lake: Path) -> None:
    flags = [
        "--label-en",
        "Devices",
        "--label-ja",
        "端末",
        "--dimensions",
        "device_type",
        "--metrics",
        "plays,viewers",
        "--tech",
        "a",
        "--business",
        "b",
    ]
    assert ringi("new", "view", "device_daily", *flags, lake=lake).out == "views/device_daily.yaml\n"
    flags = [
        "--date",
        "2026-12-01",
        "--metrics",
        "plays",
        "--tech",
        "aiko",
        "--business",
        "bernd",
        "--question",
        "Why?",
        "--decision",
        "So.",
    ]
    assert ringi("new", "hearing", "2026-12-plays", *flags, lake=lake).out == "hearings/2026-12-plays.yaml\n"
    assert ringi("check", lake=lake).code == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("metric", "plays"), "There is a metric `plays` already, in `metrics/engagement/plays.yaml`."),
        (("metric", "Early-Exits"), "`Early-Exits` cannot be the name of a metric."),
        (("metric", "x", "--domain", "../../etc"), "`../../etc` cannot be the name of a domain."),
        (("metric", "x", "--kind", "total"), "There is no kind of metric `total`."),
        (("hearing", "../x"), "`../x` cannot be the name of a hearing."),
    ],
)
def test_new_refuses_what_cannot_be_and_writes_nothing(lake: Path, words: tuple[str, ...], part: str) -> None:
    before = sorted(lake.rglob("*.yaml"))
    said = ringi("new", *words, lake=lake)
    assert said.code == 2 and part in said.err
    assert sorted(lake.rglob("*.yaml")) == before


def test_new_does_not_overwrite_a_file_that_is_no_definition_yet(lake: Path) -> None:
    write(lake, "metrics/general/early.yaml", "- broken\n")
    said = ringi("new", "metric", "early", lake=lake)
    assert said.code == 2 and "is there already; nothing was written" in said.err
    assert (lake / "metrics/general/early.yaml").read_text(encoding="utf-8") == "- broken\n"


def test_init_makes_a_whole_project_in_git(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "lake"
    said = ringi("init", folder, as_json=True)
    assert said.code == 0 and {"ringi.toml", ".gitignore", ".ringi/schema/policy.json", ".vscode/settings.json"} <= set(
        said.json()["files"]
    )
    log = subprocess.run(["git", "-C", str(folder), "log", "--format=%s"], capture_output=True, text=True, check=True).stdout
    assert log == "A lake project from the starter of Ringi\n"
    status = subprocess.run(["git", "-C", str(folder), "status", "--short"], capture_output=True, text=True, check=True).stdout
    assert status == "" and ringi("check", lake=folder).code == 0
    assert [entry.name for entry in (tmp_path / "deep").iterdir()] == ["lake"]


def test_init_takes_an_empty_folder_and_refuses_another(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert ringi("init", tmp_path / "empty").code == 0
    for place in (tmp_path / "empty", tmp_path):
        said = ringi("init", place)
        assert said.code == 2 and "is not empty" in said.err
    (tmp_path / "file").write_text("x", encoding="utf-8")
    assert "is no folder" in ringi("init", tmp_path / "file").err
