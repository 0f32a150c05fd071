"""An analyst at the command line: reads the own country, is told what is missing, and does not get out.

All attempts are in `tests/support/break_outs.py`; here a share of them goes through the whole command, as a person would try.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from tests.support.break_outs import CATALOGS, FILES, STATEMENTS
from tests.support.catalogs import write
from tests.support.command import ringi
from tests.support.lakes import RunningLake, event

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "only-the-owner-knows"
POLICY = {
    "per_country": [
        {
            "principals": {"analyst_<cc>": {"team": "team_<cc>"}},
            "grants": {"own_country_<cc>": {"to": ["analyst_<cc>"], "views": ["views_<cc>.*"], "reason": "Own country."}},
        }
    ],
    "principals": {"partner": {}},
    "grants": {
        "television": {
            "to": ["partner"],
            "views": ["views_jp.title_daily"],
            "columns": {"include": ["viewing_date", "device_type", "plays"]},
            "rows": "device_type = 'tv'",
            "reason": "Talks with makers of television sets.",
        }
    },
}
ATTEMPTS = [*FILES[::6], *CATALOGS[::7], *STATEMENTS[::7]]
"""A share of all attempts; `{secret}`, `{parquet}` and `{folder}` are filled in."""

ASKED = [
    "select * from gold.title_daily limit 1",
    "select * from saved_jp.title_daily limit 1",
    "select * from bronze.viewing_events limit 1",
    "select * from read_parquet('{folder}/**/*.parquet') limit 1",
    "select * from '{folder}/../people.yaml'",
    "select getenv('HOME')",
    "create table t as select 1",
    "select 1; select * from glob('/etc/*')",
]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake that publishes Japan and Germany."""
    made = RunningLake(tmp_path_factory.mktemp("lake"))
    write(made.root, "policy/access.yaml", POLICY)
    write(made.root, "secret.csv", f"a,b\n{SECRET},1\n")
    devices = ("tv", "web", "mobile")
    made.events([event(i, ("JP", "DE")[i % 2], "2026-11-01 03:00", device_type=devices[i % 3], title_id=f"t{i % 4}") for i in range(24)])
    made.run()
    made.engine.close()
    return made.root


def test_an_analyst_reads_the_own_country(lake: Path) -> None:
    said = ringi(
        "query", "select viewing_country, sum(plays) n from views_jp.title_daily group by 1", "--as", "analyst_jp", lake=lake, as_json=True
    )
    assert (said.code, said.json()) == (0, [{"viewing_country": "JP", "n": 12}])


def test_another_countrys_view_is_refused_with_the_missing_grant(lake: Path) -> None:
    said = ringi("query", "select count(*) from views_jp.title_daily", "--as", "analyst_de", lake=lake)
    assert (said.code, said.out) == (4, "")
    assert "`analyst_de` may not read `views_jp.title_daily`: no grant gives it." in said.err
    assert "content-insights" in said.err


def test_a_partner_sees_the_columns_and_rows_of_the_grant(lake: Path) -> None:
    said = ringi("query", "select * from views_jp.title_daily", "--as", "partner", lake=lake, as_json=True)
    assert {tuple(row) for row in said.json()} == {("viewing_date", "device_type", "plays")}
    assert {row["device_type"] for row in said.json()} == {"tv"}
    refused = ringi("query", "select title_id from views_jp.title_daily", "--as", "partner", lake=lake)
    assert refused.code == 4
    assert "`partner` may not read `title_id` of `views_jp.title_daily`" in refused.err


@pytest.mark.parametrize("form", ["text", "json", "csv"])
def test_rows_are_printed_in_the_format_that_is_asked_for(lake: Path, form: str) -> None:
    sql = "select date '2026-11-01' as day, 1.5::decimal(9, 2) as price, null as nothing, 'a,\"b' as words"
    said = ringi("query", sql, "--as", "analyst_jp", "--format", form, lake=lake)
    assert said.code == 0
    if form == "json":
        assert json.loads(said.out) == [{"day": "2026-11-01", "price": 1.5, "nothing": None, "words": 'a,"b'}]
    elif form == "csv":
        assert list(csv.reader(io.StringIO(said.out))) == [["day", "price", "nothing", "words"], ["2026-11-01", "1.5", "", 'a,"b']]
    else:
        assert said.out.splitlines()[2].split() == ["2026-11-01", "1.5", "NULL", 'a,"b']


def test_what_was_cut_is_said_beside_the_data(lake: Path) -> None:
    said = ringi("query", "select * from range(10)", "--as", "analyst_jp", "--limit", "3", "--format", "json", lake=lake)
    assert len(said.json()) == 3
    assert "Only the first 3 rows are shown" in said.err


def test_an_analyst_is_told_what_may_be_read(lake: Path) -> None:
    said = ringi("query", "--list", "--as", "partner", lake=lake, as_json=True)
    assert [(row["relation"], row["column"], row["rows"]) for row in said.json()] == [
        ("views_jp.title_daily", name, "device_type = 'tv'") for name in ("viewing_date", "device_type", "plays")
    ]
    assert "sum" in ringi("query", "--functions", lake=lake).out.split()


def test_a_view_that_nobody_published_yet_says_what_to_do(lake: Path) -> None:
    said = ringi("query", "select * from views_us.title_daily", "--as", "analyst_us", lake=lake)
    assert said.code == 1
    assert "`views_us.title_daily` is not published yet" in said.err
    assert "ringi run" in said.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("select 1",), 2, "needs to know who reads"),
        (("--as", "analyst_jp"), 2, "There is no SQL to run"),
        (("select 1", "--as", "analist_jp"), 4, "did you mean `analyst_jp`"),
        (("selec 1", "--as", "analyst_jp"), 2, "syntax error"),
        (("select 1", "--as", "analyst_jp", "--limit", "0"), 2, "limit"),
        (("select sum(viewers) from views_jp.title_daily", "--as", "analyst_jp"), 1, "at the grain it is published at"),
        (("select avg(completion_rate) from views_jp.title_daily", "--as", "analyst_jp"), 1, "write sum(completions) / sum(plays)"),
        (("select 'x'::int", "--as", "analyst_jp"), 1, "Could not convert"),
    ],
)
def test_a_wrong_call_ends_with_a_sentence(lake: Path, words: tuple[str, ...], code: int, sentence: str) -> None:
    said = ringi("query", *words, lake=lake)
    assert (said.code, said.out) == (code, "")
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_a_faulty_grant_gives_nothing_and_is_told(lake: Path) -> None:
    faulty = {"grants": {"broken": {"to": ["analyst_de"], "views": ["views_jp.*"], "columns": {"exclude": ["playz"]}, "reason": "x"}}}
    path = write(lake, "policy/broken.yaml", faulty)
    try:
        said = ringi("query", "select 1 one", "--as", "analyst_de", lake=lake)
        refused = ringi("query", "select * from views_jp.title_daily", "--as", "analyst_de", lake=lake)
    finally:
        path.unlink()
    assert said.code == 0
    assert "The policy has 1 finding" in said.err
    assert refused.code == 4


@pytest.mark.slow
@pytest.mark.parametrize("attempt", [*ASKED, *ATTEMPTS])
def test_a_query_cannot_leave_its_own_views(lake: Path, attempt: str) -> None:
    (parquet, *_) = sorted((lake / "warehouse" / "saved_de").rglob("*.parquet"))
    sql = attempt.replace("{secret}", f"{lake}/secret.csv").replace("{parquet}", str(parquet)).replace("{folder}", f"{lake}/warehouse")
    before = sorted(lake.rglob("*"))
    said = ringi("query", sql, "--as", "analyst_jp", lake=lake)
    assert said.code in (2, 4)
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert SECRET not in said.err
    assert "Traceback" not in said.err
    assert sorted(lake.rglob("*")) == before
