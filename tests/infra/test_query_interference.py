"""What a reader may not see changes nothing for the reader: over two lakes that differ in hidden cells alone, every query gives the
same rows, or fails with the same words.

Stronger than to look for values in messages: counts, statistics, orders, errors and their wording are compared as well. Time is
not: DuckDB takes longer to read a longer file, and a reader could measure that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from infra.local.query import ask
from infra.local.query_process import Limits, QueryProcess
from metrics_catalog.errors import RingiError
from tests.support.policies import grant
from tests.support.query_desk import HIDDEN_TITLE, SECRET, ParquetPublished, make_desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.query import Desk

VIEW = "views_jp.title_daily"
COLUMNS = [
    "viewing_country",
    "viewing_date",
    "title_id",
    "device_type",
    "viewing_hours",
    "viewers",
    "plays",
    "completion_rate",
    "completions",
]

WORLDS = {
    "few": ("i", "'tv'", "2.5::DOUBLE", "DATE '2026-11-09'", "'viewer-' || i", 200),
    "many": ("9223372036854775807", "'1e999'", "'NaN'::DOUBLE", "DATE '9999-12-31'", f"'{SECRET}' || (i * 7)", 1400),
    "odd": ("-1 - i", "NULL", "'-Infinity'::DOUBLE", "NULL::DATE", "NULL", 900),
}
"""What stands in hidden rows and hidden columns: plays, device, hours, date, viewer; and how many rows there are."""


class OtherHidden(ParquetPublished):
    """Published files that agree in what may be seen: the first 200 rows but each tenth, and nine columns."""

    def __init__(self, folder: Path, world: str) -> None:
        super().__init__(folder)
        self._world = world

    def write(self, country: str) -> Path:
        plays, device, hours, date, viewer, rows = WORLDS[self._world]
        path = self.folder / f"saved_{country.lower()}" / "title_daily" / "data" / "part-0.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = "(i % 10 = 9 OR i >= 200)"
        select = f"""
            SELECT '{country}' AS viewing_country,
                CASE WHEN {hidden} THEN {date} ELSE DATE '2026-11-01' + (i % 20)::INTEGER END AS viewing_date,
                CASE WHEN {hidden} THEN '{HIDDEN_TITLE}' WHEN i % 10 = 3 THEN '' ELSE 't' || (i % 10) END AS title_id,
                CASE WHEN {hidden} THEN {device} ELSE ['tv', 'web', '12'][1 + i % 3] END AS device_type,
                CASE WHEN {hidden} THEN {hours} ELSE i / 4.0 END AS viewing_hours,
                CASE WHEN {hidden} THEN {plays} ELSE i END::BIGINT AS viewers, CASE WHEN {hidden} THEN {plays} ELSE 2 * i END::BIGINT AS plays,
                CASE WHEN {hidden} OR i = 0 THEN NULL ELSE 0.5 END::DOUBLE AS completion_rate,
                CASE WHEN {hidden} THEN {plays} ELSE i END::BIGINT AS completions,
                ({viewer})::VARCHAR AS viewer_id, '{SECRET}' AS kept_back FROM range({rows}) t(i)"""
        duckdb.connect().execute(f"COPY ({select}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
        return path


def told(process: QueryProcess, sql: str) -> Any:
    """The rows, or the words of the failure."""
    try:
        result = process.run(sql)
    except RingiError as error:
        return type(error).__name__, str(error)
    return result.columns, result.rows, result.end


def world(root: Path, name: str, **fields: Any) -> Desk:
    from dataclasses import replace

    desk = make_desk(root, grant(columns={"include": COLUMNS}, rows=f"title_id <> '{HIDDEN_TITLE}'", **fields))
    published = OtherHidden(root / "warehouse", name)
    published.write("JP")
    return replace(desk, published=published)


def opened(desk: Desk) -> QueryProcess:
    """A process that holds what the analyst of Japan may see, after a query through the whole door."""
    process = QueryProcess(Limits(seconds=20, memory_mib=512))
    ask(desk, f"select * from {VIEW}", "analyst_jp", process)
    return process


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, QueryProcess]]:
    made = {name: opened(world(tmp_path_factory.mktemp(name), name)) for name in WORLDS}
    yield made
    for process in made.values():
        process.__exit__(None, None, None)


ANSWERS = [
    "select * from {v}",
    "select count(*), count(device_type), min(plays), max(plays), sum(plays), avg(viewing_hours), median(plays) from {v}",
    "select mode(device_type) from {v} where plays < 8",  # no tie: of several modes DuckDB gives that of the thread that was first
    "select approx_count_distinct(title_id), approx_quantile(plays, 0.9), approx_top_k(title_id, 50), histogram(device_type) from {v}",
    "summarize {v}",
    "describe {v}",
    "select rowid, title_id from {v}",
    "select max(rowid) from {v}",
    "select * from {v} limit 7",
    "select * from {v} offset 170",
    "select * from {v} tablesample reservoir(20 rows) repeatable (7)",
    "select * from {v} using sample 10 percent (bernoulli, 7)",
    "select first(title_id), last(title_id), any_value(plays), arg_max(title_id, plays) from {v}",
    "select title_id, row_number() over () n, lag(plays) over () p, ntile(4) over (order by plays) from {v}",
    "select row_to_json(t) from {v} t order by plays",
    "select sum(hash(t)) from {v} t",
    "select md5(string_agg(t::varchar, '|')) from {v} t",
    "select distinct device_type from {v} order by all",
    "select viewing_date, count(*) from {v} group by rollup (viewing_date) order by all",
    "select * from (pivot {v} on device_type in ('tv', '12') using sum(plays)) order by all",
    "select a.plays from {v} a full join {v} b on a.plays = b.plays + 1 order by all",
    "select isnan(viewing_hours), isinf(viewing_hours), count(*) from {v} group by all",
    "select count(*) filter (where title_id is null), count(*) filter (where viewing_date is null) from {v}",
    "select bool_and(plays < 1000), bool_or(plays < 0) from {v}",
    "select entropy(title_id), kurtosis(plays), stddev(viewing_hours), quantile_disc(plays, [0, 1]) from {v}",
    "select list(plays order by plays desc)[1:3] from {v}",
    "with recursive r(n) as (select min(plays) from {v} union all select n + 1 from r where n < 5) from r",
]
FAILURES = [
    "select title_id::int from {v}",
    "select device_type::date from {v}",
    "select device_type::int from {v} order by plays desc",
    "select max(title_id)::int from {v}",
    "select max(device_type)::timestamp from {v}",
    "select (max(plays) || 'x')::int from {v}",
    "select list(title_id)::int[] from {v}",
    "select plays::tinyint from {v}",
    "select (plays * 100)::smallint from {v}",
    "select sum(plays) * 9223372036854775807 from {v}",
    "select plays * 9223372036854775807 from {v}",
    "select (-9223372036854775808) - plays from {v}",
    "select factorial(plays::int) from {v}",
    "select ln(plays - 50) from {v}",
    "select sqrt(0 - plays) from {v}",
    "select acos(plays) from {v}",
    "select 10 ** plays::int::decimal(38, 0) from {v}",
    "select chr(plays::int * 1000000) from {v}",
    "select make_date(plays::int, plays::int, 99) from {v}",
    "select make_timestamp(plays, plays, plays, 1, 1, 1) from {v}",
    "select viewing_date + to_years(plays::int * 100000) from {v}",
    "select strptime(title_id, '%Y') from {v}",
    "select strptime(device_type, device_type) from {v}",
    "select date_trunc(device_type, viewing_date) from {v}",
    "select date_part(title_id, viewing_date) from {v}",
    "select timezone(device_type, now()) from {v}",
    "select unhex(title_id) from {v}",
    "select from_base64(device_type) from {v}",
    "select decode(unhex('ff' || device_type)) from {v}",
    "select json_extract(title_id, '$.a') from {v}",
    "select device_type::json from {v}",
    "select regexp_matches('a', '(' || title_id) from {v}",
    "select printf(title_id || '%d', device_type) from {v}",
    "select format('{{' || title_id || '}}', 1) from {v}",
    "select repeat(title_id, plays * 1000000000) from {v}",
    "select list_extract([1], plays)[1] from {v}",
    "select array_value(plays)[plays] from {v}",
    "select substr(title_id, 1, 9223372036854775807 - plays) from {v}",
    "select ['a', 'b'][plays] from {v}",
    "select map {{title_id: 1, title_id: 2}} from {v}",
    "select map([title_id], [1, 2]) from {v}",
    "select map_from_entries([(device_type, 1), (device_type, 2)]) from {v}",
    "select struct_extract({{'a': 1}}, title_id) from {v}",
    "select (select plays from {v} where plays > 100)",
    "select * from {v} where (select title_id from {v})  = 'x'",
    "select bitstring(title_id, 3) from {v}",
    "select title_id::uuid from {v}",
    "select title_id::enum_of_titles from {v}",
    "select device_type::interval from {v}",
    "select title_id::blob from {v}",
    "select ('\\x' || title_id)::blob from {v}",
    "select cast(device_type as decimal(2, 1)) from {v}",
    "select least(title_id::int, 1) from {v}",
    "select plays / 0, plays % 0, plays // 0 from {v} limit 3",
    "select lpad(title_id, (plays * 100000000)::int, '') from {v}",
    "select substring(title_id from 'x' for plays) from {v}",
    "select case when plays > 5 then title_id::int else 0 end from {v}",
    "select try_strptime(title_id, plays::varchar || '%') from {v}",
    "select * from range((select max(plays) from {v})) where range > 396",
    "select * from {v} where plays between title_id and device_type",
    "select viewer_id from {v}",
    "select kept_back from {v}",
    "select * from saved_jp.title_daily",
]


HASHED = "select count(distinct title_id), max(length(title_id)) from {v}"
"""All that may be the same of hashes with a secret of the query."""


@pytest.mark.parametrize("sql", [*ANSWERS, *FAILURES])
def test_what_is_hidden_changes_nothing(worlds: dict[str, QueryProcess], sql: str) -> None:
    found = {name: told(process, sql.format(v=VIEW)) for name, process in worlds.items()}
    assert found["many"] == found["few"] == found["odd"]
    assert not any(word in str(found) for word in (HIDDEN_TITLE, SECRET, "1e999", "9999-12-31"))


def test_the_worlds_do_differ_in_what_is_hidden(tmp_path: Path) -> None:
    """Otherwise nothing would have been shown above."""
    from dataclasses import replace

    counts = {}
    for name in WORLDS:
        desk = world(tmp_path / name, name)
        everything = replace(desk, policy=make_desk(tmp_path / "free", grant()).policy)
        with QueryProcess(Limits(seconds=20, memory_mib=512)) as process:
            [row] = ask(everything, f"select count(*) n, max(plays) m, count(device_type) d from {VIEW}", "analyst_jp", process).rows
            counts[name] = tuple(row.values())
    assert len(set(counts.values())) == 3


@pytest.mark.parametrize("mask", ["mask-to-fixed-value", "replace-with-null", "mask-alphanum", "sha-256-query-local"])
def test_a_masked_value_changes_nothing_but_what_its_mask_shows(tmp_path: Path, mask: str) -> None:
    """Titles of one length in two alphabets: the masks show the same, so must every failure."""
    from dataclasses import replace

    shown = []
    for letters in ("abc", "xyz"):
        root = tmp_path / letters
        desk = make_desk(root, grant(masks={"title_id": mask}))
        path = next((root / "warehouse").rglob("saved_jp/**/*.parquet"))
        held = duckdb.connect()
        held.execute(f"CREATE TABLE t AS FROM '{path}'")
        held.execute(f"UPDATE t SET title_id = '{letters}' || (viewers % 10)")
        held.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        with QueryProcess(Limits(seconds=20, memory_mib=512)) as process:
            ask(replace(desk), f"select * from {VIEW}", "analyst_jp", process)
            queries = [HASHED] if mask.startswith("sha") else [each for each in FAILURES if "title_id" in each]
            shown.append([told(process, sql.format(v=VIEW)) for sql in queries])
    assert shown[0] == shown[1]
    assert "abc" not in str(shown[0]) and "xyz" not in str(shown[1])
