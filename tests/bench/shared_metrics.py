"""The neutral 48 metrics of the shared bench as certified logic, and its events as bronze would hold them.

The definitions and the hand-written floor are read from the shared folder (RINGI_BENCH_DIR) and called, never copied. Data lie
in RINGI_BENCH_DATA (default: `~/peerbench`), made once by the shared generator.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import yaml

import metrics_catalog
from metrics_catalog.expression import canonical, parse
from metrics_catalog.logic import Kind, Logic, SourceLogic
from metrics_catalog.source import ColumnType
from tests.bench.measure import SHARED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

DATA = Path(os.environ.get("RINGI_BENCH_DATA", Path.home() / "peerbench"))
_KINDS: dict[str, Kind] = {"avg": "average", "max": "maximum"}
_TYPES = {
    **dict.fromkeys(("event_id", "viewing_country", "account_country", "device_type", "plan", "event_type"), ColumnType.STRING),
    **dict.fromkeys(("viewer_id", "title_id", "seconds_viewed"), ColumnType.INTEGER),
    **dict.fromkeys(("occurred_at", "received_at"), ColumnType.TIMESTAMP),
}
_SOURCE = SourceLogic(
    source="viewing_events",
    delivery="events",
    key=("event_id",),
    event_time="occurred_at",
    received_time="received_at",
    country="viewing_country",
    columns=_TYPES,
)
_DIMENSIONS = dict.fromkeys(("device_type", "plan", "account_country", "title_id"))


@cache
def definitions() -> ModuleType:
    """The shared definitions: METRICS, variants(n), smart_sql(table, shape), dedup_sql(source)."""
    spec = importlib.util.spec_from_file_location("shared_bench_metrics", SHARED / "metrics.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SHARED / "metrics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def logics(metrics: Sequence[Mapping[str, Any]], zones: Mapping[str, str]) -> dict[str, Logic]:
    """The definitions as certified logic, counted by the given clocks."""
    found: dict[str, Logic] = {}
    shared_zones = dict(zones)
    for metric in metrics:
        logic = _ratio(metric, found) if metric["kind"] == "ratio" else _measured(metric)
        found[metric["name"]] = logic.model_copy(update={"time_zones": shared_zones})
    return found


def _measured(metric: Mapping[str, Any]) -> Logic:
    kind = _KINDS.get(metric["kind"], metric["kind"])
    expression = None if kind == "count" else canonical(parse(metric["expr"]))
    where = canonical(parse(metric["filter"])) if metric["filter"] else None
    return Logic(metric=metric["name"], kind=kind, source=_SOURCE, expression=expression, filter=where, dimensions=_DIMENSIONS)


def _ratio(metric: Mapping[str, Any], found: Mapping[str, Logic]) -> Logic:
    above, below = metric["expr"]
    parts = {above: found[above], below: found[below]}
    return Logic(metric=metric["name"], kind="ratio", numerator=above, denominator=below, parts=parts)


def real_zones(countries: Sequence[str]) -> dict[str, str]:
    """Reporting time zones of the starter lake."""
    text = (Path(metrics_catalog.__file__).parent / "starter" / "countries.yaml").read_text(encoding="utf-8")
    known = yaml.safe_load(text)["countries"]
    return {country: known[country]["reporting_time_zone"] for country in countries}


def raw_events(count: int) -> Path:
    """The shared generator's Parquet file of so many events, made where it is missing."""
    path = DATA / f"ev{count // 1_000_000}m.parquet"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-B", str(SHARED / "events.py"), str(count), str(path)], check=True, stdout=subprocess.DEVNULL)
    return path


def bronze(engine: duckdb.DuckDBPyConnection, count: int) -> list[Path]:
    """The events as bronze holds them: each once, one file a UTC day, instants with time zone, integers of 64 bits."""
    folder = DATA / f"bronze{count // 1_000_000}m"
    if not folder.exists():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        for (day,) in engine.execute(f"SELECT DISTINCT CAST(occurred_at AS DATE) FROM '{raw_events(count)}' ORDER BY 1").fetchall():
            _write_day(engine, count, str(day), part / f"{day}.parquet")
        part.rename(folder)
    return sorted(folder.glob("*.parquet"))


def _write_day(engine: duckdb.DuckDBPyConnection, count: int, day: str, path: Path) -> None:
    instants = ", ".join(f"make_timestamptz(epoch_us({name})) AS {name}" for name in ("occurred_at", "received_at"))
    integers = ", ".join(f"CAST({name} AS BIGINT) AS {name}" for name in ("viewer_id", "title_id", "seconds_viewed"))
    of_day = f"(SELECT * FROM '{raw_events(count)}' WHERE occurred_at >= DATE '{day}' AND occurred_at < DATE '{day}' + 1)"
    engine.execute(
        f"COPY (SELECT * EXCLUDE (place) REPLACE ({instants}, {integers}) FROM"
        f" (SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY received_at) AS place FROM {of_day}) WHERE place = 1)"
        f" TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
    )
