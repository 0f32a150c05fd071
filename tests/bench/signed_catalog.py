"""Turns both keys over every metric of a large generated catalog, with fresh keys: what verification at size is measured on.

Writes the same files as `ringi approve`, without asking its rules 24,000 times.

    python -m tests.bench.signed_catalog DIR [--metrics N]
"""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path

from governance.keys import meaning_store
from governance.keys.approval_text import approval_text
from governance.keys.ssh import PrivateKeySigner, new_key
from metrics_catalog.approval import NAMESPACE, Approval
from metrics_catalog.catalog import Catalog, load
from metrics_catalog.meaning import Meaning, resolve_all
from metrics_catalog.person import Side
from tests.bench.catalog_generator import COUNTRIES, METRICS, generate

AT = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
HANDS = ((Side.TECH, "aiko", "ssh-ed25519 QWlrbw"), (Side.BUSINESS, "bernd", "ssh-ed25519 QmVybmQ"))
"""Each side, who turns its key, and the stand-in for a public key that the generator wrote."""


def signed_catalog(root: Path, metrics: int = METRICS, countries: int = COUNTRIES) -> Path:
    """Write the project and both keys of all its metrics; gives the folder."""
    generate(root, metrics, countries)
    signers = {person: new_key() for _, person, _ in HANDS}
    people = root / "people.yaml"
    text = people.read_text(encoding="utf-8")
    for _, person, stand_in in HANDS:
        text = text.replace(stand_in, signers[person].public_line)
    people.write_text(text, encoding="utf-8")
    catalog, _ = load(root)
    for meaning in resolve_all(catalog).values():
        if isinstance(meaning, Meaning):
            _sign(root, catalog, meaning, signers)
    return root


def _sign(root: Path, catalog: Catalog, meaning: Meaning, signers: dict[str, PrivateKeySigner]) -> None:
    for relative, raw in meaning_store.files_of(catalog, meaning).items():
        _write(root / relative, raw)
    for side, person, _ in HANDS:
        unsigned = Approval(metric=meaning.metric, side=side, person=person, meaning=meaning.digest, approved_at=AT)
        signed = unsigned.model_copy(update={"signature": signers[person].sign(unsigned.signed_text(), NAMESPACE)})
        _write(root / f"approvals/{meaning.metric}/{side}-{person}-{meaning.digest[:12]}.yaml", approval_text(signed).encode())


def _write(path: Path, raw: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--metrics", type=int, default=METRICS)
    arguments = parser.parse_args()
    signed_catalog(arguments.folder, arguments.metrics)
