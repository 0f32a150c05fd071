"""The guide and the explain pages of expressions say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import metrics_catalog
from metrics_catalog.expression import ExpressionError, errors, functions, parse, type_of
from metrics_catalog.source import ColumnType

ROOT = Path(metrics_catalog.__file__).parent.parent
GUIDE = (ROOT / "docs" / "expressions.md").read_text(encoding="utf-8")
CODES = [value for name, value in vars(errors).items() if name.isupper() and str(value).startswith("RNG-")]
COLUMNS = {"seconds_viewed": ColumnType.INTEGER, "title_id": ColumnType.STRING, "plan": ColumnType.STRING, "is_live": ColumnType.BOOLEAN}


def test_the_guide_names_every_function_and_every_part_of_time() -> None:
    words = set(re.findall(r"[A-Z]+", GUIDE))
    assert {name.upper() for name in functions.FUNCTION_NAMES} | functions.TIMESTAMP_PARTS <= words


@pytest.mark.parametrize("code", CODES)
def test_the_example_of_each_page_is_refused_with_its_code(code: str) -> None:
    page = (Path(metrics_catalog.__file__).parent / "explain" / f"{code}.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    how = yaml.safe_load(example)["how"]
    with pytest.raises(ExpressionError) as refused:
        type_of(parse(how.get("filter") or how["expression"]), COLUMNS)
    assert refused.value.code == code
