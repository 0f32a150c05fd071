"""Every finding code in the source has a page, every page has a code, and every page is complete."""

import re
from pathlib import Path

import pytest

from metrics_catalog.codes import CODE, codes, page
from metrics_catalog.errors import UsageError

ROOT = Path(__file__).parents[2]
ROOMS = ("metrics_catalog", "governance", "views", "jobs", "infra", "ringi")


def codes_in_source() -> dict[str, str]:
    """Each code that stands in a file of the rooms, and one file in which it stands."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".py", ".sql", ".yaml") and path.is_file():
                text = path.read_text(encoding="utf-8")
                found |= {code: str(path.relative_to(ROOT)) for code in CODE.findall(re.sub(r'"""[\s\S]*?"""', "", text))}
    return found


def test_every_code_in_the_source_has_a_page() -> None:
    missing = {code: file for code, file in codes_in_source().items() if code not in codes()}
    assert not missing, "write metrics_catalog/explain/<CODE>.md"


def test_every_page_explains_a_code_that_something_gives() -> None:
    assert not set(codes()) - codes_in_source().keys()


@pytest.mark.parametrize("code", codes())
def test_a_page_has_a_title_a_meaning_an_example_and_what_to_do(code: str) -> None:
    text = page(code).text
    assert re.match(rf"# {code}: \S.{{5,90}}\n", text)
    assert re.findall(r"^## .*$", text, re.MULTILINE)[:3] == ["## What it means", "## Example", "## What to do"]
    sections = re.split(r"^## .*$", text, flags=re.MULTILINE)
    assert all(len(section.strip()) >= 10 for section in sections[1:])
    assert re.search(r"```\w*\n.+\n```", sections[2], re.DOTALL), "an example is a fenced block"


@pytest.mark.parametrize("written", ["RNG-CAT-020", "rng-cat-020", "cat-020", " CAT-020 "])
def test_a_code_is_found_however_it_is_typed(written: str) -> None:
    assert page(written).code == "RNG-CAT-020"


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean `RNG-CAT-020`"):
        page("RNG-CTA-020")
