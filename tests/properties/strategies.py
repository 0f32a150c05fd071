"""Hypothesis strategies for the words of this house: viewing events, typed expressions, certified logic, views.

Events lie near what goes wrong: midnights of Tokyo, Kathmandu, Los Angeles and Berlin, changes of clocks, missing values,
countries nobody publishes. Expressions are made type by type, so that every text is one that the registry accepts.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from metrics_catalog.expression import canonical, parse
from metrics_catalog.logic import DimensionLogic, Logic, SourceLogic, VariantLogic
from metrics_catalog.source import ColumnType

Text = st.SearchStrategy[str]

ZONES = {
    "BR": "America/Sao_Paulo",
    "DE": "Europe/Berlin",
    "GB": "UTC",
    "IN": "Asia/Kolkata",
    "JP": "Asia/Tokyo",
    "NP": "Asia/Kathmandu",
    "NZ": "Pacific/Auckland",
    "US": "America/Los_Angeles",
}
COUNTRIES = tuple(sorted(ZONES))
COLUMNS = {
    "event_id": ColumnType.STRING,
    "viewer_id": ColumnType.STRING,
    "viewing_country": ColumnType.STRING,
    "account_country": ColumnType.STRING,
    "device_type": ColumnType.STRING,
    "title_id": ColumnType.INTEGER,
    "is_live": ColumnType.BOOLEAN,
    "event_type": ColumnType.STRING,
    "seconds_viewed": ColumnType.INTEGER,
    "score": ColumnType.DOUBLE,
    "price": ColumnType.DECIMAL,
    "occurred_at": ColumnType.TIMESTAMP,
    "received_at": ColumnType.TIMESTAMP,
    "released_on": ColumnType.DATE,
}
SOURCE = SourceLogic(
    source="viewing_events",
    delivery="events",
    key=("event_id",),
    event_time="occurred_at",
    received_time="received_at",
    country="viewing_country",
    columns=COLUMNS,
)
GENRE = DimensionLogic(
    dimension="title",
    key="title_id",
    source="titles",
    rows_digest=None,
    valid_from=None,
    valid_until=None,
    attribute="genre",
    type=ColumnType.STRING,
)
RATING = GENRE.model_copy(update={"dimension": "rating", "valid_from": "valid_from", "valid_until": "valid_until", "attribute": "rating"})
DIMENSIONS: dict[str, DimensionLogic | None] = {"device_type": None, "title_id": None, "is_live": None, "genre": GENRE, "rating": RATING}
TABLE_COLUMNS = {
    "viewing_events": COLUMNS,
    "title": {"title_id": ColumnType.INTEGER, "genre": ColumnType.STRING},
    "rating": {"title_id": ColumnType.INTEGER, "rating": ColumnType.STRING, "valid_from": ColumnType.DATE, "valid_until": ColumnType.DATE},
}

_DAYS = [
    dt.date(2026, 3, 7),
    dt.date(2026, 3, 8),
    dt.date(2026, 3, 28),
    dt.date(2026, 3, 29),
    dt.date(2026, 3, 31),
    dt.date(2026, 4, 4),
    dt.date(2026, 4, 5),
]
"""Days on which clocks change in Los Angeles, Berlin and Auckland, their neighbours, and the end of a month."""
FIRST, END = dt.date(2026, 3, 2), dt.date(2026, 4, 6)
"""Whole ISO weeks around those days."""
_MIDNIGHTS = [
    dt.timedelta(hours=hour, minutes=minute)
    for hour, minute in (
        (15, 0),
        (18, 15),
        (18, 30),
        (8, 0),
        (7, 0),
        (23, 0),
        (22, 0),
        (3, 0),
        (11, 0),
        (12, 0),
        (1, 0),
        (10, 0),
        (14, 0),
        (0, 0),
    )
]
"""UTC times at which a day begins, or a clock changes, somewhere."""


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, values, values, st.none())


def many_events(seed: int, count: int) -> list[dict[str, Any]]:
    """So many events of all countries and days; the same for the same seed."""
    chance = random.Random(seed)  # test data
    return [_event(chance, [*COUNTRIES, "XX", None], _DAYS) for _ in range(count)]


@st.composite
def batches(draw: st.DrawFn, least: int = 0, most: int = 40) -> list[dict[str, Any]]:
    """Events of few countries and days, so that many of them meet in one cell.

    Their values come from a seeded generator, not from Hypothesis one by one: lists that Hypothesis grows stay short, and what is
    wrong with sums and distinct counts shows only where events meet. Fewer events are simpler.
    """
    count = draw(st.sampled_from([count for count in (0, 1, 2, 6, 15, 40) if least <= count <= most]))
    chance = random.Random(draw(st.integers(0, 2**32 - 1)))  # test data
    countries = [*chance.sample(COUNTRIES, 2) * 4, "XX", None]
    days = chance.sample(_DAYS, 2)
    return [_event(chance, countries, days) for _ in range(count)]


def events() -> st.SearchStrategy[dict[str, Any]]:
    """One viewing event, with a value missing here and there."""
    return st.integers(0, 2**32 - 1).map(lambda seed: _event(random.Random(seed), [*COUNTRIES, "XX", None], _DAYS))  # test data


def _event(chance: random.Random, countries: Sequence[str | None], days: Sequence[dt.date]) -> dict[str, Any]:
    def maybe(values: Sequence[Any]) -> Any:
        return None if chance.random() < 0.2 else chance.choice(values)

    occurred = _instant(chance, days)
    return {
        "event_id": f"{chance.getrandbits(128):032x}",
        "viewer_id": maybe(["v1", "v2", "v3", "視聴者"]),
        "viewing_country": chance.choice(countries),
        "account_country": maybe(["JP", "US", "DE"]),
        "device_type": maybe(["tv", "mobile", "unknown", "", "it's 100%"]),
        "title_id": maybe(range(-1, 5)),
        "is_live": maybe([True, False]),
        "event_type": chance.choice(["start", "heartbeat", "stop"]),
        "seconds_viewed": maybe([*range(-5, 10), chance.randrange(100_000)]),
        "score": maybe([chance.randrange(-400, 400) / 8]),
        "price": maybe([Decimal(chance.randrange(-10_000_000, 10_000_000)).scaleb(-6)]),
        "occurred_at": occurred,
        "received_at": occurred + dt.timedelta(seconds=chance.choice([0, 1, 3_600, 3_601, 90_000])),
        "released_on": maybe([dt.date(2026, 1, 1) + dt.timedelta(days=chance.randrange(365))]),
    }


def _instant(chance: random.Random, days: Sequence[dt.date]) -> dt.datetime:
    """A UTC instant, most often within a second of something."""
    at = dt.datetime.combine(chance.choice(days), dt.time(), dt.UTC)
    if chance.random() < 0.3:
        return at + dt.timedelta(microseconds=chance.randrange(86_400_000_000))
    return at + chance.choice(_MIDNIGHTS) + dt.timedelta(microseconds=chance.choice([-1_000_000, -1, 0, 1, 1_000_000]))


def tables() -> st.SearchStrategy[dict[str, list[dict[str, Any]]]]:
    """Rows of the dimensions: one a title, and ratings that change over time; titles and attributes are missing here and there."""
    words = _maybe(st.sampled_from(["drama", "comedy", "unknown"]))
    genres = st.dictionaries(st.integers(0, 4), words, max_size=4)
    changes = st.dictionaries(st.integers(0, 3), st.lists(st.sampled_from(_DAYS), max_size=3, unique=True).map(sorted), max_size=3)
    return st.builds(
        lambda found, rated: {
            "title": [{"title_id": title, "genre": genre} for title, genre in found.items()],
            "rating": [row for title, days in rated.items() for row in _validities(title, days)],
        },
        genres,
        changes,
    )


def _validities(title: int, days: list[dt.date]) -> list[dict[str, Any]]:
    borders = [None, *days, None]
    return [
        {"title_id": title, "rating": f"R{number}", "valid_from": begins, "valid_until": ends}
        for number, (begins, ends) in enumerate(pairwise(borders))
    ]


@cache
def integers_text(depth: int = 2) -> Text:
    """Texts of whole numbers; small enough not to overflow."""
    leaf = st.one_of(st.sampled_from(["seconds_viewed", "title_id"]), st.integers(-20, 20).map(str))
    if depth == 0:
        return leaf
    below = integers_text(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, below, st.sampled_from(["+", "-", "*", "%"]), below),
        st.builds("-({})".format, below),
        st.builds("coalesce({}, {})".format, below, below),
        st.builds("nullif({}, {})".format, below, below),
        st.builds("abs({})".format, below),
        st.builds("case when {} then {} else {} end".format, conditions_text(depth - 1), below, below),
        st.builds("case when {} then {} end".format, conditions_text(depth - 1), below),
        st.builds("case {} when {} then {} end".format, below, below, below),
        st.builds("{}({}, {})".format, st.sampled_from(["least", "greatest"]), below, below),
        st.builds(
            "extract({} from occurred_at)".format,
            st.sampled_from(["hour", "minute", "second", "year", "quarter", "month", "day", "isodow"]),
        ),
        st.builds("extract({} from released_on)".format, st.sampled_from(["year", "month", "isodow"])),
        st.builds("length({})".format, texts_text(depth - 1)),
        st.builds("cast({} as bigint)".format, doubles_text(depth - 1)),
    )


@cache
def doubles_text(depth: int = 2) -> Text:
    """Texts of doubles."""
    leaf = st.one_of(st.sampled_from(["score", "2.5", "0.125", "1e2", "price * 2"]), st.just("seconds_viewed / 3600.0"))
    if depth == 0:
        return leaf
    below, whole = doubles_text(depth - 1), integers_text(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} / {})".format, whole, st.one_of(whole, below, st.integers(-3, 3).map(str))),
        st.builds(
            "{} / 60.0 * {}".format, st.sampled_from(["seconds_viewed", "(seconds_viewed + title_id)", "price"]), st.integers(1, 9).map(str)
        ),
        st.builds("({} {} {})".format, below, st.sampled_from(["+", "-"]), st.one_of(below, whole)),
        st.builds("({} * {})".format, st.just("score"), whole),
        st.builds("{}({})".format, st.sampled_from(["floor", "ceil", "round"]), st.one_of(st.just("score"), whole)),
        st.builds("cast({} as double)".format, whole),
        st.builds("case when {} then {} else {} end".format, conditions_text(depth - 1), below, whole),
    )


@cache
def texts_text(depth: int = 1) -> Text:
    """Texts of texts."""
    leaf = st.sampled_from(["device_type", "viewer_id", "event_type", "'tv'", "'it''s'", "''"])
    if depth == 0:
        return leaf
    below = texts_text(depth - 1)
    return st.one_of(
        leaf,
        st.builds("{} || '/' || {}".format, below, below),
        st.builds("concat({}, {})".format, below, below),
        st.builds("{}({})".format, st.sampled_from(["lower", "upper"]), below),
        st.builds("substring({}, {}, {})".format, below, st.integers(1, 4), st.integers(0, 3)),
        st.builds("coalesce({}, 'x')".format, below),
        st.just("cast(title_id as varchar)"),
    )


@cache
def conditions_text(depth: int = 2) -> Text:
    """Texts of conditions."""
    leaf = st.one_of(
        st.builds("event_type = '{}'".format, st.sampled_from(["start", "heartbeat", "stop"])),
        st.sampled_from(
            ["is_live", "viewing_country <> account_country", "received_at > occurred_at + interval '1' hour", "device_type like 't%'"]
        ),
        st.builds("seconds_viewed {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "=", "<>"]), st.integers(-5, 300)),
    )
    if depth == 0:
        return leaf
    below, whole, words = conditions_text(depth - 1), integers_text(depth - 1), texts_text(depth - 1)
    sign = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, below, st.sampled_from(["and", "or"]), below),
        st.builds("not ({})".format, below),
        st.builds("{} is {}null".format, st.one_of(words, whole).map("({})".format), st.sampled_from(["", "not "])),
        st.builds("{} {} {}".format, whole, sign, st.one_of(whole, doubles_text(depth - 1))),
        st.builds("{} {} {}".format, words, sign, words),
        st.builds("({}) {}in ({}, {})".format, whole, st.sampled_from(["", "not "]), whole, whole),
        st.builds("{} {}between {} and {}".format, whole, st.sampled_from(["", "not "]), whole, whole),
        st.builds("{} {}like '{}'".format, words, st.sampled_from(["", "not "]), st.sampled_from(["%", "t_", "%''s%", "_%v"])),
        st.builds("occurred_at {} timestamp '2026-03-29 01:00:00'".format, sign),
        st.builds("released_on {} date '2026-06-30'".format, sign),
        st.builds("cast(occurred_at as date) {} released_on".format, sign),
        st.builds("price {} {}".format, sign, st.one_of(st.just("price"), doubles_text(depth - 1), st.integers(-3, 3).map(str))),
    )


def _written(text: str) -> str:
    return canonical(parse(text))


def variants(kind: str, expressions: Text) -> st.SearchStrategy[dict[str, VariantLogic]]:
    """Country variants: another filter, another expression, or both; some end within the days of the events."""
    one = st.builds(
        VariantLogic,
        filter=st.one_of(st.none(), conditions_text(1).map(_written)),
        expression=st.none() if kind == "count" else st.one_of(st.none(), expressions.map(_written)),
        until=st.one_of(st.none(), st.sampled_from([*_DAYS, dt.date(2026, 1, 1), dt.date(2027, 1, 1)])),
    )
    return st.dictionaries(st.sampled_from(["DE", "JP", "US"]), one, max_size=2)


_SCALED = [
    "seconds_viewed / 3600.0",
    "seconds_viewed / 60.0 * 7",
    "0.25 * title_id",
    "-(price / 3)",
    "case when is_live then seconds_viewed / 60 when is_live is null then title_id / 60 end",
    "seconds_viewed / 0",
]
"""What is summed exactly first and scaled afterwards."""
_EXPRESSIONS = {
    "count_distinct": st.one_of(st.just("viewer_id"), st.sampled_from(["viewer_id", "title_id"]), texts_text(1), integers_text(1)),
    "sum": st.one_of(st.sampled_from(["seconds_viewed", "price", "score"]), st.sampled_from(_SCALED), integers_text(1), doubles_text(1)),
    "average": st.one_of(
        st.sampled_from(["seconds_viewed", "price", "score"]), st.sampled_from(_SCALED), integers_text(1), doubles_text(1)
    ),
    "minimum": st.one_of(st.sampled_from(["occurred_at", "released_on", "price"]), integers_text(1), doubles_text(1)),
    "maximum": st.one_of(st.sampled_from(["occurred_at", "released_on", "price"]), integers_text(1), doubles_text(1)),
}


@st.composite
def measured(draw: st.DrawFn, name: str) -> Logic:
    """The logic of a metric that reads events."""
    kind = draw(st.sampled_from(["count", "count_distinct", "sum", "average", "minimum", "maximum"]))
    expressions = _EXPRESSIONS.get(kind, st.nothing())
    base = None if kind == "count" else _written(draw(expressions))
    same_type = st.nothing() if base is None else st.sampled_from(_like(base))
    return Logic(
        metric=name,
        kind=kind,
        source=SOURCE,
        expression=base,
        filter=draw(
            st.one_of(st.none(), conditions_text(0).map(_written), conditions_text(0).map(_written), conditions_text(2).map(_written))
        ),
        dimensions=DIMENSIONS,
        variants=draw(variants(kind, same_type)),
        time_zones=ZONES,
    )


def _like(text: str) -> list[str]:
    from metrics_catalog.expression import type_of

    kind = type_of(parse(text), COLUMNS)
    return {
        ColumnType.INTEGER: ["seconds_viewed", "title_id * 2", "0"],
        ColumnType.DOUBLE: ["seconds_viewed / 3600.0", "score", "title_id / 7"],
        ColumnType.DECIMAL: ["price", "-price"],
        ColumnType.STRING: ["viewer_id", "device_type", "viewer_id || device_type"],
        ColumnType.DATE: ["released_on", "cast(occurred_at as date)"],
        ColumnType.TIMESTAMP: ["received_at", "occurred_at"],
        ColumnType.BOOLEAN: ["is_live"],
    }[kind]


@st.composite
def metrics(draw: st.DrawFn) -> dict[str, Logic]:
    """The metrics of a view: some that read events, and ratios and derived ones over them."""
    basic = {f"m{number}": draw(measured(f"m{number}")) for number in range(draw(st.integers(1, 6)))}
    numeric = [name for name, logic in basic.items() if logic.kind in ("count", "count_distinct", "average") or _is_number(logic)]
    found = dict(basic)
    divided: bool = draw(st.booleans())
    if numeric and divided:
        above, below = draw(st.sampled_from(numeric)), draw(st.sampled_from(numeric))
        found["share"] = Logic(
            metric="share",
            kind="ratio",
            numerator=above,
            denominator=below,
            parts={above: basic[above], below: basic[below]},
            time_zones=ZONES,
        )
    mixed: bool = draw(st.booleans())
    if "share" in found and mixed:
        parts = {"share": found["share"], numeric[0]: basic[numeric[0]]}
        text = _written(f"coalesce(share, 0.5) * 2 - {numeric[0]} / 3")
        found["mix"] = Logic(metric="mix", kind="derived", expression=text, parts=parts, time_zones=ZONES)
    return found


def _is_number(logic: Logic) -> bool:
    from metrics_catalog.expression import type_of

    return type_of(parse(str(logic.expression)), COLUMNS) in (ColumnType.INTEGER, ColumnType.DOUBLE, ColumnType.DECIMAL)
