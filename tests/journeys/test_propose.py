"""A proposal from its first word to a published number and beyond: the README's section "Propose a metric", followed literally.

Each line of the section is typed in its order in a demo lake; files are written as it shows them, and its pages are read in a real
Chromium whose passkey device answers. Then what a change voids, in the same lake. Nothing here calls Ringi but by its command.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.browser import Sitting, chromium, on_the_page_of, sitting
from tests.lab.readme import Step, steps

pytestmark = [pytest.mark.slow, pytest.mark.lab]
BIN = Path(sys.executable).parent
METRIC, FILE = "mobile_plays", "metrics/engagement/mobile_plays.yaml"
NUMBERS = f"select viewing_date, {METRIC} from views_jp.country_daily order by 1"
TELLS = ("ringi new", "ringi hearing", "ringi approve", "ringi run", "ringi status")
"""After these the stage of the metric is written down."""
BUTTONS = {"ringi passkey register": "Make my passkey", "--page": "Approve with my passkey"}
"""Lines that open a page, and what is pressed there."""


@dataclass(frozen=True)
class Said:
    """One typed line: what it said and its exit code, and the stage of the metric and its keys after it, where it may have moved."""

    code: int
    out: str
    err: str
    stage: str
    keys: tuple[str, str]


@dataclass
class Demo:
    """A terminal in the demo lake, with a browser beside it; `said` holds what each line said, in order, by its words."""

    root: Path
    tab: Sitting
    said: list[tuple[str, Said]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        author = {
            f"GIT_{who}_{what}": said for who in ("AUTHOR", "COMMITTER") for what, said in (("NAME", "Aoi"), ("EMAIL", "aoi@example.com"))
        }
        return {**os.environ, **author, "GIT_CONFIG_GLOBAL": os.devnull, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}

    def type(self, line: str, code: int = 0) -> tuple[str, str]:
        """Type a line; what it said on both streams."""
        button = next((name for words, name in BUTTONS.items() if words in line), None)
        if button is not None:
            found = on_the_page_of(self.tab, ["bash", "-c", line], press=button, cwd=self.root, env=self.environment)
        else:
            done = subprocess.run(
                ["bash", "-c", line], cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=300, check=False
            )
            found = done.returncode, done.stdout, done.stderr
        assert found[0] == code and "Traceback" not in found[2], f"`{line}` ended with {found[0]}:\n{found[1][-3000:]}\n{found[2][-3000:]}"
        return found[1:]

    def json(self, words: str) -> Any:
        return json.loads(self.type(f"ringi --format json {words}")[0])

    def status(self) -> dict[str, Any]:
        (metric,) = self.json(f"status {METRIC}")["metrics"]
        return dict(metric)

    def keys(self) -> tuple[str, str]:
        keys = self.status()["keys"]
        return keys["tech"]["state"], keys["business"]["state"]

    def numbers(self) -> list[dict[str, Any]]:
        return list(self.json(f'query "{NUMBERS}" --as analyst_jp'))

    def follow(self, step: Step) -> None:
        """Do what one step of the README says."""
        if step.language == "console":
            out, err = self.type(step.text, code=1 if "# findings" in step.text else 0)
            tells = step.text.startswith(TELLS)
            stage, keys = (self.status()["lifecycle"], self.keys()) if tells else ("", ("", ""))
            self.said.append((step.text, Said(0, out, err, stage, keys)))
            return
        first, _, rest = step.text.partition("\n")
        name, _, where = first.lstrip("# ").partition(",")
        path = self.root / name
        if step.language == "diff":
            self.edit(name, *as_edit(rest))
        else:
            before = path.read_text(encoding="utf-8") if where else ""
            path.write_text(before + rest, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} has {text.count(old)} times:\n{old}"
        (self.root / name).write_text(text.replace(old, new), encoding="utf-8")

    def of(self, begin: str) -> list[Said]:
        return [said for line, said in self.said if line.startswith(begin)]


def as_edit(lines: str) -> tuple[str, str]:
    """The lines of a diff as the text before and after."""
    old = [line[1:] for line in lines.splitlines() if not line.startswith("+")]
    new = [line[1:] for line in lines.splitlines() if not line.startswith("-")]
    return "\n".join(old) + "\n", "\n".join(new) + "\n"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo lake after each line of the README's section was followed."""
    root = tmp_path_factory.mktemp("propose") / "demo"
    made = subprocess.run([str(BIN / "ringi"), "demo", "--dir", str(root), "--events", "5000"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    with chromium() as browser, sitting(browser) as tab:
        demo = Demo(root, tab)
        for step in steps("propose"):
            demo.follow(step)
        assert tab.faults == []
        yield demo


def test_the_section_shows_every_step_from_a_first_word_to_a_published_number() -> None:
    typed = [step.text.split(" #")[0] for step in steps("propose") if step.language == "console"]
    expected = (
        "new metric",
        "hearing new",
        "check",
        "check --examples",
        "diff --base main",
        "report --base main",
        "approve",
        "run",
        "verify",
    )
    places = [next(number for number, line in enumerate(typed) if line.startswith(f"ringi {words}")) for words in expected]
    assert places == sorted(places), "in the order in which people do it"
    assert any("--side tech" in line and "--key" in line for line in typed)
    assert any("--side business" in line and "--page" in line for line in typed)


def test_the_stage_follows_from_what_people_did(demo: Demo) -> None:
    stages = [(line.split()[1], said.stage) for line, said in demo.said if said.stage]
    assert stages[:-2] == [("new", "draft"), ("hearing", "heard"), ("approve", "proposed"), ("approve", "approved"), ("run", "published")]


def test_the_talk_is_a_file_that_names_both_sides(demo: Demo) -> None:
    (heard,) = demo.of("ringi hearing new")
    file = demo.root / heard.out.strip()
    assert file.parent.name == "hearings" and all(who in file.read_text(encoding="utf-8") for who in ("haruka_mori", "emi_takahashi"))


def test_a_metric_that_nothing_shows_is_refused_with_examples_to_paste(demo: Demo) -> None:
    without, with_them = demo.of("ringi check --examples")
    assert "RNG-CAT-150" in without.out and f"`{METRIC}` has no example" in without.out
    assert "\n  - {name: " in without.out, "each on a line of its own, indented as in the file"
    assert without.err.startswith("0 examples of 1 metric computed")
    assert with_them.out == "" and with_them.err.endswith("no findings.\n")


def test_the_report_tells_words_numbers_likenesses_and_who_is_asked(demo: Demo) -> None:
    (diff,), (report,) = demo.of("ringi diff"), demo.of("ringi report")
    assert f"`{METRIC}` is new." in diff.out and "country_daily" in diff.out
    for words in (
        f"`{METRIC}` is new.",
        "### Numbers",
        "| JP |",
        "Make it a variant of `plays`?",
        "`haruka_mori`",
        "`emi_takahashi`",
        "```sql",
    ):
        assert words in report.out, words


def test_tech_signs_with_ssh_and_business_with_a_passkey(demo: Demo) -> None:
    by_ssh, by_passkey = demo.of("ringi approve")
    assert by_ssh.keys == ("valid", "missing") and "haruka_mori turned the tech key" in by_ssh.out
    assert by_passkey.keys == ("valid", "valid") and "emi_takahashi turned the business key" in by_passkey.out
    business, tech = (
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((demo.root / "approvals" / METRIC).glob("*.yaml"))
    )
    assert "signature" in tech and "passkey" not in tech and business["method"] == "passkey" and "client_data_json" in business["passkey"]
    assert "passkeys: " in (demo.root / "people.yaml").read_text(encoding="utf-8")


def test_the_number_is_published_for_analysts_of_its_country_and_counts_what_it_says(demo: Demo) -> None:
    assert sum(row[METRIC] for row in demo.numbers()) == starts_on_phones(demo.root, "JP") > 0


def starts_on_phones(root: Path, country: str) -> int:
    """Counted by hand from the raw files: different events of a start on a phone that are whole."""
    events = {}
    for path in sorted((root / "incoming").glob("viewing_events*")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                if '"start"' in line and '"mobile"' in line:
                    event = json.loads(line)
                    events[event["event_id"]] = event
    return sum(event.get("viewing_country") == country for event in events.values())


def test_verify_is_content(demo: Demo) -> None:
    (verified,) = demo.of("ringi verify")
    (line,) = [line for line in verified.out.splitlines() if line.startswith(METRIC)]
    assert "published" in line and "haruka_mori" in line and "ssh" in line and "emi_takahashi" in line and "passkey" in line


def test_a_changed_filter_voids_both_keys_by_its_name_and_the_published_number_stays(demo: Demo) -> None:
    (status,), (published, rerun) = demo.of("ringi status"), demo.of("ringi run")
    assert status.keys == rerun.keys == ("void", "void") and status.stage == "proposed"
    assert "how.filter" in status.out
    (before,) = demo.of("ringi query")
    assert [str(row[METRIC]) for row in demo.numbers()] == [line.split()[-1] for line in before.out.splitlines()[2:]]
    assert published.stage == "published"


def test_an_example_of_what_changed_is_asked_for_before_a_key_is_turned_again(demo: Demo) -> None:
    refused = demo.type(f"ringi approve {METRIC} --side tech --as haruka_mori --key .ringi/demo-keys/haruka_mori", code=4)[1]
    assert "RNG-CAT-152" in refused and "notices when `'tablet'` is left out" in refused and "ringi check --examples" in refused


@pytest.mark.parametrize(
    ("old", "new", "keys", "said"),
    [
        ("that began on a phone", "whose first moment was on a phone", ("valid", "void"), "what.description.en"),
        ("[phone starts]", "[phone plays]", ("valid", "valid"), ""),
    ],
    ids=["a description voids that of Business", "an alias voids none"],
)
def test_other_changes_void_what_their_fields_say(demo: Demo, old: str, new: str, keys: tuple[str, str], said: str) -> None:
    demo.type("git restore metrics")
    demo.edit(FILE, old, new)
    assert demo.keys() == keys
    assert said in demo.type(f"ringi status {METRIC}")[0]
    demo.type("ringi verify")


def test_business_agrees_to_new_words_only_after_a_talk_about_them(demo: Demo) -> None:
    demo.type("git restore metrics")
    demo.edit(FILE, "that began on a phone", "whose first moment was on a phone")
    approve = f"ringi approve {METRIC} --side business --as emi_takahashi --key .ringi/demo-keys/emi_takahashi"
    assert f"ringi hearing add {METRIC}" in demo.type(approve, code=4)[1]
    demo.type(f'ringi hearing add {METRIC} --tech haruka_mori --business emi_takahashi --decision "Said more plainly."')
    assert "committed and merged" in demo.type(approve)[1]
    assert demo.keys() == ("valid", "valid")
