"""Words that are meant to do harm, given to every command that takes a name, a ref, a path or a text: each ends with a sentence.

Nothing is written outside the project, nothing new in it, git is given no option, no traceback and no secret is shown. `ringi query`
has a suite of its own (`test_break_out.py`).
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.catalogs import small_project
from tests.support.command import ringi

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "only-the-owner-knows"

WORDS = {
    "up": "../../outside",
    "absolute": "{outside}/x",
    "option": "--output={outside}/written",
    "git option": "--upload-pack=touch {outside}/written",
    "ref": "HEAD:../outside/secret.txt",
    "revision": "HEAD^{{/only}}",
    "reflog": "@{{1}}",
    "shell": "$(touch {outside}/written); `touch {outside}/written` | touch {outside}/written",
    "sql": "x' OR '1'='1\"; DROP TABLE bronze.viewing_events; --",
    "quotes": "\"'`´’\\",
    "newlines": "a\nerror: forged\r\nHint: forged",
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "right to left": "\u202eelad_eltit",
    "look-alike": "vіewing_hours",
    "wide": "ｖｉｅｗｉｎｇ＿ｈｏｕｒｓ",
    "blank": " ",
    "empty": "",
    "long": "x" * 20_000,
    "glob": "*",
    "yaml": "!!python/object/apply:os.system ['touch {outside}/written']",
    "format": "{{0.__class__}} %s %n",
    "surrogate": "\udcff",
    "dots": "views_jp.title_daily.viewing_hours.more",
}

COMMANDS: dict[str, tuple[str, ...]] = {
    "show": ("show", "{word}"),
    "run": ("run", "{word}"),
    "run plan": ("run", "--plan", "--", "{word}"),
    "verify": ("verify", "--", "{word}"),
    "verify at": ("verify", "--at={word}"),
    "verify ledger": ("verify", "--ledger={word}"),
    "diff": ("diff", "--base={word}"),
    "diff matrix": ("diff", "--matrix={word}"),
    "explain": ("explain", "--", "{word}"),
    "preview": ("preview", "--", "{word}"),
    "report": ("report", "--base={word}"),
    "keep": ("keep", "--", "{word}"),
    "maintain": ("maintain", "--", "{word}"),
    "backfill": ("backfill", "--", "{word}"),
    "land": ("land", "--", "{word}", "nothing.csv"),
    "land file": ("land", "viewing_events", "--", "{word}"),
    "new metric": ("new", "metric", "--", "{word}"),
    "approve": ("approve", "--side=tech", "--as=aiko", "--key={outside}/none", "--", "{word}"),
    "approve as": ("approve", "plays", "--side=tech", "--as={word}", "--key={outside}/none"),
    "hearing": ("hearing", "show", "--", "{word}"),
    "query as": ("query", "select 1", "--as={word}"),
    "query list": ("query", "--list", "--as={word}"),
    "profile": ("--profile={word}", "run"),
    "access explain": ("access", "explain", "--", "{word}", "{word}"),
    "access explain column": ("access", "explain", "--", "analyst_jp", "{word}"),
    "access apply": ("access", "apply", "--", "{word}"),
    "audit who": ("audit", "list", "--who={word}", "--limit=1"),
    "audit kind": ("audit", "list", "--kind={word}"),
    "audit since": ("audit", "list", "--since={word}"),
    "audit head": ("audit", "verify", "--head={word}"),
    "audit from": ("audit", "verify", "--from={word}"),
    "audit cloudtrail": ("audit", "list", "--cloudtrail={word}"),
    "erase": ("erase", "--subject={word}"),
}
HARMLESS = {"keep", "audit who", "audit cloudtrail"}
"""What may end well: a word that may be a name, or that looks for something and finds nothing."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("doors") / "lake"
    small_project(root)
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(SECRET, encoding="utf-8")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one")):
        subprocess.run(["git", *words], cwd=root, check=True)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_a_word_that_is_meant_to_do_harm_ends_with_a_sentence(project: Path, command: str) -> None:
    outside = project.parent / "outside"
    for name, pattern in WORDS.items():
        word = pattern.format(outside=outside)
        before = files(project.parent)
        said = ringi(*(part.replace("{word}", word).replace("{outside}", str(outside)) for part in COMMANDS[command]), lake=project)
        place = f"{command} with {name}"
        assert said.code in ((0, 1, 2, 4, 5) if command in HARMLESS else (1, 2, 4, 5)) or name in ("blank", "empty", "glob"), (place, said)
        assert said.code == 0 or "error: " in said.err or said.err.startswith("Usage: ") or said.out, (place, said)
        assert "Traceback" not in said.err and "itself failed" not in said.err, (place, said.err[:400])
        assert SECRET not in said.out + said.err, place
        made = {file for file in files(project.parent) - before if not file.startswith(LEDGER)}
        assert made <= ALLOWED, (place, made)


ALLOWED = {"lake/warehouse", "lake/warehouse/.lock", "lake/warehouse/catalog.db", "lake/warehouse/.spill"}
"""What opening a lake makes."""
LEDGER = "lake/warehouse/ledger"
"""Below it a refused query is noted, under the name `unknown` where the word was given as a reader."""


@pytest.mark.slow
def test_the_ledger_holds_no_word_of_a_reader_whom_nobody_declared(project: Path) -> None:
    (project / "warehouse").mkdir(exist_ok=True)
    assert ringi("query", "select 1", "--as", "somebody-else's-name", lake=project).code == 4
    noted = "".join(file.read_text(encoding="utf-8") for file in (project / "warehouse" / "ledger" / "queries").glob("*.jsonl"))
    assert '"unknown"' in noted and "somebody-else" not in noted


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.parts}
