"""First step of a pass: the events of the periods, each with the number of its country and its local day.

The clocks of all countries are a table of one row a country (`calendar.py`), joined once an event; where every clock shows UTC
there is nothing to add. Events of countries that are not in the table fall out here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.compile.blocks import columns_read
from jobs.compile.measures import COUNTRY, DAY
from jobs.dialects import values
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from jobs.compile.one_pass import Pass

_FOREVER = 2**63 - 1


def calendar_table(one: Pass) -> str:
    """`calendar_N`: code, number, and where clocks are needed the offset and its changes, in microseconds."""
    names = ["@code", COUNTRY]
    if _needs_offset(one):
        names += ["@offset_0", *(name for change in range(1, _changes(one) + 1) for name in (f"@from_{change}", f"@offset_{change}"))]
    numbers = {country: number for number, country in enumerate(one.request.countries)}
    rows = []
    for clock in one.block.calendar.clocks:
        row = [one.dialect.string(clock.country), str(numbers[clock.country])]
        if _needs_offset(one):
            padding = [(_FOREVER, 0)] * (_changes(one) - len(clock.changes))
            moments = [number for change in (*clock.changes, *padding) for number in change]
            row += [f"CAST({number} AS BIGINT)" for number in (clock.offset, *moments)]
        rows.append(", ".join(row))
    return f"{one.table('calendar')}({', '.join(map(one.q, names))}) AS ({values(rows)})"


def placed_table(one: Pass) -> str:
    """`placed_N`: the columns that later steps read, with country and local day; time stamps as a UTC clock shows them."""
    placing = one.block.placing
    columns = [f"{_stored(one, name)} AS {one.q(name)}" for name in sorted(columns_read(one.block))]
    time = f"source.{one.q(placing.event_time)}"
    return (
        f"{one.table('placed')} AS (\n"
        f"  SELECT calendar.{one.q(COUNTRY)}, {_local_day(one, time)} AS {one.q(DAY)},\n    {', '.join(columns)}\n"
        f"  FROM {one.request.relations.sources[placing.source]} AS source\n"
        f"  JOIN {one.table('calendar')} AS calendar ON source.{one.q(placing.country)} = calendar.{one.q('@code')}\n"
        f"  WHERE {_span(one, time)}\n)"
    )


def _span(one: Pass, time: str) -> str:
    """A condition on the stored column that takes no event of the periods away; files are skipped by it."""
    periods = one.request.periods
    start, end = f"DATE '{periods.first}'", f"DATE '{periods.end}'"
    if one.is_timed:
        start, end = map(one.dialect.instant, one.block.span)
    return f"{time} >= {start} AND {time} < {end}"


def _stored(one: Pass, name: str) -> str:
    column = f"source.{one.q(name)}"
    return one.dialect.utc_clock(column) if one.block.types.get(name) is ColumnType.TIMESTAMP else column


def _changes(one: Pass) -> int:
    return one.block.calendar.most_changes if one.is_timed else 0


def _needs_offset(one: Pass) -> bool:
    return one.is_timed and not one.block.calendar.is_utc


def _local_day(one: Pass, time: str) -> str:
    if not one.is_timed:
        return time
    micros = one.dialect.micros(time)
    if not _needs_offset(one):
        return one.dialect.day_of(micros)
    last = _changes(one)
    offset = f"calendar.{one.q(f'@offset_{last}')}"
    if last:
        earlier = (
            f"WHEN {micros} < calendar.{one.q(f'@from_{change + 1}')} THEN calendar.{one.q(f'@offset_{change}')}" for change in range(last)
        )
        offset = f"CASE {' '.join(earlier)} ELSE {offset} END"
    return one.dialect.day_of(f"{micros} + {offset}")
