"""Gives a lake project fresh demo keys: new SSH keys for two people, and both keys turned over every metric.

Used by `scripts/resign_starter.py`, which forgets the private keys at once, and by `ringi demo`, which may keep them in a
folder that git ignores, so that its user can try turning keys. Earlier approvals are removed: no registered key fits them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yaml.nodes import MappingNode, Node

from governance.errors import GovernanceError
from governance.gate.approve import Approved, Request, approve_all
from governance.keys.meaning_store import write
from governance.keys.ssh import PrivateKeySigner, new_key
from metrics_catalog.catalog import load
from metrics_catalog.person import Side
from metrics_catalog.rules import check
from metrics_catalog.yaml_io import read

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

PEOPLE = "people.yaml"


@dataclass(frozen=True, slots=True)
class Resigned:
    """What was done: metrics with both keys, and where the private keys lie (empty where they were forgotten)."""

    metrics: tuple[str, ...]
    private_keys: dict[str, Path]


def resign(root: Path, tech_person: str, business_person: str, now: datetime, keys_folder: Path | None = None) -> Resigned:
    """Give both people fresh keys and turn both keys over every metric, as at `now`.

    The `keys` of the two in people.yaml are replaced; the rest of the file stays as it is written. With `keys_folder` the
    private keys are kept there as `<person>`, readable by their owner alone. Raises GovernanceError where a metric cannot
    be approved.
    """
    signers = {person: new_key() for person in (tech_person, business_person)}
    for person, signer in signers.items():
        register(root, person, signer)
    shutil.rmtree(root / "approvals", ignore_errors=True)
    metrics = [
        _turn(root, side, person, signers[person], now) for side, person in ((Side.TECH, tech_person), (Side.BUSINESS, business_person))
    ]
    return Resigned(
        metrics[-1], {} if keys_folder is None else {person: _keep(keys_folder, person, signer) for person, signer in signers.items()}
    )


def lend(root: Path, people: Iterable[str], keys_folder: Path) -> dict[str, Path]:
    """Give people one more key each, kept in `keys_folder`; earlier keys and approvals stay good. Gives the private keys' paths."""
    signers = {person: new_key() for person in people}
    for person, signer in signers.items():
        register(root, person, signer, keep=True)
    return {person: _keep(keys_folder, person, signer) for person, signer in signers.items()}


def _turn(root: Path, side: Side, person: str, signer: PrivateKeySigner, now: datetime) -> tuple[str, ...]:
    catalog, findings = load(root)
    results = approve_all(root, catalog, Request(side, person, now, (*findings, *check(catalog, now.date()))), signer)
    for result in results:
        if not isinstance(result, Approved):
            raise GovernanceError(f"`{result.metric}` was not approved: {result.error.message}", hint=result.error.hint)
    return tuple(result.metric for result in results)


def register(root: Path, person: str, signer: PrivateKeySigner, *, keep: bool = False) -> None:
    """Put the new public key in place of the person's keys, or beside them; the rest of the file stays as it is written."""
    path = root / PEOPLE
    document, _ = read(path, root)
    if document is None:
        raise GovernanceError(f"{PEOPLE} cannot be read.", hint="run `ringi check` and mend it.")
    pair = _pair(_value(_value(document.node, "people"), person), "keys")
    if pair is None:
        raise GovernanceError(f"`{person}` has no `keys` in {PEOPLE} that could be replaced.", hint="give the person `keys: []` first.")
    key, value = pair
    text, start = document.text, key.end_mark.index
    old = text[start : value.end_mark.index].rstrip()
    if keep and not text[start : value.end_mark.index].lstrip(": ").startswith("["):
        raise GovernanceError(
            f"The keys of `{person}` in {PEOPLE} are not written in brackets.", hint="write them as `keys: [{public_key: …}]`."
        )
    held = old.lstrip(": ")[1:-1].strip() if keep else ""
    entry = f': [{held}{", " if held else ""}{{public_key: "{signer.public_line} {person}"}}]'
    write(root, {path.relative_to(root): (text[:start] + entry + text[start + len(old) :]).encode()})


def _pair(node: Node | None, name: str) -> tuple[Node, Node] | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == name), None)


def _value(node: Node | None, name: str) -> Node | None:
    pair = _pair(node, name)
    return pair[1] if pair else None


def _keep(folder: Path, person: str, signer: PrivateKeySigner) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / person
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(signer.private_text())
    (folder / f"{person}.pub").write_text(signer.public_line + "\n", encoding="utf-8")
    return path
