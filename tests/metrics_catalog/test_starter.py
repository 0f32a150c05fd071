"""The starter: a faultless lake project that is worth copying from."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from jobs.simulate import MARKETS
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.metric import Derived, Metric, Ratio, Tier
from metrics_catalog.person import Side
from metrics_catalog.rules import check
from metrics_catalog.rules.common import parts_of
from metrics_catalog.schema import FOLDER, schemas
from metrics_catalog.search.entry import Content
from metrics_catalog.search.service import search

if TYPE_CHECKING:
    from metrics_catalog.model import Text

ROOT = Path(__file__).parents[2] / "metrics_catalog" / "starter"
QUESTIONS = json.loads((Path(__file__).parents[1] / "support" / "search_table.json").read_text(encoding="utf-8"))["queries"]
KANA = re.compile(r"[ぁ-んー]+")
JAPANESE = re.compile(r"[ぁ-んァ-ン一-龠]")
SCHEMAS = schemas()
FILES = sorted(path for path in ROOT.rglob("*.yaml") if "approvals" not in path.parts)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load(ROOT)[0]


def metrics() -> list[Metric]:
    return sorted(load(ROOT)[0].metrics.values(), key=lambda metric: metric.metric)


METRICS = metrics()


def name_of(value: Metric | Path) -> str:
    return value.metric if isinstance(value, Metric) else str(value.relative_to(ROOT))


def test_nothing_in_the_starter_is_a_finding(catalog: Catalog) -> None:
    found = [*load(ROOT)[1], *check(catalog, dt.date(2026, 11, 22))]
    missing_keys = [finding for finding in found if finding.code == "RNG-CAT-091"]
    assert found == missing_keys, "only demo people without a key yet are to be warned about"


def test_it_covers_what_a_streaming_service_keeps(catalog: Catalog) -> None:
    assert len(catalog.metrics) >= 26 and len(catalog.views) >= 3
    assert {metric.how.kind for metric in catalog.metrics.values()} == {
        "count", "count_distinct", "sum", "average", "minimum", "maximum", "ratio", "derived",
    }  # fmt: skip
    domains = {path.parent.name for path in FILES if path.parts[-3] == "metrics"}
    assert domains == {"engagement", "reach", "completion", "catalogue", "plan_mix", "playback", "delivery"}


def test_names_that_documents_and_checks_rely_on(catalog: Catalog) -> None:
    columns = {
        "event_id", "viewer_id", "account_country", "viewing_country", "device_type", "plan", "title_id", "event_type", "position_s",
        "seconds_viewed", "occurred_at", "received_at", "player_version",
    }  # fmt: skip
    assert columns <= set(catalog.sources["viewing_events"].columns)
    title_daily = catalog.views["title_daily"]
    assert {"viewing_hours", "viewers", "plays", "completion_rate"} <= set(title_daily.metrics)
    assert (title_daily.time_column, title_daily.grain.dimensions) == ("viewing_date", ("title_id", "device_type"))
    how = yaml.safe_load((ROOT / "metrics" / "engagement" / "viewing_hours.yaml").read_text(encoding="utf-8"))
    assert how["how"]["expression"] == "seconds_viewed / 3600.0" and how["how"]["filter"] == "event_type = 'heartbeat'"
    assert how["countries"]["JP"]["filter"] == "event_type = 'heartbeat' and seconds_viewed >= 5"
    assert how["countries"]["JP"]["until"] == dt.date(2027, 3, 31)


def test_every_metric_is_published_and_every_part_of_it_beside_it(catalog: Catalog) -> None:
    assert {name for view in catalog.views.values() for name in view.metrics} == set(catalog.metrics)
    for view in catalog.views.values():
        for name in view.metrics:
            how = catalog.metrics[name].how
            assert not isinstance(how, Ratio | Derived) or set(parts_of(how)) <= set(view.metrics), (view.view, name)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_tells_the_editor_its_schema_and_keeps_it(path: Path) -> None:
    first, *_ = path.read_text(encoding="utf-8").splitlines()
    named = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)
    assert named, first
    schema = (path.parent / named[1]).resolve()
    assert schema.parent == (ROOT / FOLDER).resolve()
    if schema.stem in SCHEMAS:  # a room above has schemas of its own
        document = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
        jsonschema.Draft7Validator(SCHEMAS[schema.stem]).validate(document)


@pytest.mark.parametrize("metric", METRICS, ids=name_of)
def test_a_metric_speaks_both_languages(metric: Metric) -> None:
    texts: list[Text] = [metric.what.label, metric.what.description, metric.why.question, metric.why.decision]
    texts += [metric.what.not_for] if metric.what.not_for else []
    for text in texts:
        assert JAPANESE.search(text.ja) and not JAPANESE.search(text.en)
    assert any(KANA.fullmatch(alias) for alias in metric.what.aliases.ja), "a reading in kana, so that it is found as it is typed"
    assert metric.why.consumers


@pytest.mark.parametrize("metric", METRICS, ids=name_of)
def test_a_metric_was_heard_by_both_sides_before_it_is_approved(metric: Metric, catalog: Catalog) -> None:
    hearing = catalog.hearings[metric.hearing or ""]
    assert metric.metric in hearing.metrics
    assert {attendee.side for attendee in hearing.attendees} == set(Side)
    assert len(hearing.questions) >= 2 and hearing.dissent and hearing.review_on and hearing.review_on > hearing.date


@pytest.mark.parametrize("metric", METRICS, ids=name_of)
def test_a_proposer_turns_no_key(metric: Metric, catalog: Catalog) -> None:
    assert metric.proposer is not None
    assert not catalog.people[metric.proposer].sides
    assert metric.proposer not in {approval.person for approval in catalog.approvals.get(metric.metric, ())}


@pytest.mark.parametrize("metric", [metric for metric in METRICS if metric.tier is Tier.CRITICAL or metric.countries], ids=name_of)
def test_important_metrics_and_variants_have_worked_examples(metric: Metric) -> None:
    assert metric.examples
    assert set(metric.countries) <= {example.country for example in metric.examples}


def test_variants_have_a_reason_and_an_end(catalog: Catalog) -> None:
    variants = [variant for metric in catalog.metrics.values() for variant in metric.countries.values()]
    assert len(variants) >= 2
    assert all(variant.reason and variant.until for variant in variants)


def filters(name: str, country: str) -> tuple[str, str, dt.date | None]:
    """A metric's own filter, the one of a country, and until when that holds."""
    metric = next(metric for metric in METRICS if metric.metric == name)
    variant = metric.countries[country]
    assert not isinstance(metric.how, Ratio | Derived)
    return metric.how.filter or "", variant.filter or "", variant.until


def test_metrics_that_must_agree_on_a_cut_do() -> None:
    assert filters("completions", "DE") == filters("finishing_viewers", "DE") == filters("titles_finished", "DE")
    hours, hours_jp, until = filters("viewing_hours", "JP")
    ads, ads_jp, ads_until = filters("ads_hours", "JP")
    assert ads.split(" and ") == [*hours.split(" and "), "plan = 'ads'"]
    assert set(ads_jp.split(" and ")) == {*hours_jp.split(" and "), "plan = 'ads'"}
    assert ads_until == until


def test_countries_hold_those_that_are_simulated_with_the_same_clock(catalog: Catalog) -> None:
    assert len(catalog.countries) >= 200 and len(MARKETS) >= 40
    assert {market.code: catalog.countries[market.code].reporting_time_zone for market in MARKETS} == {
        market.code: market.zone for market in MARKETS
    }


def test_no_private_key_lies_in_the_starter() -> None:
    assert not [path for path in ROOT.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]


@pytest.mark.parametrize(("words", "expected"), QUESTIONS)
def test_questions_find_the_starters_metrics(words: str, expected: str, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "starter-search"
    found = [hit.name for hit in search(root, words, lambda: Content(catalog)).hits if hit.kind == "metric"]
    assert expected in found[:3]
