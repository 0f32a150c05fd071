"""A project in which one key may be turned by passkey, and approvals for it, allowed or not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.gate.approve import Request, approval_text, proposal, unsigned
from governance.keys import meaning_store
from metrics_catalog.approval import Approval, Method
from metrics_catalog.catalog import load
from tests.support.catalogs import edit
from tests.support.keys import BUSINESS, START, TECH, after, gate, keyed_project, turn
from tests.support.passkeys import Device

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = after(180)
HERS, OTHER = Device(which=1), Device(which=2)
STEADY = Device("eddsa")  # signs the same text always alike


def passkey_project(tmp_path: Path) -> Path:
    """A project in which bernd, of the business side, holds a passkey and aiko has turned the Tech key."""
    keyed_project(tmp_path)
    edit(tmp_path, "people.yaml", lambda book: book["people"]["bernd"].update(passkeys=[HERS.entry]))
    turn(tmp_path, "viewing_hours", TECH, "aiko", START)
    return tmp_path


def asked(root: Path, metric: str = "viewing_hours", person: str = "bernd", minutes: int = 1, **changes: Any) -> Approval:
    """The approval that the page asks a passkey about."""
    wanted = proposal(load(root)[0], metric, after(minutes))
    return unsigned(wanted, Request(BUSINESS, person, after(minutes)), Method.PASSKEY).model_copy(update=changes)


def written(root: Path, approval: Approval) -> Path:
    """The approval as a file, whether a rule allows it or not."""
    path = Path(f"approvals/{approval.metric}/{approval.side.value}-{approval.person}-by-hand.yaml")
    meaning_store.write(root, {path: approval_text(approval).encode()})
    return root / path


def codes(root: Path, at: dt.datetime = NOON) -> list[str]:
    return [finding.code for finding in gate(root, at).findings]


def people(root: Path, change: Callable[[dict[str, Any]], Any], person: str = "bernd") -> None:
    edit(root, "people.yaml", lambda book: change(book["people"][person]))
