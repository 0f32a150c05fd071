"""Rules of hearings and of the end of metrics: each code is broken once, and its finding stands in the file that can mend it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from metrics_catalog.codes import codes as pages
from metrics_catalog.finding import Severity
from tests.support.breaking import HEARING, PLAYS, TODAY, Change, findings_of, set_
from tests.support.catalogs import edit, small_project

ENTRY: dict[str, Any] = {
    "date": "2026-11-10", "recorded_at": "2026-11-10T09:00:00Z", "metrics": ["plays"], "changed": ["how.filter"], "decision": "So.",
    "attendees": [{"person": "aiko", "side": "tech"}, {"person": "bernd", "side": "business"}],
}  # fmt: skip
END = {"successor": "viewers", "reason": "Previews.", "ends_on": "2036-12-31"}
BOTH = [{"person": "aiko", "side": "tech"}, {"person": "aiko", "side": "business"}]
GUEST = [{"person": "carla", "side": "tech"}, {"person": "bernd", "side": "business"}]

BROKEN: list[tuple[str, str, Change, str]] = [
    ("037", HEARING, set_("entries", to=[ENTRY | {"attendees": [{"person": "aika", "side": "tech"}]}]), "There is no person `aika`"),
    ("039", HEARING, set_("entries", to=[ENTRY | {"metrics": ["play"]}]), "There is no metric `play`"),
    ("039", PLAYS, set_("deprecation", to=END | {"successor": "viewer"}), "There is no metric `viewer`"),
    ("096", HEARING, set_("entries", to=[ENTRY | {"attendees": ENTRY["attendees"][:1]}]), "Nobody spoke for business at the talk of 2026-11-10"),
    ("140", HEARING, set_("attendees", to=BOTH), "`aiko` spoke for both sides at one talk"),
    ("140", HEARING, set_("entries", to=[ENTRY | {"attendees": BOTH}]), "`aiko` spoke for both sides at one talk"),
    ("141", HEARING, set_("attendees", to=GUEST), "`carla` spoke for tech at the hearing"),
    ("142", HEARING, set_("date", to="2026-11-24"), "records a talk of 2026-11-24, which is still to come"),
    ("143", PLAYS, set_("lifecycle", to="deprecated"), "does not say what to read instead"),
    ("144", HEARING, set_("review_on", to="2026-11-02"), "which is not after it"),
    ("145", HEARING, set_("review_on", to="2026-11-22"), "were to be talked about again on 2026-11-22"),
    ("146", PLAYS, set_("deprecation", to=END | {"successor": "plays"}), "names itself as its successor"),
    ("147", PLAYS, set_("deprecation", to=END | {"ends_on": "2026-11-21"}), "The last day of `plays` was 2026-11-21"),
    ("148", HEARING, lambda d: (d["metrics"].remove("plays"), d.update(entries=[ENTRY])), "is about `plays`, which was not heard there"),
]  # fmt: skip
WARNINGS = {"141", "142", "145", "147"}


@pytest.mark.parametrize(("code", "file", "change", "message"), BROKEN)
def test_each_rule_has_its_finding(tmp_path: Path, code: str, file: str, change: Change, message: str) -> None:
    edit(small_project(tmp_path), file, change)
    found = [finding for finding in findings_of(tmp_path) if finding.code == f"RNG-CAT-{code}"]
    assert found and message in found[0].message and found[0].hint, findings_of(tmp_path)
    assert found[0].severity is (Severity.WARNING if code in WARNINGS else Severity.ERROR)
    assert (tmp_path / found[0].place.file).is_file()


def test_a_faultless_hearing_with_entries_and_a_faultless_end_have_no_finding(tmp_path: Path) -> None:
    edit(small_project(tmp_path), HEARING, lambda document: document.update(entries=[ENTRY], review_on="2027-01-01"))
    edit(tmp_path, PLAYS, set_("deprecation", to=END))
    made_of_it = {finding.code for finding in findings_of(tmp_path)}
    assert made_of_it == {"RNG-CAT-055"}, "a ratio made of it is a warning"


def test_a_successor_that_ends_too_is_an_error(tmp_path: Path) -> None:
    edit(small_project(tmp_path), PLAYS, set_("deprecation", to=END))
    edit(tmp_path, "metrics/engagement/viewers.yaml", set_("deprecation", to=END | {"successor": "viewing_hours"}))
    assert "RNG-CAT-146" in {finding.code for finding in findings_of(tmp_path)}


def test_a_day_ahead_in_the_east_is_no_future(tmp_path: Path) -> None:
    edit(small_project(tmp_path), HEARING, set_("date", to=(TODAY + dt.timedelta(days=1)).isoformat()))
    assert findings_of(tmp_path) == ()


def test_a_review_that_took_place_is_due_no_more_and_a_new_day_counts(tmp_path: Path) -> None:
    edit(small_project(tmp_path), HEARING, lambda document: document.update(review_on="2026-11-05", entries=[ENTRY]))
    due = [finding for finding in findings_of(tmp_path) if finding.code == "RNG-CAT-145"]
    assert len(due) == 1 and "`plays`" not in due[0].message, "only plays was talked about again"
    edit(tmp_path, HEARING, lambda document: document["entries"][0].update(review_on="2026-11-20"))
    assert any("`plays`" in finding.message or "more" in finding.message for finding in findings_of(tmp_path))


def test_every_code_of_these_rules_is_broken_here() -> None:
    assert {code[-3:] for code in pages() if "RNG-CAT-140" <= code <= "RNG-CAT-149"} <= {code for code, *_ in BROKEN}
