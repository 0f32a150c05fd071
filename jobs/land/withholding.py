"""Withholds the records of persons who were erased: they count as refused, and nothing of them is kept.

Used by `judging.py` on every engine, after the records of a share were judged and before they are counted. Costs nothing where
nobody was erased, and one hash for each different value where somebody was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.engines.duckdb import literal
from jobs.land.mention import mentions, text_of
from jobs.land.suppression import hashed_sql
from jobs.land.workbench import JUDGED, PLAIN

if TYPE_CHECKING:
    from jobs.land.suppression import Suppressed, Watched
    from jobs.land.workbench import Workbench

SUPPRESSED = "suppressed"
"""The reason code of a record whose person was erased."""

LISTED, FOUND = "land_listed", "land_withheld"
AT_ONCE = 1_000


def withhold(bench: Workbench, held: Suppressed) -> None:
    """Take out of the bench what belongs to persons who were erased; their records stay as refused ones without content."""
    for watched in held.watched:
        _by_value(bench, held, watched)
        _by_text(bench, held, watched)


def withheld(bench: Workbench) -> dict[int, list[int]]:
    """Numbers of the records that were withheld, by object, in order."""
    found: dict[int, list[int]] = {}
    places = f"SELECT object, record FROM {JUDGED} WHERE reason = {literal(SUPPRESSED)} ORDER BY object, record"
    for number, record in bench.engine.rows(places):
        found.setdefault(number, []).append(record)
    return found


def _by_value(bench: Workbench, held: Suppressed, watched: Watched) -> None:
    """Records whose value could be read, sound and refused ones."""
    import pyarrow as pa

    engine, names = bench.engine, list(bench.source.columns)
    value = f"v{names.index(watched.column)}"
    engine.connection.register(LISTED, pa.table({"hash": sorted(watched.hashes)}))
    try:
        values = " UNION ".join(f"SELECT {value} AS v FROM {table} WHERE {value} IS NOT NULL" for table in (PLAIN, JUDGED))
        hashes = hashed_sql(held.key, watched.subject, "CAST(v AS VARCHAR)")
        engine.execute(f"CREATE OR REPLACE TEMP TABLE {FOUND} AS SELECT v FROM ({values}) WHERE {hashes} IN (SELECT hash FROM {LISTED})")
    finally:
        engine.connection.unregister(LISTED)
    if engine.value(f"SELECT count(*) FROM {FOUND}"):
        theirs = f"{value} IN (SELECT v FROM {FOUND})"
        told = f"{literal(SUPPRESSED)}, {literal(_field(bench, watched))}, NULL, NULL, NULL"
        nothing = ", ".join("NULL" for _ in names)
        for table in (PLAIN, JUDGED):
            place = f"SELECT object, record FROM {table} WHERE {theirs}"
            engine.execute(f"CREATE OR REPLACE TEMP TABLE {FOUND}_places AS {place}")
            engine.execute(f"DELETE FROM {table} WHERE {theirs}")
            engine.execute(f"INSERT INTO {JUDGED} SELECT object, record, {nothing}, {told} FROM {FOUND}_places")
            engine.execute(f"DROP TABLE {FOUND}_places")
    engine.execute(f"DROP TABLE {FOUND}")


def _by_text(bench: Workbench, held: Suppressed, watched: Watched) -> None:
    """Refused records whose value could not be read: their text decides."""
    value = f"v{list(bench.source.columns).index(watched.column)}"
    field = _field(bench, watched)
    unread = bench.engine.rows(
        f"SELECT object, record, line, bytes FROM {JUDGED} WHERE reason IS NOT NULL AND {value} IS NULL"
        " AND (line IS NOT NULL OR bytes IS NOT NULL)"
    )
    theirs = [
        (number, record)
        for number, record, line, raw in unread
        if mentions(line if line is not None else text_of(raw), field, lambda text: held.holds(watched, text))
    ]
    nothing = ", ".join(f"v{i} = NULL" for i in range(len(bench.source.columns)))
    for first in range(0, len(theirs), AT_ONCE):
        places = ", ".join(f"({number}, {record})" for number, record in theirs[first : first + AT_ONCE])
        bench.engine.execute(
            f"UPDATE {JUDGED} SET reason = {literal(SUPPRESSED)}, field = {literal(field)}, detail = NULL, line = NULL, bytes = NULL,"
            f" {nothing} WHERE (object, record) IN ({places})"
        )


def _field(bench: Workbench, watched: Watched) -> str:
    return bench.source.columns[watched.column].from_field or watched.column
