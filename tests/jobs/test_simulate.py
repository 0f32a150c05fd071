"""The simulator: same arguments, same bytes; sittings that make sense; faults in the shares that are promised."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.errors import JobError
from jobs.simulate import MARKETS, START, SimulationReport, simulate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

EVENTS = 60_000
ZONES = {market.code: ZoneInfo(market.zone) for market in MARKETS}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SimulationReport:
    return simulate(tmp_path_factory.mktemp("simulated") / "out", events=EVENTS, seed=11)


@pytest.fixture(scope="module")
def lines(report: SimulationReport) -> list[str]:
    return [line for path in report.of("viewing_events") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


@pytest.fixture(scope="module")
def received(lines: list[str]) -> list[dict[str, Any]]:
    """Every record that keeps the contract's types, in the order of receipt."""
    return [record for record in map(_parsed, lines) if record is not None]


@pytest.fixture(scope="module")
def events(received: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every event once: the first delivery."""
    first: dict[str, dict[str, Any]] = {}
    for record in received:
        first.setdefault(record["event_id"], record)
    return list(first.values())


@pytest.fixture(scope="module")
def sittings(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Events of one sitting share the first part of their id; the second counts them."""
    grouped = defaultdict(list)
    for event in events:
        grouped[event["event_id"].split("-")[0]].append(event)
    return [sorted(group, key=lambda event: str(event["event_id"])) for group in grouped.values()]


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads(line)
        dt.datetime.fromisoformat(record["occurred_at"])
    except (ValueError, KeyError):
        return None
    sound = "event_id" in record and record["event_type"] in {"start", "heartbeat", "pause", "stop"}
    return record if sound and isinstance(record["position_s"], int) and record["seconds_viewed"] >= 0 else None


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _bytes_of(report: SimulationReport) -> dict[str, str]:
    return {file.path.name: hashlib.sha256(file.path.read_bytes()).hexdigest() for file in report.files}


def test_the_same_arguments_give_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    first, again, other = (simulate(tmp_path / name, events=4_000, seed=seed) for name, seed in (("a", 5), ("b", 5), ("c", 6)))
    assert _bytes_of(first) == _bytes_of(again)
    assert _bytes_of(first) != _bytes_of(other)
    assert [file.records for file in first.files] == [file.records for file in again.files]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.integers(1, 3_000),
    seed=st.integers(0, 2**40),
    days=st.integers(1, 31),
    countries=st.lists(st.sampled_from(sorted(ZONES)), min_size=1, unique=True),
)
def test_exactly_as_many_records_as_were_asked_for(
    tmp_path_factory: pytest.TempPathFactory, events: int, seed: int, days: int, countries: Sequence[str]
) -> None:
    report = simulate(tmp_path_factory.mktemp("any") / "out", events=events, seed=seed, days=days, countries=countries)
    counted = sum(len(gzip.decompress(path.read_bytes()).splitlines()) for path in report.of("viewing_events"))
    assert counted == report.records == events == report.events + report.repeated
    assert set(report.countries) <= set(countries)


def test_the_report_counts_what_the_files_hold(report: SimulationReport, lines: list[str], received: list[dict[str, Any]]) -> None:
    assert len(lines) == EVENTS == sum(file.records for file in report.files if file.source == "viewing_events")
    assert len(lines) - len(received) == report.broken
    assert len(received) - len({record["event_id"] for record in received}) == report.repeated
    assert sum(record.get("viewing_country") is None for record in received) == report.without_country
    assert {record["viewing_country"] for record in received if record.get("viewing_country")} == set(report.countries) == set(ZONES)


def test_files_stand_in_the_order_of_receipt(received: list[dict[str, Any]]) -> None:
    times = [record["received_at"] for record in received]
    assert times == sorted(times)


def test_a_sitting_is_one_viewer_one_device_one_title_and_ends_after_its_start(sittings: list[list[dict[str, Any]]]) -> None:
    same = ("viewer_id", "account_country", "device_type", "plan", "title_id", "duration_s", "player_version")
    for sitting in sittings:
        types = [event["event_type"] for event in sitting]
        assert len({tuple(event[name] for name in same) for event in sitting}) == 1
        assert len({event["viewing_country"] for event in sitting if event.get("viewing_country")}) <= 1
        assert types.count("start") <= 1 and types.count("stop") <= 1 and types.count("pause") <= 1
        assert "start" not in types[1:] and "stop" not in types[:-1]


def test_positions_grow_by_the_seconds_viewed_and_the_clock_by_no_less(sittings: list[list[dict[str, Any]]]) -> None:
    checked = 0
    for sitting in sittings:
        for before, after in pairwise(sitting):
            if int(after["event_id"].split("-")[1]) != int(before["event_id"].split("-")[1]) + 1:
                continue  # the event between them was broken
            checked += 1
            assert after["position_s"] == before["position_s"] + after["seconds_viewed"]
            passed = _instant(after["occurred_at"]) - _instant(before["occurred_at"])
            assert passed >= dt.timedelta(seconds=after["seconds_viewed"])
    assert checked > EVENTS * 0.8


def test_positions_stay_within_the_title(events: list[dict[str, Any]]) -> None:
    assert all(0 <= event["position_s"] <= event["duration_s"] for event in events if event["duration_s"] is not None)


def test_a_viewer_watches_one_thing_at_a_time(sittings: list[list[dict[str, Any]]]) -> None:
    spans = defaultdict(list)
    for sitting in sittings:
        spans[sitting[0]["viewer_id"]].append((_instant(sitting[0]["occurred_at"]), _instant(sitting[-1]["occurred_at"])))
    for one in spans.values():
        assert all(earlier[1] < later[0] for earlier, later in pairwise(sorted(one)))


def test_evenings_are_busiest_by_the_local_clock_of_every_large_country(sittings: list[list[dict[str, Any]]]) -> None:
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    for sitting in sittings:
        start = sitting[0]
        if start["event_type"] == "start" and start.get("viewing_country"):
            hours[start["viewing_country"]][_instant(start["occurred_at"]).astimezone(ZONES[start["viewing_country"]]).hour] += 1
    for country in ("US", "JP", "IN", "BR", "DE"):
        assert sum(hours[country][hour] for hour in range(19, 22)) > 0.35 * hours[country].total()
        assert sum(hours[country][hour] for hour in range(1, 6)) < 0.03 * hours[country].total()


@pytest.mark.parametrize(
    ("fault", "low", "high"),
    [
        ("repeated", 0.01, 0.02),
        ("late", 0.02, 0.045),
        ("without_country", 0.001, 0.003),
        ("of_unknown_titles", 0.002, 0.009),
        ("broken", 0.0002, 0.0006),
    ],
)
def test_faults_come_in_their_shares(report: SimulationReport, fault: str, low: float, high: float) -> None:
    assert low < getattr(report, fault) / report.records < high


def test_late_records_come_within_a_week_and_clocks_are_sometimes_wrong(events: list[dict[str, Any]]) -> None:
    delays = [_instant(event["received_at"]) - _instant(event["occurred_at"]) for event in events]
    assert dt.timedelta(days=5) < max(delays) < dt.timedelta(days=8)
    assert 0.003 < sum(delay < dt.timedelta(0) for delay in delays) / len(delays) < 0.02


def test_some_watch_away_from_home_and_some_plans_are_missing(events: list[dict[str, Any]]) -> None:
    away = sum(event["account_country"] != event["viewing_country"] for event in events if event.get("viewing_country"))
    assert 0.015 < away / len(events) < 0.06
    assert 0 < sum(event["plan"] is None for event in events) < 0.02 * len(events)


def test_a_record_that_will_be_refused_is_delivered_once(received: list[dict[str, Any]]) -> None:
    deliveries = Counter(record["event_id"] for record in received)
    assert all(deliveries[record["event_id"]] == 1 for record in received if record.get("viewing_country") is None)


def test_accepted_repeated_and_refused_records_add_up_by_anyones_count(report: SimulationReport, lines: list[str]) -> None:
    """Whoever counts repeated ids over all lines that are JSON finds the repeats of accepted events, and no others."""
    seen: Counter[str] = Counter()
    for line in lines:
        try:
            seen[json.loads(line)["event_id"]] += 1
        except (ValueError, KeyError):
            continue
    assert seen.total() - len(seen) == report.repeated
    assert report.records == report.events + report.repeated
    assert report.events > report.broken + report.without_country > 0


def test_a_repeat_differs_only_in_when_it_was_received(received: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    first = {event["event_id"]: event for event in events}
    for record in received:
        assert {**record, "received_at": ""} == {**first[record["event_id"]], "received_at": ""}


def test_hours_fall_with_the_rank_of_a_title_as_in_public_lists(events: list[dict[str, Any]]) -> None:
    """Slope of log(seconds) over log(rank) of the ten best titles, averaged over the largest countries; the lists have 0.79 to 0.90."""
    slopes = []
    for country in ("US", "IN", "BR", "JP", "GB", "DE"):
        seconds: Counter[str] = Counter()
        for event in events:
            if event.get("viewing_country") == country:
                seconds[event["title_id"]] += event["seconds_viewed"]
        points = [(math.log(rank), math.log(total)) for rank, (_, total) in enumerate(seconds.most_common(10), 1)]
        middle_x, middle_y = (sum(values) / len(points) for values in zip(*points, strict=True))
        slopes.append(sum((x - middle_x) * (y - middle_y) for x, y in points) / sum((x - middle_x) ** 2 for x, _ in points))
    assert -1.05 < sum(slopes) / len(slopes) < -0.65


def test_many_titles_are_watched_in_one_country_only_and_few_in_most(events: list[dict[str, Any]]) -> None:
    """Of the titles in the public lists 39 % charted in one country only, 6.5 % in more than half of them; few events show less of the tail."""
    countries = defaultdict(set)
    for event in events:
        if event.get("viewing_country") and event["duration_s"] is not None:
            countries[event["title_id"]].add(event["viewing_country"])
    spread = [len(found) for found in countries.values()]
    assert 0.33 < sum(count == 1 for count in spread) / len(spread) < 0.52
    assert 0.02 < sum(count > len(ZONES) * 0.53 for count in spread) / len(spread) < 0.1


def test_japan_sees_many_previews_that_play_by_themselves(events: list[dict[str, Any]]) -> None:
    def share(country: str) -> float:
        beats: list[int] = [
            event["seconds_viewed"] for event in events if event.get("viewing_country") == country and event["event_type"] == "heartbeat"
        ]
        return sum(seconds < 5 for seconds in beats) / len(beats)

    assert share("JP") > 4 * share("US") > 0


def test_titles_come_as_two_good_snapshots_and_two_bad_files(report: SimulationReport) -> None:
    kinds = [file.fault for file in report.files if file.source == "titles"]
    assert [fault is None for fault in kinds] == [True, False, False, True]
    first, page, renamed, last = (path.read_text(encoding="utf-8") for path in report.of("titles"))
    assert page.startswith("<!DOCTYPE html>")
    assert renamed.splitlines()[1:] == first.splitlines()[1:] and renamed.splitlines()[0] != first.splitlines()[0]
    before, after = (dict(line.split(",", 1) for line in text.splitlines()[1:]) for text in (first, last))
    assert before.keys() - after.keys() and after.keys() - before.keys()
    assert any(before[title] != after[title] for title in before.keys() & after.keys())


def test_every_watched_title_but_the_unknown_ones_is_in_the_first_snapshot(report: SimulationReport, events: list[dict[str, Any]]) -> None:
    known = {line.split(",", 1)[0] for line in report.of("titles")[0].read_text(encoding="utf-8").splitlines()[1:]}
    assert {event["title_id"] in known for event in events if event["duration_s"] is not None} == {True}
    assert {event["title_id"] in known for event in events if event["duration_s"] is None} == {False}


def test_the_week_is_a_whole_iso_week() -> None:
    assert START.isoweekday() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"events": 0}, "0 events"), ({"days": 32}, "32 days"), ({"countries": ["JP", "XX"]}, "`XX`"), ({"countries": []}, "No country")],
)
def test_nonsense_is_refused_with_what_to_do(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(JobError) as refused:
        simulate(tmp_path / "out", **wrong)
    assert said in refused.value.message and refused.value.hint
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(JobError, match="not an empty folder"):
        simulate(tmp_path, events=10)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
