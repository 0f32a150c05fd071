"""What a backfill will compute, as a value: the view's cells cut into pieces, each with what it will read.

Made from what tables say about their files, so nothing of the data is read. A dry run prints it, `work.py` walks it. Which facts
count as computed while a backfill is under way stands here too: those that were before it, until its last piece is there.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.compile import next_start, start_of
from jobs.errors import JobError
from jobs.facts import gold
from jobs.facts.cells import Cells, needed_files
from jobs.facts.chunks import reach, span_of
from jobs.facts.run_plan import clocks, dimension_sources, sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobs.facts.gold import GoldState
    from jobs.facts.run_plan import WantedView
    from jobs.table import DataFile, Tables
    from metrics_catalog.logic import SourceLogic
    from metrics_catalog.view import TimeGrain

MOST_ROWS = 8_000_000
"""Events of one piece, where the engine does not say how many it takes well."""

MOST_CELLS = 5_000
"""Country and period pairs of one piece: they are written into the statement."""


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """What was asked for: days from `first` to `last`, both included, and countries; all of the view where none is named."""

    view: str
    first: dt.date
    last: dt.date
    countries: tuple[str, ...] = ()
    piece_periods: int | None = None
    """How many periods a piece has; by default as many as fit the engine."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some periods of all the backfill's countries, computed and committed as one; `bytes` and `rows` are what it reads."""

    periods: tuple[dt.date, ...]
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """One backfill.

    `inputs` are the snapshots to read, `since` those that its first piece read (the same unless it was cut off and goes on), `base`
    is the state of the facts to start from. `completes` says that afterwards nothing of its countries is older than `since`.
    """

    wanted: WantedView
    countries: tuple[str, ...]
    first: dt.date
    last: dt.date
    inputs: Mapping[str, int]
    since: Mapping[str, int]
    base: GoldState | None
    digests: Mapping[str, str]
    shape: str
    completes: bool
    pieces: tuple[Piece, ...]

    @property
    def name(self) -> str:
        return self.wanted.contract.name

    @property
    def reason(self) -> str:
        """The word of the restatement ledger."""
        return "backfill"

    def cells(self, piece: Piece) -> Cells:
        """What a piece computes."""
        return Cells(pairs=frozenset((code, period) for code in self.countries for period in piece.periods))

    @property
    def countries_before(self) -> Mapping[str, str]:
        """The countries whose facts count as computed while pieces are missing."""
        return self.base.countries if self.base else {}

    @property
    def countries_after(self) -> Mapping[str, str]:
        """The countries whose facts count as computed when all pieces are there."""
        return {**self.countries_before, **({code: self.digests[code] for code in self.countries} if self.completes else {})}

    @property
    def inputs_before(self) -> Mapping[str, int]:
        """The snapshots that the facts as a whole were computed from: nothing that came later is ever missed."""
        return self.base.inputs if self.base else self.since

    @property
    def inputs_after(self) -> Mapping[str, int]:
        return self.since if self.completes and set(self.countries) >= set(self.wanted.countries) else self.inputs_before


@dataclass(frozen=True, slots=True)
class Begun:
    """How a backfill was cut when it began, and what it read; kept in the lake, so that it can go on after it was cut off."""

    id: str
    asked: str
    pieces: tuple[tuple[dt.date, ...], ...]
    inputs: Mapping[str, int]
    completes: bool


def plan(tables: Tables, wanted: WantedView, request: BackfillRequest, most_rows: int | None, begun: Begun | None = None) -> BackfillPlan:
    """Cut a backfill into pieces, or take those of one that has begun. Raises JobError where facts would look complete and not be."""
    view = wanted.contract
    base, shape = gold.state(tables, view.name), gold.shape_digest(view, wanted.grain.value)
    countries = _countries(wanted, request)
    if base is not None and base.shape != shape:
        raise JobError(
            f"The columns or the grain of `{view.name}` changed since its facts were computed, so all of them are computed anew.",
            hint="that is one run: `ringi run`. More: ringi explain RNG-JOB-082",
        )
    inputs = {name: _head(tables, name) for name in sorted({*sources(view), *dimension_sources(view)})}
    files = {name: tables.files(name, snapshot_id=inputs[name]) if inputs[name] else () for name in sources(view)}
    held = {file.partition[0] for file in tables.files(gold.gold_name(view.name))} if base else set()
    digests = gold.country_digests(view, wanted.countries)
    if begun is not None:
        cut, completes, since = begun.pieces, begun.completes, begun.inputs
    else:
        calendar = _calendar(wanted, files)
        known = sorted({*calendar, *(period for period in held if isinstance(period, dt.date))})
        first = start_of(wanted.grain, request.first)
        chosen = [period for period in known if first <= period <= request.last]
        completes, since = bool(known) and chosen == known, inputs
        _refuse_half_countries(view.name, base, countries, digests, known, completes=completes)
        cut = tuple(_cut(chosen, calendar, request.piece_periods, most_rows or MOST_ROWS, len(countries)))
    pieces = tuple(_piece(wanted, files, countries, periods) for periods in cut)
    return BackfillPlan(wanted, countries, request.first, request.last, inputs, since, base, digests, shape, completes, pieces)


def _countries(wanted: WantedView, request: BackfillRequest) -> tuple[str, ...]:
    strange = [code for code in request.countries if code not in wanted.countries]
    if strange:
        raise JobError(
            f"The view `{wanted.contract.name}` is not for {', '.join(strange)}.", hint=f"it is for {', '.join(sorted(wanted.countries))}."
        )
    return tuple(sorted(request.countries or wanted.countries))


def _refuse_half_countries(
    view: str, base: GoldState | None, countries: Sequence[str], digests: Mapping[str, str], known: Sequence[dt.date], *, completes: bool
) -> None:
    """A country that was never computed in its present meaning is computed whole, or its facts would look complete and not be."""
    half = [code for code in countries if base is None or base.countries.get(code) != digests[code]]
    if half and known and not completes:
        raise JobError(
            f"`{view}` was never computed in its present meaning for {', '.join(half[:5])}{' and others' if len(half) > 5 else ''},"
            f" and its events lie from {known[0]} to {known[-1]}.",
            hint=f"compute all of it: `--from {known[0]} --to {known[-1]}`, or `ringi run`. More: ringi explain RNG-JOB-083",
        )


def _head(tables: Tables, name: str) -> int:
    head = tables.snapshot(name)
    return head.id if head else 0


def _calendar(wanted: WantedView, files: Mapping[str, Sequence[DataFile]]) -> dict[dt.date, int]:
    """Every period in which files may have events, and about how many: a file counts in full for the period of its middle day."""
    found: dict[dt.date, int] = {}
    for name, source in sources(wanted.contract).items():
        far = reach(clocks(wanted, name))
        for file in files[name]:
            span = span_of(name, file, str(source.event_time), far)
            if span is None:
                raise JobError(
                    f"A file of `{name}` does not say when its events occurred, so they cannot be cut into pieces.",
                    hint="compute the view in one: `ringi run`. More: ringi explain RNG-JOB-084",
                )
            middle = start_of(wanted.grain, span.first + (span.last - span.first) // 2)
            for period in _periods(wanted.grain, span.first, span.last):
                found[period] = found.get(period, 0) + (file.rows if period == middle else 0)
    return found


def _periods(grain: TimeGrain, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    period = start_of(grain, first)
    while period <= last:
        yield period
        period = next_start(grain, period)


def _cut(
    periods: Iterable[dt.date], rows: Mapping[dt.date, int], most_periods: int | None, most_rows: int, countries: int
) -> Iterator[tuple[dt.date, ...]]:
    """Periods in order, cut where a piece would have too many of them, or too many events or cells."""
    most = most_periods or max(1, MOST_CELLS // max(1, countries))
    held: list[dt.date] = []
    count = 0
    for period in periods:
        if held and (len(held) >= most or (most_periods is None and count + rows.get(period, 0) > most_rows)):
            yield tuple(held)
            held, count = [], 0
        held.append(period)
        count += rows.get(period, 0)
    if held:
        yield tuple(held)


def _piece(wanted: WantedView, files: Mapping[str, Sequence[DataFile]], countries: Sequence[str], periods: tuple[dt.date, ...]) -> Piece:
    """A piece with what it reads: of each file that may hold its events, the columns that the metrics use."""
    cells = Cells(pairs=frozenset((code, period) for code in countries for period in periods))
    size = rows = 0
    for name, source in sources(wanted.contract).items():
        for file in needed_files(files[name], source, cells, wanted.grain):
            size += bytes_read(file, source)
            rows += file.rows
    return Piece(periods, size, rows)


def bytes_read(file: DataFile, source: SourceLogic) -> int:
    """What a computation reads of a file: the columns that it uses, where the table says how large they are."""
    used = [file.column_bytes[column] for column in source.columns if column in file.column_bytes]
    return sum(used) if used else file.bytes
