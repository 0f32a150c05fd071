"""What commands print: tables line up also in Japanese, JSON and CSV keep every value."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING

from ringi.output import Output, table, width
from ringi.output_format import Format

if TYPE_CHECKING:
    import pytest

ROWS = [
    {"label": "視聴時間", "hours": 1234.5, "day": dt.date(2026, 3, 1), "exact": Decimal("1.50"), "none": None},
    {"label": 'a "quoted", b', "hours": 0.25, "day": dt.date(2026, 3, 2), "exact": Decimal("2"), "none": None},
]


def test_columns_line_up_for_wide_characters() -> None:
    lines = table(["label", "hours"], ROWS).splitlines()
    assert len({width(line) for line in lines}) == 1


def test_json_keeps_numbers_and_nulls(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.JSON).rows(ROWS)
    assert json.loads(capsys.readouterr().out)[0] == {"label": "視聴時間", "hours": 1234.5, "day": "2026-03-01", "exact": 1.5, "none": None}


def test_csv_survives_a_round_trip(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.CSV).rows(ROWS)
    back = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert back[1]["label"] == 'a "quoted", b'
    assert back[0]["hours"] == "1234.5"
    assert back[0]["none"] == ""


def test_an_empty_result_keeps_its_header(capsys: pytest.CaptureFixture[str]) -> None:
    Output(Format.CSV).rows([], ["a", "b"])
    Output(Format.JSON).rows([], ["a", "b"])
    assert capsys.readouterr().out == "a,b\n[]\n"
