"""A small project whose people hold real SSH keys, for tests of approvals and of the gate."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

from governance.gate.approve import Approved, approve
from governance.gate.gate import Certification, certified
from governance.keys.ssh import PrivateKeySigner, new_key
from metrics_catalog.catalog import load
from metrics_catalog.hearing_answers import Answers
from metrics_catalog.hearing_record import add_entry, entry_lines
from metrics_catalog.meaning_diff import changes
from metrics_catalog.person import Side
from tests.support.catalogs import edit, small_project

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TECH, BUSINESS = Side.TECH, Side.BUSINESS
START = dt.datetime(2025, 6, 2, 9, 0, tzinfo=dt.UTC)
"""When the clock of these tests begins; long past, because some tests go through the command line, which asks the real clock."""

PEOPLE = {"aiko": [TECH], "bernd": [BUSINESS], "chie": [TECH, BUSINESS], "carla": [TECH, BUSINESS], "dora": []}
"""Sides by person; `carla` proposes the metrics of `small_project`, `dora` holds no side."""


@cache
def signer(person: str) -> PrivateKeySigner:
    """The private key of a person; the same in all tests of a run."""
    return new_key()


def after(minutes: int) -> dt.datetime:
    """The instant so many minutes after the start."""
    return START + dt.timedelta(minutes=minutes)


def keyed_project(root: Path) -> Path:
    """`small_project`, with the people above and their keys."""
    small_project(root)
    edit(root, "people.yaml", lambda document: document.update(people={name: _person(name) for name in PEOPLE}))
    return root


def _person(name: str) -> dict[str, object]:
    sides = [side.value for side in PEOPLE[name]]
    return {"name": name.capitalize(), "team": "content_insights", "sides": sides, "keys": [{"public_key": signer(name).public_line}]}


def turn(root: Path, metric: str, side: Side, person: str, at: dt.datetime) -> Approved:
    """Turn one key as `ringi approve` does, on the project as its files are now; before a Business key, talk about what changed."""
    if side is BUSINESS:
        talk_about(root, metric, at)
    return turn_unheard(root, metric, side, person, at)


def talk_about(root: Path, metric: str, at: dt.datetime, *, fields: Iterable[str] | None = None) -> None:
    """An entry in the metric's hearing about the fields that changed since it was certified, or about those given; none where nothing did."""
    catalog = load(root)[0]
    status = certified(catalog, at, [metric]).metrics[metric]
    hearing = catalog.metrics[metric].hearing
    if status.certificate is None or status.present is None or hearing is None or hearing not in catalog.hearings:
        return
    changed = [change.field for change in changes(status.certificate.meaning, status.present)] if fields is None else list(fields)
    if changed:
        answers = Answers(at.date(), (("aiko", TECH), ("bernd", BUSINESS)), "Agreed.")
        add_entry(root, catalog.files["hearing", hearing], entry_lines([metric], changed, answers, at))


def turn_unheard(root: Path, metric: str, side: Side, person: str, at: dt.datetime) -> Approved:
    """Turn one key and write nothing into any hearing."""
    return approve(root, load(root)[0], metric, side, person, signer(person), at)


def turn_both(root: Path, metric: str, minutes: int) -> None:
    """Both keys, by aiko and bernd, one minute apart."""
    turn(root, metric, TECH, "aiko", after(minutes))
    turn(root, metric, BUSINESS, "bernd", after(minutes + 1))


def talked(root: Path, at: dt.datetime, *fields: str, metric: str = "viewing_hours") -> None:
    """Both sides talk about changed fields, and it is written down at that instant."""
    entry = {
        "date": at.date().isoformat(),
        "recorded_at": at.isoformat(),
        "metrics": [metric],
        "changed": list(fields),
        "attendees": [{"person": "aiko", "side": "tech"}, {"person": "bernd", "side": "business"}],
        "decision": "Change it.",
    }
    edit(root, "hearings/2026-11-engagement.yaml", lambda document: document.setdefault("entries", []).append(entry))


def gate(root: Path, at: dt.datetime) -> Certification:
    """What the gate says of the project as its files are now."""
    return certified(load(root)[0], at)


def states(root: Path, metric: str, at: dt.datetime) -> tuple[str, str]:
    """States of the Tech and the Business key."""
    keys = gate(root, at).metrics[metric].keys
    return keys[TECH].state.value, keys[BUSINESS].state.value
