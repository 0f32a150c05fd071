"""Documents tell the truth: the reference is fresh, every command has help with an example, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer import Context

from ringi.cli.app import COMMANDS, group, load

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_reference_is_fresh() -> None:
    done = subprocess.run([sys.executable, "scripts/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [entry.name for entry in COMMANDS])
def test_a_command_has_help_with_an_example(name: str) -> None:
    command = load(name)
    text = command.get_help(Context(command, info_name=name, parent=Context(group(), info_name="ringi")))
    assert "Example" in text
    assert f"ringi {name}" in text
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} says nothing about itself"


@pytest.mark.parametrize("name", [entry.name for entry in COMMANDS])
def test_a_command_is_in_the_reference(name: str) -> None:
    assert f"## ringi {name}\n" in (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_words_for_people_name_no_place_of_a_machine() -> None:
    private = re.compile(r"/work/|/root/|/home/\w+/|127\.0\.0\.1:\d+/simple")
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        if (
            path.suffix in {".md", ".py", ".yaml", ".toml", ".sh"}
            and not {".venv", ".git", "demo"} & set(inside)
            and path != Path(__file__)
        ):
            assert not private.search(path.read_text(encoding="utf-8", errors="replace")), path
