"""Two metrics that say the same are found, however they are written; two that do not are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_catalog import expression
from metrics_catalog.catalog import load
from metrics_catalog.duplicates.find import Duplicate, Duplicates, Likeness, duplicates
from metrics_catalog.duplicates.normal import conjuncts, normal
from tests.support.catalogs import small_project
from tests.support.proposing import edit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


def found(root: Path, metric: str) -> Duplicates:
    return duplicates(root, [load(root)[0].metrics[metric]], new=[metric])[metric]


def same(root: Path, metric: str) -> list[Duplicate]:
    return [each for each in found(root, metric).found if each.likeness is not Likeness.FILTER]


def how(**changes: Any) -> Any:
    return lambda document: document["how"].update(changes)


def alike(one: str, other: str) -> bool:
    return normal(expression.parse(one)) == normal(expression.parse(other))


# the normal form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a + b + c", "(c + a) + b"),
        ("a * b", "b * a"),
        ("seconds / 3600", "(seconds) / 3600.0"),
        ("a = b", "b = a"),
        ("a > b", "b < a"),
        ("a >= 5", "not (a < 5)"),
        ("a <> 'x'", "not (a = 'x')"),
        ("a = 1 and b = 2", "b = 2 and (a = 1)"),
        ("a = 1 or b = 2 or a = 1", "b = 2 or a = 1"),
        ("not (a = 1 or b = 2)", "b <> 2 and a <> 1"),
        ("a in ('y', 'x', 'x')", "a in ('x', 'y')"),
        ("a in ('x')", "'x' = a"),
        ("a not in ('x')", "a <> 'x'"),
        ("a between 1 and 5", "a <= 5 and a >= 1"),
        ("a not between 1 and 5", "a > 5 or a < 1"),
        ("case when b > a then x + y end", "case when a < b then y + x end"),
    ],
)
def test_two_ways_to_write_the_same_have_one_form(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a - b", "b - a"),
        ("a / b", "b / a"),
        ("a < b", "b < a"),
        ("a < 5", "a <= 5"),
        ("a = 1 and b = 2", "a = 1 or b = 2"),
        ("a = 1 and (b = 2 or c = 3)", "(a = 1 and b = 2) or c = 3"),
        ("coalesce(a, b)", "coalesce(b, a)"),
        ("a || b", "b || a"),
        ("a = 'x'", "a = 'X'"),
        ("a is null", "a is not null"),
        ("case when a > b then x else y end", "case when a > b then y else x end"),
    ],
)
def test_what_differs_keeps_its_own_form(one: str, other: str) -> None:
    assert not alike(one, other)


conditions = st.sampled_from(["a = 1", "b < a", "c in ('x', 'y')", "d is null", "not (a = 2)", "b between 1 and 3"])


@settings(max_examples=60, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=4), st.randoms(use_true_random=False), st.sampled_from([" and ", " or "]))
def test_order_and_brackets_never_matter(parts: list[str], randomly: Any, joint: str) -> None:
    other = [f"(({part}))" if randomly.random() < 0.5 else part for part in parts]
    randomly.shuffle(other)
    one = normal(expression.parse(joint.join(parts)))
    assert one == normal(expression.parse(joint.join(other)))
    assert normal(one) == one, "a normal form is its own"


def test_no_filter_and_one_that_always_holds_are_the_same() -> None:
    assert conjuncts(None) == conjuncts(expression.parse("true")) == frozenset()


# metrics


def test_a_copy_in_other_words_is_the_same_metric(root: Path) -> None:
    turned = how(expression="(seconds_viewed) / 3600.0", filter="'heartbeat' = event_type")
    edit(root, "viewing_hours", turned, copy="time_watched")
    assert [(each.other, each.likeness) for each in same(root, "time_watched")] == [("viewing_hours", Likeness.SAME)]
    assert [each.other for each in same(root, "viewing_hours")] == ["time_watched"]


def test_another_variant_is_named_with_its_country(root: Path) -> None:
    edit(root, "viewing_hours", lambda document: document["countries"].pop("JP"), copy="time_watched")
    (one,) = same(root, "time_watched")
    assert one.likeness is Likeness.VARIANTS and one.countries == ("JP",)


def test_another_filter_is_named_with_what_differs(root: Path) -> None:
    edit(root, "viewing_hours", how(filter="plan = 'ads' and event_type = 'heartbeat'"), copy="ads_hours")
    one = next(each for each in found(root, "ads_hours").found if each.other == "viewing_hours")
    assert (one.likeness, one.only_here, one.only_there) == (Likeness.FILTER, ("plan = 'ads'",), ())


def test_another_filter_is_news_only_of_a_metric_that_is_new(root: Path) -> None:
    edit(root, "viewing_hours", how(filter="plan = 'ads' and event_type = 'heartbeat'"), copy="ads_hours")
    assert duplicates(root, [load(root)[0].metrics["ads_hours"]])["ads_hours"] == Duplicates(())


def test_a_comment_beside_a_filter_hides_nothing(root: Path) -> None:
    edit(root, "viewing_hours", lambda document: None, copy="time_watched")
    path = next(root.glob("metrics/**/time_watched.yaml"))
    path.write_text(
        path.read_text(encoding="utf-8").replace("  filter: event_type = 'heartbeat'", "  filter: event_type = 'heartbeat'  # sampled"),
        encoding="utf-8",
    )
    assert "# sampled" in path.read_text(encoding="utf-8")
    assert duplicates(root, [load(root)[0].metrics["viewing_hours"]])["viewing_hours"].found[0].other == "time_watched"


def test_counts_of_quite_other_events_are_not_alike(root: Path) -> None:
    edit(root, "plays", how(filter="event_type = 'pause'"), copy="pauses")
    assert "plays" not in [each.other for each in found(root, "pauses").found]


@pytest.mark.parametrize("change", [{"kind": "average"}, {"source": "other_events"}, {"expression": "position_s / 3600.0"}])
def test_another_kind_source_or_expression_is_another_metric(root: Path, change: dict[str, str]) -> None:
    edit(root, "viewing_hours", how(**change), copy="time_watched")
    assert "viewing_hours" not in [each.other for each in found(root, "time_watched").found]


def test_ratios_of_the_same_parts_are_the_same_and_turned_round_they_are_not(root: Path) -> None:
    ratio = load(root)[0].metrics["completion_rate"].how
    assert ratio.kind == "ratio"
    edit(root, "completion_rate", lambda document: None, copy="share_completed")
    edit(root, "completion_rate", how(numerator=ratio.denominator, denominator=ratio.numerator), copy="upside_down")
    assert [each.other for each in same(root, "share_completed")] == ["completion_rate"]
    assert same(root, "upside_down") == []


@pytest.mark.parametrize("style", ["flow", "folded", "comment", "escaped", "crlf"])
def test_the_layout_of_a_file_hides_nothing(root: Path, style: str) -> None:
    edit(root, "viewing_hours", lambda document: None, copy="time_watched")
    path = next(root.glob("metrics/**/time_watched.yaml"))
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    written = document["how"]["expression"]
    texts = {
        "flow": yaml.safe_dump({**document, "how": "HOW"}, allow_unicode=True).replace("HOW", _flow(document["how"])),
        "folded": text.replace(f"expression: {written}", "expression: >-\n    " + written.replace(" ", "\n    ")),
        "comment": text.replace(f"expression: {written}", f"expression: {written}  # as every_body_knows"),
        "escaped": text.replace(f"expression: {written}", 'expression: "\\x73econds_viewed / 3600.0"'),
        "crlf": text.replace("\n", "\r\n"),
    }
    path.write_bytes(texts[style].encode())
    assert [each.other for each in same(root, "viewing_hours")] == ["time_watched"], texts[style]


def _flow(how: dict[str, Any]) -> str:
    return yaml.safe_dump(how, default_flow_style=True, width=10_000).strip()


def test_a_file_that_cannot_be_read_or_that_holds_nonsense_is_no_duplicate(root: Path) -> None:
    (root / "metrics" / "broken.yaml").write_bytes(b"\xff\xfe: [")
    edit(root, "viewing_hours", how(filter="event_type = = 'heartbeat'"), copy="nonsense")
    assert [each.other for each in found(root, "viewing_hours").found if each.other in ("broken", "nonsense")] == []
    assert duplicates(root, [load(root)[0].metrics["nonsense"]]) == {}


def test_of_many_alike_the_nearest_are_named_and_the_others_counted(root: Path) -> None:
    for number in range(8):
        edit(
            root,
            "viewing_hours",
            how(filter=f"event_type = 'heartbeat' and position_s > {number} and plan = 'p{number}'"),
            copy=f"m{number}",
        )
    edit(root, "viewing_hours", how(filter="event_type = 'heartbeat' and position_s > 3"), copy="mine")
    result = found(root, "mine")
    assert result.found[0].other in ("m3", "viewing_hours") and len(result.found) == 3 and result.more >= 6
