"""The ledger of queries: who read which columns, never a value; and what readers of a deprecated column are told."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ledgers.query_ledger import QueryLine, read_line, readers_of
from infra.errors import InfraError
from infra.local.published import Contract, PublishedRelation
from infra.local.query import Desk
from infra.local.query_errors import SqlError
from infra.local.query_ledger import QueryLedger
from metrics_catalog.lifecycle import End
from metrics_catalog.metric import Deprecation
from tests.support.query_desk import answer, make_desk
from views.ending import ENDING, ending_text, endings_in, told
from views.published_view import Ending

DAY = dt.datetime(2026, 11, 22, 23, 59, tzinfo=dt.UTC)
PLAYS = Ending("Plays", "再生数", End("viewers", "Previews counted as plays.", dt.date(2027, 3, 31)))
LINE = QueryLine(DAY, "analyst_jp", {"views_jp.title_daily": ("plays", "viewers")}, 3)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(NAMES, st.dictionaries(NAMES, st.lists(NAMES, max_size=4).map(tuple), max_size=3), st.integers(0, 2**40))
def test_a_line_reads_back_as_it_was_written(principal: str, reads: dict[str, tuple[str, ...]], rows: int) -> None:
    line = QueryLine(DAY, principal, reads, rows)
    text = line.as_text()
    assert text.count("\n") == 1 and read_line(text) == line
    assert read_line(text[: len(text) // 2] + text) == line, "what a killed writer left before it does not hide it"


@given(st.text(max_size=60))
def test_what_is_no_line_is_passed_over(text: str) -> None:
    assert read_line(text) is None


def test_lines_are_kept_by_day_and_found_by_column(tmp_path: Path) -> None:
    ledger = QueryLedger(tmp_path / "ledger" / "queries")
    for days in range(3):
        ledger.append(replace(LINE, at=DAY + dt.timedelta(days=days)))
    assert sorted(path.name for path in (tmp_path / "ledger/queries").glob("*.jsonl"))[0] == "2026-11-22.jsonl"
    assert len([*ledger.lines(dt.date(2026, 11, 23), ["plays"])]) == 2
    assert [*ledger.lines(dt.date(2026, 11, 1), ["completions"])] == []
    [reader] = readers_of(ledger.lines(dt.date(2026, 11, 1), ["plays"]), ["plays"])["plays"]
    assert (reader.principal, reader.queries, reader.last, reader.relations) == (
        "analyst_jp",
        3,
        DAY + dt.timedelta(days=2),
        ("views_jp.title_daily",),
    )


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    ledger = QueryLedger(tmp_path)

    def write() -> None:
        for _ in range(50):
            ledger.append(LINE)

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len([*ledger.lines(DAY.date(), ["plays"])]) == 400


def test_damaged_bytes_between_lines_do_not_stop_the_reading(tmp_path: Path) -> None:
    ledger = QueryLedger(tmp_path)
    ledger.append(LINE)
    with (tmp_path / "2026-11-22.jsonl").open("ab") as file:
        file.write(b'\xff\xfe "plays" {\n\n{"at":"2026-11-22T00:00:00","plays"')
    ledger.append(LINE)
    assert len([*ledger.lines(DAY.date(), ["plays"])]) == 2


def test_a_folder_that_cannot_be_written_is_an_error_of_the_outside(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(InfraError):
        QueryLedger(tmp_path / "ledger").append(LINE)


def test_the_end_of_a_column_reads_back_from_a_views_properties() -> None:
    open_end = Ending("Plays", "再生数", End(None, "", None))
    found = endings_in({f"{ENDING}plays": ending_text(PLAYS), f"{ENDING}old": ending_text(open_end), "ringi.view": "title_daily"})
    assert found == {"plays": PLAYS, "old": open_end}


@pytest.mark.parametrize(
    ("today", "part"),
    [
        (dt.date(2027, 3, 31), "read `viewers` instead. Its last day is 2027-03-31. Previews"),
        (dt.date(2027, 4, 1), "Its last day was 2027-03-31; the next run drops it."),
    ],
)
def test_a_reader_is_told_label_successor_and_last_day(today: dt.date, part: str) -> None:
    said = told("plays", PLAYS, today)
    assert said.startswith("`plays` (Plays / 再生数) is deprecated") and part in said


class Ended:
    """The same views, with what is going to end among their properties, or dropped already."""

    def __init__(self, desk: Desk, *, dropped: bool) -> None:
        self._published, self._dropped = desk.published, dropped

    def contract(self, schema: str, view: str) -> Contract | None:
        return self._published.contract(schema, view)

    def get(self, schema: str, view: str) -> PublishedRelation | None:
        held = self._published.get(schema, view)
        if held is None or not self._dropped:
            return None if held is None else replace(held, endings={"plays": PLAYS})
        types = {name: kind for name, kind in held.types.items() if name != "plays"}
        return replace(held, types=types, definition=held.definition.replace('"plays", ', ""))


def desk_with(root: Path, *, dropped: bool) -> Desk:
    desk = make_desk(root)
    end = Deprecation(successor="viewers", reason="Previews counted as plays.", ends_on=dt.date(2026, 1, 31))
    metrics = {**desk.metrics, "plays": desk.metrics["plays"].model_copy(update={"deprecation": end})}
    return replace(desk, published=Ended(desk, dropped=dropped), metrics=metrics)


def test_an_answer_says_what_it_read_and_warns_of_what_ends(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, dropped=False)
    found = answer(desk, "select sum(plays) from views_jp.title_daily where title_id = 'secret-literal'")
    assert found.reads == {"views_jp.title_daily": ("title_id", "plays")}
    [note] = found.notes
    assert "`plays` (Plays / 再生数) is deprecated: read `viewers` instead" in note
    assert answer(desk, "select sum(viewers + 0.0) from views_jp.title_daily where title_id <> 'x'").notes == ()
    assert len(answer(desk, "select * from views_jp.title_daily limit 1").notes) == 1


def test_a_column_past_its_last_day_is_an_error_that_names_the_successor(tmp_path: Path) -> None:
    desk = desk_with(tmp_path, dropped=True)
    with pytest.raises(SqlError) as refused:
        answer(desk, "select sum(plays) from views_jp.title_daily")
    assert "`plays` is not published any more: its last day was 2026-01-31." in refused.value.message
    assert "read `viewers` instead" in str(refused.value.hint)
    with pytest.raises(SqlError) as other:
        answer(desk, "select nonsense from views_jp.title_daily where title_id = 'plays'")
    assert "not published any more" not in other.value.message
