"""Turning keys: what is shown, written and refused; and giving a project fresh demo keys."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from governance.errors import GovernanceError
from governance.gate.approve import Approved, Refused, Request, approve, approve_all, is_due, proposal
from governance.gate.gate import certified
from governance.gate.resign import lend, resign
from governance.keys.ssh import read_private_key
from metrics_catalog import rules
from metrics_catalog.catalog import load
from metrics_catalog.errors import ExitCode, UsageError
from metrics_catalog.person import Side
from tests.support.catalogs import COUNTRIES, edit, metric_file, write
from tests.support.keys import BUSINESS, START, TECH, after, gate, keyed_project, signer, states, turn, turn_both

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOURS = metric_file("viewing_hours")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return keyed_project(tmp_path)


def files(root: Path) -> dict[str, bytes]:
    folder = root / "approvals"
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refusal(root: Path, person: str, side: Side = TECH, hand: str | None = None, at: dt.datetime = START) -> str:
    """The sentence with which an approval is refused; nothing may have been written."""
    before = files(root)
    with pytest.raises(GovernanceError) as caught:
        approve(root, load(root)[0], "viewing_hours", side, person, signer(hand or person), at)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert caught.value.hint
    assert files(root) == before
    return caught.value.message


def test_a_key_that_is_turned_leaves_its_file_and_the_meaning_it_covers(root: Path) -> None:
    done = turn(root, "viewing_hours", TECH, "aiko", START)
    assert done.files[0].as_posix() == f"approvals/viewing_hours/tech-aiko-{done.digest[:12]}.yaml"
    assert set(files(root)) == {path.as_posix() for path in done.files}
    document = yaml.safe_load((root / done.files[0]).read_text(encoding="utf-8"))
    assert document["meaning"] == done.digest
    assert document["approved_at"] == "2025-06-02T09:00:00+00:00"
    assert json.loads((root / f"approvals/meanings/{done.digest}.json").read_bytes())["metric"] == "viewing_hours"
    assert load(root)[1] == (), "what is written reads back without a finding"


def test_turning_a_key_twice_writes_nothing_the_second_time(root: Path) -> None:
    turn(root, "viewing_hours", TECH, "aiko", after(0))
    before = files(root)
    again = turn(root, "viewing_hours", TECH, "chie", after(1))
    assert again.already
    assert files(root) == before


@pytest.mark.parametrize(
    ("person", "side", "due"), [("aiko", TECH, True), ("nobody", TECH, False), ("aiko", BUSINESS, False), ("carla", TECH, False)]
)
def test_a_key_is_due_for_those_who_may_turn_it_and_until_it_holds(root: Path, person: str, side: Side, due: bool) -> None:
    catalog = load(root)[0]
    assert is_due(catalog, proposal(catalog, "viewing_hours", START), Request(side, person, START)) is due
    turn(root, "viewing_hours", TECH, "chie", after(0))
    if due:
        catalog = load(root)[0]
        assert not is_due(catalog, proposal(catalog, "viewing_hours", after(1)), Request(side, person, after(1)))


def test_no_private_key_is_ever_written(root: Path) -> None:
    turn_both(root, "viewing_hours", 0)
    assert not [name for name, raw in files(root).items() if b"PRIVATE KEY" in raw]


def test_a_record_is_never_overwritten(root: Path) -> None:
    turn_both(root, "viewing_hours", 0)
    first = files(root)
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed"))
    turn_both(root, "viewing_hours", 10)
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed / 3600.0"))
    turn_both(root, "viewing_hours", 20)
    now = files(root)
    assert {name: now[name] for name in first} == first
    assert sum(name.endswith("-2.yaml") for name in now) == 2
    assert states(root, "viewing_hours", after(30)) == ("valid", "valid")


def test_a_key_is_turned_again_for_a_country_that_joined(root: Path) -> None:
    turn(root, "viewing_hours", TECH, "aiko", after(0))
    edit(root, "countries.yaml", lambda document: document["countries"].update(SE=COUNTRIES["JP"]))
    assert states(root, "viewing_hours", after(1)) == ("valid", "missing")
    assert not turn(root, "viewing_hours", TECH, "aiko", after(2)).already
    assert turn(root, "viewing_hours", TECH, "aiko", after(3)).already


@pytest.mark.parametrize(
    ("person", "side", "hand", "words"),
    [
        ("nobody", TECH, "aiko", "There is no person `nobody`"),
        ("../Nobody", TECH, "aiko", "There is no person `../Nobody`"),
        ("aiko", BUSINESS, None, "may not turn the business key; sides held: `tech`"),
        ("dora", TECH, None, "sides held: none"),
        ("aiko", TECH, "bernd", "is not registered for `aiko`"),
        ("carla", TECH, None, "`carla` proposes `viewing_hours`"),
    ],
)
def test_who_may_not_turn_a_key_is_told_why(root: Path, person: str, side: Side, hand: str | None, words: str) -> None:
    assert words in refusal(root, person, side, hand)


def test_one_person_cannot_turn_both_keys(root: Path) -> None:
    turn(root, "viewing_hours", BUSINESS, "chie", after(0))
    assert "needs another person" in refusal(root, "chie", TECH, at=after(1))
    assert not turn(root, "viewing_hours", TECH, "aiko", after(2)).already


def test_one_ssh_key_cannot_turn_both_keys(root: Path) -> None:
    edit(root, "people.yaml", lambda document: document["people"]["aiko"].update(keys=[{"public_key": signer("chie").public_line}]))
    turn(root, "viewing_hours", BUSINESS, "chie", after(0))
    assert "the two need different keys" in refusal(root, "aiko", TECH, "chie", after(1))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda person: person.update(valid_until="2025-06-02T09:00:00Z"), "does not hold the tech side"),
        (lambda person: person["keys"][0].update(valid_until="2025-06-02T09:00:00Z"), "does not count at 2025-06-02T09:00:00Z"),
        (lambda person: person["keys"][0].update(valid_from="2025-06-02T09:00:01Z"), "does not count at"),
        (lambda person: person.update(keys=[]), "is not registered"),
        (lambda person: person.update(keys=[{"public_key": "ssh-ed25519 AAAA"}]), "is not registered"),
    ],
)
def test_sides_and_keys_hold_only_within_their_time(root: Path, change: Callable[[dict[str, Any]], Any], words: str) -> None:
    edit(root, "people.yaml", lambda document: change(document["people"]["aiko"]))
    assert words in refusal(root, "aiko")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda hearing: hearing.update(metrics=["plays"]), "was not about `viewing_hours`"),
        (lambda hearing: hearing["attendees"].pop(), "Nobody of the business side attended"),
        (lambda hearing: hearing.update(outcome="rejected"), "rejected `viewing_hours`"),
    ],
)
def test_a_metric_that_was_not_heard_by_both_sides_is_not_approved(root: Path, change: Callable[[dict[str, Any]], Any], words: str) -> None:
    edit(root, "hearings/2026-11-engagement.yaml", change)
    assert words in refusal(root, "aiko")


def test_a_metric_without_a_hearing_is_not_approved(root: Path) -> None:
    edit(root, HOURS, lambda document: document.pop("hearing"))
    assert "names no hearing" in refusal(root, "aiko")
    edit(root, HOURS, lambda document: document.update(hearing="2026-12-other"))
    assert "does not exist" in refusal(root, "aiko")


def test_a_metric_with_a_blocking_finding_is_not_approved(root: Path) -> None:
    edit(root, HOURS, lambda document: document["how"].update(filter="player_version = 5"))
    catalog, findings = load(root)
    findings += rules.check(catalog, START.date())
    assert findings
    with pytest.raises(GovernanceError, match="has a finding that blocks it: RNG-CAT-"):
        approve(root, catalog, "viewing_hours", TECH, "aiko", signer("aiko"), START, findings)
    assert not approve(root, catalog, "plays", TECH, "aiko", signer("aiko"), START, findings).already, "the others are not held up"


def test_a_metric_without_a_meaning_or_a_name_is_not_approved(root: Path) -> None:
    edit(root, HOURS, lambda document: document["how"].update(source="viewing_event"))
    assert "has no meaning to approve" in refusal(root, "aiko")
    with pytest.raises(UsageError, match="no metric `viewing_hour`"):
        proposal(load(root)[0], "viewing_hour", START)


def test_what_changed_since_the_last_certified_meaning_is_shown(root: Path) -> None:
    assert proposal(load(root)[0], "viewing_hours", START).status.certificate is None
    turn_both(root, "viewing_hours", 0)
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed / 1800.0"))
    turn(root, "viewing_hours", TECH, "aiko", after(5))
    edit(root, HOURS, lambda document: document["what"].update(unit="half hours"))
    shown = proposal(load(root)[0], "viewing_hours", after(6))
    assert [(change.field, change.before, change.after) for change in shown.changes] == [
        ("how.expression", "seconds_viewed / 3600.0", "seconds_viewed / 1800.0"),
        ("what.unit", "number", "half hours"),
    ]


def test_one_call_turns_a_side_over_every_metric_that_needs_it(root: Path) -> None:
    turn(root, "plays", TECH, "aiko", after(0))
    turn(root, "viewers", BUSINESS, "chie", after(0))
    results = approve_all(root, load(root)[0], Request(TECH, "chie", after(1)), signer("chie"))
    by_metric = {result.metric: result for result in results}
    assert "plays" not in by_metric, "it has this key already"
    refused = by_metric.pop("viewers")
    assert isinstance(refused, Refused)
    assert "needs another person" in refused.error.message
    assert len(by_metric) == 5
    assert all(isinstance(result, Approved) and not result.already for result in by_metric.values())


# Fresh demo keys.


def test_a_project_gets_fresh_keys_and_forgets_the_private_ones(root: Path) -> None:
    turn_both(root, "viewing_hours", 0)
    edit(root, "people.yaml", lambda document: document["people"]["aiko"].update(keys=[], name="Åsa 愛子"))
    text = (root / "people.yaml").read_text(encoding="utf-8")
    done = resign(root, "aiko", "bernd", after(10))
    assert (len(done.metrics), done.private_keys) == (7, {})
    answer = gate(root, after(11))
    assert answer.findings == ()
    assert len(answer.published) == 7
    assert not [path for path in root.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
    unchanged = set(text.splitlines()) & set((root / "people.yaml").read_text(encoding="utf-8").splitlines())
    assert len(unchanged) >= len(set(text.splitlines())) - 4, "only the keys of the two were touched"


@pytest.mark.slow
def test_demo_keys_can_be_kept_and_turn_keys(root: Path) -> None:
    folder = root / ".ringi/demo-keys"
    done = resign(root, "aiko", "bernd", START, folder)
    key = done.private_keys["aiko"]
    assert key.stat().st_mode & 0o777 == 0o600
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed / 1800.0"))
    write(root, "ringi.toml", '[profiles.local]\n[approval]\nexamples = "advised"\n')
    command = [sys.executable, "-m", "ringi.cli.app", "--lake", str(root), "--format", "json"]
    turned = subprocess.run(
        [*command, "approve", "viewing_hours", "--side", "tech", "--as", "aiko", "--key", str(key)], capture_output=True, check=False
    )
    assert turned.returncode == 0, turned.stderr.decode()
    assert b"how.expression: was seconds_viewed / 3600.0, is now seconds_viewed / 1800.0" in turned.stderr
    assert json.loads(turned.stdout)["keys"][0]["state"] == "turned"
    status = subprocess.run([*command, "status", "viewing_hours"], capture_output=True, check=True)
    keys = json.loads(status.stdout)["metrics"][0]["keys"]
    assert (keys["tech"]["state"], keys["business"]["state"]) == ("valid", "void")
    refused = subprocess.run(
        [*command, "approve", "viewing_hours", "--side", "business", "--as", "bernd", "--key", str(key)], capture_output=True, check=False
    )
    assert refused.returncode == 4
    assert b"is not registered for `bernd`" in refused.stderr


def test_people_get_one_more_key_and_what_they_signed_before_stays_good(root: Path) -> None:
    turn_both(root, "viewing_hours", 0)
    written = ''.join(f'  {name}: {{name: {name}, team: t, sides: [{side.value}], keys: [{{public_key: "{signer(name).public_line}"}}]}}\n'
                      for name, side in (("aiko", TECH), ("bernd", BUSINESS)))  # fmt: skip
    (root / "people.yaml").write_text(
        "# Ä\npeople:\n" + written + "  carla: {name: Carla, team: t, sides: [], keys: []}\n", encoding="utf-8"
    )
    keys = lend(root, ("aiko", "bernd", "carla"), root / ".ringi/demo-keys")
    assert states(root, "viewing_hours", after(5)) == ("valid", "valid")
    lent = read_private_key(keys["aiko"], lambda: "")
    assert not approve(root, load(root)[0], "plays", TECH, "aiko", lent, after(6)).already
    assert len(load(root)[0].people["carla"].keys) == 1


def test_keys_that_stand_in_a_block_are_not_added_to(root: Path) -> None:
    before = (root / "people.yaml").read_bytes()
    with pytest.raises(GovernanceError, match="not written in brackets"):
        lend(root, ("aiko",), root / ".ringi/demo-keys")
    assert (root / "people.yaml").read_bytes() == before


def test_people_without_keys_to_replace_are_refused(root: Path) -> None:
    with pytest.raises(GovernanceError, match="has no `keys`"):
        resign(root, "nobody", "bernd", START)


def test_what_a_person_signs_can_be_verified_by_openssh_from_git_alone(root: Path) -> None:
    turn_both(root, "plays", 0)
    [approval, _] = certified(load(root)[0], after(5)).metrics["plays"].standing.held
    assert approval.approval.signed_text().decode() == (
        f"ringi approval v1\nmetric: plays\nside: tech\nperson: aiko\nmeaning: {approval.meaning.digest}\napproved_at: 2025-06-02T09:00:00+00:00\n"
    )
