"""Run after run on Spark over a view as wide as real ones are: late events, another meaning, a country by itself.

Spark's planner looks at each column that is renamed, compared or carried over; what costs nothing for the three metrics of a small
view may take all memory for sixty. Each run leaves what DuckDB leaves on a lake of its own.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.support.alike import differing
from tests.support.catalogs import edit, measured, metric, view, write
from tests.support.lakes import RunningLake, event
from tests.support.spark import engine as spark_engine

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

DEVICES, PLANS, KINDS = ("tv", "mobile", "web"), ("basic", "ads"), ("start", "heartbeat", "stop")
LEAST = 60
"""Metrics; at a dozen a run after the first already took all of two gigabytes once."""

pytestmark = pytest.mark.slow


def wide_lake(root: Path) -> RunningLake:
    """Two days of events of three countries, and one view with all metrics that differ by device, plan and kind of event."""
    lake = RunningLake(root)
    (root / "views" / "title_daily.yaml").unlink()
    measures = dict(_measures())
    assert len(measures) >= LEAST
    for name, how in measures.items():
        write(root, f"metrics/wide/{name}.yaml", metric(name, how))
    write(root, "views/wide_daily.yaml", view("wide_daily", sorted(measures), ["device_type"]))
    lake.events([_event(number, f"2026-10-{30 + number % 2} {number % 24:02d}:{number % 60:02d}") for number in range(240)])
    return lake


def _measures() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for device, plan, kind in product(DEVICES, PLANS, KINDS):
        where = f"device_type = '{device}' and plan = '{plan}' and event_type = '{kind}'"
        name = f"{device}_{plan}_{kind}"
        found.append((f"events_{name}", measured("count", where=where)))
        found.append((f"viewers_{name}", measured("count_distinct", "viewer_id", where)))
        found.append((f"seconds_{name}", measured("sum", "position_s", where)))
        if kind == "stop":
            found.append((f"longest_{name}", measured("maximum", "position_s", where)))
    share = {"kind": "ratio", "numerator": "events_tv_ads_start", "denominator": "events_tv_basic_start"}
    return [*found, ("share_of_ads", share)]


def _event(number: int, at: str, **more: Any) -> dict[str, Any]:
    chosen = {"device_type": DEVICES[number % 3], "plan": PLANS[number // 3 % 2], "position_s": number % 97}
    return event(number, ("JP", "DE", "NP")[number % 5 % 3], at, KINDS[number // 6 % 3], **{**chosen, **more})


def late(lake: RunningLake) -> None:
    """Late events of one country, and one of a new day."""
    lake.events([_event(1000 + number, "2026-10-30 10:05", viewing_country="JP") for number in range(7)])
    lake.events([_event(1010, "2026-11-02 10:00", viewing_country="DE")])


def another_meaning(lake: RunningLake) -> None:
    """Another filter for all countries, so that every fact of the metric is computed again."""
    file = "metrics/wide/events_tv_ads_start.yaml"
    edit(lake.root, file, lambda document: document["how"].update(filter="device_type = 'tv' and plan = 'ads'"))


def own_filter(lake: RunningLake) -> None:
    """One country counts in its own way, so that the facts of the others are carried over."""
    own = {"JP": {"filter": "device_type = 'web'", "reason": "Players of televisions repeat events there.", "until": "2037-03-31"}}
    edit(lake.root, "metrics/wide/viewers_web_ads_stop.yaml", lambda document: document.update(countries=own))


def test_each_run_over_a_wide_view_leaves_what_the_embedded_engine_leaves(tmp_path: Path) -> None:
    spark = spark_engine()
    held, twin = wide_lake(tmp_path / "spark"), wide_lake(tmp_path / "embedded")
    for change in (None, late, another_meaning, own_filter):
        for lake in (held, twin):
            if change is not None:
                change(lake)
        held.run(engine=spark)
        twin.run()
        assert differing(held.everything(), twin.everything()) == []
    assert held.restatements()
    assert held.run(engine=spark).did_nothing
    for lake in (held, twin):
        lake.engine.close()
