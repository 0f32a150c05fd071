"""The receipt of an erasure: canonical JSON that says what was removed where, with the evidence, signed by who did it.

A receipt names the person by a keyed hash. Whoever has the receipt, the lake and the value can check it again; whoever has the
receipt alone learns nothing about the person. It is a file beside the landing zone, and a line in `ledger.erasures`.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.keys.public_key import UnusableKeyError, from_text
from governance.keys.ssh import SignatureError, verify
from jobs.errors import JobError
from jobs.ledgers import ledger
from jobs.table import TableColumn, TableSpec
from metrics_catalog.canonical_json import dump, sha256
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.keys.ssh import Signer
    from jobs.object_store import ObjectStore
    from metrics_catalog.person import Person

NAMESPACE = "ringi-erasure"
"""What a receipt's signature is for; no signature made for anything else fits."""

FOLDER = "_erasures"
SCHEMA_VERSION = 1

ERASURES = TableSpec(
    "ledger.erasures",
    (
        TableColumn("receipt", ColumnType.STRING, doc="Name of the receipt, and of its file."),
        TableColumn("recorded_at", ColumnType.TIMESTAMP, doc="When it was signed."),
        TableColumn("person", ColumnType.STRING, doc="Who did it: a short name of people.yaml."),
        TableColumn("about", ColumnType.STRING, doc="Who was erased, as `viewer_id:HASH`, or the rule of retention."),
        TableColumn("receipt_digest", ColumnType.STRING, doc="SHA-256 of the receipt's canonical JSON."),
        TableColumn("records", ColumnType.INTEGER, doc="Records taken out of the landing zone."),
        TableColumn("rows", ColumnType.INTEGER, doc="Rows taken out of tables."),
        TableColumn("files_removed", ColumnType.INTEGER, doc="Files that are gone."),
        TableColumn("snapshots", ColumnType.INTEGER, doc="Snapshots that were forgotten."),
        TableColumn("searched_files", ColumnType.INTEGER, doc="Files that were searched afterwards."),
        TableColumn("found", ColumnType.INTEGER, doc="Files in which something was found all the same."),
        *ledger.CHAIN,
    ),
)


class ReceiptError(JobError):
    """A receipt that is not what somebody signed, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A signed receipt: what it says, and the signature over the canonical bytes of that."""

    said: Mapping[str, Any]
    signature: str

    @property
    def name(self) -> str:
        return str(self.said["receipt"])

    @property
    def digest(self) -> str:
        return sha256(dump(dict(self.said)))

    def as_json(self) -> dict[str, Any]:
        return {**self.said, "signature": self.signature}

    def text(self) -> bytes:
        return (json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n").encode()


def signed(said: Mapping[str, Any], signer: Signer) -> Receipt:
    """The receipt with its signature."""
    return Receipt(said, signer.sign(dump(dict(said)), NAMESPACE))


def read(text: bytes) -> Receipt:
    """A receipt from its file. Raises ReceiptError."""
    try:
        held = json.loads(text)
        signature = held.pop("signature")
        if held["schema_version"] != SCHEMA_VERSION or not isinstance(signature, str):
            raise ValueError
        return Receipt(held, signature)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReceiptError("The file is no receipt of an erasure.", hint="name one that `ringi erase` wrote.") from error


def signer_of(receipt: Receipt, people: Mapping[str, Person]) -> str:
    """Who signed a receipt, by a key of people.yaml that counted then. Raises ReceiptError."""
    try:
        key = verify(dump(dict(receipt.said)), receipt.signature, NAMESPACE)
    except SignatureError as error:
        raise ReceiptError(
            f"The signature of the receipt does not count: {error}.",
            hint="ask for the receipt as it was written. More: ringi explain RNG-JOB-103",
        ) from error
    name = str(receipt.said["person"])
    if not counts(people, name, key.fingerprint, dt.datetime.fromisoformat(str(receipt.said["at"]))):
        raise ReceiptError(
            f"The receipt was signed with a key that is not one of `{name}` in people.yaml at that time.",
            hint="ask who signed it. More: ringi explain RNG-JOB-103",
        )
    return name


def counts(people: Mapping[str, Person], name: str, fingerprint: str, at: dt.datetime) -> bool:
    """Whether a key was one of a person's at a moment."""
    person = people.get(name)
    for held in person.keys if person else ():
        try:
            if from_text(held.public_key).fingerprint != fingerprint or held.compromised:
                continue
        except UnusableKeyError:
            continue
        ends = [end for end in (held.valid_until, held.revoked_at) if end is not None]
        if (held.valid_from is None or _utc(held.valid_from) <= at) and all(at < _utc(end) for end in ends):
            return True
    return False


def keep(objects: ObjectStore, receipt: Receipt) -> None:
    """Keep a receipt in the lake."""
    objects.write(f"{FOLDER}/{receipt.name}.json", receipt.text())


def kept(objects: ObjectStore, name: str) -> Receipt | None:
    """A receipt by its name, or None."""
    held = objects.read(f"{FOLDER}/{name}.json")
    return None if held is None else read(held)


def _utc(instant: dt.datetime) -> dt.datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
