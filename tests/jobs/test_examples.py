"""Worked examples: those of the starter hold, and they notice what they are there to notice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jobs.engines.duckdb import DuckDb
from jobs.errors import JobError
from jobs.examples import Worked, work_out
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.errors import CatalogError
from metrics_catalog.metric import Derived, Metric, Ratio
from tests.support.catalogs import edit, measured, metric, metric_file, small_project, write

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDb]:
    with DuckDb(spill=tmp_path_factory.mktemp("spill"), memory_limit="500MB") as engine:
        yield engine


@pytest.fixture(scope="module")
def starter() -> Catalog:
    return load(STARTER)[0]


def test_every_example_of_the_starter_holds(starter: Catalog, engine: DuckDb) -> None:
    worked = list(work_out(starter, engine))
    assert len(worked) == sum(len(metric.examples) for metric in starter.metrics.values()) >= 40
    assert [one for one in worked if not one.holds] == []


FLIPPED = {" >= ": " > ", " > ": " >= ", " < ": " <= ", " <= ": " < "}


def spoilt(metric: Metric) -> list[tuple[str, Metric]]:
    """The metric with one mistake each: without its filter, with a comparison moved by one, without a country's variant."""
    found = []
    for country in metric.countries:
        others = {code: variant for code, variant in metric.countries.items() if code != country}
        found.append((f"no {country}", metric.model_copy(update={"countries": others})))
    if isinstance(metric.how, Ratio | Derived) or metric.how.filter is None:
        return found
    found.append(("no filter", metric.model_copy(update={"how": metric.how.model_copy(update={"filter": None})})))
    for sign in re.findall(r" [<>]=? ", metric.how.filter):
        moved = metric.how.filter.replace(sign, FLIPPED[sign])
        found.append((moved, metric.model_copy(update={"how": metric.how.model_copy(update={"filter": moved})})))
    return found


SPOILT = [(metric.metric, what, wrong) for metric in load(STARTER)[0].metrics.values() if metric.examples for what, wrong in spoilt(metric)]


@pytest.mark.parametrize(("name", "what", "wrong"), SPOILT, ids=[f"{name}: {what}" for name, what, _ in SPOILT])
def test_an_example_notices_a_mistake_in_its_metric(starter: Catalog, engine: DuckDb, name: str, what: str, wrong: Metric) -> None:
    mistaken = replace(starter, metrics={**starter.metrics, name: wrong})
    assert not all(one.holds for one in work_out(mistaken, engine, [name])), what


def with_example(root: Path, **example: object) -> Catalog:
    """A small project whose `plays` has one example."""
    document = {"name": "mine", "country": "JP", "rows": [{"event_type": "start"}], "expect": 1, **example}
    edit(small_project(root), "metrics/engagement/plays.yaml", lambda metric: metric.update(examples=[document]))
    return load(root)[0]


def test_a_wrong_example_says_what_was_expected_and_what_came(tmp_path: Path, engine: DuckDb) -> None:
    (one,) = work_out(with_example(tmp_path, expect=2), engine)
    assert one == Worked("plays", 0, "mine", 2, 1)
    assert not one.holds


def test_a_row_counts_in_its_own_country_only(tmp_path: Path, engine: DuckDb) -> None:
    rows = [{"event_type": "start"}, {"event_type": "start", "viewing_country": "DE"}]
    (one,) = work_out(with_example(tmp_path, rows=rows), engine)
    assert one.computed == 1


def test_rows_on_both_sides_of_a_local_midnight_are_one_month_or_two(tmp_path: Path, engine: DuckDb) -> None:
    late = {"event_type": "start", "occurred_at": "2026-10-31T14:59:59Z"}
    same = {"event_type": "start", "occurred_at": "2026-10-30T15:00:00Z"}
    assert [one.computed for one in work_out(with_example(tmp_path / "same", rows=[late, same]), engine)] == [2]
    next_month = {"event_type": "start", "occurred_at": "2026-10-31T15:00:00Z"}
    with pytest.raises(JobError, match="`mine` lie in 2 months of JP"):
        list(work_out(with_example(tmp_path / "two", rows=[late, next_month]), engine))


def test_an_example_without_rows_gives_nothing(tmp_path: Path, engine: DuckDb) -> None:
    (one,) = work_out(with_example(tmp_path, rows=[], expect=None), engine)
    assert one.holds and one.computed is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"event_type": "start", "occurred_at": "yesterday"}, "`yesterday` in the example `mine` is no time"),
        ({"event_type": "start", "position_s": "far"}, "`far` in the example `mine` does not fit"),
        ({"event_type": "start", "position_s": 1.5}, "`1.5` in the example `mine` does not fit"),
    ],
)
def test_a_row_that_cannot_be_read_is_told_in_words(tmp_path: Path, engine: DuckDb, row: dict[str, object], said: str) -> None:
    with pytest.raises(JobError) as refused:
        list(work_out(with_example(tmp_path, rows=[row]), engine))
    assert said in refused.value.message and refused.value.hint


def test_a_metric_without_a_meaning_says_so(tmp_path: Path, engine: DuckDb) -> None:
    catalog = with_example(tmp_path)
    nowhere = {name: metric for name, metric in catalog.sources.items() if name != "viewing_events"}
    with pytest.raises(CatalogError):
        list(work_out(replace(catalog, sources=nowhere), engine))


@pytest.mark.parametrize(
    ("expression", "kind", "expect", "holds"),
    [
        ("received_at", "maximum", "2026-10-28T12:30:00Z", True),
        ("received_at", "maximum", "2026-10-28T14:30:00+02:00", True),
        ("received_at", "minimum", "2026-10-28T12:30:00Z", False),
        ("received_at", "minimum", 5, False),
        ("cast(received_at as date)", "minimum", "2026-10-27", True),
        ("cast(received_at as date)", "minimum", None, False),
        ("position_s", "minimum", "2026-10-27", False),
    ],
)
def test_the_least_and_greatest_day_and_instant_are_expected_as_text(
    tmp_path: Path, engine: DuckDb, expression: str, kind: str, expect: object, holds: bool
) -> None:
    rows = [{"received_at": moment, "position_s": 3} for moment in ("2026-10-27T09:00:00Z", "2026-10-28T12:30:00Z")]
    example = {"name": "mine", "country": "JP", "rows": rows, "expect": expect}
    how = measured(kind, expression)
    write(small_project(tmp_path), metric_file("latest"), metric("latest", how, examples=[example]))
    catalog, findings = load(tmp_path)
    assert not findings
    (one,) = work_out(catalog, engine, ["latest"])
    assert one.holds is holds
