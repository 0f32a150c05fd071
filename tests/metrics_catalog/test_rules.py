"""Each rule: one broken project a finding code, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrics_catalog.codes import codes as pages
from tests.support.breaking import DIMENSION, HEARING, PLAYS, SOURCE, VIEW, Change, drop, findings_of, set_
from tests.support.catalogs import PEOPLE, codes, edit, metric_file, small_project


def test_a_faultless_project_has_no_finding(tmp_path: Path) -> None:
    assert findings_of(small_project(tmp_path)) == ()


VARIANT = {"reason": "Previews."}

BROKEN: list[tuple[str, str, Change, str]] = [
    # code, file, change, part of the message
    ("030", PLAYS, set_("what", "label", "ja", to="TODO"), "`what.label.ja` of the metric `plays` says nothing: `TODO`"),
    ("030", PLAYS, set_("what", "description", "en", to="tbd: ask Hanako"), "`what.description.en`"),
    ("030", PLAYS, set_("why", "decision", "ja", to="未定。"), "`why.decision.ja`"),
    ("030", PLAYS, set_("what", "unit", to="\u200b-\u200b"), "`what.unit`"),
    ("030", VIEW, set_("owners", "tech", to="n/a"), "`owners.tech` of the view"),
    ("032", PLAYS, set_("how", "source", to="viewing_event"), "There is no source `viewing_event`"),
    ("032", DIMENSION, lambda d: (d.pop("rows"), d.update(source="titles")), "There is no source `titles`"),
    ("034", SOURCE, set_("event_time", to="occured_at"), "has no column `occured_at`"),
    ("034", SOURCE, set_("key", to=["event_id", "nothing"]), "has no column `nothing`"),
    ("035", PLAYS, set_("how", "dimensions", to=["title_id", "device_type", "gender"]), "`gender` is no column of `viewing_events`"),
    ("035", VIEW, set_("grain", "dimensions", to=["device_typ"]), "`device_typ` is no column of any source"),
    ("036", PLAYS, set_("countries", to={"GB": VARIANT | {"filter": "seconds_viewed > 5"}}), "There is no country `GB`"),
    ("036", VIEW, set_("countries", to=["JP", "FR"]), "There is no country `FR`"),
    ("036", PLAYS, set_("examples", to=[{"name": "a", "country": "FR", "rows": [], "expect": 0}]), "There is no country `FR`"),
    ("037", PLAYS, set_("proposer", to="karla"), "There is no person `karla`"),
    ("037", HEARING, set_("attendees", 0, "person", to="aiku"), "There is no person `aiku`"),
    ("038", PLAYS, set_("hearing", to="2026-11-engagements"), "There is no hearing `2026-11-engagements`"),
    ("039", VIEW, set_("metrics", to=["play"]), "There is no metric `play`"),
    ("039", HEARING, lambda d: d["metrics"].append("play"), "There is no metric `play`"),
    ("039", metric_file("completion_rate"), set_("how", "denominator", to="play"), "There is no metric `play`"),
    ("039", metric_file("hours_per_play"), set_("how", "expression", to="viewing_hours / (play + plays)"), "There is no metric `play`"),
    ("040", metric_file("viewing_hours"), set_("how", "expression", to="title_id"), "is text and cannot be summed"),
    ("040", metric_file("average_view_seconds"), set_("how", "expression", to="occurred_at"), "is an instant and cannot be averaged"),
    ("040", metric_file("viewing_hours"), set_("countries", "JP", "expression", to="title_id"), "is text and cannot be summed"),
    ("041", PLAYS, set_("how", "filter", to="position_s"), "The filter is a whole number; expected a condition"),
    ("041", metric_file("viewing_hours"), set_("countries", "JP", "filter", to="'x'"), "The filter is text"),
    ("043", PLAYS, set_("countries", to={"JP": VARIANT | {"expression": "seconds_viewed"}}), "`plays` counts rows"),
    ("043", metric_file("completion_rate"), set_("countries", to={"JP": VARIANT | {"filter": "seconds_viewed > 1"}}), "cannot have a variant for JP"),
    ("044", PLAYS, set_("countries", to={"JP": VARIANT}), "changes nothing"),
    ("045", PLAYS, set_("countries", to={"JP": VARIANT | {"filter": "('start' = EVENT_TYPE)"}}), "repeats the metric's own filter"),
    ("050", metric_file("hours_per_play"), set_("how", "expression", to="hours_per_play * 2"), "hours_per_play -> hours_per_play"),
    ("051", metric_file("completion_rate"), set_("how", "numerator", to="average_view_seconds"), "is itself an average"),
    ("052", metric_file("hours_per_play"), set_("how", "expression", to="plays + 2 * viewers"), "`viewers` is a count of different values"),
    ("052", metric_file("hours_per_play"), set_("how", "expression", to="-(completion_rate) + plays"), "`completion_rate` is a ratio"),
    ("055", PLAYS, set_("lifecycle", to="retired"), "is made of `plays`, which is retired"),
    ("056", PLAYS, set_("examples", to=[{"name": "One", "country": "JP", "rows": [{"event_typ": "start"}], "expect": 1}]), "`event_typ`"),
    ("057", metric_file("completion_rate"), set_("how", "numerator", to="plays"), "divides `plays` by itself"),
    ("057", metric_file("hours_per_play"), set_("how", "expression", to="40 + 2"), "names no metric"),
    ("060", PLAYS, set_("how", "dimensions", to=["title_id"]), "has the dimension `device_type`, but `plays` may not"),
    ("060", metric_file("completions"), set_("how", "dimensions", to=["title_id"]), "`completions`, of which `completion_rate` is made,"),
    ("061", SOURCE, drop("country"), "names no `country`"),
    ("062", VIEW, set_("grain", "dimensions", to=["viewing_country"]), "The dimension `viewing_country` is called like"),
    ("063", VIEW, set_("metrics", to=["plays", "viewers", "plays"]), "`plays` is listed twice"),
    ("063", VIEW, set_("countries", to=["JP", "JP"]), "`JP` is listed twice"),
    ("064", VIEW, set_("countries", to=[]), "published in no country"),
    ("065", metric_file("viewers"), set_("lifecycle", to="retired"), "publishes `viewers`, which is retired"),
    ("066", DIMENSION, lambda d: d["attributes"].update(order={}), "The attribute `order`"),
    ("066", DIMENSION, lambda d: d["attributes"].update(viewing_date={}), "like a column that views already have"),
    ("070", DIMENSION, drop("rows"), "neither `rows` nor `source`"),
    ("070", DIMENSION, set_("source", to="viewing_events"), "both `rows` and `source`"),
    ("071", DIMENSION, drop("rows", 0, "genre"), "lacks `genre`"),
    ("071", DIMENSION, set_("rows", 0, "gnre", to="x"), "has `gnre`"),
    ("071", DIMENSION, set_("rows", 0, "title_id", to=None), "is empty"),
    ("072", DIMENSION, set_("rows", 1, "title_id", to="t1"), "The key `t1` stands in row 1 already"),
    ("073", DIMENSION, set_("rows", 0, "release_year", to="2020"), "`release_year` is `2020`; expected a whole number"),
    ("073", DIMENSION, set_("rows", 0, "release_year", to=True), "expected a whole number"),
    ("074", DIMENSION, lambda d: d["attributes"].update(title_id={}), "is an attribute too"),
    ("076", DIMENSION, lambda d: (d["attributes"].update(plan={}), [row.update(plan="x") for row in d["rows"]]), "is an attribute of `titles` and a column"),
    ("081", SOURCE, set_("event_time", to="position_s"), "which is integer; expected date or timestamp"),
    ("081", SOURCE, set_("key", to=["event_id", "event_id"]), "stands in the key twice"),
    ("082", SOURCE, drop("event_time"), "names no `event_time`"),
    ("084", SOURCE, set_("columns", "position_s", "maximum", to=-1), "minimum above its maximum"),
    ("084", SOURCE, set_("columns", "plan", "minimum", to=1), "cannot have a minimum"),
    ("084", SOURCE, set_("columns", "position_s", "values", to=["1"]), "only a string can have `values`"),
    ("084", SOURCE, set_("columns", "event_type", "null_values", to=["stop"]), "stands for a missing one"),
    ("085", SOURCE, set_("columns", "plan", "from_field", to="title_id"), "reads the field `title_id`"),
    ("086", SOURCE, set_("lateness", to="-P1D"), "negative"),
    ("090", "countries.yaml", set_("countries", "JP", "reporting_time_zone", to="Asia/Tokio"), "There is no time zone `Asia/Tokio`"),
    ("090", "countries.yaml", set_("countries", "JP", "reporting_time_zone", to="../../etc/passwd"), "There is no time zone"),
    ("091", "people.yaml", drop("people", "aiko", "keys"), "`aiko` may stamp for `tech` but holds no key"),
    ("092", "people.yaml", set_("people", "carla", "valid_from", to="2026-01-01T00:00:00"), "does not say its offset"),
    ("092", "people.yaml", lambda d: d["people"]["carla"].update(valid_from="2026-01-02T00:00:00Z", valid_until="2026-01-01T00:00:00Z"), "is not after"),
    ("093", "people.yaml", set_("people", "carla", "keys", to=PEOPLE["aiko"]["keys"]), "`carla` holds the same key as `aiko`"),
    ("095", HEARING, set_("metrics", to=["plays", "viewers", "viewing_hours", "completions", "hours_per_play", "completion_rate"]), "does not list it"),
    ("096", HEARING, drop("attendees", 0), "Nobody spoke for tech"),
    ("100", PLAYS, set_("how", "filter", to="event_type ="), ""),
    ("101", PLAYS, set_("how", "filter", to="event_type = (select 1)"), ""),
    ("102", PLAYS, set_("how", "filter", to="regexp_matches(event_type, 'x')"), ""),
    ("103", PLAYS, set_("how", "filter", to="event_typ = 'start'"), "The column `event_typ` is not known"),
    ("104", PLAYS, set_("how", "filter", to="event_type = 5"), ""),
    ("107", PLAYS, set_("how", "filter", to="plan = null"), ""),
]  # fmt: skip


@pytest.mark.parametrize(("code", "file", "change", "message"), BROKEN)
def test_a_broken_definition_gives_its_finding_in_a_file_that_can_mend_it(
    tmp_path: Path, code: str, file: str, change: Change, message: str
) -> None:
    edit(small_project(tmp_path), file, change)
    found = [finding for finding in findings_of(tmp_path) if finding.code == f"RNG-CAT-{code}"]
    assert found, codes(findings_of(tmp_path))
    assert message in found[0].message and found[0].hint
    assert (tmp_path / found[0].place.file).is_file() and found[0].place.line > 0


def test_every_code_of_the_rules_is_broken_in_a_test() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_rules*.py"))
    rules = [code for code in pages() if "RNG-CAT-030" <= code <= "RNG-CAT-099"]
    assert len(rules) > 45
    assert not [code for code in rules if f'"{code[-3:]}"' not in text and f'"{code}"' not in text]
