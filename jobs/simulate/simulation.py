"""`simulate`: draws titles, viewers, sittings and events in DuckDB, and writes the files as a collector would deliver them.

All chance is a hash of a number, a word and the seed, so that the same arguments give the same bytes (of one DuckDB version),
in any order of computing, and more events never change how viewers behave.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from jobs.errors import JobError
from jobs.simulate import files, words
from jobs.simulate.markets import MARKETS, Market
from jobs.simulate.report import SimulationReport
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.simulate.report import SimulatedFile

START = dt.date(2026, 10, 26)
"""A Monday; its week is one whole ISO week, holds the end of a month, and ends on the Sunday of the autumn clock change in the USA."""

SEED = 20261026
TITLES, ANNOUNCED = 600, 12
EVENTS_PER_VIEWER_DAY = 6.5
"""Fewer than the mean (about 9), so that there are always enough viewers; those beyond the wanted events are left out."""

REPEATED_IN_1000 = 15
BROKEN_IN_10000 = 4
STAGES = ("titles.sql", "viewing.sql", "events.sql", "faults.sql")
CHANCE = """
    create macro u(key, stream) as (hash(key, stream, getvariable('seed')) >> 11)::double / 9007199254740992;
    create macro pick(list, chance) as list[1 + floor(chance * len(list))::bigint];
"""


def simulate(
    out_dir: Path,
    *,
    events: int = 100_000,
    seed: int = SEED,
    days: int = 7,
    start: dt.date = START,
    countries: Sequence[str] | None = None,
) -> SimulationReport:
    """Write `events` records of `viewing_events` (repeats included) and the snapshots of `titles` below `out_dir`.

    `days` are local days of each country, from `start`; late records are received up to a week after. `countries` are codes of
    MARKETS (default: all). Raises JobError for arguments that make no sense and for a folder that is not empty.
    """
    markets = _markets(countries)
    _refuse_nonsense(out_dir, events, days)
    out_dir.mkdir(parents=True, exist_ok=True)
    repeated = events * REPEATED_IN_1000 // 1000
    with closing(duckdb.connect()) as connection:
        _prepare(connection, out_dir, _variables(events - repeated, repeated, seed, days, start, len(markets)))
        _fill_markets(connection, markets)
        for stage in STAGES:
            connection.execute((Path(__file__).parent / stage).read_text(encoding="utf-8"))
        written = (*files.write_titles(connection, out_dir, start), *files.write_events(connection, out_dir, start, days))
        report = _report(connection, written, events, repeated, markets)
    files.remove_scratch(out_dir)
    return report


def _markets(countries: Sequence[str] | None) -> tuple[Market, ...]:
    if countries is None:
        return MARKETS
    known = {market.code: market for market in MARKETS}
    for code in countries:
        if code not in known:
            near = did_you_mean(code, known)
            raise JobError(f"`{code}` is not a country that can be simulated.", hint=near or f"choose from {', '.join(sorted(known))}.")
    if not countries:
        raise JobError("No country to simulate.", hint="name at least one, or leave the countries out to simulate all.")
    return tuple(market for market in MARKETS if market.code in set(countries))


def _refuse_nonsense(out_dir: Path, events: int, days: int) -> None:
    if events < 1:
        raise JobError(f"{events} events cannot be simulated.", hint="ask for at least 1.")
    if not 1 <= days <= 31:
        raise JobError(f"{days} days cannot be simulated.", hint="ask for 1 to 31 days.")
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise JobError(f"`{out_dir}` is not an empty folder.", hint="name a new one, so that files of two simulations never mix.")


def _prepare(connection: duckdb.DuckDBPyConnection, out_dir: Path, variables: Mapping[str, object]) -> None:
    """Settings, variables and the macros of chance, which the stages read."""
    connection.execute("set timezone = 'UTC'; set memory_limit = '1GB'; set preserve_insertion_order = true")
    connection.execute("set temp_directory = ?", [str(files.scratch(out_dir))])
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(CHANCE)


def _variables(events: int, repeated: int, seed: int, days: int, start: dt.date, market_count: int) -> dict[str, object]:
    """What the SQL stages read with `getvariable`."""
    broken = events * BROKEN_IN_10000 // 10000
    return {
        "seed": seed,
        "days": days,
        "start": start,
        "event_count": events,
        "viewer_count": int(events / EVENTS_PER_VIEWER_DAY / days) + 3 * market_count + 20,
        "market_count": market_count,
        "title_count": TITLES,
        "announced_count": ANNOUNCED,
        "repeat_count": repeated,
        "repeat_block": max(1, events // max(1, repeated)),
        "broken_count": broken,
        "broken_block": max(1, events // max(1, broken)),
        "genres": list(words.GENRES),
        **{name.lower(): list(getattr(words, name)) for name in ("EN_FIRST", "EN_LAST", "JA_FIRST", "JA_LAST", "DE_FIRST", "DE_LAST")},
    }


def _fill_markets(connection: duckdb.DuckDBPyConnection, markets: tuple[Market, ...]) -> None:
    """One row a market; `viewers_from` and `makes_from` are where its share of chance begins, in [0, 1)."""
    connection.execute(
        """
        create table market as
        select n, code, zone, mobile_first,
            coalesce(sum(viewers) over before, 0) / sum(viewers) over () as viewers_from,
            coalesce(sum(makes) over before, 0) / sum(makes) over () as makes_from
        from (select unnest(range(len($codes))) as n, unnest($codes) as code, unnest($zones) as zone, unnest($viewers) as viewers,
                     unnest($makes) as makes, unnest($mobile_first) as mobile_first)
        window before as (order by n rows between unbounded preceding and 1 preceding)
        """,
        {
            "codes": [market.code for market in markets],
            "zones": [market.zone for market in markets],
            "viewers": [float(market.viewers) for market in markets],
            "makes": [float(market.makes) for market in markets],
            "mobile_first": [market.mobile_first for market in markets],
        },
    )


def _report(
    connection: duckdb.DuckDBPyConnection, written: tuple[SimulatedFile, ...], events: int, repeated: int, markets: tuple[Market, ...]
) -> SimulationReport:
    late, broken, countryless, unknown = connection.execute(
        """
        select count(*) filter (received_at > occurred_at + interval 1 hour), count(*) filter (broken_as is not null),
               count(*) filter (country_missing), count(*) filter (duration_s is null)
        from delivery where not again
        """
    ).fetchall()[0]
    seen = connection.execute("select distinct viewing_country from delivery where viewing_country is not null").fetchall()
    found = {code for (code,) in seen}
    return SimulationReport(
        files=written,
        records=events,
        events=events - repeated,
        repeated=repeated,
        late=late,
        broken=broken,
        without_country=countryless,
        of_unknown_titles=unknown,
        countries=tuple(market.code for market in markets if market.code in found),
    )
