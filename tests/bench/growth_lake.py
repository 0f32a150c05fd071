"""A lake of a chosen size for the growth curves: so many countries, metrics and days of history, each on its own.

Used by `bench_growth.py` and `bench_metadata.py`. Metrics are the shared bench's and variants of them; country sizes have a long tail; each country has
a real reporting time zone. Events go straight into bronze, since landing is measured elsewhere.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.engine import Engine
from jobs.land.lake_tables import bronze_spec
from jobs.running.run import RunLake, run
from jobs.running.run_report import RunReport
from jobs.table import Commit
from tests.bench import catalog_generator
from tests.bench.bench_run import INSTANTS, INTEGERS, KINDS, TEXTS
from tests.bench.shared_metrics import definitions
from tests.support.catalogs import hearing, metric, source, view, write
from tests.support.lakes import NOW, RunningLake, no_progress

FIRST = dt.date(2026, 3, 1)
"""First day of history."""

DEVICES, PLANS, KINDS_OF_EVENT = ("tv", "mobile", "web", "tablet"), ("standard", "ads", "premium"), ("start", "heartbeat", "pause", "stop")

COLUMNS: Mapping[str, Any] = {
    **{name: {"type": "string"} for name in TEXTS},
    **{name: {"type": "integer"} for name in INTEGERS},
    **{name: {"type": "timestamp", "required": True} for name in INSTANTS},
}
"""Columns of the source contract."""


class GrowthLake:
    """One lake below `root`; `engine` computes, or the embedded one where it is None. DuckDB always makes the events."""

    def __init__(self, root: Path, *, countries: int, metrics: int, engine: Engine | None = None) -> None:
        catalog_generator.generate(root, 0, countries)
        held = definitions().variants(metrics)
        names = [each["name"] for each in held]
        write(root, "sources/viewing_events.yaml", source(columns=COLUMNS))
        write(root, "hearings/2026-11-engagement.yaml", hearing("2026-11-engagement", names))
        write(root, "views/daily.yaml", view("daily", names, ["device_type"]))
        for each in held:
            write(root, f"metrics/bench/{each['name']}.yaml", metric(each["name"], _how(each)))
        self.lake = RunningLake(root)
        self.countries = sorted(self.lake.catalog.countries)
        self.engine = engine or self.lake.engine
        self.certified = self.lake.certified()
        self._made = 0

    def add(self, events: int, *, day: int = 0, days: int = 1, hours: int = 24, countries: int | None = None) -> None:
        """Put new events into bronze: of `days` days from the given one, in the first `hours` of each, of the largest countries."""
        spec = self.lake.tables.ensure(bronze_spec(self.lake.catalog.sources["viewing_events"]))
        sql = events_sql(self._made, events, FIRST + dt.timedelta(days=day), days, hours, self.countries[:countries])
        self._made += events
        folder = f"{self.lake.tables.data_folder(spec.name)}/{uuid.uuid4().hex}"
        files = self.lake.engine.write(sql, folder, spec.columns, spec.partition)
        self.lake.tables.commit(Commit(spec.name, [file.path for file in files], check_parent=False))

    def run(self) -> tuple[RunReport, dict[str, float]]:
        """Run; gives the report and the seconds of each stage by name."""
        report = run(RunLake(self.lake.catalog, self.certified, self.lake.tables, self.engine), NOW, no_progress)
        seconds: dict[str, float] = {}
        for stage in report.stages:
            seconds[stage.name] = seconds.get(stage.name, 0) + stage.seconds
        return report, seconds


def _how(each: Mapping[str, Any]) -> dict[str, Any]:
    if each["kind"] == "ratio":
        return {"kind": "ratio", "numerator": each["expr"][0], "denominator": each["expr"][1]}
    how = {
        "source": "viewing_events",
        "kind": KINDS.get(each["kind"], each["kind"]),
        "filter": each["filter"],
        "dimensions": ["device_type"],
    }
    how |= {} if each["kind"] == "count" else {"expression": each["expr"]}
    return {name: value for name, value in how.items() if value is not None}


def events_sql(first: int, count: int, day: dt.date, days: int, hours: int, countries: list[str]) -> str:
    """Events with the columns of bronze; the country at place k is picked about in proportion to 1 / sqrt(k).

    They are spread evenly over the first `hours` of `days` days from `day`; the same arguments give the same events, less their keys.
    """

    def pick(values: tuple[str, ...] | list[str], stream: int) -> str:
        return f"{list(values)!r}[1 + CAST(hash(i * 64 + {stream}) % {len(values)} AS INTEGER)]"

    share = "(hash(i * 64 + 1) % 1000000) / 1000000.0"
    country = f"{countries!r}[1 + CAST(floor({share} * {share} * {len(countries)}) AS INTEGER)]"
    moment = (
        f"TIMESTAMPTZ '{day.isoformat()} 00:00:00+00' + to_days(CAST(i % {days} AS INTEGER))"
        f" + to_seconds(CAST(hash(i * 64 + 2) % {hours * 3600} AS INTEGER))"
    )
    return f"""
        SELECT uuid()::VARCHAR AS event_id, code AS viewing_country, code AS account_country, {pick(DEVICES, 4)} AS device_type,
            {pick(PLANS, 5)} AS plan, {pick(KINDS_OF_EVENT, 6)} AS event_type,
            CAST(hash(i * 64 + 7) % {max(count // 20, 50)} AS BIGINT) AS viewer_id,
            CAST(hash(i * 64 + 8) % 5000 AS BIGINT) AS title_id, CAST(hash(i * 64 + 9) % 300 AS BIGINT) AS seconds_viewed,
            moment AS occurred_at, moment + INTERVAL 5 SECOND AS received_at,
            'b{first}' AS _batch_id, 'events.parquet' AS _object, i - {first} + 1 AS _record
        FROM (SELECT i, {country} AS code, {moment} AS moment FROM (SELECT range AS i FROM range({first}, {first + count})))
    """
