"""Writes simulated deliveries to files: gz JSON lines of events in the order of receipt, CSV snapshots of titles, bad files.

Used by `simulation.py`. A gz file carries no name and no time, so that the same records give the same bytes.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import shutil
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.simulate.report import SimulatedFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

GZIP_LEVEL = 1
LINES_AT_ONCE = 20_000
TITLE_COLUMNS = ("title_id", "title_label", "title_kind", "genre", "production_country", "release_year", "runtime_minutes")
PAGE = """<!DOCTYPE html>
<html><head><title>503 Service Unavailable</title></head>
<body><h1>The catalogue export is being rebuilt</h1><p>Please try again in a few minutes.</p></body></html>
"""


def scratch(out_dir: Path) -> Path:
    """Folder into which DuckDB spills while it works; removed at the end."""
    return out_dir / ".scratch"


def remove_scratch(out_dir: Path) -> None:
    shutil.rmtree(scratch(out_dir), ignore_errors=True)


def write_events(connection: duckdb.DuckDBPyConnection, out_dir: Path, start: dt.date, days: int) -> Iterator[SimulatedFile]:
    """One file for every six hours of receipt; after the simulated days, when only late records come, one a day."""
    connection.execute("set variable busy_until = $until", {"until": dt.datetime.combine(start, dt.time()) + dt.timedelta(days=days + 1)})
    lines = connection.execute((Path(__file__).parent / "lines.sql").read_text(encoding="utf-8"))
    present: _Sink | None = None
    while rows := lines.fetchmany(LINES_AT_ONCE):
        for opens, group in groupby(rows, key=itemgetter(0)):
            if present is None or present.opens != opens:
                if present is not None:
                    yield present.close()
                present = _Sink(opens, out_dir / f"viewing_events_{opens:%Y-%m-%dT%H}.jsonl.gz")
            present.write([line for _, line in group])
    if present is not None:
        yield present.close()


class _Sink:
    """One gz file being written."""

    def __init__(self, opens: dt.datetime, path: Path) -> None:
        self.opens, self.path, self.records = opens, path, 0
        self._raw = path.open("wb")
        self._gz = gzip.GzipFile(filename="", fileobj=self._raw, mode="wb", compresslevel=GZIP_LEVEL, mtime=0)

    def write(self, lines: list[str]) -> None:
        self._gz.write(("\n".join(lines) + "\n").encode())
        self.records += len(lines)

    def close(self) -> SimulatedFile:
        self._gz.close()
        self._raw.close()
        return SimulatedFile(self.path, "viewing_events", self.records)


def write_titles(connection: duckdb.DuckDBPyConnection, out_dir: Path, start: dt.date) -> Iterator[SimulatedFile]:
    """Two good snapshots and, between them, an error page and a file whose columns were renamed."""
    first = _titles(connection, later=False)
    yield _csv(out_dir, start, TITLE_COLUMNS, first)
    page = _titles_path(out_dir, start + dt.timedelta(days=1))
    page.write_text(PAGE, encoding="utf-8")
    yield SimulatedFile(page, "titles", 0, "an error page instead of the export")
    renamed = ("id", "name", *TITLE_COLUMNS[2:])
    yield _csv(out_dir, start + dt.timedelta(days=2), renamed, first, "columns `title_id` and `title_label` were renamed")
    yield _csv(out_dir, start + dt.timedelta(days=3), TITLE_COLUMNS, _titles(connection, later=True))


def _titles(connection: duckdb.DuckDBPyConnection, *, later: bool) -> list[tuple[object, ...]]:
    """Rows of a snapshot. In the later one some titles have left, announced ones have come, and 1 % of the genres were corrected."""
    return connection.execute(
        """
        select title_id, label, kind, if($later and u(n, 'corrected') < 0.01, 'drama', genre), home, release_year, duration_s // 60
        from title where if($later, u(n, 'leaves') >= 0.006, scope <> 'announced') order by title_id
        """,
        {"later": later},
    ).fetchall()


def _titles_path(out_dir: Path, day: dt.date) -> Path:
    return out_dir / f"titles_{day:%Y-%m-%d}.csv"


def _csv(out_dir: Path, day: dt.date, header: tuple[str, ...], rows: list[tuple[object, ...]], fault: str | None = None) -> SimulatedFile:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path = _titles_path(out_dir, day)
    path.write_bytes(text.getvalue().encode())
    return SimulatedFile(path, "titles", len(rows), fault)
