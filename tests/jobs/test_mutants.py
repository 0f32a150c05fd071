"""The mutation gate: which changes are made, which examples notice them, and what is proposed where none does."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from jobs.engines.duckdb import DuckDb
from jobs.examples import Shift, work_out
from jobs.mutants import Mutant, Verdict, judge, mutants_of
from jobs.mutants.search import Contract, witnesses
from jobs.mutants.telling import findings_of, pasted
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.finding import Severity
from metrics_catalog.logic import Logic
from metrics_catalog.meaning import resolve
from metrics_catalog.source import Column
from tests.properties.strategies import COLUMNS, COUNTRIES
from tests.support.catalogs import edit, measured, metric, metric_file, small_project, write
from tests.support.logics import derived, ratio, variant
from tests.support.logics import measured as logic

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTER = Path(__file__).parents[2] / "metrics_catalog" / "starter"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDb]:
    with DuckDb(spill=tmp_path_factory.mktemp("spill"), memory_limit="500MB") as engine:
        yield engine


def whats(found: tuple[Mutant, ...], field: str = "") -> list[str]:
    """What was changed, of the mutants of one field."""
    return [mutant.what for mutant in found if not field or field in mutant.field]


def filters(text: str, **more: Any) -> set[str]:
    """The filters of all mutants of a count."""
    return {str(mutant.logic.filter) for mutant in mutants_of(logic("m", "count", where=text, **more)) if mutant.shift is Shift.NONE}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is_live", {"None", "NOT is_live"}),
        ("not is_live", {"None", "is_live"}),
        ("device_type = 'tv'", {"None", "device_type <> 'tv'", "device_type = 'tvx'"}),
        ("title_id < 5", {"None", "title_id <= 5", "title_id > 5", "title_id < 4", "title_id < 6"}),
        ("score >= 0.25", {"None", "score > 0.25", "score <= 0.25", "score >= 0.24", "score >= 0.26"}),
        ("device_type is null", {"None", "device_type IS NOT NULL"}),
        ("device_type in ('tv', 'web')", {"None", "device_type NOT IN ('tv', 'web')", "device_type IN ('tv')", "device_type IN ('web')"}),
        ("device_type like 't%'", {"None", "device_type NOT LIKE 't%'", "device_type LIKE 't'"}),
        ("released_on > date '2026-06-30'", {
            "None", "released_on >= DATE '2026-06-30'", "released_on < DATE '2026-06-30'",
            "released_on > DATE '2026-07-01'", "released_on > DATE '2026-06-29'",
        }),
        ("received_at > occurred_at + interval '1' hour", {
            "None", "received_at >= occurred_at + INTERVAL '1' HOUR", "received_at < occurred_at + INTERVAL '1' HOUR",
            "received_at > occurred_at - INTERVAL '1' HOUR", "received_at > occurred_at + INTERVAL '2' HOUR",
        }),
    ],
)  # fmt: skip
def test_each_condition_is_changed_in_every_small_way(text: str, expected: set[str]) -> None:
    assert filters(text) == expected


def test_conditions_are_left_out_one_by_one_and_turned_into_each_other() -> None:
    found = filters("is_live and title_id = 1 and score > 2.0")
    assert {"is_live AND title_id = 1", "title_id = 1 AND score > 2.0", "is_live AND score > 2.0"} <= found
    assert "is_live OR title_id = 1 OR score > 2.0" in found
    assert "is_live OR title_id = 2" in filters("is_live or title_id = 1")


def test_a_range_loses_its_ends() -> None:
    found = filters("title_id between 1 and 3")
    assert {"title_id BETWEEN 1 AND 3 AND title_id > 1", "title_id BETWEEN 1 AND 3 AND title_id < 3"} <= found
    assert {"title_id BETWEEN 2 AND 3", "title_id BETWEEN 1 AND 4", "title_id NOT BETWEEN 1 AND 3"} <= found


def test_a_value_is_replaced_by_the_others_that_the_contract_allows() -> None:
    found = mutants_of(logic("m", "count", where="event_type = 'start'"), {"event_type": ("start", "pause", "stop")})
    assert {"event_type = 'pause'", "event_type = 'stop'"} <= {str(mutant.logic.filter) for mutant in found}
    wider = mutants_of(logic("m", "count", where="event_type in ('start', 'stop')"), {"event_type": ("start", "pause", "stop")})
    assert "event_type IN ('start', 'stop', 'pause')" in {str(mutant.logic.filter) for mutant in wider}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seconds_viewed / 3600.0", {"seconds_viewed * 3600.0", "seconds_viewed / 3700.0"}),
        ("score + title_id", {"score - title_id"}),
        ("coalesce(score, 0.5)", {"score", "COALESCE(score, 0.6)"}),
        ("greatest(title_id, 0)", {"LEAST(title_id, 0)", "GREATEST(title_id, 1)"}),
        ("-score", {"score"}),
        ("case when is_live then score else 0.0 end", {"CASE WHEN NOT is_live THEN score ELSE 0.0 END", "CASE WHEN is_live THEN score ELSE 1.0 END", "0.0"}),
    ],
)  # fmt: skip
def test_each_value_is_changed_in_every_small_way(text: str, expected: set[str]) -> None:
    found = mutants_of(logic("m", "maximum", text))
    assert {str(mutant.logic.expression) for mutant in found if mutant.field == ("how", "expression")} == expected


def test_values_that_are_only_told_apart_keep_their_factors_and_separators() -> None:
    found = mutants_of(logic("m", "count_distinct", "viewer_id || '/' || device_type"))
    assert {str(mutant.logic.expression) for mutant in found if mutant.field == ("how", "expression")} == {
        "'/' || device_type",
        "viewer_id || '/'",
    }
    assert whats(mutants_of(logic("m", "count_distinct", "title_id * 2 + 1")), "expression") == []


def test_rows_are_put_together_in_another_way() -> None:
    assert [mutant.logic.kind for mutant in mutants_of(logic("m", "sum", "score")) if mutant.field == ("how", "kind")] == [
        "count",
        "average",
    ]
    assert [mutant.logic.kind for mutant in mutants_of(logic("m", "minimum", "score")) if mutant.field == ("how", "kind")] == ["maximum"]
    (counted,) = [
        mutant.logic for mutant in mutants_of(logic("m", "count_distinct", "viewer_id", "is_live")) if mutant.field == ("how", "kind")
    ]
    assert (counted.kind, counted.filter) == ("count", "is_live AND viewer_id IS NOT NULL")


def test_a_variant_is_left_out_changed_and_moved_by_a_day() -> None:
    base = logic("m", "count", where="is_live", variants={"JP": variant("title_id = 1", until=dt.date(2027, 3, 31))})
    found = [mutant for mutant in mutants_of(base) if mutant.country == "JP"]
    assert {mutant.logic.variants["JP"].until for mutant in found if mutant.operator == "end of variant moved"} == {
        dt.date(2027, 3, 30),
        dt.date(2027, 4, 1),
    }
    assert {mutant.day for mutant in found if mutant.day} == {dt.date(2027, 3, 30), dt.date(2027, 3, 31)}
    assert {"title_id <> 1", "title_id = 2", "title_id = 0", "TRUE"} >= {str(mutant.logic.variants["JP"].filter) for mutant in found if mutant.field[-1] == "filter"} - {"title_id = 1"}  # fmt: skip
    assert [mutant.logic.variants for mutant in found if mutant.operator == "variant dropped"] == [{}]


def test_what_comes_to_the_same_is_one_mutant_and_the_metric_itself_is_none() -> None:
    same = logic("m", "count", where="is_live", variants={"JP": variant("is_live")})
    assert not [mutant for mutant in mutants_of(same) if mutant.operator == "variant dropped"], "the variant repeats the metric"
    found = mutants_of(logic("m", "count", where="title_id = 1 or title_id = 2"))
    assert len({str(mutant.logic.filter) + mutant.shift for mutant in found}) == len(found)


def test_changes_that_no_engine_would_take_are_not_made() -> None:
    for mutant in mutants_of(logic("m", "sum", "seconds_viewed", "occurred_at + interval '1' hour < received_at")):
        assert "*" not in str(mutant.logic.filter)


def test_parts_of_a_ratio_change_places_and_lose_their_filters() -> None:
    plays, viewers = logic("plays", "count", where="event_type = 'start'"), logic("viewers", "count_distinct", "viewer_id")
    found = mutants_of(ratio("m", plays, viewers))
    assert whats(found) == [
        "`plays` and `viewers` change places",
        "nothing is divided: the value is `plays` itself",
        "in `plays` the whole filter is left out",
        "in `viewers` every row counts instead of every different value: repeats count again",
    ]
    assert [mutant.field for mutant in found] == [
        ("how", "numerator"),
        ("how", "denominator"),
        ("how", "numerator"),
        ("how", "denominator"),
    ]
    of_ratio = mutants_of(derived("d", "share * 2", ratio("share", plays, viewers)))
    assert "in `plays` the whole filter is left out" in whats(of_ratio) and "`share * 2` becomes `share / 2`" in whats(of_ratio)


# the gate


def verdict(root: Path, engine: DuckDb, name: str) -> tuple[Catalog, Verdict]:
    catalog = load(root)[0]
    return catalog, judge(catalog, engine, {name: resolve(catalog, name).logic})[name]


def with_metric(root: Path, how: dict[str, Any], *examples: dict[str, Any], **more: Any) -> Path:
    """A small project with the metric `mine`."""
    write(small_project(root), metric_file("mine"), metric("mine", how, examples=list(examples), **more))
    return root


def rows(country: str, expect: float | None, *held: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Some rows.", "country": country, **more, "rows": list(held), "expect": expect}


def codes(catalog: Catalog, found: Verdict, lacking: Severity = Severity.ERROR) -> list[str]:
    return [finding.code for finding in findings_of(catalog, found, lacking)]


@pytest.mark.slow
def test_every_mutant_of_every_metric_of_the_starter_is_noticed_by_its_examples(engine: DuckDb) -> None:
    catalog = load(STARTER)[0]
    found = judge(catalog, engine, {name: resolve(catalog, name).logic for name in catalog.metrics})
    assert {name: [one.mutant.what for one in each.survivors] for name, each in found.items() if each.survivors} == {}
    assert all(each.is_shown for each in found.values())
    assert sum(len(each.mutants) for each in found.values()) > 400


def test_what_no_example_notices_comes_with_rows_that_would(tmp_path: Path, engine: DuckDb) -> None:
    how = measured("count", where="event_type = 'stop' and position_s >= 30")
    root = with_metric(tmp_path, how, rows("DE", 1, {"event_type": "stop", "position_s": 60}))
    catalog, found = verdict(root, engine, "mine")
    assert "`position_s >= 30` becomes `position_s > 30`" in [one.mutant.what for one in found.survivors]
    assert {finding.code for finding in findings_of(catalog, found)} == {"RNG-CAT-152"}
    assert all(one.witness is not None for one in found.survivors)


def _add(entries: list[dict[str, Any]], document: dict[str, Any]) -> None:
    document["examples"] = [*document.get("examples", []), *entries]


@pytest.mark.slow
def test_the_proposed_examples_hold_and_notice_everything_once_they_are_pasted(tmp_path: Path, engine: DuckDb) -> None:
    how = measured("sum", "seconds_viewed / 60.0", "event_type = 'stop' and (position_s >= 30 or device_type = 'tv')")
    japan = {"filter": "position_s < 10", "reason": "Previews.", "until": "2037-03-31"}
    root = with_metric(tmp_path, how, countries={"JP": japan})
    for _ in range(2):
        catalog, found = verdict(root, engine, "mine")
        proposed = {pasted(one.witness): one.witness for one in found.survivors if one.witness is not None}
        entries = [yaml.safe_load(text.removeprefix("- ")) | {"name": f"Example {n}"} for n, text in enumerate(proposed)]
        edit(root, metric_file("mine"), partial(_add, entries))
    catalog, found = verdict(root, engine, "mine")
    assert found.is_shown and all(one.holds for one in work_out(catalog, engine, ["mine"]))
    assert [one.mutant.what for one in found.survivors] == []


@pytest.mark.slow
def test_the_same_metric_is_proposed_the_same_rows_twice(tmp_path: Path, engine: DuckDb) -> None:
    root = with_metric(tmp_path, measured("average", "seconds_viewed", "event_type = 'heartbeat' and position_s > 5"))
    one, two = (verdict(root, engine, "mine")[1] for _ in range(2))
    assert [each.witness for each in one.survivors] == [each.witness for each in two.survivors]


@pytest.mark.parametrize(
    ("where", "unnoticed"),
    [
        ("position_s >= 0 or position_s is null", "`0` becomes `-1` in `position_s >= 0`"),
        ("event_type <> 'nothing' and device_type = 'tv'", "the condition `event_type <> 'nothing'` is left out"),
    ],
)
def test_a_change_that_events_of_the_contract_cannot_show_is_told_and_demanded_of_nobody(
    tmp_path: Path, engine: DuckDb, where: str, unnoticed: str
) -> None:
    """`position_s` is never below 0, and `event_type` is one of four words."""
    root = with_metric(
        tmp_path, measured("count", where=where), rows("DE", 1, {"position_s": 0, "event_type": "stop", "device_type": "tv"})
    )
    catalog, found = verdict(root, engine, "mine")
    unfound = [one for one in found.survivors if one.witness is None]
    assert unnoticed in [one.mutant.what for one in unfound]
    warned = [finding for finding in findings_of(catalog, found) if finding.code == "RNG-CAT-154"]
    assert len(warned) == len(unfound) and not any(finding.blocks for finding in warned)


def test_proposed_rows_keep_to_the_contract(tmp_path: Path, engine: DuckDb) -> None:
    root = with_metric(tmp_path, measured("sum", "seconds_viewed", "position_s > 0 and event_type <> 'start'"))
    _, found = verdict(root, engine, "mine")
    for one in found.survivors:
        for row in one.witness.rows if one.witness else ():
            assert row["event_type"] in ("start", "heartbeat", "pause", "stop")
            assert row.get("position_s", 0) >= 0 and 0 <= row.get("seconds_viewed", 0) <= 3600


def test_a_metric_without_examples_is_one_finding_that_proposes_some(tmp_path: Path, engine: DuckDb) -> None:
    root = with_metric(tmp_path, measured("count", where="event_type = 'stop'"))
    catalog, found = verdict(root, engine, "mine")
    (finding,) = findings_of(catalog, found)
    assert (finding.code, finding.blocks) == ("RNG-CAT-150", True)
    assert "with a name of your own:\n  - {name:" in finding.hint and "event_type: stop" in finding.hint
    assert not found.is_shown
    (advised,) = findings_of(catalog, found, Severity.WARNING)
    assert not advised.blocks


def test_a_variant_without_an_example_of_its_country_is_one_finding(tmp_path: Path, engine: DuckDb) -> None:
    how = measured("count", where="event_type = 'stop'")
    shown = [
        rows("DE", 2, {"event_type": "stop"}, {"event_type": "stop"}, {"event_type": "start"}),
        rows("DE", 1, {"event_type": "stop", "occurred_at": "2026-10-27T22:59:59Z"},
             {"event_type": "stop", "occurred_at": "2026-10-27T23:00:00Z"}, day="2026-10-28"),
    ]  # fmt: skip
    japan = {"filter": "event_type = 'stop' and position_s > 5", "reason": "Previews."}
    catalog, found = verdict(with_metric(tmp_path, how, *shown, countries={"JP": japan}), engine, "mine")
    assert codes(catalog, found) == ["RNG-CAT-153"]


def test_a_wrong_number_names_both_and_a_row_that_cannot_be_read_its_place(tmp_path: Path, engine: DuckDb) -> None:
    how = measured("count", where="event_type = 'stop'")
    root = with_metric(tmp_path, how, rows("DE", 2, {"event_type": "stop"}), rows("DE", 1, {"event_type": "stop", "position_s": "far"}))
    catalog, found = verdict(root, engine, "mine")
    told = {finding.code: finding for finding in findings_of(catalog, found)}
    assert "expects 2, and the metric gives 1" in told["RNG-CAT-151"].message
    assert "`far` in the example `Some rows.` does not fit `position_s`" in told["RNG-JOB-090"].message
    text = (root / metric_file("mine")).read_text(encoding="utf-8").splitlines()
    assert "far" in text[told["RNG-JOB-090"].place.line - 1] and "expect: 2" in text[told["RNG-CAT-151"].place.line - 1]


def test_a_sum_that_overflows_is_a_finding_and_the_other_examples_are_computed(tmp_path: Path, engine: DuckDb) -> None:
    how = measured("sum", "position_s * 4000000000000000000")
    root = with_metric(tmp_path, how, rows("DE", 1, {"position_s": 3}), rows("DE", 4e18, {"position_s": 1}))
    catalog, found = verdict(root, engine, "mine")
    assert sorted(found.refused) == [0] and [one.holds for one in found.worked] == [True]
    assert "RNG-JOB-092" in codes(catalog, found)


def test_an_example_of_a_country_that_is_not_there_is_a_finding(tmp_path: Path, engine: DuckDb) -> None:
    catalog, found = verdict(with_metric(tmp_path, measured("count"), rows("XX", 1, {"event_type": "stop"})), engine, "mine")
    assert "RNG-JOB-091" in codes(catalog, found)


def test_the_day_of_an_example_shows_where_it_ends(tmp_path: Path, engine: DuckDb) -> None:
    edge = [{"event_type": "stop", "occurred_at": "2026-10-27T14:59:59Z"}, {"event_type": "stop", "occurred_at": "2026-10-27T15:00:00Z"}]
    with_day = with_metric(tmp_path / "day", measured("count"), rows("JP", 1, *edge, day="2026-10-28"))
    assert [one.mutant.shift for one in verdict(with_day, engine, "mine")[1].survivors] == []
    without = with_metric(tmp_path / "month", measured("count"), rows("JP", 2, *edge))
    assert {one.mutant.shift for one in verdict(without, engine, "mine")[1].survivors} == {Shift.BEHIND, Shift.AHEAD}


@pytest.mark.parametrize("country", ["NP", "NO", "US"])
def test_the_neighbouring_clocks_are_never_the_country_s_own(tmp_path: Path, engine: DuckDb, country: str) -> None:
    """Kathmandu is 45 minutes past the hour; the clocks just behind and ahead of it are whole hours."""
    found = verdict(with_metric(tmp_path, measured("count"), rows(country, 1, {"event_type": "stop"})), engine, "mine")[1]
    assert [one.mutant.shift for one in found.survivors] == [Shift.BEHIND, Shift.AHEAD]
    assert all(one.witness is not None and one.witness.day is not None and one.witness.country == country for one in found.survivors)


def test_a_metric_over_days_has_no_clock_to_shift() -> None:
    dated = logic("m", "count").model_copy(update={"source": logic("m", "count").source})
    assert isinstance(dated, Logic) and dated.source is not None
    source = dated.source.model_copy(update={"event_time": "released_on"})
    assert [mutant for mutant in mutants_of(dated.model_copy(update={"source": source})) if mutant.shift is not Shift.NONE] == []


CONTRACT = Contract({"viewing_events": {name: Column(type=kind) for name, kind in COLUMNS.items()}})


@pytest.mark.slow
@pytest.mark.parametrize(
    "found",
    [
        logic("hours", "count", where="extract(hour from occurred_at) between 18 and 22"),
        logic("places", "sum", "seconds_viewed", "viewing_country in ('JP', 'NP') and event_type = 'stop'"),
        logic("functions", "average", "abs(score - title_id) / 2", "lower(device_type) = 'tv' and viewer_id is not null"),
        logic("moments", "count", where="occurred_at >= timestamp '2026-03-29 01:00:00' and released_on > date '2026-06-30'"),
        logic("sums", "count", where="seconds_viewed + title_id > 100 and price * 2 <= 9.5"),
        logic(
            "many",
            "average",
            "score",
            "event_type = 'stop' and device_type = 'tv' and is_live and seconds_viewed >= 17 and title_id > 6445 and price < 2.5",
        ),
        logic("texts", "count", where="length(viewer_id) >= 3 and device_type like 't%' and event_type not in ('start', 'stop')"),
        ratio("share", logic("plays", "count", where="event_type = 'start'"), logic("viewers", "count_distinct", "viewer_id")),
    ],
    ids=lambda found: found.metric,
)
def test_the_search_finds_events_for_every_change_that_can_be_noticed(engine: DuckDb, found: Logic) -> None:
    mutants = [mutant for mutant in mutants_of(found) if mutant.shift is Shift.NONE]
    examples = witnesses(engine, found, mutants, CONTRACT, COUNTRIES)
    assert [mutant.what for mutant, example in zip(mutants, examples, strict=True) if example is None] == []
