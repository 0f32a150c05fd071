"""Meanings: one digest for one meaning however its YAML is spelled, and fields named when it changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pytest
import yaml

from metrics_catalog import canonical_json, meaning
from metrics_catalog.catalog import load
from metrics_catalog.logic import Logic
from metrics_catalog.meaning import Meaning, UnresolvedError, resolve, resolve_all
from metrics_catalog.meaning_diff import changes, covers, same_logic
from metrics_catalog.person import Side
from tests.support.catalogs import COUNTRIES, edit, loaded, measured, metric, metric_file, small_project, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOURS = metric_file("viewing_hours")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


def of(root: Path, name: str = "viewing_hours") -> Meaning:
    return resolve(loaded(root), name)


def fields(before: Meaning, after: Meaning) -> list[str]:
    return [change.field for change in changes(before, after)]


def edited(root: Path, file: str, change: Callable[[dict[str, Any]], Any], name: str = "viewing_hours") -> list[str]:
    """The fields that an edit changes in the meaning of a metric."""
    before = of(root, name)
    edit(root, file, change)
    return fields(before, of(root, name))


def respelled(root: Path) -> list[str]:
    """The same document in other spellings: another order of keys, comments and line ends, quotes, a decomposed accent."""
    document = yaml.safe_load((root / HOURS).read_text(encoding="utf-8"))
    turned = {key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in reversed(document.items())}
    block = yaml.safe_dump(turned, allow_unicode=True, sort_keys=False)
    return [
        yaml.safe_dump(document, allow_unicode=True, sort_keys=True),
        block,
        "# a comment\n" + block.replace("\n", "\r\n"),
        json.dumps(document, ensure_ascii=False, indent=1),
        normalize("NFD", block),
        block.replace("seconds_viewed / 3600.0", "( seconds_viewed/3600.0 )"),
        block.replace("event_type = 'heartbeat' and seconds_viewed >= 5", "event_type='heartbeat'   AND seconds_viewed>=5"),
    ]


def test_the_digest_is_the_same_for_every_spelling(root: Path) -> None:
    edit(root, HOURS, lambda document: document["what"]["label"].update(ja="視聴時間(が)"))
    expected = of(root).digest
    for text in respelled(root):
        write(root, HOURS, text)
        assert of(root).digest == expected, text


def test_writing_out_a_default_voids_nothing(root: Path) -> None:
    assert (
        edited(root, metric_file("plays"), lambda document: document.update(tier="standard", lifecycle="active", countries={}), "plays")
        == []
    )


def test_the_order_of_dimensions_means_nothing(root: Path) -> None:
    assert edited(root, HOURS, lambda document: document["how"]["dimensions"].reverse()) == []


def test_the_canonical_form_is_pinned(tmp_path: Path) -> None:
    """Digests in committed approvals must stay true: this one may never change without a new form."""
    plays = Meaning("plays", Logic(metric="plays", kind="count", time_zones={"JP": "Asia/Tokyo"}), {"what.unit": "再生"})
    assert plays.canonical().decode() == (
        '{"business":{"what.unit":"再生"},"countries":"e72b472d66dbd7fe0a82ffa4412f7423f31c4f38d1ccae919c4b708fe89a0e83",'
        '"form":1,"logic":{"kind":"count","metric":"plays"},"metric":"plays"}'
    )


def test_a_meaning_reads_back_from_its_own_bytes(root: Path) -> None:
    for name, present in resolve_all(loaded(root)).items():
        assert isinstance(present, Meaning)
        parts = present.country_parts
        back = meaning.read(present.canonical(), {parts.digest: parts}.__getitem__)
        assert (back.digest, back.logic, back.business) == (present.digest, present.logic, present.business), name
        assert changes(present, back) == ()


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b"{}", b"null", b'{"form":2}', b'{"form":1,"business":{},"logic":{},"countries":"x","metric":"m"}']
)
def test_what_is_no_meaning_is_refused(damage: bytes, root: Path) -> None:
    parts = of(root).country_parts
    with pytest.raises(ValueError, match=r"meaning|Expecting"):
        meaning.read(damage, lambda _: parts)


def test_numbers_that_are_none_have_no_canonical_form() -> None:
    for value in (float("nan"), float("inf"), object()):
        with pytest.raises(ValueError, match=r"."):
            canonical_json.dump({"x": value})


@pytest.mark.parametrize(
    ("file", "change", "name", "expected"),
    [
        (HOURS, lambda d: d["how"].update(filter="event_type = 'start'"), "viewing_hours", ["how.filter"]),
        (HOURS, lambda d: d["how"].pop("filter"), "viewing_hours", ["how.filter"]),
        (HOURS, lambda d: d["how"].update(expression="position_s / 3600.0"), "viewing_hours", ["how.expression"]),
        (HOURS, lambda d: d["how"].update(dimensions=["plan"]), "viewing_hours", ["how.dimensions"]),
        (HOURS, lambda d: d["what"]["description"].update(en="Another."), "viewing_hours", ["what.description.en"]),
        (HOURS, lambda d: d["what"].update(aliases={"en": ["time watched"]}), "viewing_hours", []),
        (HOURS, lambda d: d["countries"].pop("JP"), "viewing_hours", ["countries.JP.filter", "countries.JP.reason", "countries.JP.until"]),
        (HOURS, lambda d: d["countries"]["JP"].update(until="2038-01-01"), "viewing_hours", ["countries.JP.until"]),
        (HOURS, lambda d: d.update(proposer="aiko"), "viewing_hours", ["proposer"]),
        (metric_file("plays"), lambda d: d["how"].update(filter="event_type = 'stop'"), "hours_per_play", ["upstream.plays.how.filter"]),
        (metric_file("plays"), lambda d: d["what"].update(unit="starts"), "hours_per_play", ["upstream.plays.what.unit"]),
        (metric_file("plays"), lambda d: d["what"]["label"].update(en="Starts"), "hours_per_play", []),
        (metric_file("completion_rate"), lambda d: d["how"].update(numerator="viewers"), "completion_rate", ["how.numerator"]),
        ("sources/viewing_events.yaml", lambda d: d["columns"]["seconds_viewed"].update(type="integer", maximum=None), "viewing_hours",
         ["source.viewing_events.columns.seconds_viewed.maximum", "source.viewing_events.columns.seconds_viewed.type"]),
        ("sources/viewing_events.yaml", lambda d: d["columns"].pop("player_version"), "viewing_hours", []),
        ("sources/viewing_events.yaml", lambda d: d.update(lateness="P9D"), "viewing_hours", []),
        ("dimensions/titles.yaml", lambda d: d["rows"][0].update(genre="comedy"), "viewing_hours", ["dimensions.titles.rows.genre"]),
        ("dimensions/titles.yaml", lambda d: d["rows"][0].update(release_year=1999), "viewing_hours", []),
        ("countries.yaml", lambda d: d["countries"]["JP"].update(reporting_time_zone="Asia/Seoul"), "plays", ["countries.JP.reporting_time_zone"]),
        ("countries.yaml", lambda d: d["countries"]["JP"].update(name={"en": "Nippon", "ja": "日本国"}), "plays", []),
        ("countries.yaml", lambda d: d["countries"]["JP"].update(currency="USD"), "plays", ["countries.JP.currency"]),
        ("countries.yaml", lambda d: d["countries"].update(SE=COUNTRIES["JP"]), "plays", []),
    ],
)  # fmt: skip
def test_an_edit_names_exactly_the_fields_that_changed(
    root: Path, file: str, change: Callable[[dict[str, Any]], Any], name: str, expected: list[str]
) -> None:
    assert edited(root, file, change, name) == expected


def test_a_country_that_leaves_voids_both_keys_and_one_that_joins_none(root: Path) -> None:
    five = of(root, "plays")
    edit(root, "countries.yaml", lambda document: document["countries"].pop("JP"))
    four = of(root, "plays")
    assert fields(five, four) == ["countries.JP.currency", "countries.JP.reporting_time_zone"]
    assert not covers(Side.TECH, five, four)
    assert not covers(Side.BUSINESS, five, four)
    assert fields(four, five) == []
    assert covers(Side.TECH, four, five)
    assert covers(Side.BUSINESS, four, five)
    assert same_logic(four, five)
    assert same_logic(five, four)


def test_a_first_meaning_shows_what_the_metric_itself_says(root: Path) -> None:
    shown = {change.field for change in changes(None, of(root))}
    assert {"what.label.ja", "why.decision.en", "how.expression", "countries.JP.filter"} <= shown
    assert not {path for path in shown if path.startswith(("source.", "dimensions.", "upstream."))}


def test_the_shared_columns_of_a_ratio_can_be_sliced_by(root: Path) -> None:
    edit(root, metric_file("plays"), lambda document: document["how"].update(dimensions=["plan", "genre"]))
    sliceable = of(root, "completion_rate").logic.sliceable()
    assert set(sliceable) == {"plan", "genre"}
    assert sliceable["plan"] is None
    assert sliceable["genre"] is not None


@pytest.mark.parametrize(
    ("how", "field", "words"),
    [
        (measured("count") | {"source": "viewing_event"}, "how.source", "does not exist"),
        (measured("sum", "seconds_watched"), "how", "`seconds_watched`"),
        (measured("sum", "seconds_viewed +"), "how.expression", "cannot be read"),
        (measured("count", where="drop table x"), "how.filter", "cannot be read"),
        (measured("count", dimensions=["colour"]), "how.dimensions", "`colour`"),
        ({"kind": "ratio", "numerator": "plays", "denominator": "play"}, "how", "`play`, which does not exist"),
        ({"kind": "derived", "expression": "itself + 1"}, "how", "computed from itself"),
    ],
)
def test_a_metric_without_a_meaning_says_where_and_why(root: Path, how: dict[str, Any], field: str, words: str) -> None:
    write(root, metric_file("itself"), metric("itself", how))
    found = resolve_all(load(root)[0])
    error = found["itself"]
    assert isinstance(error, UnresolvedError)
    assert (error.metric, error.field) == ("itself", field)
    assert words in error.message
    assert error.hint
    assert isinstance(found["plays"], Meaning), "the others keep theirs"
    with pytest.raises(UnresolvedError):
        resolve(load(root)[0], "itself")
