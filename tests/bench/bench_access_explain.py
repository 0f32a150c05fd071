"""How long `ringi access explain` thinks, once the account has been read: 204 countries, 20 views each, 1,000 principals.

Each analyst holds the views of one country; some teams hold every view of every country; some read saved copies through filters; and
one principal reads in every way there is. The account's answers are values in memory; nothing is asked of AWS.

    python -m tests.bench.bench_access_explain [--countries N] [--views N] [--principals N] [--rounds N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from statistics import median

from governance.lake_formation.looking.explain import explain
from governance.lake_formation.looking.explain_text import text
from governance.lake_formation.reads.effective import How
from governance.lake_formation.resource import EVERY_TABLE, Catalog, Columns, Database, Filter, Table, TagPolicy
from governance.lake_formation.state import (
    IAM_ALLOWED,
    AccountState,
    CataloguedTable,
    CellsFilter,
    Permission,
    Registration,
    Settings,
    Tag,
    Tagged,
)
from tests.bench.measure import verdict

BAR = 0.5
COLUMNS = tuple(f"column_{number}" for number in range(20))
WIDE = 50
"""Principals that hold every view of every country."""
BUSY = "arn:aws:iam::123456789012:role/busy"


def role(number: int) -> str:
    return f"arn:aws:iam::123456789012:role/reader_{number}"


def account(countries: int, views: int, principals: int) -> AccountState:
    """A large account."""
    codes = [f"c{number:03d}" for number in range(countries)]
    spots = [(f"views_{code}", f"saved_{code}", f"view_{view}") for code in codes for view in range(views)]
    tables: dict[tuple[str, str], CataloguedTable] = {}
    for schema, saved, name in spots:
        tables[saved, name] = CataloguedTable(saved, name, COLUMNS, location=f"s3://lake/{saved}/{name}", created_by=role(0))
        tables[schema, name] = CataloguedTable(schema, name, COLUMNS, is_view=True, definer=role(1), base_tables=((saved, name),))
    return AccountState(
        permissions=frozenset([*_permissions(codes, spots, principals), *_busy(spots[0])]),
        filters=frozenset(CellsFilter(saved, name, "some", rows="column_0 = 'a'") for _, saved, name in spots),
        tags=frozenset({Tag("ringi_country", tuple(codes)), Tag("ringi_view", tuple(f"view_{view}" for view in range(views)))}),
        tagged=frozenset(
            [
                *(Tagged(Database(f"views_{code}"), "ringi_country", code) for code in codes),
                *(Tagged(Table(schema, name), "ringi_view", name) for schema, _, name in spots),
            ]
        ),
        registrations=frozenset({Registration("arn:aws:s3:::lake", role(2))}),
        settings=Settings(administrators=(BUSY,)),
        tables=tables,
        databases={name: None for schema, saved, _ in spots for name in (schema, saved)},
    )


def _permissions(codes: Sequence[str], spots: Sequence[tuple[str, str, str]], principals: int) -> Iterator[Permission]:
    for number in range(principals - WIDE):
        code = codes[number % len(codes)]
        for schema, saved, name in (spot for spot in spots if spot[0] == f"views_{code}"):
            yield Permission(role(number), Table(schema, name), "DESCRIBE")
            on = Filter(saved, name, "some") if number % 5 == 0 else Table(schema, name)
            yield Permission(role(number), on, "SELECT")
    for number in range(principals - WIDE, principals):
        for schema, _, name in spots:
            yield from (Permission(role(number), Table(schema, name), action) for action in ("DESCRIBE", "SELECT"))


def _busy(spot: tuple[str, str, str]) -> Iterator[Permission]:
    """Every way there is to one view."""
    schema, saved, name = spot
    country = TagPolicy("TABLE", (("ringi_country", (schema.removeprefix("views_"),)),))
    view = TagPolicy("TABLE", (("ringi_view", (name,)),))
    for on in (
        Table(schema, name),
        Table(schema, EVERY_TABLE),
        Columns(schema, name, COLUMNS[:3]),
        country,
        view,
        Filter(saved, name, "some"),
    ):
        yield Permission(BUSY, on, "SELECT")
    yield Permission(BUSY, Catalog(), "SUPER_USER")
    yield Permission(IAM_ALLOWED, Table(schema, name), "SELECT")


def main(words: Sequence[str] | None = None) -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=204)
    parser.add_argument("--views", type=int, default=20)
    parser.add_argument("--principals", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(words)
    state = account(chosen.countries, chosen.views, chosen.principals)
    print(f"       {len(state.permissions):,} permissions on {len(state.tables):,} tables")
    met = []
    for what, reader, column in (
        ("one grant", role(0), None),
        ("every view there is", role(chosen.principals - 1), None),
        ("every way there is", BUSY, COLUMNS[1]),
    ):
        seconds = []
        for number in range(chosen.rounds + 1):
            start = time.perf_counter()
            found = explain(state, frozenset({reader}), "views_c000", "view_0", column)
            told = text(found)
            if number:
                seconds.append(time.perf_counter() - start)
            assert found.reads and found.cut.is_smallest and told
        if reader == BUSY:
            assert {way.path.how for way in found.ways} >= {How.GRANT, How.WILDCARD, How.TAG, How.INHERITED, How.ADMINISTRATOR, How.IAM}
        met.append(verdict(f"explain a principal with {what}", median(seconds), BAR, unit=" s"))
    return met


if __name__ == "__main__":
    main()
