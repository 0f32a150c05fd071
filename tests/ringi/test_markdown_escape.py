"""People's words in the report stay words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringi.reporting.escape import block, code, sentence, text

WORDS = st.text(alphabet="ab1 @#|`<>[]()!*_~$\\&/:.\n\t\u202ewG-H", max_size=30)


@pytest.mark.parametrize(
    ("written", "never"),
    [
        ("[x](http://evil.example)", "[x]("),
        ("![x](http://evil.example/p.png)", "!["),
        ("<img src=x onerror=alert(1)>", "<img"),
        ("a | b | c", " | "),
        ("@everyone look", "@everyone"),
        ("fixes #12", "#12"),
        ("http://evil.example", "http://evil"),
        ("www.evil.example", "www.evil"),
        ("GH-12", "GH-12"),
        ("$x$", "$x$"),
        ("**bold**", "**"),
        ("&lt;b&gt;", "&lt;b"),
        ("one\n## two", "\n"),
        ("right\u202eleft", "\u202e"),
    ],
)
def test_marks_of_markdown_are_taken_literally(written: str, never: str) -> None:
    assert never not in text(written)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_no_words_break_a_table_or_open_a_link(words: str) -> None:
    shown = text(words)
    assert "\n" not in shown and not re.search(r"(?<!\\)(?:\\\\)*[\[\]|`*_]", shown) and "<" not in shown
    assert "|" not in code(words, in_table=True).replace("\\|", "") and "\n" not in code(words)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_no_words_end_the_code_they_stand_in(words: str) -> None:
    shown = code(words)
    ticks = re.match("`+", shown)
    assert ticks is not None and shown.endswith(ticks[0])
    inner = shown[len(ticks[0]) : -len(ticks[0])]
    assert len(ticks[0]) not in [len(run) for run in re.findall("`+", inner)]
    fence = block(words, "sql").split("\n")[0].removesuffix("sql")
    assert block(words, "sql").endswith(f"\n{fence}") and fence not in words


def test_a_sentence_keeps_its_code_and_nothing_else() -> None:
    assert sentence("`plays`: the label changes from `A` to `[b](http://c)`.") == "`plays`: the label changes from `A` to `[b](http://c)`."
    assert "[b](" not in sentence("from A to [b](c)") and "@team" not in sentence("`a` ` @team")
