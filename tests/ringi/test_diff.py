"""`ringi diff` through the door: against commits, in words and in JSON, fast and whole alike, and keys lost with their people."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from metrics_catalog.diff.catalog_diff import FieldChange
from ringi.proposal.diffing import diff_against
from tests.support.catalogs import edit, metric_file, small_project
from tests.support.command import ringi
from tests.support.keys import BUSINESS, TECH, after, keyed_project, turn
from tests.support.repositories import committed

HOURS = metric_file("viewing_hours")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A small project in a subfolder of a repository, committed."""
    root = small_project(tmp_path / "repository" / "lake")
    committed(root.parent)
    return root


@pytest.fixture
def keyed(tmp_path: Path) -> Path:
    """A project in which both keys are turned over `plays`, and the Tech key of `viewers`, committed."""
    root = keyed_project(tmp_path / "lake")
    turn(root, "plays", TECH, "aiko", after(1))
    turn(root, "plays", BUSINESS, "bernd", after(2))
    turn(root, "viewers", TECH, "chie", after(3))
    committed(root)
    return root


def voiding(root: Path) -> list[FieldChange]:
    return [change for change in diff_against(root, "HEAD").changes if change.voids]


def test_an_unchanged_project_has_no_diff(lake: Path) -> None:
    said = ringi("diff", lake=lake)
    assert (said.code, said.out) == (0, "No definition changed.\n")
    assert ringi("diff", "--base", "HEAD", lake=lake, as_json=True).json()["changes"] == []


def test_a_change_is_told_in_words_with_keys_metrics_views_and_countries(lake: Path) -> None:
    edit(lake, HOURS, lambda d: d["how"].update(filter="event_type = 'stop'"))
    said = ringi("diff", lake=lake)
    assert said.code == 0
    assert said.out == (
        f"{HOURS}\n"
        "  ~ `viewing_hours`: the filter changes from `event_type = 'heartbeat'` to `event_type = 'stop'`.\n"
        "    how.filter (logic): voids both keys, also of hours_per_play\n"
        "\n"
        "Metrics    hours_per_play, viewing_hours\n"
        "Views      title_daily\n"
        "Countries  DE, NO, NP, US\n"
        "           hours_per_play: numbers of DE, NO, NP, US\n"
        "           viewing_hours: numbers of DE, NO, NP, US\n"
    )


def test_what_only_looks_different_is_said_on_stderr(lake: Path) -> None:
    path = lake / HOURS
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o755)
    said = ringi("diff", lake=lake)
    assert said.out == "No definition changed.\n"
    assert said.err == f"Only layout, comments or spelling changed in `{HOURS}`; no field means anything else.\n"


def test_a_file_whose_name_is_no_text_is_told_like_any_other(lake: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(lake / "metrics") + b"/\xff\xe9.yaml"))
    odd.write_bytes((lake / metric_file("plays")).read_bytes().replace(b"metric: plays", b"metric: other_plays"))
    said = ringi("diff", lake=lake)
    assert said.code == 0
    assert "`other_plays` is new.\n    metric (logic): needs both keys\n" in said.out, "a new metric has no key yet that could be void"


def test_a_later_talk_is_told_by_what_was_decided(lake: Path) -> None:
    (hearing,) = sorted(lake.glob("hearings/*.yaml"))[:1]
    text = hearing.read_text(encoding="utf-8")
    talk = "\nentries:\n  - {date: 2026-11-02, recorded_at: 2026-11-02T12:00:00Z, metrics: [plays], attendees: [{person: aiko, side: tech}, {person: bernd, side: business}], decision: So be it.}\n"
    hearing.write_text(text.rstrip("\n") + talk, encoding="utf-8")
    assert "the list of later talks gains `So be it.`." in ringi("diff", lake=lake).out


def test_a_mode_alone_is_no_change(lake: Path) -> None:
    (lake / HOURS).chmod(0o755)
    assert ringi("diff", lake=lake).out == "No definition changed.\n"


def test_an_earlier_commit_is_compared_as_well(lake: Path) -> None:
    edit(lake, HOURS, lambda d: d["what"].update(unit="minutes"))
    committed(lake.parent)
    assert ringi("diff", lake=lake).out == "No definition changed.\n"
    (change,) = ringi("diff", "--base", "HEAD~1", lake=lake, as_json=True).json()["changes"]
    assert (change["field"], change["class"], change["voids"]) == ("what.unit", "business", ["business"])


def test_against_a_commit_without_the_project_all_of_it_is_new(lake: Path) -> None:
    other = small_project(lake.parent / "other")
    diff = ringi("diff", lake=other, as_json=True).json()
    assert {"metric", "view", "source", "countries.JP", "people.aiko"} <= {change["field"] for change in diff["changes"]}
    assert len(diff["metrics"]) == 7


def test_the_matrix_has_a_line_for_each_country(lake: Path) -> None:
    rows = ringi("diff", "--matrix", "viewing_hours", lake=lake, as_json=True).json()
    assert rows["metric"] == "viewing_hours"
    assert {row["country"]: row["sees"] for row in rows["countries"]} == {
        "DE": "base",
        "JP": "own",
        "NO": "base",
        "NP": "base",
        "US": "base",
    }
    assert "until" in ringi("diff", "--matrix", "viewing_hours", lake=lake).out


def test_show_says_which_countries_can_be_compared(lake: Path) -> None:
    assert "across 4 of 5 countries, which compute the same" in ringi("show", "hours_per_play", lake=lake).out
    facts = ringi("show", "viewing_hours", lake=lake, as_json=True).json()["comparable"]
    assert (facts["everywhere"], [one["country"] for one in facts["different"]]) == (False, ["JP"])
    assert ringi("show", "viewers", lake=lake, as_json=True).json()["comparable"]["everywhere"]


def test_a_clock_s_change_reaches_every_metric(lake: Path) -> None:
    edit(lake, "countries.yaml", lambda d: d["countries"]["DE"].update(reporting_time_zone="Europe/Paris"))
    diff = diff_against(lake, "HEAD")
    assert (len(diff.metrics), diff.countries) == (7, ("DE",))


def test_read_in_part_and_whole_the_diff_is_the_same(lake: Path) -> None:
    edit(lake, HOURS, lambda d: d["how"].update(filter="event_type = 'stop'"))
    (lake / metric_file("plays")).unlink()
    some, whole = diff_against(lake, "HEAD"), diff_against(lake, "HEAD", whole=True)
    assert not some.whole
    assert len(some.after.metrics) < len(whole.after.metrics)
    assert (some.changes, some.effects, some.views, some.countries) == (whole.changes, whole.effects, whole.views, whole.countries)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["people"]["aiko"].update(sides=[]),
        lambda d: d["people"]["aiko"].pop("keys"),
        lambda d: d["people"].pop("aiko"),
        lambda d: d["people"]["aiko"].update(valid_until="2025-01-01T00:00:00Z"),
    ],
    ids=["no side", "no public key", "gone", "before it was turned"],
)
def test_a_person_who_may_no_longer_turn_a_key_loses_those_turned(keyed: Path, change: object) -> None:
    edit(keyed, "people.yaml", change)  # type: ignore[arg-type]  # each is a function of the document
    (lost,) = voiding(keyed)
    assert (lost.file, lost.voids, lost.voided) == ("people.yaml", (TECH,), ("plays",))


def test_a_new_public_key_and_a_new_team_lose_nothing(keyed: Path) -> None:
    edit(keyed, "people.yaml", lambda d: d["people"]["aiko"].update(team="other"))
    assert voiding(keyed) == []


def test_an_approval_that_is_deleted_takes_its_key_with_it(keyed: Path) -> None:
    (approval,) = (keyed / "approvals" / "plays").glob("business-*.yaml")
    approval.unlink()
    (lost,) = voiding(keyed)
    assert lost.sentence == "The Business key of `plays` turned by bernd is removed."
    assert (lost.metric, lost.voids, lost.voided) == ("plays", (BUSINESS,), ("plays",))
    assert diff_against(keyed, "HEAD").metrics == ()


def test_an_approval_that_is_given_loses_nothing(keyed: Path) -> None:
    turn(keyed, "viewers", BUSINESS, "bernd", after(5))
    diff = diff_against(keyed, "HEAD")
    assert "approval" in {change.field for change in diff.changes}
    assert voiding(keyed) == []


def test_the_day_decides_which_variants_still_hold(lake: Path) -> None:
    edit(lake, HOURS, lambda d: d["how"].update(filter="event_type = 'stop'"))
    assert "JP" not in diff_against(lake, "HEAD", today=dt.date(2037, 3, 30)).countries
    assert "JP" in diff_against(lake, "HEAD", today=dt.date(2037, 3, 31)).countries


@pytest.mark.parametrize("ref", ["nowhere", "--help-me"])
def test_a_commit_that_is_none_is_wrong_usage(lake: Path, ref: str) -> None:
    said = ringi("diff", f"--base={ref}", lake=lake)
    assert (said.code, said.out) == (2, "")
    assert "Hint:" in said.err


def test_a_project_outside_of_git_is_told_so(tmp_path: Path) -> None:
    said = ringi("diff", lake=small_project(tmp_path / "lake"))
    assert said.code == 2
    assert "is not in a git repository" in said.err
