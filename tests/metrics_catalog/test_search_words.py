"""One spelling for all ways to write a word, and words that are near."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_catalog.search.normalise import fold, index_text, segments, squash, tokens
from metrics_catalog.search.spelling import distance

WORDS = st.text("abcd", max_size=7)


@pytest.mark.parametrize(
    "same",
    [
        ("リテンション", "ﾘﾃﾝｼｮﾝ", "りてんしょん", "リテンシヨン"),
        ("ユーザー", "ユーザ", "ﾕｰｻﾞｰ", "ゆーざー"),
        ("Viewing Hours", "viewing hours", "ＶＩＥＷＩＮＧ　ｈｏｕｒｓ"),
        ("café", "CAFE", "cafe\u0301"),
        ("1ヶ月", "1ヵ月", "1か月", "１カ月"),
        ("ヴィデオ", "ｳﾞｨﾃﾞｵ"),
    ],
)
def test_one_spelling_for_all_ways_to_write_a_word(same: tuple[str, ...]) -> None:
    assert len({fold(word).strip() for word in same}) == 1


def test_voiced_kana_stay_different() -> None:
    assert fold("カイ") != fold("ガイ")


def test_japanese_is_cut_into_pairs_and_the_last_character() -> None:
    assert index_text(("7日リテンション",)) == "7 日り りて てん んし しよ よん ん"


def test_segments_cut_where_the_script_changes_and_drop_particles() -> None:
    assert [token.text for token in segments("日本の視聴時間")] == ["日本", "視聴時間"]


@settings(max_examples=200)
@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert squash(squash(text)) == squash(text)


@settings(max_examples=200)
@given(st.text("視聴時間リテンションりてabc 7日", max_size=12), st.text("視聴時間リテンションりてabc 7日", max_size=4))
def test_every_part_of_a_japanese_run_is_found_in_it(text: str, rest: str) -> None:
    for token in tokens(text):
        if token.cjk and len(token.text) > 1:
            assert " ".join(token.pairs) in index_text((f"{rest}{token.text}{rest}",))


@given(WORDS, WORDS)
def test_distance_is_the_same_both_ways_and_zero_only_for_the_same_word(first: str, second: str) -> None:
    assert distance(first, second, 9) == distance(second, first, 9)
    assert (distance(first, second, 9) == 0) == (first == second)


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_bounded_distance_agrees_with_the_unbounded_one(first: str, second: str, within: int) -> None:
    assert distance(first, second, within) == min(distance(first, second, 99), within + 1)


@pytest.mark.parametrize(
    ("first", "second", "steps"), [("viewng", "viewing", 1), ("paly", "play", 1), ("retension", "retention", 1), ("abc", "xyz", 3)]
)
def test_a_letter_changed_added_dropped_or_swapped_is_one_step(first: str, second: str, steps: int) -> None:
    assert distance(first, second, 5) == steps
