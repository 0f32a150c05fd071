"""What the compiler is asked for: the cells of a view's plan as requests, one a chunk of periods.

Made from the plan and from what bronze files say about themselves; read by `facts.py` and `preview.py`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jobs.compile import FactsRequest, Relations
from jobs.errors import JobError
from jobs.facts import gold
from jobs.facts.cells import Cells, needed_files
from jobs.facts.chunks import Chunk, Span, chunks, reach, span_of
from jobs.facts.run_plan import clocks, source_columns, sources
from metrics_catalog.view import COUNTRY_COLUMN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobs.engine import Engine
    from jobs.facts.run_plan import ViewPlan
    from jobs.table import DataFile, Tables

EVERYTHING = Cells(everything=True)


def requests(
    tables: Tables, engine: Engine, plan: ViewPlan, dimensions: Mapping[str, str], files: Mapping[str, tuple[DataFile, ...]]
) -> Iterator[FactsRequest]:
    """One request a chunk: for countries that are computed whole, then for single cells.

    `dimensions` are relations by dimension, `files` the bronze files of the plan's inputs by table.
    """
    return iter(_Requests(tables, engine, plan, dimensions, files))


@dataclass(frozen=True, slots=True)
class _Requests:
    tables: Tables
    engine: Engine
    plan: ViewPlan
    dimensions: Mapping[str, str]
    files: Mapping[str, tuple[DataFile, ...]]

    def __iter__(self) -> Iterator[FactsRequest]:
        cells, countries, grain = self.plan.cells, self.plan.wanted.countries, self.plan.wanted.grain
        whole = tuple(code for code in countries if cells.everything or code in cells.whole)
        pairs = frozenset(pair for pair in cells.pairs if pair[0] in countries)
        if whole:
            yield from (self._request(whole, chunk) for chunk in chunks(self._spans(EVERYTHING), grain, self.engine.most_rows))
        if pairs:
            codes = tuple(sorted({code for code, _ in pairs}))
            yield from (
                self._request(codes, chunk) for chunk in chunks(self._spans(Cells(pairs=pairs)), grain, self.engine.most_rows, pairs)
            )

    def _request(self, countries: tuple[str, ...], chunk: Chunk) -> FactsRequest:
        view = self.plan.wanted.contract
        relations = {
            source.source: self.engine.relation(chunk.files.get(name, ()), source_columns(self.tables, name, source))
            for name, source in sources(view).items()
        }
        return FactsRequest(
            periods=chunk.periods,
            dimensions=tuple(name for name in view.keys if name not in (COUNTRY_COLUMN, gold.time_column(view))),
            metrics={column.name: column.logic for column in view.measured if column.logic is not None},
            countries=countries,
            relations=Relations(relations, self.dimensions, self._rows(chunk)),
        )

    def _rows(self, chunk: Chunk) -> dict[str, int]:
        """How many rows the files of a chunk have, by source."""
        read = {name: set(paths) for name, paths in chunk.files.items()}
        wanted = sources(self.plan.wanted.contract)
        return {
            source.source: sum(file.rows for file in self.files[name] if file.path in read.get(name, ())) for name, source in wanted.items()
        }

    def _spans(self, cells: Cells) -> list[Span]:
        """Where on the calendar the events of the needed files lie; a file without bounds is asked for them."""
        found = []
        for name, source in sources(self.plan.wanted.contract).items():
            time, far = str(source.event_time), reach(clocks(self.plan.wanted, name))
            for file in needed_files(self.files[name], source, cells, self.plan.wanted.grain):
                found.append(span_of(name, file, time, far) or self._asked(name, file, time, far))
        return found

    def _asked(self, name: str, file: DataFile, time: str, far: dt.timedelta) -> Span:
        held = source_columns(self.tables, name, sources(self.plan.wanted.contract)[name])
        relation = self.engine.relation([file.path], [column for column in held if column.name == time])
        least, greatest = self.engine.rows(f'SELECT min("{time}"), max("{time}") FROM {relation}')[0]
        span = span_of(name, replace(file, bounds={time: (least, greatest)}), time, far)
        if span is None:
            raise JobError(
                f"The data file `{file.path}` of `{name}` has no `{time}` in any row.", hint="land the source again: it needs one."
            )
        return span
