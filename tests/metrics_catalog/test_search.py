"""Questions in English and Japanese find the metric that is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import metrics_catalog
from metrics_catalog.catalog import load
from metrics_catalog.search.entry import Content, Keys
from metrics_catalog.search.service import search
from tests.support.search_catalog import catalog, content

if TYPE_CHECKING:
    from metrics_catalog.search.hit import Found

STARTER = Path(metrics_catalog.__file__).parent / "starter"
TABLE = json.loads((Path(__file__).parents[1] / "support" / "search_table.json").read_text(encoding="utf-8"))["queries"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lake")


def ask(root: Path, words: str, limit: int = 10) -> Found:
    return search(root, words, content, limit=limit)


def metrics_of(found: Found) -> list[str]:
    return [hit.name for hit in found.hits if hit.kind == "metric"]


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index of the starter's catalogue."""
    folder = tmp_path_factory.mktemp("starter")
    found, _ = load(STARTER)
    search(folder, "plays", lambda: Content(found))
    return folder


@pytest.mark.parametrize(("words", "expected"), TABLE)
def test_a_question_finds_its_metric(starter: Path, words: str, expected: str) -> None:
    assert expected in metrics_of(ask(starter, words))[:3]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("リテンション", "retention_7d"),
        ("ﾘﾃﾝｼｮﾝ", "retention_7d"),
        ("リテンシヨン", "retention_7d"),
        ("りてんしょん", "retention_7d"),
        ("retension", "retention_7d"),
        ("7-day retention", "retention_7d"),
        ("継続率", "retention_7d"),
        ("視超時間", "viewing_hours"),
        ("buffering", "rebuffer_seconds"),
        ("ユニーク", "viewers"),
        ("who came back", "retention_7d"),
    ],
)
def test_words_inside_labels_and_aliases_are_found(root: Path, words: str, expected: str) -> None:
    assert expected in metrics_of(ask(root, words))[:3]


@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        ("title_daily", "view", "title_daily"),
        ("タイトル別日次", "view", "title_daily"),
        ("country", "dimension", "viewing_country"),
        ("国", "dimension", "viewing_country"),
        ("device", "dimension", "device_type"),
        ("端末", "dimension", "device_type"),
        ("genre", "dimension", "genre"),
        ("作品", "dimension", "titles"),
        ("視聴イベント", "source", "viewing_events"),
        ("renew licences", "hearing", "2026-11-viewing-hours"),
        ("ドイツ", "country", "DE"),
    ],
)
def test_the_first_hit_may_be_of_another_kind(root: Path, words: str, kind: str, name: str) -> None:
    first = ask(root, words).hits[0]
    assert (first.kind, first.name) == (kind, name)


def test_a_dimension_lists_the_metrics_it_slices(root: Path) -> None:
    facts = ask(root, "device").hits[0].facts
    assert facts["dimension"] == "device_type"
    assert "viewing_hours" in facts["metrics"]
    assert "completion_rate" in facts["metrics"]  # both of its parts have it
    assert "retention_7d" not in facts["metrics"]
    assert facts["metric_count"] == 7


def test_an_exact_name_comes_before_an_alias_and_an_alias_before_a_description(root: Path) -> None:
    matched = [hit.matched for hit in ask(root, "viewers").hits]
    assert matched == sorted(matched, key=["name", "alias", "label", "dimension", "description"].index)
    assert ask(root, "viewers").hits[0].name == "viewers"


def test_a_deprecated_metric_comes_after_its_successor(root: Path) -> None:
    names = metrics_of(ask(root, "再生回数"))
    assert names.index("plays") < names.index("old_plays")


def test_a_hit_says_what_a_reader_needs(root: Path) -> None:
    hit = ask(root, "視聴時間").hits[0].facts
    assert hit["metric"] == "viewing_hours"
    assert hit["label"] == {"en": "Viewing hours", "ja": "視聴時間"}
    assert hit["unit"] == "hours"
    assert hit["owners"] == {"tech": "data-platform", "business": "content-insights"}
    assert hit["keys"] == {"tech": "valid", "business": "valid"}
    assert hit["views"] == [{"view": "title_daily", "countries": 4, "published": True}]


def test_a_metric_without_keys_is_shown_as_not_published(root: Path) -> None:
    hit = ask(root, "rebuffering").hits[0].facts
    assert hit["keys"] == {"tech": "missing", "business": "missing"}
    assert [view["published"] for view in hit["views"]] == [False]


def test_a_part_of_a_ratio_is_published_beside_it(root: Path) -> None:
    assert [view["view"] for view in ask(root, "completed_plays").hits[0].facts["views"]] == ["title_daily"]


def test_a_country_in_the_question_asks_for_its_views(root: Path) -> None:
    for words in ("viewing hours Japan", "JP viewing hours", "日本の視聴時間", "日本 視聴時間"):
        found = ask(root, words)
        assert (found.country, found.hits[0].name) == ("JP", "viewing_hours"), words
    assert ask(root, "how often is it played").country is None  # `it` is no Italy
    assert ask(root, "united states plays").country == "US"


def test_a_typo_is_corrected_and_said(root: Path) -> None:
    assert ask(root, "retension").corrected == {"retension": ("retention",)}


def test_short_words_are_not_corrected(root: Path) -> None:
    assert ask(root, "xyz").hits == ()


def test_an_answer_of_parts_says_what_is_missing(root: Path) -> None:
    found = ask(root, "plays zzzz")
    assert {hit.matched for hit in found.hits} == {"part"}
    assert "`zzzz`" in found.note
    assert "plays" in metrics_of(found)[:3]


@pytest.mark.parametrize("words", ["", "   ", "!!!", "、。", '"', "*", "()", "\x00"])
def test_a_question_without_letters_is_answered_with_a_reason(root: Path, words: str) -> None:
    found = ask(root, words)
    assert found.hits == ()
    assert "no letter" in found.note


def test_nothing_found_says_why_and_what_is_near(root: Path) -> None:
    found = ask(root, "vewin")
    assert found.hits == ()
    assert "`vewin`" in found.note
    assert "viewing" in found.did_you_mean


@pytest.mark.parametrize("words", ['plays" OR "x', "name:plays", "plays*", "NEAR(plays hours)", "plays -hours", "a" * 5000, "視" * 5000])
def test_no_question_breaks_the_index(root: Path, words: str) -> None:
    assert isinstance(ask(root, words).as_object()["hits"], list)


def test_the_json_form_names_each_hit_by_its_kind(root: Path) -> None:
    shape = ask(root, "title").as_object()
    assert shape["schema_version"] == 1
    for hit in shape["hits"]:
        assert hit[hit["kind"]]
        assert hit["kind"] == "metric" or "metric" not in hit


def test_limit_bounds_the_hits_and_not_the_total(root: Path) -> None:
    found = ask(root, "視聴", limit=2)
    assert len(found.hits) == 2
    assert found.total > 2


def test_an_empty_catalog_finds_nothing_and_says_so(tmp_path: Path) -> None:
    whole = catalog()
    empty = type(whole)(tmp_path, {}, {}, {}, {}, {}, {}, {})
    assert search(tmp_path, "plays", lambda: Content(empty)).hits == ()


def test_a_metric_that_names_itself_as_a_part_is_still_found(tmp_path: Path) -> None:
    whole = catalog()
    knot = whole.metrics["completion_rate"].model_copy(
        update={"how": whole.metrics["completion_rate"].how.model_copy(update={"numerator": "completion_rate"})}
    )
    twisted = type(whole)(tmp_path, {}, {}, {}, {}, {"completion_rate": knot}, {}, {})
    keys = {"completion_rate": Keys("missing", "missing", certified=False)}
    assert search(tmp_path, "completion", lambda: Content(twisted, keys)).hits[0].name == "completion_rate"
