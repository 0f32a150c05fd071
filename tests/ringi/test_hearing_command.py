"""`ringi hearing`: flags and prompts, what is refused, what is kept of an interrupted talk, and the files it edits."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from metrics_catalog.catalog import load
from metrics_catalog.lifecycle import was_heard
from tests.support.catalogs import edit, metric_file, small_project
from tests.support.command import Said, ringi
from tests.support.keys import keyed_project, turn_both
from tests.support.terminal import CTRL_C, on_terminal

PLAYS = metric_file("plays")
FLAGS = {
    "--date": "2026-10-20", "--tech": "aiko", "--business": "bernd", "--decision": "A play is a start: no more 🎬, no less.",
    "--review-on": "2037-05-20",
}  # fmt: skip
ID = "2026-10-plays"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A project whose `plays` names no hearing; its file has comments."""
    small_project(tmp_path)
    edit(tmp_path, PLAYS, lambda document: document.pop("hearing"))
    text = (tmp_path / PLAYS).read_text(encoding="utf-8")
    (tmp_path / PLAYS).write_text(f"# A play is a start.\n{text}# the end\n", encoding="utf-8")
    return tmp_path


def new(lake: Path, *more: str, metric: str = "plays", **changes: str | None) -> Said:
    flags = {**FLAGS, **{f"--{name.replace('_', '-')}": value for name, value in changes.items()}}
    words = [word for name, value in flags.items() if value is not None for word in (name, value)]
    return ringi("hearing", "new", metric, *words, *more, lake=lake)


def files(lake: Path) -> dict[str, bytes]:
    return {path.relative_to(lake).as_posix(): path.read_bytes() for path in lake.rglob("*") if path.is_file()}


def test_a_hearing_from_flags_is_on_record_shown_and_named_by_its_metric(lake: Path) -> None:
    said = new(
        lake,
        "--agenda",
        "privacy=Groups under ten are hidden.",
        "--asked",
        "Previews?",
        "--answered",
        "They count.",
        "--dissent",
        "Carla: no.",
    )
    assert (said.code, said.out) == (0, f"hearings/{ID}.yaml\n"), said.err
    assert f"{PLAYS}: now says `hearing: {ID}`." in said.err and '  decision: "A play is a start: no more 🎬, no less."' in said.err
    catalog, findings = load(lake)
    held = catalog.hearings[ID]
    assert findings == () and was_heard(catalog, "plays", ID) and ringi("check", lake=lake).code == 0
    assert (held.question, held.decides) == ("How large is plays?", "Which titles to license again."), "as the metric's file says"
    assert (
        held.agenda.privacy == "Groups under ten are hidden."
        and held.questions[0].answer == "They count."
        and held.dissent == ("Carla: no.",)
    )
    assert held.recorded_at is not None and held.recorded_at <= dt.datetime.now(dt.UTC)
    text = (lake / PLAYS).read_text(encoding="utf-8")
    assert text.startswith("# A play is a start.\nmetric: plays\n") and text.endswith(f"proposer: carla\nhearing: {ID}\n# the end\n")


def test_all_missing_flags_are_named_at_once_and_nothing_is_written(lake: Path) -> None:
    before = files(lake)
    said = ringi("hearing", "new", "plays", lake=lake)
    assert said.code == 2 and "Missing: --tech, --business, --decision, --review-on." in said.err
    assert files(lake) == before


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"date": "2036-01-01"}, "2036-01-01 is still to come"),
        ({"date": "2026-13-01"}, "`2026-13-01` is no day"),
        ({"review_on": "2026-10-20"}, "is not after the talk of 2026-10-20"),
        ({"tech": "aika"}, "There is no person `aika` in people.yaml; did you mean `aiko`?"),
        ({"tech": "bernd", "business": "aiko"}, "`bernd` holds the business side, not the tech side."),
        ({"tech": "aiko", "business": "aiko"}, "`aiko` cannot speak for both sides at one talk."),
        ({"business": "carla"}, "Nobody of the business side was there on 2026-10-20; it is held by `bernd`."),
        ({"decision": " \r\n "}, "Missing: --decision."),
        ({"decision": "x" * 20_001}, "has 20,001 characters; at most 20,000 are kept."),
        ({"decision": "a\u202eb"}, "holds the invisible character U+202E"),
        ({"outcome": "maybe"}, "`maybe` is no outcome; expected accepted, changed, rejected."),
        ({"asked": "Why?"}, "Each --asked needs an --answered."),
        ({"agenda": "price=much"}, "`price` is no point of the agenda"),
        ({"agenda": "cost"}, "expected POINT=TEXT"),
        ({"id": "../x"}, "`../x` cannot be the name of a hearing."),
        ({"id": "2026-11-engagement"}, "There is a hearing `2026-11-engagement` already."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(lake: Path, changes: dict[str, str], part: str) -> None:
    before = files(lake)
    said = new(lake, **changes)
    assert said.code == 2 and part in said.err, said.err
    assert files(lake) == before


def test_an_unknown_and_a_broken_metric_are_refused(lake: Path) -> None:
    assert "did you mean `plays`?" in new(lake, metric="play").err
    (lake / PLAYS).write_text("metric: [", encoding="utf-8")
    said = new(lake)
    assert said.code == 1 and "The file of `plays` cannot be read." in said.err


@pytest.mark.parametrize(
    "decision",
    ["- yes: no", "'", "線路は続く 🎬👩‍👩‍👧", "one\r\ntwo\n\nthree", "null", "2026-11-22", "#", "x" * 20_000, "{a: [b", "\\u0041"],
)
def test_any_answer_reads_back_as_it_was_given(lake: Path, decision: str) -> None:
    assert new(lake, decision=decision).code == 0
    catalog, findings = load(lake)
    assert findings == () and catalog.hearings[ID].decision == decision.replace("\r\n", "\n")


def test_nothing_is_ever_overwritten(lake: Path) -> None:
    assert new(lake).code == 0
    first = (lake / f"hearings/{ID}.yaml").read_bytes()
    said = new(lake, decision="Another talk.")
    assert said.out == f"hearings/{ID}-2.yaml\n" and (lake / f"hearings/{ID}.yaml").read_bytes() == first
    assert f"{PLAYS} names the hearing `{ID}`. To let this one count, write `hearing: {ID}-2` there" in said.err
    (lake / f"hearings/{ID}-3.yaml").write_text("broken", encoding="utf-8")
    assert new(lake).out == f"hearings/{ID}-4.yaml\n"


def test_a_rejected_metric_does_not_get_the_hearing(lake: Path) -> None:
    assert new(lake, outcome="rejected").code == 0
    assert load(lake)[0].metrics["plays"].hearing is None


def test_line_endings_of_windows_stay_and_a_file_in_one_line_gets_advice(lake: Path) -> None:
    path = lake / PLAYS
    path.write_bytes(path.read_text(encoding="utf-8").replace("\n", "\r\n").encode())
    assert new(lake).code == 0
    raw = path.read_bytes()
    assert f"hearing: {ID}\r\n".encode() in raw and raw.count(b"\n") == raw.count(b"\r\n")
    edit(lake, PLAYS, lambda document: document.pop("hearing"))
    import yaml

    path.write_text(
        yaml.safe_dump(yaml.safe_load(path.read_text(encoding="utf-8")), default_flow_style=True, width=10_000), encoding="utf-8"
    )
    before = path.read_bytes()
    said = new(lake)
    assert said.code == 0 and f"{PLAYS} could not be edited safely. Add this line to it: hearing: {ID}-2" in said.err
    assert path.read_bytes() == before


def test_the_hearings_can_be_listed_shown_searched_and_asked_for_reviews(lake: Path) -> None:
    assert new(lake, "--agenda", "cost=One scan a day.", decision="Previews are kept out of the books.").code == 0
    rows = ringi("hearing", "list", "plays", lake=lake, as_json=True).json()
    assert [row["hearing"] for row in rows] == ["2026-11-engagement", ID]
    shown = ringi("hearing", "show", "plays", lake=lake).out
    assert "cost: One scan a day." in shown and "not talked about: used by, never for" in shown
    assert ringi("hearing", "show", "nothing", lake=lake).code == 2
    hits = ringi("search", "kept out of the books", lake=lake, as_json=True).json()["hits"]
    assert hits[0]["hearing"] == ID and "plays" in hits[0]["metrics"]
    assert ringi("hearing", "due", lake=lake, as_json=True).json() == []
    [due] = ringi("hearing", "due", "--on", "2037-05-20", lake=lake, as_json=True).json()
    assert (due["metric"], due["days"]) == ("plays", 0)
    assert ringi("hearing", "due", "--on", "soon", lake=lake).code == 2


def test_a_metric_past_its_review_shows_as_due_until_it_was_talked_about(lake: Path) -> None:
    assert new(lake, date="2026-01-10", review_on="2026-02-10").code == 0
    said = ringi("check", lake=lake)
    assert said.code == 0 and "warning RNG-CAT-145" in said.out and "was to be talked about again on 2026-02-10" in said.out
    assert "review due since 2026-02-10" in ringi("status", "plays", lake=lake).out
    assert "which is due" in ringi("show", "plays", lake=lake).out
    review = ("--tech", "aiko", "--business", "bernd", "--decision", "Nothing changed.")
    assert ringi("hearing", "add", "plays", *review, lake=lake).code == 0
    assert "RNG-CAT-145" not in ringi("check", lake=lake).out
    [metric] = ringi("status", "plays", lake=lake, as_json=True).json()["metrics"]
    assert metric["hearing"]["due"] is False


def test_an_entry_names_what_changed_and_lets_business_turn_its_key(tmp_path: Path) -> None:
    root = keyed_project(tmp_path)
    turn_both(root, "plays", 0)
    turn_both(root, "viewers", 0)
    edit(root, PLAYS, lambda document: document["what"]["description"].update(en="Starts."))
    words = ("--tech", "aiko", "--business", "bernd", "--decision", "Said more plainly.", "--asked", "Why?", "--answered", "To be read.")
    said = ringi("hearing", "add", "--all", *words, lake=root)
    assert said.code == 0 and said.out == "hearings/2026-11-engagement.yaml\n", said.err
    assert "plays: changed since it was certified: what.description.en" in said.err
    [entry] = load(root)[0].hearings["2026-11-engagement"].entries
    assert (entry.metrics, entry.changed, entry.questions[0].answer) == (("plays",), ("what.description.en",), "To be read.")
    again = ringi("hearing", "add", "plays", "viewers", *words, "--review-on", "2037-01-01", lake=root, as_json=True)
    assert again.json()["entries"][0]["metrics"] == ["plays", "viewers"]
    assert len(load(root)[0].hearings["2026-11-engagement"].entries) == 2 and load(root)[1] == ()


def test_an_entry_is_refused_where_there_is_nothing_to_add_to(lake: Path) -> None:
    words = ("--tech", "aiko", "--business", "bernd", "--decision", "So.")
    assert "was not heard yet" in ringi("hearing", "add", "plays", *words, lake=lake).err
    assert "Which metric was talked about?" in ringi("hearing", "add", *words, lake=lake).err
    assert "Missing: --tech, --business, --decision." in ringi("hearing", "add", "viewers", lake=lake).err
    path = lake / "hearings/2026-11-engagement.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "entries: []\n", encoding="utf-8")
    said = ringi("hearing", "add", "viewers", *words, lake=lake)
    assert said.code == 1 and "cannot be added to safely; nothing was changed" in said.err and "    - date:" in said.err


ASKED = [
    ("Day of the talk", ""), ("Who spoke for business", "berndt"), ("Who spoke for business", "bernd"), ("Who spoke for tech", "aiko, carla"),
    ("The question of the business", ""), ("The decision that hangs", ""), ("Who will read", "Weekly report 🎬"), ("must it not be used", ""),
]  # fmt: skip
REST = [
    ("What counts", ""), ("come late", ""), ("Which countries differ", ""), ("distinct count", ""), ("Could a small group", ""), ("cost to compute", ""),
    ("anything else asked", "Previews?"), ("The answer", ""), ("The answer", "No."), ("And then?", ""), ("not agree", ""),
    ("What was decided", "Starts."), ("How did it end", ""), ("talk about it again", "2020-01-01"), ("talk about it again", "2037-01-01"),
]  # fmt: skip


@pytest.mark.slow
def test_on_a_terminal_it_asks_keeps_a_draft_when_interrupted_and_goes_on(lake: Path) -> None:
    before = {name for name in files(lake) if name.startswith(("hearings", "metrics"))}
    cut = on_terminal(["--lake", lake, "hearing", "new", "plays"], [*ASKED, ("What counts", CTRL_C)])
    assert cut.code == 130 and "Interrupted: no hearing was written." in cut.text and "Traceback" not in cut.text
    assert "There is no person `berndt`" in cut.text and "--resume" in cut.text
    assert {name for name in files(lake) if name.startswith(("hearings", "metrics"))} == before
    draft = json.loads((lake / ".ringi/drafts/hearing-plays.json").read_text(encoding="utf-8"))
    assert draft["business"] == ["bernd"] and draft["agenda.used_by"] == ["Weekly report 🎬"]
    done = on_terminal(["--lake", lake, "hearing", "new", "plays", "--resume"], REST)
    assert done.code == 0, done.text
    [name] = [name for name in load(lake)[0].hearings if name.endswith("-plays")]
    held = load(lake)[0].hearings[name]
    assert held.agenda.used_by == "Weekly report 🎬" and held.agenda.never_for is None and held.questions[0].answer == "No."
    assert {attendee.person for attendee in held.attendees} == {"aiko", "bernd", "carla"} and held.question == "How large is plays?"
    assert not (lake / ".ringi/drafts/hearing-plays.json").exists()


def test_a_draft_that_is_not_there_or_damaged_is_said(lake: Path) -> None:
    assert "There is no draft to go on with." in new(lake, "--resume").err
    (lake / ".ringi/drafts").mkdir(parents=True)
    (lake / ".ringi/drafts/hearing-plays.json").write_text('{"date": 1', encoding="utf-8")
    assert new(lake, "--resume").code == 2
    assert new(lake).code == 0
