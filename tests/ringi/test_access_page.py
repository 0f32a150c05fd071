"""A plan of access on the approval page: what it says in words, who may turn a key there, and what `apply` makes of it."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from governance.errors import GovernanceError
from governance.keys.passkey_answer import decoded
from governance.lake_formation.planning.keys import approve, require, turned
from governance.lake_formation.planning.plan import Effect, Plan, Shows, Step
from governance.lake_formation.planning.plan_file import digest, read, text
from governance.lake_formation.resource import Columns, Database, Filter, Table
from governance.lake_formation.state import CellsFilter, Permission
from governance.ledgers.audit_line import AuditLine, Detail
from governance.ledgers.audit_line import Kind as AuditKind
from metrics_catalog.catalog import load
from ringi.access.authors import authors_of
from ringi.approving.plan_desk import PlanDesk
from ringi.approving.plan_shown import groups, shown
from ringi.lake import Lake
from tests.support.audited import AuditedLake
from tests.support.aws_lake import aws_settings, profile_toml
from tests.support.catalogs import edit, write
from tests.support.command import ringi
from tests.support.keys import BUSINESS, START, TECH, after, keyed_project, signer
from tests.support.page_visitor import Visitor, visited
from tests.support.passkeys import Device

ACCOUNT = "123456789012"
HERS = Device(which=1)


def reader(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def widening(*authors: str) -> Plan:
    cells = CellsFilter("views_jp", "daily", "ringi_0123456789ab", included=("plays",), rows="device_type = 'tv'")
    steps = (
        Step(
            None, Permission(reader("analyst_jp"), Filter("views_jp", "daily", cells.name), "SELECT"), Effect.WIDENS, "JP", Shows(60, 180)
        ),
        Step(Permission(reader("intern"), Table("views_jp", "daily"), "SELECT"), None, Effect.NARROWS, "JP"),
    )
    return Plan(steps, filters=(cells,), account=ACCOUNT, at=START, made_at=START, authors=authors)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    keyed_project(tmp_path / "lake")
    edit(tmp_path / "lake", "people.yaml", lambda book: book["people"]["bernd"].update(passkeys=[HERS.entry]))
    return tmp_path / "lake"


def desk(root: Path, plan: Plan | None = None, person: str = "bernd", side: Any = BUSINESS) -> PlanDesk:
    return PlanDesk(root, load(root)[0], plan or widening(), side, person, lambda: after(5))


def served(sitting: PlanDesk, plan: Plan | None = None) -> Any:
    return visited(sitting, digest(plan or widening()), HERS, "plan")


def test_the_page_says_who_newly_sees_what_and_the_key_that_it_turns_counts(root: Path) -> None:
    people = load(root)[0].people
    approve(root, people, widening(), TECH, "aiko", signer("aiko"), START)
    sitting = desk(root)
    with served(sitting) as visitor:
        _, state = visitor.open().ask("proposal")
        told = state["proposal"]
        assert (state["kind"], state["side"], told["account"]) == ("plan", "business", ACCOUNT)
        (group,) = told["widens"]
        (line,) = group["lines"]
        assert line["words"]["en"] == "Read `plays` of `views_jp.daily`, in rows where `device_type = 'tv'`."
        assert "`plays`" in line["words"]["ja"] and "条件" in line["words"]["ja"]
        assert (line["rows"], line["cells"], line["uncounted"]) == (60, 180, 0)
        assert group["readers"][0]["who"] == "role/analyst_jp" and group["readers"][0]["country"]["en"] == "Japan"
        assert told["narrows"][0]["readers"][0]["who"] == "role/intern"
        assert told["keys"]["tech"]["by"] == "Aiko" and told["keys"]["business"]["state"] == "missing"
        status, done = visitor.approve()
        assert (status, done["left"]) == (200, 0)
        assert visitor.server.wait(10)
    key, path = sitting.result()
    assert path is not None and (root / path).is_file() and key.person == "bernd"
    found = turned(root, people, widening(), after(10))
    require(widening(), found)
    assert {side.value: key.approval.method.value for side, key in found.keys.items()} == {"tech": "ssh", "business": "passkey"}


def test_the_file_of_a_passkey_counts_for_its_plan_person_and_side_alone(root: Path) -> None:
    with served(desk(root)) as visitor:
        written = visitor.open().approve()[1]["file"]
    people = load(root)[0].people
    original = (root / written).read_text(encoding="utf-8")
    for old, new in (("bernd", "chie"), ("side: business", "side: tech"), ("09:05:00", "09:04:00")):
        (root / written).write_text(original.replace(old, new), encoding="utf-8")
        found = turned(root, people, widening(), after(10))
        assert not found.keys and len(found.refusals) == 1, (old, new)
    other = widening("dora")
    moved = root / "access" / "approvals" / digest(other) / "business-bernd.yaml"
    moved.parent.mkdir()
    moved.write_text(original.replace(digest(widening()), digest(other)), encoding="utf-8")
    assert [refusal.code for refusal in turned(root, people, other, after(10)).refusals.values()] == ["RNG-GOV-064"]


@pytest.mark.parametrize("change", ["both", "neither"])
def test_a_file_holds_one_kind_of_evidence(root: Path, change: str) -> None:
    with served(desk(root)) as visitor:
        written = root / visitor.open().approve()[1]["file"]
    said = written.read_text(encoding="utf-8")
    said = f"{said}signature: x\n" if change == "both" else said.partition("passkey:")[0]
    written.write_text(said, encoding="utf-8")
    (refusal,) = turned(root, load(root)[0].people, widening(), after(10)).refusals.values()
    assert refusal.code == "RNG-GOV-062"


def test_whoever_leaves_the_page_turns_no_key(root: Path) -> None:
    sitting = desk(root)
    with served(sitting) as visitor:
        assert visitor.open().ask("leave", {"plan": digest(widening())})[0] == 200
        assert visitor.ask("challenge", {"plan": digest(widening())})[0] == 409
    with pytest.raises(GovernanceError, match="did not turn the business key"):
        sitting.result()
    assert not (root / "access").exists()


def test_another_plan_another_passkey_and_a_late_answer_are_refused(root: Path) -> None:
    now = [after(5)]
    sitting = PlanDesk(root, load(root)[0], widening(), BUSINESS, "bernd", lambda: now[0])
    with served(sitting) as visitor:
        visitor.open()
        assert visitor.ask("challenge", {"plan": "0" * 64})[0] == 409
        status, answer = visitor.approve(device=Device(which=2))
        assert status == 409 and "is not registered for `bernd`" in answer["error"]["message"]
        _, asked = visitor.ask("challenge", {"plan": digest(widening())})
        now[0] += dt.timedelta(minutes=11)
        given = HERS.but(origin=visitor.server.origin).answer(decoded(asked["challenge"])).model_dump()
        status, answer = visitor.ask("answer", {"plan": digest(widening()), "assertion": given})
        assert status == 409 and "came too late" in answer["error"]["message"]
    assert not (root / "access").exists()


@pytest.mark.parametrize(
    ("person", "side", "authors", "words"),
    [
        ("nobody", BUSINESS, (), "There is no person `nobody`"),
        ("aiko", BUSINESS, (), "may not turn the business key"),
        ("bernd", BUSINESS, ("bernd",), "wrote the change of the policy"),
        ("chie", BUSINESS, (), "has no passkey for `localhost`"),
    ],
)
def test_who_may_turn_no_key_is_told_before_a_page_opens(root: Path, person: str, side: Any, authors: tuple[str, ...], words: str) -> None:
    with pytest.raises(GovernanceError, match=re.escape(words)):
        desk(root, widening(*authors), person, side)


def test_one_person_cannot_turn_one_key_by_ssh_and_the_other_on_the_page(root: Path) -> None:
    edit(root, "people.yaml", lambda book: book["people"]["chie"].update(passkeys=[Device(which=3).entry]))
    approve(root, load(root)[0].people, widening(), TECH, "chie", signer("chie"), START)
    with pytest.raises(GovernanceError, match="needs another person"):
        desk(root, person="chie")


def test_an_author_turns_no_key_by_ssh_either_and_a_file_that_was_made_otherwise_does_not_count(root: Path) -> None:
    people, plan = load(root)[0].people, widening("aiko")
    with pytest.raises(GovernanceError, match="may turn neither of its keys") as error:
        approve(root, people, plan, TECH, "aiko", signer("aiko"), START)
    assert error.value.hint is not None and "RNG-GOV-102" in error.value.hint
    from governance.lake_formation.planning.key_files import keep
    from governance.lake_formation.planning.keys import unsigned
    from governance.lake_formation.planning.plan_approval import NAMESPACE

    asked = unsigned(plan, TECH, "aiko", START)
    keep(root, asked.model_copy(update={"signature": signer("aiko").sign(asked.signed_text(), NAMESPACE)}))
    assert [each.code for each in turned(root, people, plan, after(5)).refusals.values()] == ["RNG-GOV-102"]


def test_the_authors_are_part_of_the_plan_and_of_its_digest_and_none_leaves_the_digest_as_it_was() -> None:
    assert read(text(widening("aiko", "bernd"))).authors == ("aiko", "bernd")
    assert digest(widening("aiko")) != digest(widening())
    assert b"authors" not in text(widening())
    taken = text(widening("aiko")).replace(b'"authors":["aiko"],', b"")
    with pytest.raises(Exception, match="was changed after it was made"):
        read(taken)


def git(root: Path, *words: str, who: str = "aiko") -> None:
    identity = ("-c", f"user.name={who}", "-c", f"user.email={who}@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


def test_who_wrote_the_policy_is_known_by_the_address_of_the_commits(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def addresses(book: dict[str, Any]) -> None:
        for name in ("aiko", "bernd", "chie"):
            book["people"][name]["email"] = f"{name.upper()}@example.com"

    edit(root, "people.yaml", addresses)
    monkeypatch.delenv("RINGI_ACTOR", raising=False)
    assert authors_of(Lake(root), ACCOUNT) == (), "where there is no repository nobody is known"
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All", "--", *(path.name for path in root.iterdir() if path.name not in (".git", "policy")), who="chie")
    assert authors_of(Lake(root), ACCOUNT) == ()
    (root / "policy").mkdir(exist_ok=True)
    (root / "policy" / "more.yaml").write_text("grants: {}\n", encoding="utf-8")
    git(root, "add", "policy")
    git(root, "commit", "-qm", "More\n\nCo-authored-by: Bernd <bernd@example.com>")
    assert authors_of(Lake(root), ACCOUNT) == ("aiko", "bernd")
    edit(root, "people.yaml", lambda book: book["people"]["dora"].update(github="Dora-X"))
    (root / "policy" / "third.yaml").write_text("grants: {}\n", encoding="utf-8")
    git(root, "add", "policy")
    git(root, "commit", "-qm", "Third\n\nCo-authored-by: Dora <77+dora-x@users.noreply.github.com>")
    assert authors_of(Lake(root), ACCOUNT) == ("aiko", "bernd", "dora")
    (root / "policy" / "more.yaml").write_text("grants: {}  # again\n", encoding="utf-8")
    monkeypatch.setenv("RINGI_ACTOR", "chie")
    assert authors_of(Lake(root), ACCOUNT) == ("aiko", "bernd", "chie", "dora")


def test_readers_of_whom_the_same_is_said_stand_in_one_group_that_names_each(root: Path) -> None:
    grants = [
        Step(None, Permission(reader(f"analyst_{code}"), Table(f"views_{code}", view), "SELECT"), Effect.WIDENS, code.upper(), shows)
        for code, shows in (("de", Shows(1, 2)), ("jp", None))
        for view in ("daily", "weekly")
    ]
    odd = Step(None, Permission(reader("odd"), Columns("views_jp", "daily", excluded=("plays",)), "SELECT"), Effect.WIDENS, "JP")
    first, second = groups(Plan((*grants, odd), account=ACCOUNT), load(root)[0], Effect.WIDENS)
    assert [each["who"] for each in first["readers"]] == ["role/analyst_de", "role/analyst_jp"]
    assert [line["words"]["en"] for line in first["lines"]] == [f"Read all columns of `views_<cc>.{view}`." for view in ("daily", "weekly")]
    assert [(line["rows"], line["cells"], line["uncounted"]) for line in first["lines"]] == [(1, 2, 1)] * 2
    assert second["lines"][0]["words"]["en"] == "Read all columns but `plays` of `views_jp.daily`."


def test_every_kind_of_step_has_words_in_both_languages(root: Path) -> None:
    where = Database("views_jp")
    before = Permission(reader("a"), where, "DESCRIBE")
    after_ = Permission(reader("a"), where, "ALTER", grantable=True)
    told = shown(root, load(root)[0], Plan((Step(before, after_, Effect.WIDENS, "JP"),), account=ACCOUNT), after(5))
    (words,) = [line["words"] for group in told["widens"] for line in group["lines"]]
    assert "Know that `database views_jp` is there" in words["en"] and "hand this on" in words["en"]
    assert "変更後" in words["ja"]


def test_the_command_turns_the_key_on_the_page_and_says_where(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (root / "ringi.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{profile_toml(aws_settings())}\n")
    path = root.parent / "plan.json"
    path.write_bytes(text(widening("aiko")))
    words = ("--profile", "aws", "access", "approve", path, "--side", "tech", "--as")
    for more in ([], ["--page", "--key", "id"]):
        said = ringi(*words, "aiko", *more, lake=root)
        assert said.code == 2 and "--page" in said.err and "--key FILE" in said.err
    said = ringi(*words, "aiko", "--page", lake=root)
    assert said.code == 4 and "may turn neither of its keys" in said.err


def test_a_visitor_is_told_the_text_that_is_signed(root: Path) -> None:
    with served(desk(root)) as visitor:
        assert isinstance(visitor, Visitor)
        _, asked = visitor.open().ask("challenge", {"plan": digest(widening())})
    assert asked["signed_text"].startswith(f"ringi access plan v1\nplan: {digest(widening())}\naccount: {ACCOUNT}\nside: business\n")


def test_what_was_applied_already_is_nobodys_change_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGI_ACTOR", raising=False)
    lake = AuditedLake(tmp_path / "lake")
    root = lake.root
    edit(root, "people.yaml", lambda book: [book["people"][name].update(email=f"{name}@example.com") for name in ("aiko", "bernd")])
    write(root, "policy/all.yaml", {"grants": {}})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The policy of before")
    first = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert authors_of(Lake(root), ACCOUNT) == ("aiko",), "nothing was applied yet"

    def applied(commit: str, *, complete: bool, account: str = ACCOUNT) -> None:
        details: dict[str, Detail] = {"account": account, "policy_commit": commit, "complete": complete}
        lake.record(AuditLine(START, AuditKind.ACCESS_APPLY, "operator", f"{account}-{complete}", details))

    applied(first, complete=False)
    applied(first, complete=True, account="210987654321")
    assert authors_of(Lake(root), ACCOUNT) == ("aiko",), "cut off, or another account"
    applied(first, complete=True)
    write(root, "policy/more.yaml", {"grants": {}})
    git(root, "add", "policy")
    git(root, "commit", "-qm", "More", who="bernd")
    assert authors_of(Lake(root), ACCOUNT) == ("bernd",)
    lake.close()
