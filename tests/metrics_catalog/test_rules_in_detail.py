"""What the rules let pass and what they do not, case by case."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest

from metrics_catalog.catalog import load
from metrics_catalog.finding import Severity
from metrics_catalog.rules import check
from tests.support.breaking import DIMENSION, HEARING, PLAYS, SOURCE, TODAY, VIEW, findings_of, new_metric, only, set_
from tests.support.catalogs import (
    COLUMNS,
    OWNERS,
    Yaml,
    codes,
    dimension,
    edit,
    hearing,
    measured,
    metric,
    metric_file,
    small_project,
    source,
    view,
    write,
)


def test_a_finding_in_an_expression_stands_at_the_word(tmp_path: Path) -> None:
    small_project(tmp_path)
    text = (tmp_path / PLAYS).read_text(encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.strip().startswith("filter:"))
    write(tmp_path, PLAYS, re.sub("  filter: .*", "  filter: plan = 'x' and event_typ = 'start'", text))
    assert (only(tmp_path).place.line, only(tmp_path).place.column) == (line, len("  filter: plan = 'x' and ") + 1)
    assert only(tmp_path).hint == "Did you mean `event_type`?"


def test_a_hint_names_the_nearest_name(tmp_path: Path) -> None:
    edit(small_project(tmp_path), PLAYS, set_("proposer", to="karla"))
    assert only(tmp_path).hint == "did you mean `carla`?"


def test_an_expired_variant_is_a_warning_from_its_last_day_on(tmp_path: Path) -> None:
    small_project(tmp_path)
    assert findings_of(tmp_path, dt.date(2037, 3, 30)) == ()
    (finding,) = findings_of(tmp_path, dt.date(2037, 3, 31))
    assert (finding.code, finding.severity) == ("RNG-CAT-046", Severity.WARNING)


@pytest.mark.parametrize(
    ("base", "own"),
    [
        ("event_type = 'start' and plan = 'basic'", "plan = 'basic' AND 'start' = event_type"),
        ("event_type in ('start', 'stop')", "event_type in ('stop', 'start')"),
        ("position_s > 3", "not position_s <= 3"),
        (None, "TRUE"),
    ],
)
def test_a_variant_repeats_the_metric_however_it_is_written(tmp_path: Path, base: str | None, own: str) -> None:
    variant = {"filter": own, "reason": "The same.", "until": "2037-01-01"}
    edit(small_project(tmp_path), PLAYS, lambda d: (d["how"].update(filter=base), d.update(countries={"JP": variant})))
    assert only(tmp_path).code == "RNG-CAT-045"


def test_a_circle_is_told_once_with_its_way(tmp_path: Path) -> None:
    small_project(tmp_path)
    for name, other in (("a", "b"), ("b", "c"), ("c", "a"), ("outside", "c")):
        new_metric(tmp_path, name, {"kind": "derived", "expression": f"{other} * 2"})
    assert only(tmp_path).message == "`a` is computed from itself: a -> b -> c -> a."


def test_a_tower_of_metrics_is_told_once_where_it_grows_too_high(tmp_path: Path) -> None:
    small_project(tmp_path)
    names = [f"m{number}" for number in range(300)]
    for name, other in zip(names, [*names[1:], "plays"], strict=True):
        write(tmp_path, f"metrics/chain/{name}.yaml", metric(name, {"kind": "derived", "expression": f"{other} + 0"}, hearing=None))
    assert codes(findings_of(tmp_path)) == ["RNG-CAT-054"]


def test_sums_counts_and_what_is_made_of_them_may_be_added(tmp_path: Path) -> None:
    small_project(tmp_path)
    new_metric(tmp_path, "a", {"kind": "derived", "expression": "plays + completions * 2 - 5"})
    new_metric(tmp_path, "b", {"kind": "derived", "expression": "a + plays"})
    new_metric(tmp_path, "c", {"kind": "derived", "expression": "viewers * 100.0 / (plays + 1)"})
    assert findings_of(tmp_path) == ()
    new_metric(tmp_path, "d", {"kind": "derived", "expression": "c + plays"})
    assert (only(tmp_path).code, only(tmp_path).place.file) == ("RNG-CAT-052", metric_file("d"))


def test_an_exact_distinct_count_may_stand_in_a_ratio(tmp_path: Path) -> None:
    new_metric(small_project(tmp_path), "hours_per_viewer", {"kind": "ratio", "numerator": "viewing_hours", "denominator": "viewers"})
    assert findings_of(tmp_path) == ()


def add_titles_source(root: Path, **changes: Any) -> None:
    columns = {"title_id": {"type": "string"}, "genre": {"type": "string"}, "day": {"type": "date"}}
    write(
        root,
        "sources/titles.yaml",
        source("titles", **{"delivery": "snapshot", "columns": columns, "key": ["title_id"], **TIMELESS, **changes}),
    )


TIMELESS: Yaml = {"event_time": None, "received_time": None, "country": None}


def from_source(**changes: Any) -> Yaml:
    return dimension(rows=None, source="titles", **{"attributes": {"genre": {}}, **changes})


def test_a_dimension_may_come_from_a_snapshot(tmp_path: Path) -> None:
    add_titles_source(small_project(tmp_path))
    write(tmp_path, DIMENSION, from_source())
    assert findings_of(tmp_path) == ()


@pytest.mark.parametrize(
    ("of_source", "of_dimension", "code"),
    [
        ({}, {"attributes": {"genr": {}}}, "RNG-CAT-074"),
        ({}, {"attributes": {"genre": {"type": "integer"}}}, "RNG-CAT-073"),
        ({"delivery": "events", "event_time": "day"}, {}, "RNG-CAT-075"),
        ({"key": ["title_id", "genre"]}, {}, "RNG-CAT-077"),
        ({"key": ["title_id", "day"]}, {"validity": {"valid_from": "day", "valid_until": "last_day"}}, "RNG-CAT-074"),
    ],
)
def test_a_dimension_does_not_fit_its_source(tmp_path: Path, of_source: Yaml, of_dimension: Yaml, code: str) -> None:
    add_titles_source(small_project(tmp_path), **of_source)
    write(tmp_path, DIMENSION, from_source(**of_dimension))
    assert code in codes(findings_of(tmp_path))


def with_validity(root: Path, *periods: tuple[str | None, str | None]) -> None:
    rows = [{"title_id": "t1", "genre": "drama", "release_year": 2020, "since": start, "until": end} for start, end in periods]
    write(root, DIMENSION, dimension(rows=rows, validity={"valid_from": "since", "valid_until": "until"}))


def test_rows_of_one_key_may_follow_each_other_and_not_overlap(tmp_path: Path) -> None:
    small_project(tmp_path)
    with_validity(tmp_path, (None, "2026-01-01"), ("2026-01-01", "2026-07-01"), ("2026-07-01", None))
    assert findings_of(tmp_path) == ()
    with_validity(tmp_path, (None, "2026-01-02"), ("2026-01-01", None))
    assert only(tmp_path).code == "RNG-CAT-072"
    with_validity(tmp_path, ("1.1.2026", None))
    assert only(tmp_path).code == "RNG-CAT-073"


def test_one_attribute_in_two_dimensions_is_ambiguous(tmp_path: Path) -> None:
    write(
        small_project(tmp_path),
        "dimensions/shows.yaml",
        dimension("shows", attributes={"genre": {}}, rows=[{"title_id": "t1", "genre": "x"}]),
    )
    assert (only(tmp_path).code, only(tmp_path).place.file) == ("RNG-CAT-076", DIMENSION)


def test_parts_of_different_sources_meet_only_with_country_and_time(tmp_path: Path) -> None:
    add_titles_source(small_project(tmp_path), columns={"title_id": {"type": "string"}})
    new_metric(tmp_path, "titles", measured("count", source="titles", dimensions=[]))
    new_metric(tmp_path, "plays_per_title", {"kind": "ratio", "numerator": "plays", "denominator": "titles"})
    assert only(tmp_path).code == "RNG-CAT-053"
    write(tmp_path, "sources/titles.yaml", source("titles", columns=COLUMNS))
    assert findings_of(tmp_path) == ()


def test_a_ratio_publishes_its_parts_without_a_finding_unless_they_collide(tmp_path: Path) -> None:
    small_project(tmp_path)
    edit(tmp_path, VIEW, set_("metrics", to=["completion_rate"]))
    assert findings_of(tmp_path) == ()
    new_metric(tmp_path, "plan", measured("count", where="plan is not null"))
    new_metric(tmp_path, "plan_rate", {"kind": "ratio", "numerator": "plan", "denominator": "plays"})
    edit(tmp_path, VIEW, set_("metrics", to=["plan_rate"]))
    edit(tmp_path, VIEW, set_("grain", "dimensions", to=["plan"]))
    assert only(tmp_path).code == "RNG-CAT-062" and "a part of the ratio `plan_rate`" in only(tmp_path).message


def test_a_metric_called_like_a_word_of_sql_is_a_finding(tmp_path: Path) -> None:
    new_metric(small_project(tmp_path), "order", measured("count", where="plan is not null"))
    assert only(tmp_path).code == "RNG-CAT-066"


def test_a_personal_dimension_is_a_warning_and_a_metric_that_ends_without_a_successor_an_error(tmp_path: Path) -> None:
    small_project(tmp_path)
    new_metric(tmp_path, "sessions", measured("count", dimensions=["viewer_id"]), lifecycle="deprecated")
    write(tmp_path, "views/by_viewer.yaml", view("by_viewer", ["sessions"], ["viewer_id"]))
    assert {(finding.code, finding.severity) for finding in findings_of(tmp_path)} == {
        ("RNG-CAT-067", Severity.WARNING),
        ("RNG-CAT-143", Severity.ERROR),
    }


def test_a_rejected_hearing_is_a_warning(tmp_path: Path) -> None:
    edit(small_project(tmp_path), HEARING, set_("outcome", to="rejected"))
    assert {(finding.code, finding.severity) for finding in findings_of(tmp_path)} == {("RNG-CAT-097", Severity.WARNING)}


@pytest.mark.parametrize("file", [SOURCE, DIMENSION, HEARING, PLAYS, "countries.yaml", "people.yaml"])
def test_a_broken_file_is_not_called_missing_by_those_that_name_it(tmp_path: Path, file: str) -> None:
    write(small_project(tmp_path), file, "- broken\n")
    catalog, findings = load(tmp_path)
    assert {finding.place.file for finding in findings} == {file}
    assert check(catalog, TODAY) == ()


def test_all_findings_are_told_at_once(tmp_path: Path) -> None:
    small_project(tmp_path)
    edit(
        tmp_path,
        PLAYS,
        lambda d: (d["how"].update(source="nowhere"), d.update(proposer="nobody", hearing="never"), d["what"].update(unit="TODO")),
    )
    assert sorted(codes(findings_of(tmp_path))) == ["RNG-CAT-030", "RNG-CAT-032", "RNG-CAT-037", "RNG-CAT-038"]


def test_a_hearing_needs_both_sides_and_owners_two_names(tmp_path: Path) -> None:
    write(small_project(tmp_path), "hearings/solo.yaml", hearing("solo", ["plays"], attendees=[{"person": "aiko", "side": "tech"}]))
    assert only(tmp_path).code == "RNG-CAT-096"
    assert OWNERS.keys() == {"tech", "business"}
