"""An adversary works on the files of a project: whatever is done in whatever order, nothing is published without two keys.

Each rule does to the files what a person, a mistake or an attacker could do; after each step the gate's answer is held against
a second opinion that shares no code with it (`tests.support.key_oracle`). What only moves or breaks approval files must never
publish a meaning that was not published before.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from governance.errors import GovernanceError
from governance.gate.approve import approve
from governance.gate.gate import MetricStatus, certified
from governance.keys import meaning_store
from governance.keys.approval_text import approval_text
from governance.keys.ssh import PrivateKeySigner, new_key
from governance.verification.verified import Stand
from governance.verification.verify import verify
from metrics_catalog import canonical_json
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.errors import RingiError
from metrics_catalog.lifecycle import KeyState
from metrics_catalog.meaning import resolve
from metrics_catalog.person import Side
from metrics_catalog.records import read_records
from tests.support.adversary import PASSKEYS, SETTINGS, assertion_of, crafted, facts_of, forged_review, with_passkeys_and_logins
from tests.support.catalogs import edit, metric_file
from tests.support.key_oracle import is_justified
from tests.support.keys import PEOPLE, after, keyed_project, signer, talked

if TYPE_CHECKING:
    from collections.abc import Callable

METRIC, OTHER = "viewing_hours", "plays"
HOURS = metric_file(METRIC)
PERSONS, SIDES = st.sampled_from(sorted(PEOPLE)), st.sampled_from(list(Side))
MINUTES = st.integers(0, 10)
OTHER_SIDE = {Side.TECH: Side.BUSINESS, Side.BUSINESS: Side.TECH}
FIELDS = ("how", "what", "why", "countries", "proposer", "owners", "tier", "hearing", "lifecycle")


class AdversaryAndKeys(RuleBasedStateMachine):
    """One metric, five people, and somebody who may write every file but holds only keys of their own."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root = keyed_project(Path(self.folder.name))
        self.hands: dict[str, PrivateKeySigner] = {name: signer(name) for name in PEOPLE}
        self.minutes = 60
        self.ever: set[str | None] = {None}
        edit(self.root, "people.yaml", with_passkeys_and_logins)
        with (self.root / "ringi.toml").open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        self.agree(("aiko", "bernd"), Side.TECH)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    # -- what the machine knows

    @property
    def now(self) -> dt.datetime:
        return after(self.minutes)

    @property
    def catalog(self) -> Catalog:
        return load(self.root)[0]

    def status(self) -> MetricStatus | None:
        """None where people cannot be read: then the gate decides nothing."""
        try:
            return certified(self.catalog, self.now, [METRIC]).metrics[METRIC]
        except GovernanceError:
            return None

    def published(self) -> str | None:
        status = self.status()
        return status.published_digest if status else None

    def files(self) -> list[Path]:
        return sorted(path for path in (self.root / "approvals" / METRIC).glob("*.yaml") if path.is_file())

    def later(self, minutes: int = 1) -> None:
        self.minutes += minutes

    # -- edits: never change what is published

    def _edit(self, file: str, change: Callable[[dict[str, Any]], Any]) -> None:
        before = self.published()
        edit(self.root, file, change)
        assert self.published() == before, "an edit alone never changes what is published"

    @rule(expression=st.sampled_from(["seconds_viewed / 3600.0", "seconds_viewed / 1800.0", "position_s"]))
    def edit_logic(self, expression: str) -> None:
        self._edit(HOURS, lambda document: document["how"].update(expression=expression))

    @rule(unit=st.sampled_from(["hours", "half hours"]))
    def edit_words(self, unit: str) -> None:
        self._edit(HOURS, lambda document: document["what"].update(unit=unit))

    @rule(proposer=st.sampled_from(["carla", "aiko", "bernd"]))
    def edit_proposer(self, proposer: str) -> None:
        self._edit(HOURS, lambda document: document.update(proposer=proposer))

    @rule(zone=st.sampled_from(["Asia/Tokyo", "Asia/Seoul"]))
    def edit_countries(self, zone: str) -> None:
        self._edit("countries.yaml", lambda document: document["countries"]["JP"].update(reporting_time_zone=zone))

    # -- honest people

    @rule(side=SIDES, person=PERSONS, hand=PERSONS, honest=st.integers(0, 3))
    def turn(self, side: Side, person: str, hand: str, honest: int) -> None:
        """Three of four times with the person's own key; nobody talked before."""
        self._turn(side, person, person if honest else hand)

    @rule(people=st.sampled_from([("aiko", "bernd"), ("aiko", "chie"), ("chie", "bernd")]), first=SIDES)
    def agree(self, people: tuple[str, str], first: Side) -> None:
        """Both sides talk, then two people who hold the sides turn the keys one after the other."""
        self.later()
        talked(self.root, self.now, *FIELDS, metric=METRIC)
        for side, person in sorted(zip((Side.TECH, Side.BUSINESS), people, strict=True), key=lambda pair: pair[0] is not first):
            self._turn(side, person, person)

    def _turn(self, side: Side, person: str, hand: str) -> None:
        self.later()
        try:
            approve(self.root, self.catalog, METRIC, side, person, self.hands[hand], self.now)
        except RingiError:
            return
        self.ever.add(self.published())

    @precondition(lambda self: bool(self.files()))
    @rule(data=st.data(), side=SIDES, person=st.sampled_from(sorted(PASSKEYS)), at=MINUTES)
    def turn_by_passkey(self, data: st.DataObject, side: Side, person: str, at: int) -> None:
        """A person answers with a passkey over a meaning that is on record; the page asked no rule."""
        self.later()
        unsigned = self._unsigned(data, side, person, self.now - dt.timedelta(minutes=at), method="passkey")
        self._write(unsigned.model_copy(update={"passkey": assertion_of(PASSKEYS[person], unsigned)}), "by-passkey")
        self.ever.add(self.published())

    @precondition(lambda self: bool(self.files()))
    @rule(data=st.data(), side=SIDES, person=PERSONS, at=MINUTES)
    def sign_past_the_rules(self, data: st.DataObject, side: Side, person: str, at: int) -> None:
        """A well-signed file, perhaps dated back, over a meaning that is on record, by whoever likes to."""
        self.later()
        unsigned = self._unsigned(data, side, person, self.now - dt.timedelta(minutes=at))
        self._write(unsigned.model_copy(update={"signature": self.hands[person].sign(unsigned.signed_text(), NAMESPACE)}), "by-hand")
        self.ever.add(self.published())

    def _unsigned(self, data: st.DataObject, side: Side, person: str, at: dt.datetime, method: str = "ssh") -> Approval:
        digests = sorted(path.stem for path in (self.root / meaning_store.FOLDER).glob("*.json") if b'"form"' in path.read_bytes())
        return Approval(metric=METRIC, side=side, person=person, meaning=data.draw(st.sampled_from(digests)), approved_at=at, method=method)

    def _write(self, approval: Approval, mark: str) -> None:
        path = self.root / "approvals" / METRIC / f"{approval.side}-{approval.person}-{mark}-{self.minutes}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(approval_text(approval), encoding="utf-8")

    @rule(one=st.sampled_from(["chie", "chie", "aiko"]), other=st.sampled_from(["chie", "bernd"]), shares=st.booleans(), first=SIDES)
    def one_hand_turns_both(self, one: str, other: str, shares: bool, first: Side) -> None:
        """One hand signs a new meaning for both sides: in its own name, or also in that of somebody who lists the same key."""
        self._edit(HOURS, lambda document: document["what"].update(unit=f"unit {self.minutes}"))
        self._edit(HOURS, lambda document: document["how"].update(expression=f"seconds_viewed / {self.minutes + 1}.0"))
        self.later()
        talked(self.root, self.now, *FIELDS, metric=METRIC)
        if shares:
            held = {"public_key": self.hands[one].public_line}
            edit(self.root, "people.yaml", lambda document: document["people"][other]["keys"].insert(0, held))
        self._by_hand(((first, one, one), (OTHER_SIDE[first], other if shares else one, one)))

    @rule(proposer=st.sampled_from(["aiko", "bernd"]))
    def the_proposer_turns_a_key(self, proposer: str) -> None:
        """Both sides talk and sign, but one of the two wrote the change."""
        self.edit_proposer(proposer)
        self.later()
        talked(self.root, self.now, *FIELDS, metric=METRIC)
        self._by_hand(((Side.TECH, "aiko", "aiko"), (Side.BUSINESS, "bernd", "bernd")))

    def _by_hand(self, keys: tuple[tuple[Side, str, str], ...]) -> None:
        """Keys over the present meaning by side, person and hand, without asking any rule."""
        present = resolve(self.catalog, METRIC)
        meaning_store.write(self.root, meaning_store.files_of(self.catalog, present))
        for side, person, hand in keys:
            self.later()
            unsigned = Approval(metric=METRIC, side=side, person=person, meaning=present.digest, approved_at=self.now)
            self._write(
                unsigned.model_copy(update={"signature": self.hands[hand].sign(unsigned.signed_text(), NAMESPACE)}), "past-the-rules"
            )
        self.ever.add(self.published())

    # -- people.yaml and clocks

    @rule(person=PERSONS, compromised=st.booleans())
    def revoke(self, person: str, compromised: bool) -> None:
        what: dict[str, Any] = {"compromised": True} if compromised else {"revoked_at": self.now.isoformat()}
        edit(self.root, "people.yaml", lambda document: document["people"][person]["keys"][-1].update(what))

    @rule(person=PERSONS)
    def rotate(self, person: str) -> None:
        """A new key from now on; the old one until now."""
        self.hands[person] = new_key()

        def change(document: dict[str, Any]) -> None:
            held = document["people"][person]["keys"]
            held[-1].setdefault("valid_until", self.now.isoformat())
            held.append({"public_key": self.hands[person].public_line, "valid_from": self.now.isoformat()})

        edit(self.root, "people.yaml", change)

    @rule(person=PERSONS, side=SIDES)
    def change_sides(self, person: str, side: Side) -> None:
        """From now on the other side only; what was approved before still counts."""

        def change(document: dict[str, Any]) -> None:
            entry = document["people"][person]
            start = entry.get("valid_from")
            for held in entry.get("sides", []):
                earlier = {"side": held, "valid_until": self.now.isoformat()} | ({"valid_from": start} if start else {})
                if start != self.now.isoformat():
                    entry.setdefault("earlier_sides", []).append(earlier)
            entry.update(sides=[side.value], valid_from=self.now.isoformat())

        edit(self.root, "people.yaml", change)

    @rule(text=st.sampled_from(["people: [", "people: {}\n"]))
    def break_people(self, text: str) -> None:
        """The gate decides nothing, or takes away; mended at once."""
        path = self.root / "people.yaml"
        kept = path.read_bytes()
        path.write_text(text, encoding="utf-8")
        assert self.published() is None
        path.write_bytes(kept)

    @rule(minutes=st.sampled_from([-30, -6, 4, 60]))
    def clock_changes(self, minutes: int) -> None:
        self.minutes = max(self.minutes + minutes, 0)
        self.ever.add(self.published())

    # -- forgeries: files are moved, copied, broken; nothing new is ever published

    @precondition(lambda self: bool(self.files()))
    @rule(
        data=st.data(), kind=st.sampled_from(["delete", "copy", "rename", "other folder", "truncate", "garbage", "link", "double", "note"])
    )
    def shuffle(self, data: st.DataObject, kind: str) -> None:
        path = data.draw(st.sampled_from(self.files()))
        raw = path.read_bytes()
        elsewhere = self.root / "approvals" / OTHER
        elsewhere.mkdir(exist_ok=True)
        match kind:
            case "delete":
                path.unlink()
            case "copy":
                path.with_name(f"copy-{self.minutes}.yaml").write_bytes(raw)
            case "rename":
                path.rename(path.with_name(f"0-{path.name}"[-100:]))
            case "other folder":
                path.rename(elsewhere / path.name)
            case "truncate":
                path.write_bytes(raw[: data.draw(st.integers(0, len(raw)))])
            case "garbage":
                path.write_bytes(data.draw(st.binary(max_size=200)))
            case "link":
                outside = Path(self.folder.name) / f"outside-{path.name}"
                path.rename(outside)
                path.symlink_to(outside)
            case "double":
                path.write_bytes(raw + b"\nperson: carla\n")
            case "note":
                path.write_bytes(b"# looks good to me\r\n" + raw.replace(b"\n", b"\r\n"))
        event(kind)
        assert self.published() in self.ever

    @precondition(lambda self: bool(self.files()))
    @rule(data=st.data(), person=PERSONS, side=SIDES)
    def forge(self, data: st.DataObject, person: str, side: Side) -> None:
        """One field is another's, or another method is claimed."""
        one, other = (facts_of(data.draw(st.sampled_from(self.files()))) for _ in range(2))
        if one is None or other is None:  # broken before
            return
        evidence = ("signature", "passkey", "github")
        changes: dict[str, Any] = data.draw(
            st.sampled_from(
                [
                    {"side": side.value},
                    {"person": person},
                    {name: other.get(name) for name in evidence},
                    {"meaning": other.get("meaning")},
                    {"metric": OTHER},
                    {"approved_at": self.now.isoformat()},
                    {"method": "passkey"},
                    {"method": "github", "signature": None, "passkey": None, "github": forged_review(one, person, self.hands["carla"])},
                ]
            )
        )
        forged = {name: value for name, value in (one | changes).items() if value is not None}
        path = self.root / "approvals" / METRIC / f"forged-{self.minutes}.yaml"
        path.write_text(yaml.safe_dump(forged, sort_keys=False, allow_unicode=True), encoding="utf-8")
        assert self.published() in self.ever

    @rule()
    def carry_all_keys_over_to_a_new_meaning(self) -> None:
        """Every approval is written again over an edited meaning, at another time, with the evidence that it had."""
        self.later()
        self._edit(HOURS, lambda document: document["how"].update(expression=f"seconds_viewed / {self.minutes + 1}.5"))
        talked(self.root, self.now, *FIELDS, metric=METRIC)
        present = resolve(self.catalog, METRIC)
        meaning_store.write(self.root, meaning_store.files_of(self.catalog, present))
        for number, facts in enumerate(facts for path in self.files() if (facts := facts_of(path)) is not None):
            carried = facts | {"meaning": present.digest, "approved_at": self.now.isoformat()}
            path = self.root / "approvals" / METRIC / f"carried-{self.minutes}-{number}.yaml"
            path.write_text(yaml.safe_dump(carried, sort_keys=False, allow_unicode=True), encoding="utf-8")
        assert self.published() in self.ever
        for path in (self.root / "approvals" / METRIC).glob(f"carried-{self.minutes}-*.yaml"):
            path.unlink()

    @precondition(lambda self: bool(self.files()))
    @rule(data=st.data(), kind=st.sampled_from(["no proposer", "expression", "nan", "surrogate", "same name", "spaces"]), person=PERSONS)
    def craft_meaning(self, data: st.DataObject, kind: str, person: str) -> None:
        """A meaning that no file ever said, under its own digest or under another's, with one well-signed key over it."""
        folder = self.root / meaning_store.FOLDER
        sources = sorted(path for path in folder.glob("*.json") if b'"form"' in path.read_bytes())
        path = data.draw(st.sampled_from(sources))
        try:
            facts = json.loads(path.read_bytes())
            raw = crafted(facts, kind)
        except (ValueError, KeyError, TypeError):  # what was crafted before is crafted again
            return
        before = self.published()
        if kind == "same name":
            kept = path.read_bytes()
            path.write_bytes(raw)
            assert self.published() in self.ever
            path.write_bytes(kept)
            return
        digest = canonical_json.sha256(raw)
        (folder / f"{digest}.json").write_bytes(raw)
        unsigned = Approval(metric=METRIC, side=Side.TECH, person=person, meaning=digest, approved_at=self.now)
        self._write(unsigned.model_copy(update={"signature": self.hands[person].sign(unsigned.signed_text(), NAMESPACE)}), f"of-{kind[:2]}")
        assert self.published() == before or kind == "no proposer", "one key more, over what nobody else ever saw"
        self.ever.add(self.published())

    # -- laws

    @invariant()
    def what_is_published_is_justified_by_the_second_opinion(self) -> None:
        if not hasattr(self, "ever"):
            return
        status = self.status()
        if status is None or status.published_digest is None:
            return
        event("published")
        assert is_justified(self.root, METRIC, status.published_digest, self.now)
        raw = json.loads((self.root / meaning_store.FOLDER / f"{status.published_digest}.json").read_bytes())
        assert status.published is None or status.published.logic.expression == raw["logic"].get("expression")

    @invariant()
    def valid_keys_mean_that_the_present_meaning_is_published(self) -> None:
        if not hasattr(self, "ever"):
            return
        status = self.status()
        if status is not None and all(key.state is KeyState.VALID for key in status.keys.values()):
            assert status.published_digest == status.current_digest is not None

    @invariant()
    def verification_says_what_the_gate_does(self) -> None:
        if not hasattr(self, "ever"):
            return
        found = {each.metric: each for each in verify(read_records(self.root), self.now).metrics}
        digest = self.published()
        if METRIC in found:
            certificate = found[METRIC].certificate
            assert (found[METRIC].stand is Stand.PUBLISHED) == (digest is not None)
            assert digest is None or (certificate is not None and certificate.meaning == digest)
        else:
            assert digest is None


TestAdversaryAndKeys = AdversaryAndKeys.TestCase
TestAdversaryAndKeys.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
