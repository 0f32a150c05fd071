"""A small catalog made in memory, for tests of search that need no files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from metrics_catalog.catalog import Catalog
from metrics_catalog.country import Countries
from metrics_catalog.dimension import Dimension
from metrics_catalog.hearing import Hearing
from metrics_catalog.metric import Metric
from metrics_catalog.search.entry import Content, Keys
from metrics_catalog.source import Source
from metrics_catalog.view import View

OWNERS = {"tech": "data-platform", "business": "content-insights"}
DEVICE = ["title_id", "device_type", "plan"]


def both(en: str, ja: str) -> dict[str, str]:
    return {"en": en, "ja": ja}


def metric(
    name: str, en: str, ja: str, description: tuple[str, str], how: dict[str, Any], *, aliases: Any = None, unit: str = "plays", **more: Any
) -> Metric:
    """A metric with all that a model wants and a search does not care about."""
    words = {"en": [word for word in aliases or () if word.isascii()], "ja": [word for word in aliases or () if not word.isascii()]}
    what = {"label": both(en, ja), "description": both(*description), "aliases": words, "unit": unit}
    why = more.pop("why", None) or {
        "question": both("How much, where?", "どこで、どれだけ?"),
        "decision": both("What to license.", "何を買うか。"),
    }
    return Metric.model_validate({"metric": name, "what": what, "why": why, "how": how, "owners": OWNERS, **more})


def measured(kind: str, expression: str | None = None, dimensions: list[str] | None = None) -> dict[str, Any]:
    how: dict[str, Any] = {"kind": kind, "source": "viewing_events", "dimensions": DEVICE if dimensions is None else dimensions}
    return {**how, "expression": expression} if expression else how


def metrics() -> list[Metric]:
    return [
        metric("viewing_hours", "Viewing hours", "視聴時間", ("Hours of content played in the viewing country.", "視聴国で再生された時間。"),
               measured("sum", "seconds_viewed / 3600.0"), aliases=["watch time", "再生時間", "しちょうじかん"], unit="hours", tier="critical"),
        metric("viewers", "Viewers", "視聴者数", ("People who watched anything at all.", "一度でも視聴した人の数。"),
               measured("count_distinct", "viewer_id"), aliases=["audience", "reach", "ユニーク視聴者", "リーチ"], unit="viewers", tier="critical"),
        metric("plays", "Plays", "再生回数", ("How often a title was started.", "再生が開始された回数。"),
               measured("count"), aliases=["starts", "streams"], unit="plays"),
        metric("completed_plays", "Completed plays", "完走回数", ("Plays that reached the end.", "最後まで再生された回数。"), measured("count")),
        metric("completion_rate", "Completion rate", "完走率", ("Completed plays over plays.", "再生のうち完走した割合。"),
               {"kind": "ratio", "numerator": "completed_plays", "denominator": "plays"}, aliases=["finish rate", "視聴完了率"], unit="ratio"),
        metric("retention_7d", "7-day retention", "7日リテンション", ("Viewers who came back within a week.", "1週間以内に戻った視聴者。"),
               measured("count_distinct", "viewer_id", ["plan"]), aliases=["stickiness", "継続率"], unit="viewers"),
        metric("rebuffer_seconds", "Rebuffering time", "リバッファ時間", ("Seconds spent waiting for the picture.", "映像待ちの秒数。"),
               measured("sum", "position_s", ["device_type"]), aliases=["stall", "buffering"], unit="seconds", tier="optional"),
        metric("old_plays", "Plays (old)", "再生回数(旧)", ("Do not use.", "使わない。"), measured("count"), lifecycle="deprecated"),
    ]  # fmt: skip


def views() -> list[View]:
    return [
        View.model_validate(
            {"view": name, "label": both(en, ja), "grain": {"time": "day", "dimensions": dimensions}, "metrics": listed, "owners": OWNERS}
        )
        for name, en, ja, dimensions, listed in (
            (
                "title_daily",
                "Titles by day",
                "タイトル別日次",
                ["title_id", "device_type"],
                ["viewing_hours", "viewers", "completion_rate"],
            ),
            ("quality_daily", "Quality by day", "品質の日次", ["device_type"], ["rebuffer_seconds"]),
        )
    ]


def catalog() -> Catalog:
    column = {"type": "string"}
    source = {
        "source": "viewing_events",
        "label": both("Viewing events", "視聴イベント"),
        "description": both("One playback fact from a device.", "端末からの再生記録。"),
        "columns": {
            "event_id": column,
            "viewing_country": column,
            "device_type": {**column, "description": both("Kind of device: TV, phone, tablet or browser.", "端末の種類。")},
            "plan": column,
            "title_id": column,
        },
        "key": ["event_id"],
        "owners": OWNERS,
    }
    titles = {
        "dimension": "titles",
        "label": both("Titles", "作品"),
        "description": both("One film or season.", "映画またはシーズン。"),
        "key": "title_id",
        "attributes": {"genre": {"label": both("Genre", "ジャンル")}},
        "rows": [{"title_id": "t1", "genre": "drama"}],
        "owners": OWNERS,
    }
    hearing = {
        "hearing": "2026-11-viewing-hours",
        "date": dt.date(2026, 11, 4),
        "metrics": ["viewing_hours"],
        "attendees": [{"person": "aiko", "side": "business"}],
        "question": "Which licences should we renew?",
        "decision": "Count heartbeats, not sessions.",
    }
    zones = {"JP": ("Japan", "日本"), "DE": ("Germany", "ドイツ"), "IT": ("Italy", "イタリア"), "US": ("United States", "アメリカ合衆国")}
    countries = Countries.model_validate(
        {
            "countries": {
                code: {"name": both(*names), "reporting_time_zone": "UTC", "currency": "EUR", "team": "country_team"}
                for code, names in zones.items()
            }
        }
    )
    return Catalog(
        root=Path(),
        countries=countries.countries,
        people={},
        sources={"viewing_events": Source.model_validate(source)},
        dimensions={"titles": Dimension.model_validate(titles)},
        metrics={each.metric: each for each in metrics()},
        views={each.view: each for each in views()},
        hearings={hearing["hearing"]: Hearing.model_validate(hearing)},  # type: ignore[dict-item]  # the literal's types are mixed
    )


def content() -> Content:
    return Content(catalog(), {"viewing_hours": Keys("valid", "valid", certified=True), "viewers": Keys("valid", "void", certified=True)})
