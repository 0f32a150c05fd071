"""Things that readers rest on move while they stay: filters, row policies, tags. No moment of the move shows what neither end shows.

The states of `access_states.py` rarely have two such moves for one reader. Here there is one table and hardly anything else, so most
cases have; and each case that needs a suspension is written out beside them, so that it is tried in every run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.lake_formation.resource import Columns, Database, Filter, Resource, Table, TagPolicy
from governance.lake_formation.state import AccountState, Attachment, CellsFilter, Element, Permission, Registration, RowPolicy, Tag, Tagged
from tests.support.access_moments import every_moment
from tests.support.access_states import CATALOGUE, COLUMNS, ROLES

AIKO, BERND, _ = ROLES
AT = ("saved_jp", "daily")
ON = Table(*AT)
ROWS = ("plan = 'a'", "plan = 'b'", "viewers > 1")
OPEN, JP = TagPolicy("TABLE", (("kind", ("open",)),)), TagPolicy("TABLE", (("land", ("jp",)),))
OPEN_JP = TagPolicy("TABLE", (("kind", ("open",)), ("land", ("jp",))))
TAGS = frozenset({Tag("kind", ("closed", "open")), Tag("land", ("de", "jp"))})


def state(*found: Element) -> AccountState:
    """An account that holds these over the small catalogue."""
    return AccountState(
        permissions=frozenset(each for each in found if isinstance(each, Permission)),
        filters=frozenset(each for each in found if isinstance(each, CellsFilter)),
        tags=TAGS,
        tagged=frozenset(each for each in found if isinstance(each, Tagged)),
        row_policies=frozenset(each for each in found if isinstance(each, RowPolicy)),
        attachments=frozenset(each for each in found if isinstance(each, Attachment)),
        registrations=frozenset({Registration(f"arn:aws:s3:::lake/{AT[0]}/{AT[1]}", f"{AIKO}-lake")}),  # else IAM shows everything
        tables=CATALOGUE,
        databases={"saved_de": None, "saved_jp": None, "views_jp": None},
    )


def reads(on: Resource, who: str = AIKO) -> Permission:
    return Permission(who, on, "SELECT")


def columns(*names: str) -> Columns:
    return Columns(*AT, tuple(sorted(names)))


def shows(name: str, rows: str | None = None, *included: str) -> CellsFilter:
    return CellsFilter(*AT, name, tuple(sorted(included)), rows=rows)


def limits(policy: str, who: str | None = AIKO) -> Attachment:
    return Attachment(policy, *AT, who)


def tagged(column: str, value: str = "open") -> Tagged:
    return Tagged(Columns(*AT, (column,)), "kind", value)


BY_F, BY_G = reads(Filter(*AT, "f")), reads(Filter(*AT, "g"))
A, B, C = ROWS
ON_OPEN = Attachment("p", "", "", on=OPEN)
"""The row policy p on whatever is open, for everybody."""
CASES: dict[str, tuple[AccountState, AccountState]] = {
    "two filters that a reader holds gain and lose, one after the other": (
        state(BY_F, BY_G, shows("f", A), shows("g", B)),
        state(BY_F, BY_G, shows("f", B), shows("g", C)),
    ),
    "two filters that a reader holds change their columns": (
        state(BY_F, BY_G, shows("f", None, "day"), shows("g", None, "plan")),
        state(BY_F, BY_G, shows("f", None, "plan"), shows("g", None, "viewers")),
    ),
    "a filter gains and loses where a row policy on the rest of the table comes": (
        state(BY_F, reads(columns("day")), shows("f", A, "plan"), RowPolicy("p", C)),
        state(BY_F, reads(columns("day")), shows("f", B, "plan"), RowPolicy("p", C), limits("p")),
    ),
    "a filter gains and loses where a row policy on the rest of the table goes": (
        state(BY_F, reads(columns("day")), shows("f", A, "plan"), RowPolicy("p", C), limits("p")),
        state(BY_F, reads(columns("day")), shows("f", B, "plan"), RowPolicy("p", C)),
    ),
    "a filter gains and loses where tags move": (
        state(BY_F, reads(OPEN), shows("f", A, "plan"), tagged("day")),
        state(BY_F, reads(OPEN), shows("f", B, "plan"), tagged("viewers")),
    ),
    "the row policy of a reader is exchanged": (
        state(reads(ON), RowPolicy("p", A), RowPolicy("q", B), limits("p")),
        state(reads(ON), RowPolicy("p", A), RowPolicy("q", B), limits("q")),
    ),
    "the row policy of some columns is exchanged for one of everybody": (
        state(reads(columns("day")), RowPolicy("p", A), RowPolicy("q", B), limits("p")),
        state(reads(columns("day")), RowPolicy("p", A), RowPolicy("q", B), limits("q", None)),
    ),
    "the row policy of who reads by tags is exchanged": (
        state(reads(OPEN), tagged("day"), RowPolicy("p", A), RowPolicy("q", B), limits("p")),
        state(reads(OPEN), tagged("day"), RowPolicy("p", A), RowPolicy("q", B), limits("q")),
    ),
    "two row policies of a reader say something else": (
        state(reads(ON), RowPolicy("p", A), RowPolicy("q", B), limits("p"), limits("q")),
        state(reads(ON), RowPolicy("p", B), RowPolicy("q", C), limits("p"), limits("q")),
    ),
    "a row policy says something else and another one goes": (
        state(reads(ON), RowPolicy("p", A), RowPolicy("q", B), limits("p"), limits("q")),
        state(reads(ON), RowPolicy("p", C), RowPolicy("q", B), limits("p")),
    ),
    "a row policy goes where tags move": (
        state(reads(OPEN), tagged("day"), RowPolicy("p", A), limits("p")),
        state(reads(OPEN), tagged("viewers"), RowPolicy("p", A)),
    ),
    "a second row policy comes where tags move": (
        state(reads(OPEN), tagged("day"), RowPolicy("p", A), RowPolicy("q", B), limits("p")),
        state(reads(OPEN), tagged("viewers"), RowPolicy("p", A), RowPolicy("q", B), limits("p"), limits("q")),
    ),
    "a row policy says something else where tags move": (
        state(reads(OPEN), tagged("day"), RowPolicy("p", A), limits("p")),
        state(reads(OPEN), tagged("viewers"), RowPolicy("p", B), limits("p")),
    ),
    "tags leave one column and come to another": (
        state(reads(OPEN), tagged("day")),
        state(reads(OPEN), tagged("viewers")),
    ),
    "tags leave what one expression of a reader matches and come to what another does": (
        state(reads(OPEN), reads(JP), tagged("day"), Tagged(Columns(*AT, ("viewers",)), "land", "de")),
        state(reads(OPEN), reads(JP), tagged("day", "closed"), Tagged(Columns(*AT, ("viewers",)), "land", "jp")),
    ),
    "tags that move together match what they match at neither end": (
        state(reads(OPEN_JP), Tagged(ON, "kind", "open"), Tagged(Database(AT[0]), "land", "de")),
        state(reads(OPEN_JP), Tagged(ON, "kind", "closed"), Tagged(Database(AT[0]), "land", "jp")),
    ),
    "a row policy goes where tags leave a column": (
        state(reads(OPEN), tagged("day"), tagged("viewers"), RowPolicy("p", A), limits("p")),
        state(reads(OPEN), tagged("viewers"), RowPolicy("p", A)),
    ),
    "tags take a row policy off a table and another one comes": (
        state(reads(ON), Tagged(ON, "kind", "open"), RowPolicy("p", A), RowPolicy("q", B), ON_OPEN),
        state(reads(ON), Tagged(ON, "kind", "closed"), RowPolicy("p", A), RowPolicy("q", B), ON_OPEN, limits("q")),
    ),
    "tags take one row policy off a table and put another one on it": (
        state(reads(ON), Tagged(ON, "kind", "open"), RowPolicy("p", A), RowPolicy("q", B), ON_OPEN, Attachment("q", "", "", on=JP)),
        state(
            reads(ON), Tagged(Database(AT[0]), "land", "jp"), RowPolicy("p", A), RowPolicy("q", B), ON_OPEN, Attachment("q", "", "", on=JP)
        ),
    ),
    "a row policy that is put on tags is exchanged for one of the table": (
        state(reads(ON), Tagged(ON, "kind", "open"), RowPolicy("p", A), RowPolicy("q", B), ON_OPEN),
        state(reads(ON), Tagged(ON, "kind", "open"), RowPolicy("p", A), RowPolicy("q", B), limits("q")),
    ),
    "the row policy of who may hand on afterwards is exchanged": (
        state(reads(ON), RowPolicy("p", A), RowPolicy("q", B), limits("p")),
        state(replace(reads(ON), grantable=True), RowPolicy("p", A), RowPolicy("q", B), limits("q")),
    ),
    "a grant on a filter that moves shows what its reader knew": (
        state(reads(columns("day")), shows("f", None, "plan")),
        state(BY_F, shows("f", None, "day")),
    ),
    "a grant on a table waits for the row policy that narrows it": (
        state(BY_F, shows("f", A), RowPolicy("p", A)),
        state(reads(ON), shows("f", A), RowPolicy("p", A), limits("p")),
    ),
    "a grant on a table waits for the tags that put a row policy on it": (
        state(BY_F, shows("f", A), RowPolicy("p", A), ON_OPEN),
        state(reads(ON), shows("f", A), RowPolicy("p", A), ON_OPEN, Tagged(Database(AT[0]), "kind", "open")),
    ),
    "a grant on a table waits for what its row policy says by then": (
        state(BY_F, shows("f", A), RowPolicy("p", B), limits("p")),
        state(reads(ON), shows("f", A), RowPolicy("p", A), limits("p")),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_no_moment_shows_more_where(case: str) -> None:
    every_moment(*CASES[case])


VALUES = {"kind": ("open", "closed"), "land": ("jp", "de")}
rows = st.none() | st.sampled_from(ROWS)
some = st.lists(st.sampled_from(COLUMNS), max_size=2, unique=True).map(lambda names: tuple(sorted(names)))
readers = st.sampled_from((None, AIKO, AIKO, BERND))
SHAPES: tuple[tuple[Resource, ...], ...] = ((), (ON,), (columns("day"),), (columns("plan", "viewers"),))
EXPRESSIONS = (OPEN, JP, OPEN_JP)


@st.composite
def grants(draw: st.DrawFn) -> frozenset[Permission]:
    """What two readers hold: filters and tags beside columns or the whole table; never columns beside the whole table."""
    found: set[Permission] = set()
    for who in (AIKO, BERND):
        found |= {replace(reads(on, who), grantable=draw(st.integers(0, 5)) == 0) for on in draw(st.sampled_from(SHAPES))}
        found |= {reads(Filter(*AT, name), who) for name in draw(st.sets(st.sampled_from("fg")))}
        found |= {reads(on, who) for on in draw(st.sets(st.sampled_from(EXPRESSIONS), max_size=2))}
    return frozenset(found)


@st.composite
def ends(draw: st.DrawFn) -> AccountState:
    """One end of a move, whose readers are not drawn yet: filters f and g, row policies p, q and r, tags on columns."""
    places: tuple[Any, ...] = (*(Columns(*AT, (column,)) for column in COLUMNS[:2]), ON, Database(AT[0]))
    values = {(place, key): draw(st.sampled_from((None, None, *given))) for place in places for key, given in VALUES.items()}
    return state(
        *(CellsFilter(*AT, name, draw(some), rows=draw(rows)) for name in "fg"),
        *(RowPolicy(name, draw(st.sampled_from(ROWS))) for name in "pqr"),
        *draw(st.sets(st.builds(limits, st.sampled_from("pqr"), readers), max_size=3)),
        *(Attachment("r", "", "", on=on) for on in draw(st.sets(st.sampled_from((OPEN, JP)), max_size=1))),
        *(Tagged(place, key, value) for (place, key), value in values.items() if value is not None),
    )


@st.composite
def moves(draw: st.DrawFn) -> tuple[AccountState, AccountState]:
    """Two ends with the same readers, or with some of them exchanged, and often with the same of something."""
    before, after, held = draw(ends()), draw(ends()), draw(grants())
    kept = draw(st.sets(st.sampled_from(("filters", "row_policies", "attachments", "tagged"))))
    same: dict[str, Any] = {name: getattr(before, name) for name in kept}
    given = draw(st.just(held) | grants())
    return replace(before, permissions=held), replace(after, permissions=given, **same)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moves())
def test_no_moment_of_a_generated_move_shows_what_neither_end_shows(move: tuple[AccountState, AccountState]) -> None:
    every_moment(*move)
