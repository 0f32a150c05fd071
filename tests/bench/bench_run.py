"""From events in bronze to facts in gold: the shared bench's 48 metrics as a Ringi catalogue, against its floor and dbt.

One round: the floor's metrics step, ours with every reporting zone on UTC (the floor's meaning), ours with the real zones, and
in the first round dbt's 48 models. Ours is everything a run does up to published facts: plan, compute, write Iceberg, audit,
fast-forward. Each is a process of its own.

    python -m tests.bench.bench_run [--events N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from jobs.engines.duckdb import DuckDb
from jobs.running.run_report import RunReport
from jobs.table import Commit, PartitionField, TableColumn, TableSpec
from tests.bench.measure import PYTHON, SHARED, Measured, run, verdict
from tests.bench.shared_metrics import DATA, bronze, definitions, raw_events, real_zones
from tests.support.catalogs import hearing, metric, source, text, view, write
from tests.support.lakes import RunningLake

BAR_FLOOR, BAR_ZONES, BAR_DBT, BAR_MIB = 1.3, 1.25, 1.8, 6 * 1024
MEMORY = "4GB"
"""What the starter's profile gives the engine."""

KINDS = {"avg": "average", "max": "maximum"}
INTEGERS = ("viewer_id", "title_id", "seconds_viewed")
INSTANTS = ("occurred_at", "received_at")
TEXTS = ("event_id", "viewing_country", "account_country", "device_type", "plan", "event_type")
OWNER = {"tech": "data-platform", "business": "content-insights"}


def main(words: Sequence[str] | None = None) -> list[bool]:
    chosen = _arguments(words)
    if chosen.alone:
        _alone(Path(chosen.lake), chosen.alone == "real")
        return []
    lake = DATA / f"lake{chosen.events // 1_000_000}m"
    if not (lake / "warehouse" / "catalog.db").exists():
        fill(lake, chosen.events)
    taken: dict[str, list[float]] = {"floor": [], "utc": [], "real": [], "dbt": []}
    peak = 0.0
    for number in range(chosen.rounds):
        taken["floor"].append(peer("floor_duckdb.py", chosen.events)["laps"]["metrics"])
        for kind in ("utc", "real"):
            done = _process(lake, kind)
            taken[kind].append(json.loads(done.stdout)["facts"])
            peak = max(peak, done.peak_mib)
        if not number:
            taken["dbt"].append(peer("peer_dbt.py", chosen.events)["laps"]["metrics"])
    return _verdicts({name: median(values) for name, values in taken.items()}, peak, chosen.events)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", choices=("utc", "real"))
    parser.add_argument("--lake")
    return parser.parse_args(words)


def _verdicts(seconds: Mapping[str, float], peak: float, events: int) -> list[bool]:
    size = f"{events / 1e6:g} M events"
    shown = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    return [
        verdict(
            f"bronze to gold in UTC against the floor's metrics step, {size}", seconds["utc"] / seconds["floor"], BAR_FLOOR, detail=shown
        ),
        verdict(f"bronze to gold in real zones against UTC, {size}", seconds["real"] / seconds["utc"], BAR_ZONES),
        verdict(f"dbt's 48 models against ours in UTC, {size}", seconds["dbt"] / seconds["utc"], BAR_DBT, at_least=True),
        verdict(f"memory from bronze to gold, {size}", peak, BAR_MIB, unit=" MiB"),
    ]


def peer(script: str, events: int, *options: str) -> dict[str, Any]:
    """The line of figures of a script of the shared bench, over the raw events."""
    with tempfile.TemporaryDirectory(dir=DATA) as work:
        out = str(Path(work) / ("out.parquet" if script.startswith("floor") else "dbt"))
        done = run([PYTHON, "-B", str(SHARED / script), str(raw_events(events)), out, *options], cwd=SHARED)
    if done.code:
        raise SystemExit(f"{script} failed:\n{done.stdout[-800:]}\n{done.stderr[-800:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def _process(lake: Path, kind: str) -> Measured:
    done = run([PYTHON, "-m", "tests.bench.bench_run", "--alone", kind, "--lake", str(lake)])
    if done.code:
        raise SystemExit(done.stdout + done.stderr)
    return done


def _alone(lake: Path, real: bool) -> None:
    """One run in this process, from nothing in gold; prints the seconds until facts are published."""
    zones = real_zones(countries_of())
    zones_of(lake, {code: zones[code] if real else "UTC" for code in countries_of()})
    running = RunningLake(lake)
    running.engine = DuckDb(spill=lake / "warehouse" / ".spill", memory_limit=MEMORY)
    emptied(running)
    report = running.run(running.certified())
    json.dump({"facts": until_facts(report), "rows": sum(each.rows for each in report.views)}, sys.stdout)


def zones_of(lake: Path, zones: Mapping[str, str]) -> None:
    """Write the countries' file with these reporting zones."""
    write(lake, "countries.yaml", {"countries": {code: _country(code, zone) for code, zone in zones.items()}})


def emptied(running: RunningLake) -> None:
    """Forget everything that a run made."""
    for namespace in running.tables.namespaces():
        if namespace != "bronze":
            for name in running.tables.names(namespace):
                running.tables.drop(name)
                shutil.rmtree(Path(running.tables.data_folder(name)).parent, ignore_errors=True)


def until_facts(report: RunReport) -> float:
    """Seconds until facts are published."""
    return sum(stage.seconds for stage in report.stages if stage.name in ("plan", "compute"))


def countries_of() -> list[str]:
    """The countries of the shared bench's events."""
    sys.path.insert(0, str(SHARED))
    from events import COUNTRIES  # type: ignore[import-not-found]  # the shared generator's list

    return list(COUNTRIES)


def _country(code: str, zone: str) -> dict[str, Any]:
    return {"name": text(code), "reporting_time_zone": zone, "currency": "EUR", "team": "team_all"}


def fill(lake: Path, events: int) -> None:
    """A lake project with the 48 metrics and its bronze table, one file a UTC day."""
    metrics = definitions().METRICS
    columns = {
        **{name: {"type": "string"} for name in TEXTS},
        **{name: {"type": "integer"} for name in INTEGERS},
        **{name: {"type": "timestamp", "required": True} for name in INSTANTS},
    }
    people = {"carla": {"name": "Carla", "team": "team_all"}}
    write(lake, "ringi.toml", "[profiles.local]\n")
    write(lake, "people.yaml", {"people": people})
    write(lake, "countries.yaml", {"countries": {code: _country(code, "UTC") for code in countries_of()}})
    write(lake, "sources/viewing_events.yaml", source(columns=columns))
    write(lake, "hearings/2026-11-engagement.yaml", hearing("2026-11-engagement", [each["name"] for each in metrics]))
    write(lake, "views/daily.yaml", view("daily", [each["name"] for each in metrics], ["device_type"]))
    for each in metrics:
        write(lake, f"metrics/bench/{each['name']}.yaml", metric(each["name"], _how(each)))
    _land(lake, events)


def _how(each: Mapping[str, Any]) -> dict[str, Any]:
    if each["kind"] == "ratio":
        return {"kind": "ratio", "numerator": each["expr"][0], "denominator": each["expr"][1]}
    kind = KINDS.get(each["kind"], each["kind"])
    how = {"source": "viewing_events", "kind": kind, "filter": each["filter"], "expression": None if kind == "count" else each["expr"]}
    return {**{name: value for name, value in how.items() if value is not None}, "dimensions": ["device_type", "plan"]}


def _land(lake: Path, events: int) -> None:
    running = RunningLake(lake)
    columns = running.catalog.sources["viewing_events"].columns
    shape = tuple(TableColumn(name, column.type, column.required) for name, column in columns.items())
    spec = running.tables.ensure(TableSpec("bronze.viewing_events", shape, (PartitionField("occurred_at", "day"),)))
    names = ", ".join(columns)
    for day in bronze(running.engine.connection, events):
        files = running.engine.write(
            f"SELECT {names} FROM '{day}'", f"{running.tables.data_folder(spec.name)}/{day.stem}", spec.columns, spec.partition
        )
        running.tables.commit(Commit(spec.name, [file.path for file in files], check_parent=False))


if __name__ == "__main__":
    main()
