"""What tables' metadata cost as a table grows, and what the search for repeats costs as its day fills.

The figures that `jobs/scale` starts from: bytes a snapshot, a manifest and a file entry take, seconds to list an entry and to
commit behind so many snapshots, seconds to list some days of a long history, seconds to land a batch into a day that holds so many times as much.

    python -m tests.bench.bench_metadata [--part commits|entries|days|repeats]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from infra.local.iceberg import LocalTables
from infra.local.object_store import LocalObjectStore
from jobs.engines.duckdb import DuckDb
from jobs.land import LandingLake, land
from jobs.land.lake_tables import BATCH, bronze_spec
from jobs.table import Commit, DataFile, Days, TableSpec
from metrics_catalog.source import Source
from tests.bench.growth_lake import COLUMNS, FIRST, events_sql
from tests.support.catalogs import source

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
COUNTRIES = [f"{one}{other}" for one in "ABCDEFGHIJ" for other in "KLMNO"]


def main(words: Sequence[str] | None = None) -> list[bool]:
    """Print the figures; there is no bar here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=sorted(PARTS), action="append")
    for name in parser.parse_args(words).part or PARTS:
        print(f"-- {name}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            PARTS[name](Path(folder))
    return []


def commits(folder: Path) -> None:
    """One small file a commit: seconds of a commit behind 10, 100, 300 and 600 snapshots, and the bytes of each kind of file."""
    tables, spec, paths = _small_table(folder, 600)
    taken = []
    for number, path in enumerate(paths):
        start = time.perf_counter()
        tables.commit(Commit(spec.name, [path], summary={BATCH: f"b{number}"}, check_parent=False))
        taken.append(time.perf_counter() - start)
    for behind in (10, 100, 300, 600):
        print(f"       a commit behind {behind} snapshots: {median(taken[behind - 10 : behind]) * 1000:.1f} ms")
    held = sorted(_metadata(folder).glob("*.metadata.json"), key=lambda file: file.name)
    sizes = [file.stat().st_size for file in held[-11:]]
    lists = sorted(file.stat().st_size for file in _metadata(folder).glob("snap-*"))
    print(f"       metadata file: {sizes[-1]:,} bytes, {(sizes[-1] - sizes[0]) / 10:.0f} a snapshot")
    print(f"       manifest list: {lists[-1]:,} bytes, {(lists[-1] - lists[0]) / (len(lists) - 1):.0f} a manifest")
    cold = LocalTables(folder / "warehouse")
    start = time.perf_counter()
    cold.snapshot(spec.name)
    print(f"       reading the metadata file: {(time.perf_counter() - start) * 1000:.0f} ms")
    start = time.perf_counter()
    files = cold.files(spec.name)
    print(f"       listing {len(files)} files, one a manifest: {(time.perf_counter() - start) / len(files) * 1e3:.2f} ms a manifest")


def entries(folder: Path) -> None:
    """Many files in one commit: bytes of a manifest entry, seconds and memory to list one, seconds to commit one."""
    tables, spec, paths = _small_table(folder, 3000)
    start = time.perf_counter()
    tables.commit(Commit(spec.name, paths, check_parent=False))
    print(f"       committing {len(paths)} files: {(time.perf_counter() - start) / len(paths) * 1e3:.2f} ms a file")
    (manifest,) = _metadata(folder).glob("*-m0.avro")
    print(
        f"       manifest of {len(paths)} entries: {manifest.stat().st_size:,} bytes, {manifest.stat().st_size / len(paths):.0f} an entry"
    )
    start = time.perf_counter()
    LocalTables(folder / "warehouse").files(spec.name)
    seconds = time.perf_counter() - start
    tracemalloc.start()
    held = LocalTables(folder / "warehouse").files(spec.name)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"       listing: {seconds / len(held) * 1e6:.0f} us and {size / len(held) / 1024:.1f} KiB of memory an entry")


def days(folder: Path) -> None:
    """A hundred files a day: seconds to list all of them, those of the last eight days, and those of the last commit."""
    tables, engine = LocalTables(folder / "warehouse"), DuckDb(memory_limit="1GB", threads=2)
    spec = tables.ensure(bronze_spec(Source.model_validate(source(columns=COLUMNS))))
    written = engine.write(events_sql(0, 36_500, FIRST, 365, 24, COUNTRIES), tables.data_folder(spec.name), spec.columns, spec.partition)
    engine.close()
    by_day = sorted((str(file.partition[0]), file.path) for file in written)
    for number, (_, path) in enumerate(by_day, 1):
        before = tables.snapshot(spec.name)
        tables.commit(Commit(spec.name, _linked(path, 100), check_parent=False))
        if number in (10, 30, 90, 365):
            eight = {dt.date.fromisoformat(day) for day, _ in by_day[number - 8 : number]}
            _print_listing(f"{number} days of history", LocalTables(folder / "warehouse"), spec.name, eight, before.id if before else None)


def _print_listing(what: str, cold: LocalTables, name: str, eight: set[dt.date], before: int | None) -> None:
    everything = _seconds(lambda: cold.files(name))
    some = _seconds(lambda: cold.files(name, on=Days("occurred_at", eight)))
    last = _seconds(lambda: cold.files_added(name, since=before))
    count = len(cold.files(name))
    print(f"       {what}: all {count:,} files in {everything * 1e3:.0f} ms, of eight days {some * 1e3:.0f} ms, new {last * 1e3:.0f} ms")


def _linked(path: str, count: int) -> list[str]:
    """So many more names of a data file, in its folder."""
    paths = [f"{Path(path).parent}/{uuid.uuid4().hex}.parquet" for _ in range(count)]
    for each in paths:
        os.link(path, each)
    return paths


def _seconds(ask: Callable[[], Sequence[DataFile]]) -> float:
    """Median of three."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - start)
    return median(taken)


def repeats(folder: Path) -> None:
    """A batch of 50,000 events landed into a day that holds so many times as many."""
    contract = Source.model_validate(source(columns=COLUMNS))
    spec, batch = bronze_spec(contract), 50_000
    first = 0.0
    for times in (0, 4, 16, 64):
        engine = DuckDb(memory_limit="1GB", threads=2)
        root = folder / str(times)
        tables = LocalTables(root / "warehouse")
        shape = tables.ensure(spec)
        for part in range(0, times, 8):
            sql = events_sql(part * batch, min(8, times - part) * batch, FIRST, 1, 24, COUNTRIES)
            files = engine.write(sql, f"{tables.data_folder(spec.name)}/{part}", shape.columns, shape.partition)
            tables.commit(Commit(spec.name, [file.path for file in files], check_parent=False))
        lake = LandingLake.embedded(tables, LocalObjectStore(root / "warehouse" / "landing"), engine)
        seconds = median(_landed(contract, lake, engine, root, batch, number) for number in range(3))
        first = first or seconds
        print(
            f"       {batch:,} events into a day of {times * batch:,}: {seconds:.2f} s, {seconds / first:.2f} x the first point", flush=True
        )
        engine.close()


def _landed(contract: Source, lake: LandingLake, engine: DuckDb, root: Path, batch: int, number: int) -> float:
    path = root / f"sent{number}.parquet"
    sql = events_sql(10**9 + number * batch, batch, FIRST, 1, 24, COUNTRIES)
    engine.execute(f"COPY (SELECT * EXCLUDE (_batch_id, _object, _record) FROM ({sql})) TO '{path}' (FORMAT parquet)")
    start = time.perf_counter()
    report = land(contract, [str(path)], lake, now=NOW + dt.timedelta(minutes=number))
    seconds = time.perf_counter() - start
    if [each.counts.accepted for each in report.files] != [batch]:
        raise SystemExit(f"not every event was accepted: {report.files}")
    return seconds


def _small_table(folder: Path, count: int) -> tuple[LocalTables, TableSpec, list[str]]:
    """A bronze table without files, and so many paths of one small data file of it."""
    tables, engine = LocalTables(folder / "warehouse"), DuckDb(memory_limit="1GB", threads=2)
    spec = tables.ensure(bronze_spec(Source.model_validate(source(columns=COLUMNS))))
    sql = events_sql(0, 20, FIRST, 1, 24, COUNTRIES)
    written = engine.write(sql, tables.data_folder(spec.name), spec.columns, spec.partition)
    engine.close()
    return tables, spec, _linked(written[0].path, count)


def _metadata(folder: Path) -> Path:
    return folder / "warehouse" / "bronze" / "viewing_events" / "metadata"


PARTS = {"commits": commits, "entries": entries, "days": days, "repeats": repeats}


if __name__ == "__main__":
    main()
