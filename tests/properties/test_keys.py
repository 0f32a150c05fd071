"""Laws of the two keys: no sequence of edits, reverts, keys and forgeries certifies a meaning that two people did not agree to."""

from __future__ import annotations

import base64
import json
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sshsig
from hypothesis import event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from governance.errors import GovernanceError
from governance.gate.approve import approve
from governance.gate.gate import MetricStatus, certified
from governance.gate.hearing_rule import CLOCK_SKEW
from governance.keys import public_key, ssh, sshsig_format
from metrics_catalog import canonical_json, meaning
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.hearing import Entry
from metrics_catalog.lifecycle import KeyState
from metrics_catalog.meaning import resolve
from metrics_catalog.meaning_diff import changes
from metrics_catalog.person import Side
from metrics_catalog.yaml_io import build, read
from tests.support.keys import PEOPLE, after, keyed_project, signer

METRIC = "viewing_hours"
PERSONS = st.sampled_from(sorted(PEOPLE))
SIDES = st.sampled_from(list(Side))


class TwoKeys(RuleBasedStateMachine):
    """One metric, five people and a forger."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root = keyed_project(Path(self.folder.name))
        self.catalog: Catalog = load(self.root)[0]
        self.minutes = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    @property
    def status(self) -> MetricStatus:
        return certified(self.catalog, after(self.minutes), [METRIC]).metrics[METRIC]

    def _edit(self, **changes: Any) -> None:
        before = self.status.published_digest
        model = self.catalog.metrics[METRIC]
        self.catalog = replace(self.catalog, metrics={**self.catalog.metrics, METRIC: model.model_copy(update=changes)})
        assert self.status.published_digest == before, "an edit alone never changes what is published"

    def _add(self, approval: Approval) -> None:
        given = (*self.catalog.approvals.get(METRIC, ()), approval)
        self.catalog = replace(self.catalog, approvals={METRIC: given})

    @rule(expression=st.sampled_from(["seconds_viewed / 3600.0", "seconds_viewed / 1800.0", "position_s"]))
    def edit_logic(self, expression: str) -> None:
        how = self.catalog.metrics[METRIC].how
        self._edit(how=how.model_copy(update={"expression": expression}))

    @rule(unit=st.sampled_from(["hours", "half hours"]))
    def edit_words(self, unit: str) -> None:
        what = self.catalog.metrics[METRIC].what
        self._edit(what=what.model_copy(update={"unit": unit}))

    @rule(proposer=st.sampled_from(["carla", "aiko", None]))
    def edit_proposer(self, proposer: str | None) -> None:
        self._edit(proposer=proposer)

    @rule(zone=st.sampled_from(["Asia/Tokyo", "Asia/Seoul", None]))
    def edit_countries(self, zone: str | None) -> None:
        before = self.status.published_digest
        countries = {code: country for code, country in self.catalog.countries.items() if code != "JP"}
        if zone is not None:
            japan = load(self.root)[0].countries["JP"]
            countries["JP"] = japan.model_copy(update={"reporting_time_zone": zone})
        self.catalog = replace(self.catalog, countries=countries)
        assert self.status.published_digest == before

    @rule(side=SIDES, person=PERSONS, hand=PERSONS, honest=st.integers(0, 3))
    def turn(self, side: Side, person: str, hand: str, honest: int) -> None:
        """Three of four times with the person's own key."""
        self._turn(side, person, person if honest else hand)

    @rule(people=st.sampled_from([("aiko", "bernd"), ("aiko", "chie"), ("chie", "bernd")]), first=SIDES)
    def agree(self, people: tuple[str, str], first: Side) -> None:
        """A talk about what changed, and two people who hold the sides, one after the other."""
        self.minutes += 1
        self._talk()
        for side, person in sorted(zip((Side.TECH, Side.BUSINESS), people, strict=True), key=lambda pair: pair[0] is not first):
            self._turn(side, person, person)

    def _turn(self, side: Side, person: str, hand: str) -> None:
        self.minutes += 1
        try:
            done = approve(self.root, self.catalog, METRIC, side, person, signer(hand), after(self.minutes))
        except GovernanceError:
            return
        if not done.already:
            document, _ = read(self.root / done.files[0], self.root)
            assert document is not None
            written, findings = build(Approval, document)
            assert written is not None, findings
            self._add(written)

    @rule(fields=st.sampled_from([("how",), ("what",), ("how", "what", "proposer", "countries")]))
    def talk(self, fields: tuple[str, ...]) -> None:
        """Both sides talk about some fields, perhaps not those that changed."""
        self.minutes += 1
        self._record(fields)

    def _talk(self) -> None:
        last, present = self.status.certificate, self.status.present
        if last is not None and present is not None:
            self._record(tuple(change.field for change in changes(last.meaning, present)))

    def _record(self, fields: tuple[str, ...]) -> None:
        name = str(self.catalog.metrics[METRIC].hearing)
        held = self.catalog.hearings[name]
        said = Entry(
            date=after(self.minutes).date(),
            recorded_at=after(self.minutes),
            metrics=(METRIC,),
            changed=fields,
            attendees=held.attendees,
            decision="So.",
        )
        longer = held.model_copy(update={"entries": (*held.entries, said)})
        self.catalog = replace(self.catalog, hearings={**self.catalog.hearings, name: longer})

    @rule(side=SIDES, person=PERSONS)
    def sign_past_the_rules(self, side: Side, person: str) -> None:
        """A well-signed file over a meaning that is on record, by whoever likes to."""
        self.minutes += 1
        given = self.catalog.approvals.get(METRIC, ())
        if given:
            unsigned = given[-1].model_copy(update={"side": side, "person": person, "approved_at": after(self.minutes)})
            self._add(unsigned.model_copy(update={"signature": signer(person).sign(unsigned.signed_text(), NAMESPACE)}))

    @precondition(lambda self: bool(self.catalog.approvals.get(METRIC)))
    @rule(data=st.data(), person=PERSONS, side=SIDES)
    def forge(self, data: st.DataObject, person: str, side: Side) -> None:
        """A file with another's signature, or a field changed after signing."""
        before = self.status.published_digest
        given = self.catalog.approvals[METRIC]
        one, other = data.draw(st.sampled_from(given)), data.draw(st.sampled_from(given))
        changes: dict[str, Any] = data.draw(
            st.sampled_from(
                [
                    {"side": side},
                    {"person": person},
                    {"signature": other.signature},
                    {"signature": (one.signature or "")[:-90]},
                    {"meaning": other.meaning},
                ]
            )
        )
        forged = one.model_copy(update=changes)
        if forged.signed_text() != one.signed_text() or forged.signature not in {
            entry.signature for entry in given if entry.signed_text() == one.signed_text()
        }:
            self._add(forged)
            assert self.status.published_digest == before, "a forged file changes nothing"

    @invariant()
    def what_is_certified_has_two_keys_by_two_people(self) -> None:
        if not hasattr(self, "catalog"):
            return
        certificate = self.status.certificate
        if certificate is None:
            return
        event("certified")
        tech, business = certificate.tech, certificate.business
        for turned, side in ((tech, Side.TECH), (business, Side.BUSINESS)):
            approval = turned.approval
            assert approval.side is side
            assert side in PEOPLE[approval.person]
            own = sshsig.PublicKey.from_openssh_str(signer(approval.person).public_line)
            sshsig.verify(approval.signed_text(), approval.signature or "", [own], NAMESPACE)
            assert turned.meaning.logic.others.get("proposer") != approval.person
            assert canonical_json.sha256((self.root / f"approvals/meanings/{approval.meaning}.json").read_bytes()) == approval.meaning
        assert tech.approval.person != business.approval.person
        assert tech.meaning.logic.model_copy(update={"time_zones": {}}) == business.meaning.logic.model_copy(update={"time_zones": {}})
        assert certificate.meaning.digest == business.approval.meaning

    @invariant()
    def every_later_certificate_was_talked_about(self) -> None:
        """By the definition, counted anew: between two certificates there is a talk about each field that differs."""
        certificates = self.status.standing.certificates if hasattr(self, "catalog") else ()
        for last, following in pairwise(certificates):
            entries = self.catalog.hearings[str(following.meaning.business["hearing"])].entries
            between = [entry for entry in entries if last.certified_at < entry.recorded_at <= following.business.at + CLOCK_SKEW]
            heard = {field for entry in between for field in entry.changed}
            for change in changes(last.meaning, following.meaning):
                event("a change was certified")
                assert any(change.field == field or change.field.startswith(field + ".") for field in heard)

    @invariant()
    def valid_keys_mean_that_the_present_meaning_is_published(self) -> None:
        if hasattr(self, "catalog"):
            status = self.status
            if all(key.state is KeyState.VALID for key in status.keys.values()):
                assert status.published_digest == status.current_digest
                assert status.certificate is not None
                present = resolve(self.catalog, METRIC)
                assert (status.certificate.meaning.logic_digest, status.certificate.meaning.business) == (
                    present.logic_digest,
                    present.business,
                )


TestTwoKeys = TwoKeys.TestCase
TestTwoKeys.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=6), st.randoms())
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, Any], random: Any) -> None:
    shuffled = list(value.items())
    random.shuffle(shuffled)
    plain = canonical_json.plain(value)
    if len(plain) == len(value):  # two keys may be one in NFC
        assert canonical_json.dump(dict(shuffled)) == canonical_json.dump(value)
    assert canonical_json.plain(json.loads(canonical_json.dump(value))) == plain


@given(
    st.text()
    | st.binary().map(lambda raw: "\n".join([sshsig_format.BEGIN, base64.b64encode(b"SSHSIG\0\0\0\1" + raw).decode(), sshsig_format.END]))
)
def test_no_text_crashes_the_reading_of_signatures(armour: str) -> None:
    with pytest.raises(ssh.SignatureError):
        ssh.verify(b"text", armour, NAMESPACE)


@given(st.data())
def test_a_signature_with_any_changed_bytes_is_refused_or_the_same(data: st.DataObject) -> None:
    armour = signer("aiko").sign(b"text", NAMESPACE)
    blob = bytearray(base64.b64decode("".join(armour.splitlines()[1:-1])))
    for _ in range(data.draw(st.integers(1, 3))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    changed = "\n".join([sshsig_format.BEGIN, base64.b64encode(bytes(blob)).decode(), sshsig_format.END])
    try:
        ssh.verify(b"text", changed, NAMESPACE)
    except ssh.SignatureError:
        return
    assert bytes(blob) == base64.b64decode("".join(armour.splitlines()[1:-1]))


@given(st.text() | st.binary().map(lambda raw: f"ssh-ed25519 {base64.b64encode(raw).decode()}"))
def test_no_text_crashes_the_reading_of_public_keys(line: str) -> None:
    try:
        public_key.from_text(line)
    except public_key.UnusableKeyError as error:
        assert str(error)


@given(JSON | st.fixed_dictionaries({"form": st.just(1), "metric": JSON, "business": JSON, "logic": JSON, "countries": JSON}))
def test_no_json_crashes_the_reading_of_meanings(value: Any) -> None:
    try:
        meaning.read(json.dumps(value).encode(), lambda _: CountryParts())
    except ValueError as error:
        assert str(error)
