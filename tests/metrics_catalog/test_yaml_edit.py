"""Small edits of files that people wrote: what is added is read back, and every other byte stays."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from metrics_catalog.yaml_edit import with_entry, with_field
from metrics_catalog.yaml_io import parse

ENTRY = ["date: 2026-11-22", "metrics: [plays]", "attendees:", "  - {person: aiko, side: tech}", 'decision: "So: it is."']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metric: a\nowners: {tech: b}\n# end\n", "metric: a\nowners: {tech: b}\nhearing: h\n# end\n"),
        ("metric: a\nowners:\n  tech: b # who\n\n# next\nexamples: []\n", "metric: a\nowners:\n  tech: b # who\nhearing: h\n\n# next\nexamples: []\n"),
        ("metric: a\r\nowners: {tech: b}\r\n", "metric: a\r\nowners: {tech: b}\r\nhearing: h\r\n"),
        ("metric: a", "metric: a\nhearing: h\n"),
        ("metric: a\nwhat: |\n  long\n  text", None),
        ("{metric: a}\n", None),
        ("metric: a\nhearing: b\n", None),
        ("metric: [\n", None),
    ],
)  # fmt: skip
def test_a_line_is_added_where_it_belongs_or_not_at_all(text: str, expected: str | None) -> None:
    assert with_field(text, "hearing", "h", ("owners", "tier")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "hearing: h\nreview_on: 2027-01-01\n",
        "hearing: h",
        "hearing: h\r\nquestions: []\r\n",
        "hearing: h\nentries:\n- {date: 2026-01-01} # first\n# below\nreview_on: x\n",
        "hearing: h\nentries:\n    - date: 2026-01-01\n      decision: |\n        long\n        text\n\n\n# the end\n",
    ],
)
def test_an_entry_is_added_below_the_others_and_all_else_stays(text: str) -> None:
    made = with_entry(text, "entries", ENTRY)
    assert made is not None
    before, after = parse(text, "")[0], parse(made, "")[0]
    assert before is not None and after is not None
    entries = before.data.get("entries", [])
    assert isinstance(entries, list)
    assert after.data == {**before.data, "entries": [*entries, parse("\n".join(ENTRY), "")[0].data]}  # type: ignore[union-attr]
    kept = iter(made.splitlines())
    assert all(line in kept for line in text.splitlines()), "every old line is there, in its order"


@pytest.mark.parametrize(
    "text", ["hearing: h\nentries: []\n", "hearing: h\nentries: [{date: x}]\n", "hearing: h\nentries: text\n", "{hearing: h}\n", ""]
)
def test_what_cannot_be_edited_safely_is_left_alone(text: str) -> None:
    assert with_entry(text, "entries", ENTRY) is None


VALUES = st.recursive(st.text(max_size=12) | st.integers() | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3), max_leaves=8)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["metric", "owners", "tier", "examples"]), VALUES, min_size=1),
    st.text(min_size=1, max_size=30),
    st.booleans(),
)
def test_any_file_says_what_it_said_and_the_new_line(data: dict[str, object], value: str, flow: bool) -> None:
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=flow)
    before, _ = parse(text, "")
    made = with_field(text, "hearing", value, ("owners", "tier"))
    if made is None or before is None:
        return
    after, _ = parse(made, "")
    assert after is not None and after.data == {**before.data, "hearing": value}
