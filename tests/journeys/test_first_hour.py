"""The first hour of a newcomer, through the doors only: the demo, its suggestions, and one change from edit to published number."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow]
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Demo:
    """One demo lake and what its making said."""

    root: Path
    said: str

    def ringi(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([str(BIN / "ringi"), "--lake", str(self.root), *words], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stdout + done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def hours(self) -> float:
        sql = "select sum(viewing_hours) as h from views_jp.title_daily"
        return float(json.loads(self.ringi("--format", "json", "query", sql, "--as", "analyst_jp").stdout)[0]["h"])

    def keys(self, metric: str) -> dict[str, str]:
        metrics = json.loads(self.ringi("--format", "json", "status").stdout)["metrics"]
        return {side: key["state"] for side, key in next(each for each in metrics if each["metric"] == metric)["keys"].items()}

    def edit(self, metric: str, old: str, new: str) -> None:
        (path,) = self.root.glob(f"metrics/*/{metric}.yaml")
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("first-hour") / "lake"
    words = [str(BIN / "ringi"), "demo", "--dir", str(root), "--events", "20000"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Demo(root, done.stderr)


def test_the_demo_tells_each_step_and_suggests_three_commands_that_work(demo: Demo) -> None:
    for step in ("init", "simulate", "land", "check", "run", "query"):
        assert re.search(rf"^{step} .* \d+\.\d s$", demo.said, re.MULTILINE), step
    suggested = [line.strip() for line in demo.said.splitlines() if line.startswith("  ") and "ringi --lake " in line]
    assert len(suggested) == 3
    for line in suggested:
        done = subprocess.run(
            shlex.split(line), capture_output=True, text=True, env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}, check=False
        )
        assert done.returncode == 0 and done.stdout, line


def test_the_demo_leaves_a_clean_repository_of_one_commit(demo: Demo) -> None:
    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(demo.root), *words], capture_output=True, text=True, check=True).stdout

    assert git("status", "--short") == ""
    assert git("rev-list", "--count", "HEAD").strip() == "1"
    tracked = git("ls-files")
    assert "demo-keys" not in tracked and "warehouse" not in tracked


def test_a_german_analyst_is_refused_japan_and_told_why(demo: Demo) -> None:
    refused = demo.ringi("query", "select * from views_jp.title_daily", "--as", "analyst_de", code=4)
    assert "`analyst_de` may not read `views_jp.title_daily`" in refused.stderr and refused.stdout == ""


def test_what_was_published_is_read_by_its_name_or_its_day(demo: Demo) -> None:
    words = ("--format", "json", "query", "select count(*) as n from views_jp.title_daily", "--as", "analyst_jp")
    now = demo.ringi(*words).stdout
    demo.ringi("keep", "2026-q4")
    assert demo.ringi(*words, "--published", "2026-q4").stdout == now == demo.ringi(*words, "--published", "2999-01-01").stdout
    assert "ringi keep" in demo.ringi(*words, "--published", "2026-q3", code=1).stderr
    assert "was not published for JP at 2020-01-01" in demo.ringi(*words, "--published", "2020-01-01", code=1).stderr
    assert "`2026-13-45` is no date" in demo.ringi(*words, "--published", "2026-13-45", code=2).stderr
    assert "leave out --published" in demo.ringi("query", "--list", "--as", "analyst_jp", "--published", "2026-q4", code=2).stderr
    demo.ringi("keep", "2026-q4", "--let-go")


def test_a_changed_expression_waits_for_both_keys(demo: Demo) -> None:
    before = demo.hours()
    demo.edit("viewing_hours", "seconds_viewed / 3600.0", "seconds_viewed / 1800.0")
    refused = demo.ringi("approve", "viewing_hours", *signed_by(demo, "tech", "haruka_mori"), code=4)
    assert "RNG-CAT-151" in refused.stderr and "expects 0.5, and the metric gives 1" in refused.stderr
    for old, new in (("expect: 1\n", "expect: 2\n"), ("expect: 0.5\n", "expect: 1\n")):
        demo.edit("viewing_hours", old, new)
    assert demo.keys("viewing_hours") == {"tech": "void", "business": "void"}
    demo.ringi("run")
    assert demo.hours() == before
    preview = json.loads(demo.ringi("--format", "json", "preview", "viewing_hours", "--country", "JP").stdout)
    assert preview["world"]["after"] == pytest.approx(2 * before)
    assert preview["changed_countries"] == 1 and preview["largest"] == {"viewing_country": "JP", "change": pytest.approx(1.0)}
    turn(demo, "viewing_hours", "tech", "haruka_mori")
    demo.ringi("run")
    assert demo.hours() == before, "one key is not enough"
    key = str(demo.root / ".ringi" / "demo-keys" / "emi_takahashi")
    unheard = demo.ringi("approve", "viewing_hours", "--side", "business", "--as", "emi_takahashi", "--key", key, code=4)
    assert "ringi hearing add viewing_hours" in unheard.stderr
    demo.ringi("hearing", "add", "viewing_hours", "--tech", "haruka_mori", "--business", "emi_takahashi", "--decision", "Half hours.")
    turn(demo, "viewing_hours", "business", "emi_takahashi")
    assert "restated" in demo.ringi("run").stdout
    assert demo.hours() == pytest.approx(2 * before)


def turn(demo: Demo, metric: str, side: str, person: str) -> None:
    demo.ringi("approve", metric, *signed_by(demo, side, person))


def signed_by(demo: Demo, side: str, person: str) -> list[str]:
    return ["--side", side, "--as", person, "--key", str(demo.root / ".ringi" / "demo-keys" / person)]


def test_nobody_turns_both_keys_nor_a_key_of_the_other_side(demo: Demo) -> None:
    demo.edit("pauses", "event_type = 'pause'", "event_type = 'pause' and position_s > 0")
    key = str(demo.root / ".ringi/demo-keys/haruka_mori")
    refused = demo.ringi("approve", "pauses", "--side", "business", "--as", "haruka_mori", "--key", key, code=4)
    assert "haruka_mori" in refused.stderr and "business" in refused.stderr
    borrowed = demo.ringi("approve", "pauses", "--side", "business", "--as", "emi_takahashi", "--key", key, code=4)
    assert "emi_takahashi" in borrowed.stderr


def test_a_typo_in_an_alias_voids_nothing_and_a_description_the_business_key_alone(demo: Demo) -> None:
    demo.edit("viewers", "aliases: {en: [", "aliases: {en: [watchers, ")
    assert demo.keys("viewers") == {"tech": "valid", "business": "valid"}
    demo.edit("viewers", "Different viewers with", "All viewers with")
    assert demo.keys("viewers") == {"tech": "valid", "business": "void"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["show", "viewing_hour"], 2, "did you mean `viewing_hours`?"),
        (["preview", "nothing_like_it"], 2, "There is no metric"),
        (["preview", "plays", "--country", "XX"], 2, "There is no country"),
        (["land", "viewing_event", "x.jsonl"], 2, "did you mean `viewing_events`?"),
        (["land", "viewing_events", "missing.jsonl"], 2, "There is no file"),
        (["query", "select 1 +", "--as", "analyst_jp"], 2, "error:"),
        (["query", "select 1", "--as", "nobody"], 4, "nobody"),
        (["explain", "RNG-CAT-999"], 2, "There is no finding code"),
        (["run", "title_dayly"], 2, "did you mean `title_daily`?"),
        (["demo", "--dir", "."], 2, "not"),
        (["approve", "plays", "--side", "tech", "--as", "haruka_mori", "--key", "missing"], 4, "There is no key file"),
        (["chekc"], 2, "Did you mean 'check'?"),
    ],
)
def test_a_wrong_word_is_answered_with_a_way_out(demo: Demo, words: list[str], code: int, said: str) -> None:
    done = demo.ringi(*words, code=code)
    assert said in done.stderr, done.stderr


def test_check_search_and_doctor_work_in_the_demo(demo: Demo) -> None:
    assert "viewing_hours" in demo.ringi("search", "視聴").stdout
    assert "ok" in demo.ringi("doctor").stdout
    demo.ringi("check")
