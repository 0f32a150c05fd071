"""Verification from the records alone: who turned which key when, and what does not count."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from governance.gate.gate import approval_findings, certified
from governance.verification.verified import Stand
from governance.verification.verify import Verification, verify
from governance.verification.verify_shared import verdicts
from metrics_catalog.catalog import load
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Severity
from metrics_catalog.records import read_records
from tests.support.catalogs import edit, metric_file
from tests.support.keys import BUSINESS, TECH, after, keyed_project, signer, talked, turn, turn_both

if TYPE_CHECKING:
    from governance.verification.verified import VerifiedMetric

HOURS = metric_file("viewing_hours")
NOON = after(180)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose `viewing_hours` has both keys."""
    turn_both(keyed_project(tmp_path), "viewing_hours", 0)
    return tmp_path


def verified(root: Path, *metrics: str, at: dt.datetime = NOON) -> Verification:
    return verify(read_records(root), at, metrics or None)


def only(root: Path, metric: str = "viewing_hours") -> VerifiedMetric:
    return next(each for each in verified(root).metrics if each.metric == metric)


def approval(root: Path, side: str = "tech") -> Path:
    (path,) = (root / "approvals/viewing_hours").glob(f"{side}-*.yaml")
    return path


def codes(root: Path) -> list[str]:
    return [finding.code for finding in verified(root).findings]


def test_it_says_who_turned_which_key_over_which_meaning_when(root: Path) -> None:
    found = only(root)
    assert found.stand is Stand.PUBLISHED
    assert found.certificate is not None
    tech, business = found.certificate.tech, found.certificate.business
    assert (tech.person, tech.at, tech.method.value) == ("aiko", after(0), "ssh")
    assert (business.person, business.at) == ("bernd", after(1))
    assert tech.credential == signer("aiko").public_key.fingerprint
    assert found.certificate.meaning == certified(load(root)[0], NOON).metrics["viewing_hours"].published_digest
    assert verified(root).findings == ()


def test_it_needs_nothing_but_the_records(root: Path) -> None:
    for folder in ("sources", "dimensions", "views"):
        for path in (root / folder).rglob("*.yaml"):
            path.unlink()
    (root / "countries.yaml").unlink()
    (root / HOURS).write_text("metric: [", encoding="utf-8")
    assert only(root).stand is Stand.PUBLISHED
    assert verified(root).findings == ()


def test_it_agrees_with_the_gate_on_every_approval(root: Path) -> None:
    turn_both(root, "plays", 10)
    path = approval(root)
    path.write_text(path.read_text(encoding="utf-8").replace("aiko", "chie"), encoding="utf-8")
    assert [finding for finding in verified(root).findings if finding.blocks] == list(approval_findings(load(root)[0], NOON))
    assert {each.metric for each in verified(root).metrics if each.stand is Stand.PUBLISHED} == set(
        certified(load(root)[0], NOON).published
    )


def test_a_tampered_approval_is_named_with_place_and_reason(root: Path) -> None:
    path = approval(root)
    path.write_text(path.read_text(encoding="utf-8").replace("tech\n", "business\n", 1), encoding="utf-8")
    (finding,) = verified(root).findings
    assert (finding.code, finding.place.file) == ("RNG-GOV-001", path.relative_to(root).as_posix())
    assert only(root).stand is Stand.UNCERTIFIED
    assert only(root).certificate is None


def test_an_approval_that_cannot_be_read_is_a_finding_and_takes_nothing_else_with_it(root: Path) -> None:
    turn_both(root, "plays", 10)
    approval(root).write_bytes(b"\x00\xff\x13garbage")
    assert codes(root) == ["RNG-CAT-004"]
    assert only(root, "plays").stand is Stand.PUBLISHED
    assert only(root).stand is Stand.UNCERTIFIED


def test_people_that_cannot_be_read_leave_the_keys_of_others_checked(root: Path) -> None:
    turn(root, "plays", TECH, "chie", after(10))
    turn(root, "plays", BUSINESS, "bernd", after(11))
    edit(root, "people.yaml", lambda document: document["people"]["aiko"].update(sides=["teck"]))
    assert codes(root) == ["RNG-GOV-070", "RNG-CAT-023"] or "RNG-GOV-070" in codes(root)
    assert only(root, "plays").stand is Stand.PUBLISHED
    assert only(root).stand is Stand.UNCERTIFIED


def test_a_retired_and_a_withdrawn_metric_are_not_published(root: Path) -> None:
    edit(root, HOURS, lambda document: document.update(lifecycle="retired"))
    assert only(root).stand is Stand.PUBLISHED
    talked(root, after(9), "lifecycle")
    turn(root, "viewing_hours", BUSINESS, "bernd", after(10))
    assert only(root).stand is Stand.RETIRED
    (root / HOURS).unlink()
    assert only(root).stand is Stand.WITHDRAWN


def test_earlier_certificates_are_told_too(root: Path) -> None:
    edit(root, HOURS, lambda document: document["how"].update(expression="seconds_viewed / 1800.0"))
    talked(root, after(9), "how.expression")
    turn_both(root, "viewing_hours", 10)
    first, last = only(root).certificates
    assert (first.certified_at, last.certified_at) == (after(1), after(11))
    assert only(root).certificate == last


def test_some_metrics_alone_are_verified_when_they_are_named(root: Path) -> None:
    turn_both(root, "plays", 10)
    approval(root).write_text("no", encoding="utf-8")
    assert [each.metric for each in verified(root, "plays").metrics] == ["plays"]
    assert verified(root, "plays").findings == ()
    assert len(verified(root, "viewing_hours").findings) == 1
    with pytest.raises(UsageError, match="viewing_hour"):
        verified(root, "viewing_hour")


def test_a_file_that_no_approval_leads_to_is_a_warning(root: Path) -> None:
    (root / "approvals/meanings" / f"{'0' * 64}.json").write_text("{}", encoding="utf-8")
    (finding,) = verified(root).findings
    assert (finding.code, finding.severity) == ("RNG-GOV-074", Severity.WARNING)


def test_rows_that_a_certified_meaning_needs_are_checked(root: Path) -> None:
    (digest,) = only(root).certificates[0].rows
    path = root / f"approvals/meanings/{digest}.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert codes(root) == ["RNG-GOV-009"]
    path.unlink()
    assert codes(root) == ["RNG-GOV-008"]


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "huge"])
def test_a_meaning_that_is_no_ordinary_file_is_damaged(root: Path, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = root / f"approvals/meanings/{only(root).certificates[0].meaning}.json"
    raw = path.read_bytes()
    path.unlink()
    match kind:
        case "link":
            outside = tmp_path_factory.mktemp("outside") / "meaning.json"
            outside.write_bytes(raw)
            path.symlink_to(outside)
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "huge":
            with path.open("wb") as file:
                file.truncate(200 * 2**20)
    assert codes(root) == ["RNG-GOV-009", "RNG-GOV-009"]
    assert only(root).stand is Stand.UNCERTIFIED


def test_a_folder_of_meanings_that_is_a_link_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "meanings"
    (root / "approvals/meanings").rename(outside)
    (root / "approvals/meanings").symlink_to(outside)
    assert "RNG-GOV-009" in codes(root)
    assert only(root).stand is Stand.UNCERTIFIED


def test_keys_that_are_checked_on_many_cores_give_the_same_answer(root: Path) -> None:
    for number, metric in enumerate(("plays", "viewers", "completions"), start=1):
        turn_both(root, metric, number * 10)
    approval(root).write_text(approval(root).read_text(encoding="utf-8").replace("aiko", "chie"), encoding="utf-8")
    records = read_records(root)
    names = sorted(records.catalog.approvals)
    assert verdicts(records, names, NOON, worth_sharing=1) == verdicts(records, names, NOON, worth_sharing=1_000)
