"""Queries that were refused or stopped are lines of the chained ledger: who, what, which code; never what was typed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.access.additivity import NotAdditiveError
from governance.access.explain import AccessRefusedError
from governance.ledgers.query_ledger import QueryLine, read_line, readers_of
from governance.ledgers.query_refusal import RefusalCode, RefusedLine, read_refusal
from infra.local.query import ask
from infra.local.query_errors import QueryFailedError, QueryRefusedError
from infra.local.query_ledger import QueryLedger
from infra.local.query_process import Limits, QueryProcess
from tests.support.command import ringi
from tests.support.policies import grant, written
from tests.support.query_desk import SECRET, make_desk

if TYPE_CHECKING:
    from infra.local.query import Desk

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
VIEW = "views_jp.title_daily"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(NAMES, st.sampled_from(RefusalCode), st.lists(NAMES, max_size=3).map(tuple), st.integers(0, 2**40))
def test_a_refusal_reads_back_as_it_was_written_and_is_no_read(
    who: str, code: RefusalCode, relations: tuple[str, ...], others: int
) -> None:
    line = RefusedLine(NOW, who, code, relations, others)
    text = line.as_text()
    assert text.count("\n") == 1 and read_refusal(text) == line and read_line(text) is None
    assert read_refusal(text[: len(text) // 2] + text) == line


@given(st.text(max_size=60))
def test_what_is_no_refusal_is_passed_over(text: str) -> None:
    assert read_refusal(text) is None


def test_refusals_and_answers_make_one_chain_and_only_answers_count_as_reads(tmp_path: Path) -> None:
    ledger = QueryLedger(tmp_path)
    answered = QueryLine(NOW, "analyst_jp", {VIEW: ("plays",)}, 3)
    refused = RefusedLine(NOW, "analyst_de", RefusalCode.NO_GRANT, (VIEW,))
    for line in (answered, refused, answered, refused):
        ledger.append(line)
    checked = ledger.check()
    assert checked.faults == () and checked.lines == 4
    assert [*ledger.lines(NOW.date())] == [answered, answered]
    assert [*ledger.refusals(NOW.date())] == [refused, refused]
    assert [reader.queries for reader in readers_of(ledger.lines(NOW.date()), ["plays"])["plays"]] == [2]


@pytest.mark.parametrize("change", ["code", "seal"])
def test_a_refusal_that_was_changed_or_lost_its_seal_is_found(tmp_path: Path, change: str) -> None:
    ledger = QueryLedger(tmp_path)
    for _ in range(2):
        ledger.append(RefusedLine(NOW, "analyst_de", RefusalCode.NO_GRANT, (VIEW,)))
    path = tmp_path / "2026-11-22.jsonl"
    first, second = path.read_text(encoding="utf-8").splitlines(keepends=True)
    unsealed = second.partition(',"number"')[0] + "}\n"
    second = second.replace("no_grant", "too_long") if change == "code" else unsealed
    path.write_text(first + second, encoding="utf-8")
    assert len(ledger.check().faults) == 1


REFUSED = [
    ("select * from views_de.title_daily", "analyst_jp", "no_grant", ["views_de.title_daily"]),
    (f"select viewer_id from {VIEW}", "analyst_de", "no_column", [VIEW]),
    (f"select sum(viewers) from {VIEW}", "analyst_jp", "not_additive", [VIEW]),
    ("select * from bronze.viewing_events", "analyst_jp", "no_relation", ["bronze.viewing_events"]),
    (f"select * from {VIEW}", "stranger", "unknown_principal", []),
    (f"select read_text('/etc/passwd') from {VIEW}", "analyst_jp", "forbidden", []),
    ("select count(*) from range(1000000000000) a, range(1000000) b", "analyst_jp", "too_long", []),
    ("select repeat('x', 100000) from range(100)", "analyst_jp", "too_large", []),
    ("select cast(title_id as integer) from views_jp.title_daily", "analyst_jp", "failed", [VIEW]),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    narrow = grant(to=("analyst_de",), views=(VIEW,), columns={"include": ("plays", "title_id")})
    return make_desk(tmp_path_factory.mktemp("lake"), grant(views=("views_jp.*",)), narrow)


@pytest.mark.parametrize(("sql", "who", "code", "relations"), REFUSED, ids=[case[2] for case in REFUSED])
def test_each_refusal_has_its_code_and_names_what_was_asked(desk: Desk, sql: str, who: str, code: str, relations: list[str]) -> None:
    heard: list[tuple[str, str]] = []
    with (
        QueryProcess(Limits(seconds=1, memory_mib=256, result_mib=1)) as process,
        pytest.raises((AccessRefusedError, NotAdditiveError, QueryRefusedError, QueryFailedError)) as caught,
    ):
        ask(desk, sql, who, process, heard.append)
    assert getattr(caught.value, "code", None) == code
    assert [f"{schema}.{table}" for schema, table in heard] == relations
    assert all(desk.relations.is_of_lake(*pair) for pair in heard)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    written(tmp_path, {
        "principals": {"analyst_jp": {"country": "JP"}, "analyst_de": {}},
        "grants": {"jp": {"to": ["analyst_jp"], "views": ["views_jp.*"], "reason": "Japan."}},
    })  # fmt: skip
    (tmp_path / "warehouse").mkdir()
    return tmp_path


def listed(root: Path, *words: str) -> list[tuple[str, str, str]]:
    lines = ringi("audit", "list", *words, lake=root, as_json=True).json()["lines"]
    return [(line["who"], line["subject"], line["details"]["outcome"]) for line in lines]


def test_the_door_writes_each_refusal_and_the_list_shows_it(root: Path) -> None:
    for sql, who in (
        ("select * from views_de.title_daily", "analyst_jp"),
        ("select * from views_jp.title_daily", "analyst_de"),
        ("select * from bronze.viewing_events", "analyst_de"),
        ("copy (select 1) to 'x'", "analyst_de"),
    ):
        assert ringi("query", sql, "--as", who, lake=root).code == 4
    assert listed(root, "--refused") == [
        ("analyst_jp", "views_de.title_daily", "other_country"),
        ("analyst_de", "views_jp.title_daily", "no_grant"),
        ("analyst_de", "bronze.viewing_events", "no_relation"),
        ("analyst_de", "", "forbidden"),
    ]
    assert listed(root, "--kind", "refusal", "--who", "analyst_jp") == listed(
        root, "--refused", "--kind", "query", "--subject", "views_de.*"
    )
    assert listed(root, "--kind", "query") == []
    assert ringi("audit", "verify", lake=root).code == 0
    said = ringi("audit", "list", "--refused", "--kind", "erasure", lake=root)
    assert said.code == 2 and "say `--refused` alone" in said.err


def test_what_was_only_typed_stands_in_no_line(root: Path) -> None:
    marked = f"select '{SECRET}' from \"{SECRET}\".\"{SECRET}\", views_jp.title_daily where title_id = '{SECRET}'"
    assert ringi("query", marked, "--as", "analyst_de", lake=root).code == 4
    assert ringi("query", marked, "--as", SECRET, lake=root).code == 4
    raw = b"".join(path.read_bytes() for path in (root / "warehouse").rglob("*.jsonl"))
    assert raw.count(b'"refused"') == 2 and SECRET.encode() not in raw
    assert listed(root, "--refused") == [("analyst_de", "views_jp.title_daily", "no_relation"), ("unknown", "", "unknown_principal")]


def test_where_there_is_no_lake_a_refusal_makes_none_and_a_lost_line_changes_no_answer(root: Path) -> None:
    (root / "warehouse").rmdir()
    assert ringi("query", "select * from views_de.title_daily", "--as", "analyst_jp", lake=root).code == 4
    assert not (root / "warehouse").exists()
    (root / "warehouse").mkdir()
    (root / "warehouse" / "ledger").write_text("a file where the folder should be", encoding="utf-8")
    said = ringi("query", "select * from views_de.title_daily", "--as", "analyst_jp", lake=root)
    assert said.code == 4 and "reads nothing of any other" in said.err
