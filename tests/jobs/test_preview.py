"""A preview computes what a run computes, says what differs, and of a sample how well it is known."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from typing import Any

import pytest

from jobs.errors import JobError
from jobs.facts.chunks import Span
from jobs.preview.comparison import Comparison, Pair, compare
from jobs.preview.sample import LIMITS, Limits, Sample, draw
from jobs.preview.scan import scan
from jobs.preview.words import as_json, known_to, number_text, percent, world_sentence
from jobs.preview.world import Method, Point, Side, change, method_of
from jobs.table import DataFile
from metrics_catalog.logic import Logic
from metrics_catalog.meaning import resolve
from tests.support.lakes import RunningLake
from tests.support.proposing import committed_lake

DAY = dt.date(2026, 11, 1)
CODES = ("DE", "JP", "US")
SMALL = Limits(events=100)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLake]:
    lake = committed_lake(tmp_path_factory.mktemp("preview") / "lake")
    yield lake
    lake.engine.close()


def logic(lake: RunningLake, metric: str, **changes: Any) -> Logic:
    return resolve(lake.catalog, metric).logic.model_copy(update=changes)


def compared(lake: RunningLake, before: Logic | None, after: Logic | None, limits: Limits | None = None) -> Comparison:
    pair = Pair((after or before or logic(lake, "plays")).metric, before, after)
    return compare(pair, scan(lake.tables, lake.engine, pair.columns, CODES, limits=limits or LIMITS))


# what is computed


def test_a_preview_has_the_numbers_that_a_run_publishes(lake: RunningLake) -> None:
    lake.run()
    pair = Pair("viewing_hours", None, logic(lake, "viewing_hours"))
    found = scan(lake.tables, lake.engine, pair.columns, CODES).column("viewing_hours@after@value")
    by_day = "SELECT viewing_country, viewing_date, sum(viewing_hours) FROM ({}) GROUP BY ALL"
    spec = lake.tables.spec("gold.title_daily")
    assert spec is not None
    gold = lake.engine.relation([file.path for file in lake.tables.files("gold.title_daily")], spec.columns)
    published = {(row[0], row[1]): row[2] for row in lake.engine.rows(by_day.format(f"SELECT * FROM {gold}"))}
    assert {cell: value for cell, value in found.items() if value} == pytest.approx(
        {cell: value for cell, value in published.items() if value}
    )


@pytest.mark.parametrize("metric", ["viewing_hours", "viewers", "plays", "completion_rate", "hours_per_play", "average_view_seconds"])
def test_an_unchanged_metric_is_no_change(lake: RunningLake, metric: str) -> None:
    for limits in (None, SMALL):
        found = compared(lake, logic(lake, metric), logic(lake, metric), limits)
        assert found.countries and not found.changed and found.largest is None
        assert found.newly_null == found.newly_present == 0 and found.world.relative in (0, None)


def test_a_changed_expression_changes_every_country_alike(lake: RunningLake) -> None:
    found = compared(lake, logic(lake, "viewing_hours"), logic(lake, "viewing_hours", expression="seconds_viewed / 1800.0"))
    assert [country.viewing_country for country in found.changed] == ["DE", "JP", "US"]
    assert found.world.relative == pytest.approx(1.0) and found.world.low == found.world.relative
    assert "3 of 3 countries change" in world_sentence(found) and "world +100%" in world_sentence(found)


def test_a_changed_variant_changes_its_country_alone(lake: RunningLake) -> None:
    before = logic(lake, "viewing_hours")
    variant = before.variants["JP"].model_copy(update={"filter": "event_type = 'heartbeat' AND seconds_viewed >= 30"})
    found = compared(lake, before, before.model_copy(update={"variants": {**before.variants, "JP": variant}}))
    assert [country.viewing_country for country in found.changed] == ["JP"]
    assert found.largest is not None and found.largest.viewing_country == "JP"


def test_numbers_that_go_and_come_are_counted(lake: RunningLake) -> None:
    before, after = logic(lake, "average_view_seconds"), logic(lake, "average_view_seconds", filter="plan = 'nobody has it'")
    gone = compared(lake, before, after)
    assert gone.newly_null > 0 and gone.newly_present == 0 and "newly NULL" in world_sentence(gone)
    come = compared(lake, after, before)
    assert come.newly_present == gone.newly_null and come.newly_null == 0


def test_a_new_metric_has_no_before_and_one_that_goes_no_after(lake: RunningLake) -> None:
    new, gone = compared(lake, None, logic(lake, "plays")), compared(lake, logic(lake, "plays"), None)
    assert new.is_new and new.world.before is None and new.world.after == gone.world.before
    assert world_sentence(new).startswith("New: ") and world_sentence(gone).startswith("It goes: ")


def test_a_ratio_divides_sums_and_not_the_other_way_round(lake: RunningLake) -> None:
    ratio, plays, ends = (logic(lake, name) for name in ("completion_rate", "plays", "completions"))
    found = compared(lake, ratio, ratio)
    assert found.method is Method.RATIO
    over = compared(lake, ends, ends).world.after or 0, compared(lake, plays, plays).world.after or 1
    assert found.world.after == pytest.approx(over[0] / over[1])


def test_two_meanings_that_read_a_column_as_other_types_are_still_compared(lake: RunningLake) -> None:
    before = logic(lake, "viewing_hours")
    assert before.source is not None
    columns = {**before.source.columns, "seconds_viewed": lake.catalog.sources["viewing_events"].columns["position_s"].type}
    after = before.model_copy(update={"source": before.source.model_copy(update={"columns": columns})})
    assert compared(lake, before, after).countries


def test_a_metric_that_is_no_number_is_refused_in_words(lake: RunningLake) -> None:
    with pytest.raises(JobError, match="is a string, not a number"):
        compared(lake, None, logic(lake, "viewing_hours", kind="maximum", expression="plan"))


# the sample


def test_a_small_sample_has_the_same_cells_each_time_and_says_so(lake: RunningLake) -> None:
    pair = Pair("viewing_hours", logic(lake, "viewing_hours"), logic(lake, "viewing_hours", filter="plan = 'ads'"))
    first, second = (scan(lake.tables, lake.engine, pair.columns, CODES, limits=Limits(events=100)) for _ in range(2))
    whole = scan(lake.tables, lake.engine, pair.columns, CODES)
    assert first.sample == second.sample and first.cells == second.cells
    assert set(first.cells) < set(whole.cells)
    assert all(whole.cells[cell] == values for cell, values in first.cells.items()), "a country-day is whole or not there"
    assert "drawn by a hash of country and day" in first.sample.sentence() and "exact" in whole.sample.sentence()
    assert as_json(compare(pair, first))["sample"]["computed_country_days"] == len(first.sample.pairs or ())


def test_all_of_a_large_lake_is_computed_when_asked_for() -> None:
    assert draw(spans(50_000_000), CODES, whole=True).is_whole


def test_of_a_very_large_lake_days_are_drawn_first() -> None:
    sample = draw(spans(2_000_000_000, days=300), [f"C{number}" for number in range(200)])
    assert sample.drawn_days is not None and sample.pairs is not None
    assert len({day for _, day in sample.pairs}) <= sample.drawn_days < 30
    assert len(sample.pairs) <= 5_000 and "days were drawn first" in sample.sentence()


def test_no_country_is_left_out_of_a_sample(lake: RunningLake) -> None:
    many = [f"C{number}" for number in range(200)]
    for events in (16_000_000, 500_000_000, 20_000_000_000):
        sample = draw(spans(events, days=100), many)
        assert sample.pairs is not None and {code for code, _ in sample.pairs} == set(many)
        assert len(sample.pairs) == sample.of_country * 200 <= 5_000


def test_a_file_that_does_not_say_when_its_events_were_is_read_with_all_others() -> None:
    assert draw(None, CODES).is_whole


def test_more_events_only_take_country_days_out_of_the_sample() -> None:
    some, fewer = (draw(spans(events), [f"C{number}" for number in range(50)]) for events in (16_000_000, 32_000_000))
    assert some.pairs is not None and fewer.pairs is not None and fewer.pairs < some.pairs


def spans(events: int, days: int = 30) -> list[Span]:
    dates = [DAY + dt.timedelta(days=number) for number in range(days)]
    return [Span("bronze.x", DataFile(f"{date}.parquet", events // days, 1), date, date) for date in dates]


# how well it is known


@pytest.mark.slow
@pytest.mark.parametrize("method", [Method.SUM, Method.RATIO, Method.MEAN])
def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty(method: Method) -> None:
    held = sum(_covers(seed, method) for seed in range(200))
    assert 175 <= held <= 199, held


def _covers(seed: int, method: Method) -> bool:
    randomly = random.Random(seed)
    cells = [(f"C{number % 40}", DAY + dt.timedelta(days=number // 40)) for number in range(1_600)]
    points = [_point(code, day, randomly) for code, day in cells]
    drawn = frozenset(
        cell for code in sorted({cell[0] for cell in cells}) for cell in randomly.sample([cell for cell in cells if cell[0] == code], 5)
    )
    sample = Sample(40, 40, 10**8, drawn)
    truth = change(points, method, Sample(40, 40, 10**8)).relative
    found = change([point for point in points if (point.country, point.day) in drawn], method, sample)
    assert truth is not None and found.low is not None and found.high is not None
    return found.low <= truth <= found.high


def _point(code: str, day: dt.date, randomly: random.Random) -> Point:
    size = randomly.lognormvariate(5, 1)
    share, moved = randomly.uniform(0.2, 0.6), randomly.uniform(0.9, 1.4)
    before, after = Side(size * share, size * share, size), Side(size * share * moved, size * share * moved, size)
    return Point(code, day, before, after)


def test_a_change_that_is_alike_everywhere_is_known_without_error() -> None:
    drawn = [("DE", DAY + dt.timedelta(days=number)) for number in range(40)]
    points = [Point(code, day, Side(float(number + 1)), Side(2.0 * (number + 1))) for number, (code, day) in enumerate(drawn)]
    found = change(points, Method.SUM, Sample(1, 400, 10**8, frozenset(drawn)))
    assert found.relative == pytest.approx(1) and found.low == pytest.approx(1) and found.high == pytest.approx(1)


def test_too_few_days_state_no_error() -> None:
    points = [Point("DE", DAY, Side(1.0), Side(2.0))]
    found = change(points, Method.SUM, Sample(1, 400, 10**8, frozenset({("DE", DAY)})))
    assert found.relative == 1 and found.low is None and known_to(found) == ""


@pytest.mark.parametrize(
    ("relative", "text"),
    [(0.023, "+2.3%"), (1.0, "+100%"), (-1.0, "-100%"), (0.0, "0%"), (None, "-"), (0.00001, "+0.001%"), (12.5, "+1,250%")],
)
def test_changes_read_as_per_cent_and_small_ones_are_no_zero(relative: float | None, text: str) -> None:
    assert percent(relative) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "NULL"), (1234567, "1,234,567"), (1234.567, "1,234.57"), (0.000123, "0.000123"), (3.0, "3")]
)
def test_numbers_read_with_the_digits_that_count(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_meanings_of_two_kinds_are_compared_by_their_mean(lake: RunningLake) -> None:
    assert method_of(logic(lake, "plays"), logic(lake, "completion_rate")) is Method.MEAN
    assert method_of(None, logic(lake, "viewers")) is Method.SUM
