"""The report of a change: what a person reads in a pull request, the same each time, never longer than a comment may be."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from metrics_catalog.errors import UsageError
from metrics_catalog.materiality import Weight, weigh
from metrics_catalog.metric import Tier
from ringi.lake import Lake
from ringi.proposal.previewing import preview_lake
from ringi.reporting.as_json import as_object
from ringi.reporting.gather import report
from ringi.reporting.markdown import LONGEST, text
from ringi.reporting.tables import sql_diff
from tests.support.command import ringi
from tests.support.lakes import RunningLake
from tests.support.proposing import commit, committed_lake, edit


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLake]:
    lake = committed_lake(tmp_path_factory.mktemp("report") / "lake")
    yield lake
    lake.engine.close()


@pytest.fixture
def root(original: RunningLake) -> Iterator[Path]:
    """The lake itself, put back afterwards: its tables name their files by full paths."""
    kept = {path: path.read_bytes() for path in original.root.rglob("*.yaml") if "warehouse" not in path.parts}
    yield original.root
    for path in [path for path in original.root.rglob("*.yaml") if "warehouse" not in path.parts and path not in kept]:
        path.unlink()
    for path, raw in kept.items():
        path.write_bytes(raw)


def how(**changes: Any) -> Any:
    return lambda document: document["how"].update(changes)


def told(root: Path, **options: Any) -> str:
    return text(report(Lake(root), "HEAD", **options))


DOUBLED = how(expression="seconds_viewed / 1800.0")


def test_nothing_changed_is_said_in_one_line(root: Path) -> None:
    assert told(root).startswith("## Ringi: nothing changes")


def test_a_change_is_told_with_its_numbers_its_sql_its_keys_and_its_price(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    found = told(root)
    assert "the expression changes from `seconds_viewed / 3600.0` to `seconds_viewed / 1800.0`" in found
    assert re.search(r"\| `viewing_hours` \| \w+ \| \*\*yes\*\* \| \+100% \| 3 of 3 \|", found)
    assert '-    CAST(placed."seconds_viewed" AS DOUBLE) / 3600.0e0' in found and "+    CAST" in found and "```diff" in found
    assert "| `viewing_hours` | Tech | data-platform | `aiko` |" in found and "`bernd`" in found and "`carla`" not in found
    assert "a day reads" in found and "list prices of" in found


def test_the_same_files_and_lake_give_the_same_text_wherever_they_lie(root: Path, tmp_path: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    edit(root, "plays", how(filter="plan = 'ads'"), copy="ad_plays")
    assert told(root) == told(root)
    elsewhere = shutil.copytree(root, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("warehouse"))
    assert told(root, with_numbers=False) == told(elsewhere, with_numbers=False)
    assert str(root) not in told(root) and os.sep + "tmp" not in told(root)


def test_what_follows_from_a_change_is_told_too(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    found = report(Lake(root), "HEAD")
    assert [metric.name for metric in found.metrics] == ["viewing_hours", "hours_per_play"]
    assert all(metric.numbers and metric.numbers.comparison for metric in found.metrics)


def test_a_description_changes_no_number_and_needs_the_business_key_alone(root: Path) -> None:
    edit(root, "viewing_hours", lambda document: document["what"]["description"].update(en="Hours, more or less."))
    (metric,) = report(Lake(root), "HEAD").metrics
    assert metric.numbers is None and metric.statements is None
    assert "No number changes" in told(root) and "### SQL" not in told(root) and "voids the Business key" in told(root)


def test_a_typo_in_an_alias_needs_nobody(root: Path) -> None:
    edit(root, "viewing_hours", lambda document: document["what"].update(aliases={"en": ["watched hours"], "ja": []}))
    found = told(root)
    assert "no metric changes its meaning" in found and "voids no key" in found and "### Keys" not in found


def test_the_proposer_is_asked_for_no_key(root: Path) -> None:
    edit(root, "viewing_hours", lambda document: document.update(proposer="aiko") or DOUBLED(document))
    found = told(root, with_numbers=False)
    assert "| `viewing_hours` | Tech | data-platform | nobody: people.yaml names no one on this side but the proposer |" in found


def test_a_key_that_is_lost_with_its_approval_is_needed_again(tmp_path: Path) -> None:
    root = shutil.copytree(str(resources.files("metrics_catalog") / "starter"), tmp_path / "lake")
    commit(root)
    next(root.glob("approvals/plays/business-*.yaml")).unlink()
    keys = told(root, with_numbers=False).split("### Keys that are needed")[1]
    assert "| `plays` | Business |" in keys and "| `plays` | Tech |" not in keys


def test_a_person_whose_time_has_ended_is_not_asked(root: Path) -> None:
    people = root / "people.yaml"
    document = yaml.safe_load(people.read_text(encoding="utf-8"))
    document["people"]["aiko"]["valid_until"] = "2020-01-01T00:00:00Z"
    people.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    edit(root, "viewing_hours", DOUBLED)
    assert "`aiko`" not in told(root, with_numbers=False).split("### Keys that are needed")[1]


def test_a_copy_of_a_metric_is_called_a_duplicate(root: Path) -> None:
    edit(root, "viewing_hours", how(expression="(seconds_viewed) / 3600.0", filter="'heartbeat' = event_type"), copy="time_watched")
    assert "**Duplicate:** `time_watched` computes exactly what `viewing_hours` computes." in told(root)


def test_another_way_to_the_same_values_is_asked_about(root: Path) -> None:
    edit(root, "viewing_hours", how(expression="seconds_viewed / 60.0 / 60.0"), copy="time_watched")
    found = told(root)
    assert "**Duplicate by value?** `time_watched` has the same value as `viewing_hours` on every country-day" in found


def test_a_new_metric_that_differs_by_a_filter_could_be_a_variant(root: Path) -> None:
    edit(root, "viewing_hours", how(filter="event_type = 'heartbeat' and plan = 'ads'"), copy="ads_hours")
    assert "`ads_hours` is `viewing_hours`, but it also asks `plan = 'ads'`. Make it a variant of `viewing_hours`?" in told(root)


def test_a_metric_that_goes_is_told_with_its_last_numbers(root: Path) -> None:
    next(root.glob("metrics/**/average_view_seconds.yaml")).unlink()
    found = told(root)
    assert "`average_view_seconds` is removed" in found and "| goes |" in found


def test_a_metric_that_cannot_be_computed_takes_no_other_with_it(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    edit(root, "plays", how(kind="maximum", expression="plan"), copy="largest_plan")
    found = told(root)
    assert "| `largest_plan` |" in found and "unknown" in found
    assert re.search(r"\| `viewing_hours` \|.*\+100%", found)


def test_a_metric_that_has_no_meaning_any_more_is_told_with_the_reason(root: Path) -> None:
    edit(root, "plays", how(filter="nothing_like_it = 1"))
    edit(root, "viewers", how(expression="no_such_column"), copy="watchers")
    found = told(root)
    assert (
        "`plays` has no meaning now:" in found
        and "`watchers` has no meaning now:" in found
        and "nothing_like_it" in found
        and "| `plays` |" in found
        and "| goes |" not in found
    )


def test_a_machine_without_a_lake_says_so_and_does_not_fail(root: Path, tmp_path: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    bare = shutil.copytree(root, tmp_path / "bare", ignore=shutil.ignore_patterns("warehouse"))
    found = told(bare)
    assert "There are no numbers." in found and "viewing_hours" in found and "```diff" in found
    assert not (bare / "warehouse").exists(), "looking makes no lake"


def test_people_put_no_link_mention_or_table_into_the_comment(root: Path) -> None:
    evil = "Hours | @acme/all [free](https://evil.example) <img src=x> `"
    edit(root, "viewing_hours", lambda document: document["what"]["label"].update(en=evil))
    found = told(root, with_numbers=False)
    outside = re.sub(r"(`+).*?\1", "", found)
    assert "@acme" not in outside and "](https" not in outside and "<img" not in outside


def test_files_are_linked_where_somebody_says_to_where(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    found = told(root, with_numbers=False, links="https://github.example/o/r/blob/abc/")
    assert "(https://github.example/o/r/blob/abc/metrics/engagement/viewing_hours.yaml)" in found


def test_a_comment_is_never_longer_than_a_forge_takes_and_says_what_it_lacks(root: Path) -> None:
    for number in range(60):
        long = f"Number {number}. " + "長い説明。" * 300
        edit(root, "viewing_hours", partial(_lengthened, text=long, number=number), copy=f"copy_{number:02d}")
    edit(root, "viewing_hours", lambda document: document["what"]["description"].update(ja="長い説明。" * 3000))
    whole = report(Lake(root), "HEAD", with_numbers=False)
    found = text(whole)
    assert len(found.encode("utf-16-le")) // 2 <= LONGEST and "are left out here, because a comment holds 65,536 characters" in found
    assert found.count("<details>") == found.count("</details>") and found.count("```") % 2 == 0
    assert "further metrics changes with it" in found and len(as_object(whole)["more_metrics"]) == 61 - 40
    short = text(whole, longest=8_000)
    assert len(short) <= 8_000 and "### Keys that are needed" in short


def _lengthened(document: dict[str, Any], *, text: str, number: int) -> None:
    document["what"]["description"]["en"] = text
    document["how"]["expression"] = f"seconds_viewed / {number + 2}.0"


def test_the_json_has_everything_that_the_text_has(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    found = json.loads(json.dumps(as_object(report(Lake(root), "HEAD"))))
    metric = found["metrics"][0]
    assert found["schema_version"] == 1 and found["diff"]["metrics"] == ["hours_per_play", "viewing_hours"]
    assert metric["numbers"]["world"]["change"] == pytest.approx(1.0) and metric["numbers"]["weight"] == "material"
    assert "1800.0" in metric["sql"]["after"] and "3600.0" in metric["sql"]["before"]
    assert {key["side"] for key in metric["keys_needed"]} == {"tech", "business"} and metric["price"]["day"]["price"]["estimate"] is True


def test_a_preview_against_a_commit_compares_with_the_meaning_there(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    assert preview_lake(Lake(root), "viewing_hours", "HEAD").comparison.world.relative == pytest.approx(1.0)
    assert not preview_lake(Lake(root), "plays", "HEAD").comparison.changed
    only = preview_lake(Lake(root), "viewing_hours", "HEAD", ["DE"]).comparison
    assert [country.viewing_country for country in only.countries] == ["DE"]
    assert preview_lake(Lake(root), "viewing_hours").comparison.is_new, "nothing was certified"


@pytest.mark.parametrize(
    "file", ["metrics/engagement/plays.yaml", "people.yaml", "countries.yaml", "sources/viewing_events.yaml", "views/title_daily.yaml"]
)
@pytest.mark.parametrize("garbage", ["", "- a list\n", "plays: [\n", "\x00"])
def test_a_file_that_cannot_be_read_is_told_and_stops_nothing(root: Path, file: str, garbage: str) -> None:
    edit(root, "viewing_hours", DOUBLED)
    (root / file).write_text(garbage, encoding="utf-8")
    found = told(root)
    assert file in found and "`viewing_hours`" in found


def test_an_unknown_revision_is_answered_with_a_way_out(root: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        report(Lake(root), "nowhere")


def test_the_commands_print_text_and_json(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    assert ringi("report", "--base", "HEAD", "--no-numbers", lake=root).out.startswith("## Ringi: 2 metrics change")
    assert ringi("report", "--no-numbers", lake=root, as_json=True).json()["without_numbers"]
    preview = ringi("preview", "viewing_hours", "--base", "HEAD", lake=root, as_json=True).json()
    assert preview["base"] == "HEAD" and preview["largest"]["change"] == pytest.approx(1.0) and preview["sample"]["whole"]
    table = ringi("preview", "viewing_hours", "--base", "HEAD", lake=root)
    assert "+100%" in table.out and "3 of 3 countries change" in table.err and "Nothing was published" in table.err
    refused = ringi("report", "--link-to", "javascript:alert(1)", lake=root)
    assert refused.code == 2 and "no address for links" in refused.err


def test_a_commit_of_the_change_ends_it(root: Path) -> None:
    edit(root, "viewing_hours", DOUBLED)
    commit(root)
    assert "viewing_hours" not in told(root, with_numbers=False)
    assert "viewing_hours" in text(report(Lake(root), "HEAD~1", with_numbers=False))
    edit(root, "viewing_hours", how(expression="seconds_viewed / 3600.0"))
    commit(root)


# what matters


@pytest.mark.parametrize(
    ("tier", "relative", "weight"),
    [
        (Tier.CRITICAL, 0.002, Weight.MATERIAL),
        (Tier.STANDARD, 0.002, Weight.SMALL),
        (Tier.STANDARD, -0.02, Weight.MATERIAL),
        (Tier.OPTIONAL, 0.02, Weight.SMALL),
        (Tier.OPTIONAL, None, Weight.MATERIAL),
    ],
)
def test_what_matters_depends_on_the_tier(tier: Tier, relative: float | None, weight: Weight) -> None:
    assert weigh(tier, relative) is weight


def test_an_interval_that_reaches_over_the_threshold_may_matter() -> None:
    assert weigh(Tier.STANDARD, 0.005, low=-0.002, high=0.012) is Weight.POSSIBLE
    assert weigh(Tier.STANDARD, 0.005, low=0.004, high=0.006) is Weight.SMALL
    assert weigh(Tier.STANDARD, 0.0, differs=False) is Weight.NONE


def test_sql_that_is_the_same_has_no_diff() -> None:
    assert list(sql_diff(["a", "b"], ["a", "b"])) == []
