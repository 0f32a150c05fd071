"""What a change voids and whom it reaches: each kind of file, added, removed, renamed, broken; countries exactly."""

from __future__ import annotations

import copy
import datetime as dt
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from governance.policy.policy_files import policy_definitions
from metrics_catalog.catalog import load
from metrics_catalog.diff.compare import compare
from metrics_catalog.diff.definitions import Version
from metrics_catalog.diff.diff_json import as_json
from metrics_catalog.diff.matrix import matrix
from metrics_catalog.errors import UsageError
from metrics_catalog.person import Side
from tests.support.catalogs import edit, measured, metric, metric_file, small_project, text, view, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from metrics_catalog.diff.catalog_diff import CatalogDiff, FieldChange

TODAY = dt.date(2026, 11, 22)
BOTH = {Side.TECH, Side.BUSINESS}
ALL = ("DE", "JP", "NO", "NP", "US")
HOURS = metric_file("viewing_hours")


class Project:
    """A small project beside a copy of how it was; `diff` compares the two."""

    def __init__(self, folder: Path) -> None:
        self.root, self._then = small_project(folder / "now"), folder / "then"
        self.settle()

    def settle(self) -> None:
        """Take what is there now as the earlier version."""
        shutil.rmtree(self._then, ignore_errors=True)
        shutil.copytree(self.root, self._then)

    def edit(self, file: str, change: Callable[[dict[str, Any]], Any]) -> CatalogDiff:
        edit(self.root, file, change)
        return self.diff()

    def diff(self, today: dt.date = TODAY) -> CatalogDiff:
        files = self._changed()
        return compare(_version(self._then, files), _version(self.root, files), files, today)

    def _changed(self) -> frozenset[str]:
        contents = [
            {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.yaml")} for root in (self._then, self.root)
        ]
        return frozenset(file for file in contents[0].keys() | contents[1].keys() if contents[0].get(file) != contents[1].get(file))


def _version(root: Path, files: frozenset[str]) -> Version:
    catalog, findings = load(root)
    return Version(catalog, (), findings).with_others(*policy_definitions(root, files))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def only(diff: CatalogDiff) -> FieldChange:
    (change,) = diff.changes
    return change


def test_a_filter_reaches_all_countries_but_those_with_their_own(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d["how"].update(filter="event_type = 'stop'"))
    change = only(diff)
    assert (change.file, change.metric, change.field, set(change.voids)) == (HOURS, "viewing_hours", "how.filter", BOTH)
    assert change.voided == ("hours_per_play", "viewing_hours")
    assert diff.metrics == ("hours_per_play", "viewing_hours")
    assert diff.views == ("title_daily",)
    assert diff.countries == ("DE", "NO", "NP", "US")
    assert change.sentence == "`viewing_hours`: the filter changes from `event_type = 'heartbeat'` to `event_type = 'stop'`."


def test_an_expression_that_a_variant_inherits_reaches_its_country_too(project: Project) -> None:
    assert project.edit(HOURS, lambda d: d["how"].update(expression="seconds_viewed / 60.0")).countries == ALL


def test_a_variant_reaches_its_country_alone(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d["countries"]["JP"].update(filter="event_type = 'heartbeat' and seconds_viewed >= 9"))
    assert (only(diff).field, diff.countries) == ("countries.JP.filter", ("JP",))


@pytest.mark.parametrize(("field", "voids"), [("until", BOTH), ("reason", {Side.BUSINESS})])
def test_when_and_why_a_variant_holds_reach_its_country_alone(project: Project, field: str, voids: set[Side]) -> None:
    value = {"until": "2038-01-01", "reason": "Another reason."}[field]
    diff = project.edit(HOURS, lambda d: d["countries"]["JP"].update({field: value}))
    assert (set(only(diff).voids), diff.countries) == (voids, ("JP",))


def test_a_variant_that_repeats_the_base_reaches_no_country(project: Project) -> None:
    same = {"filter": "(event_type = 'heartbeat')", "reason": "None.", "until": "2038-01-01"}
    diff = project.edit(HOURS, lambda d: d["countries"].update(DE=same))
    assert {change.field for change in diff.changes} == {"countries.DE.filter", "countries.DE.reason", "countries.DE.until"}
    assert diff.effect("viewing_hours").numbers == ()  # type: ignore[union-attr]  # it has an effect: keys are void
    assert diff.countries == ("DE",), "its reason is a word that Germany reads"


def test_a_variant_that_has_ended_no_longer_shields_its_country(project: Project) -> None:
    edit(project.root, HOURS, lambda d: d["countries"]["JP"].update(until="2026-11-22"))
    project.settle()
    diff = project.edit(HOURS, lambda d: d["how"].update(filter="event_type = 'stop'"))
    assert diff.countries == ALL
    assert project.diff(today=dt.date(2026, 11, 21)).countries == ("DE", "NO", "NP", "US")


def test_words_void_the_business_key_and_are_read_everywhere(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d["what"].update(description=text("Other.", "別。")))
    assert {change.field for change in diff.changes} == {"what.description.en", "what.description.ja"}
    assert {change.voids for change in diff.changes} == {(Side.BUSINESS,)}
    assert (diff.metrics, diff.views, diff.countries) == (("viewing_hours",), ("title_daily",), ALL)
    effect = diff.effect("viewing_hours")
    assert effect is not None
    assert (effect.numbers, effect.words) == ((), ALL)


def test_a_unit_is_read_beside_what_is_made_of_the_metric_too(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d["what"].update(unit="minutes"))
    assert only(diff).voided == ("hours_per_play", "viewing_hours")


def test_an_editorial_field_is_shown_and_voids_and_reaches_nothing(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d["what"].update(aliases={"en": ["watch time"]}))
    change = only(diff)
    assert (change.field_class.value, change.voids, change.voided) == ("editorial", (), ())
    assert (diff.metrics, diff.views, diff.countries, diff.effects) == (("viewing_hours",), (), (), ())


def test_who_proposed_voids_both_keys_and_changes_no_number(project: Project) -> None:
    diff = project.edit(HOURS, lambda d: d.update(proposer="aiko"))
    assert (set(only(diff).voids), diff.countries) == (BOTH, ())


@pytest.mark.parametrize("filter_", ["EVENT_TYPE='heartbeat'", "((event_type = 'heartbeat'))", "'heartbeat' = event_type"])
def test_an_expression_written_otherwise_is_no_change(project: Project, filter_: str) -> None:
    diff = project.edit(HOURS, lambda d: d["how"].update(filter=filter_))
    assert diff.changes == ()
    assert HOURS in diff.notes[0]


def test_line_endings_comments_and_order_of_keys_are_no_change(project: Project) -> None:
    path = project.root / HOURS
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_bytes(("# A comment\r\n" + "\r\n".join(lines) + "\r\n").encode())
    assert project.diff().changes == ()


def test_a_country_s_clock_reaches_that_country_and_voids_every_metric(project: Project) -> None:
    diff = project.edit("countries.yaml", lambda d: d["countries"]["DE"].update(reporting_time_zone="Europe/Paris"))
    change = only(diff)
    assert (change.field, change.metric, set(change.voids)) == ("countries.DE.reporting_time_zone", None, BOTH)
    assert len(change.voided) == len(diff.after.metrics)
    assert diff.countries == ("DE",)


def test_a_country_that_joins_voids_no_key(project: Project) -> None:
    diff = project.edit("countries.yaml", lambda d: d["countries"].update(FR=copy.deepcopy(d["countries"]["DE"])))
    assert (only(diff).field, only(diff).voids, diff.countries, diff.metrics) == ("countries.FR", (), ("FR",), ())


def test_a_country_that_leaves_voids_the_keys_that_covered_it(project: Project) -> None:
    diff = project.edit("countries.yaml", lambda d: d["countries"].pop("US"))
    assert (only(diff).field, set(only(diff).voids), diff.countries) == ("countries.US", BOTH, ("US",))


def test_a_column_voids_the_keys_of_the_metrics_that_read_it(project: Project) -> None:
    diff = project.edit("sources/viewing_events.yaml", lambda d: d["columns"]["position_s"].update(type="double"))
    change = only(diff)
    assert (change.field, change.metric, change.voided) == ("columns.position_s.type", None, ("completion_rate", "completions"))
    assert diff.metrics == ("completion_rate", "completions")


def test_a_column_that_no_metric_reads_voids_no_key(project: Project) -> None:
    diff = project.edit("sources/viewing_events.yaml", lambda d: d["columns"]["player_version"].update(type="integer"))
    assert (only(diff).field_class.value, only(diff).voids, diff.metrics) == ("logic", (), ())


def test_a_column_that_goes_leaves_metrics_without_a_meaning(project: Project) -> None:
    diff = project.edit("sources/viewing_events.yaml", lambda d: d["columns"].pop("position_s"))
    effect = diff.effect("completions")
    assert effect is not None
    assert effect.after is None
    assert "position_s" in effect.fault
    assert {"completions", "completion_rate"} <= {name for change in diff.changes for name in change.voided}


def test_rows_of_a_dimension_reach_the_metrics_sliced_by_it(project: Project) -> None:
    diff = project.edit("dimensions/titles.yaml", lambda d: d["rows"].pop())
    assert only(diff).field == "rows"
    assert "viewing_hours" in only(diff).voided


def test_a_new_metric_is_one_change_that_needs_both_keys(project: Project) -> None:
    write(project.root, metric_file("stops"), metric("stops", measured("count", where="event_type = 'stop'")))
    diff = project.diff()
    change = only(diff)
    assert (change.metric, change.field, change.before, change.after, set(change.voids)) == ("stops", "metric", None, "stops", BOTH)
    assert (diff.metrics, diff.countries) == (("stops",), ALL)


def test_a_metric_that_goes_is_told_with_all_that_is_made_of_it(project: Project) -> None:
    (project.root / HOURS).unlink()
    diff = project.diff()
    assert (only(diff).after, only(diff).voided) == (None, ("hours_per_play", "viewing_hours"))
    assert diff.effect("hours_per_play").fault  # type: ignore[union-attr]  # it has an effect: a part is gone
    assert diff.views == ("title_daily",)


def test_a_renamed_metric_is_a_rename_and_not_another_metric(project: Project) -> None:
    edit(project.root, HOURS, lambda d: d.update(metric="hours_watched"))
    (project.root / HOURS).rename(project.root / metric_file("hours_watched"))
    change = only(project.diff())
    assert (change.field, change.before, change.after) == ("metric", "viewing_hours", "hours_watched")
    assert change.sentence == "The metric `viewing_hours` is now called `hours_watched`."
    assert {"viewing_hours", "hours_watched", "hours_per_play"} <= set(change.voided)


def test_a_file_that_moves_changes_nothing_else(project: Project) -> None:
    (project.root / "metrics" / "other").mkdir()
    (project.root / HOURS).rename(project.root / "metrics" / "other" / "viewing_hours.yaml")
    change = only(project.diff())
    assert (change.field, change.before, change.voids) == ("file", HOURS, ())


@pytest.mark.parametrize("broken", ["metric: [", "", "\tmetric: viewing_hours\n", "metric: viewing_hours\n"])
def test_a_file_that_is_broken_now_is_said_to_be(project: Project, broken: str) -> None:
    write(project.root, HOURS, broken)
    change = only(project.diff())
    assert (change.field, change.metric, set(change.voids)) == ("file", "viewing_hours", BOTH)
    assert change.voided == ("hours_per_play", "viewing_hours")
    assert "cannot be read now" in change.sentence


def test_a_file_that_was_broken_is_said_to_have_been(project: Project) -> None:
    before = (project.root / HOURS).read_text(encoding="utf-8")
    write(project.root, HOURS, "metric: [")
    project.settle()
    write(project.root, HOURS, before)
    change = only(project.diff())
    assert "could not be read at the base" in change.sentence
    assert set(change.voids) == BOTH


def test_a_broken_entry_of_countries_takes_no_other_with_it(project: Project) -> None:
    diff = project.edit("countries.yaml", lambda d: d["countries"]["DE"].pop("currency"))
    assert [change.field for change in diff.changes] == ["file"]
    assert diff.countries == ("DE",)


@pytest.mark.parametrize(
    ("change", "countries"),
    [
        ({"countries": ["JP", "DE"]}, ("NO", "NP", "US")),
        ({"label": text("Other", "別")}, ALL),
        ({"metrics": ["viewers"]}, ALL),
        ({"grain": {"time": "week", "dimensions": []}}, ALL),
    ],
)
def test_a_view_reaches_the_countries_that_read_it(project: Project, change: dict[str, Any], countries: tuple[str, ...]) -> None:
    diff = project.edit("views/title_daily.yaml", lambda d: d.update(change))
    assert (diff.views, diff.countries, diff.metrics) == (("title_daily",), countries, ())
    assert all(one.voids == () for one in diff.changes), "no key covers a view"


def test_a_metric_reaches_the_countries_of_the_views_that_show_it(project: Project) -> None:
    edit(project.root, "views/title_daily.yaml", lambda d: d.update(countries=["JP", "DE"]))
    project.settle()
    diff = project.edit(metric_file("viewers"), lambda d: d["how"].update(filter="event_type = 'stop'"))
    assert diff.countries == ("DE", "JP")


def test_a_new_view_is_one_change(project: Project) -> None:
    write(project.root, "views/viewers_weekly.yaml", view("viewers_weekly", ["viewers"], countries=["NO"]))
    diff = project.diff()
    assert (only(diff).field, diff.views, diff.countries) == ("view", ("viewers_weekly",), ("NO",))


def test_people_hearings_and_policies_are_told(project: Project) -> None:
    write(project.root, "policy/analysts.yaml", {"principals": {"analyst_jp": {}}})
    project.settle()
    edit(project.root, "people.yaml", lambda d: d["people"]["aiko"].update(sides=["business"]))
    edit(project.root, "hearings/2026-11-engagement.yaml", lambda d: d.update(decision="Count starts."))
    write(project.root, "policy/analysts.yaml", {"principals": {"analyst_de": {}}})
    diff = project.diff()
    told = {(change.file, change.field) for change in diff.changes}
    assert ("people.yaml", "people.aiko.sides") in told
    assert ("hearings/2026-11-engagement.yaml", "decision") in told
    assert any(file == "policy/analysts.yaml" for file, _ in told)
    assert (diff.metrics, diff.countries) == ((), ())


def test_the_json_shape_is_fixed(project: Project) -> None:
    shape = as_json(project.edit(HOURS, lambda d: d["how"].update(filter="event_type = 'stop'")))
    assert shape["schema_version"] == 1
    assert {"file", "metric", "field", "class", "voids"} <= shape["changes"][0].keys()
    assert (shape["changes"][0]["class"], shape["changes"][0]["voids"]) == ("logic", ["tech", "business"])
    assert all(isinstance(shape[name], list) for name in ("metrics", "views", "countries"))


def test_the_matrix_says_what_each_country_will_see(project: Project) -> None:
    spain = {"filter": "event_type = 'stop'", "reason": "Trials.", "until": "2026-01-01"}
    edit(project.root, "countries.yaml", lambda d: d["countries"]["NP"].update(reporting_time_zone="Asia/Kolkata"))
    diff = project.edit(HOURS, lambda d: (d["countries"].update(DE=spain), d["how"].update(filter="event_type = 'pause'")))
    lines = {line.country: line for line in matrix(diff, "hours_per_play")}
    assert tuple(lines) == ALL
    assert (lines["JP"].sees, lines["JP"].replaces, str(lines["JP"].until)) == ("own", ("filter of viewing_hours",), "2037-03-31")
    assert (lines["JP"].reason, lines["JP"].changes) == ("Short previews autoplay in Japan.", ())
    assert (lines["US"].sees, lines["US"].changes) == ("base", ("numbers",))
    assert lines["NP"].changes == ("numbers", "time zone")
    ended = {line.country: line for line in matrix(diff, "viewing_hours")}["DE"]
    assert (ended.sees, str(ended.until), ended.reason) == ("base", "2026-01-01", "Its own variant has ended.")


def test_a_matrix_of_no_metric_is_refused(project: Project) -> None:
    with pytest.raises(UsageError, match="no metric `viewing_hour`"):
        matrix(project.diff(), "viewing_hour")
