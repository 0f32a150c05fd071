"""One thing that drifted, as a value: its kind, what it is, and what to do. Made by `drift.py`, printed by `drift_text.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from governance.lake_formation.describe import describe
from governance.lake_formation.state import Element


class Kind(StrEnum):
    """What has drifted."""

    MISSING = "missing"
    CHANGED = "changed"
    FOREIGN = "foreign"
    EXPIRED = "expired"
    RECREATED = "recreated"
    OPEN = "open"
    """Open to everybody whom IAM lets in."""
    OUTSIDE = "outside"
    """A permission on more than the lake, such as the whole catalog, that lets somebody read the lake's tables."""
    SETTING = "setting"
    VIEW = "view"
    STALE = "stale"
    PLACE = "place"
    """A place in S3 that is not registered, or not encrypted."""
    IDENTITY = "identity"
    UNSEEN = "unseen"
    """What these credentials cannot see, so that nothing can be said of it."""


REMEDIES: Mapping[Kind, str] = {
    Kind.MISSING: "`ringi access plan`, then `apply`, gives it again",
    Kind.CHANGED: "`ringi access plan`, then `apply`, puts it right",
    Kind.FOREIGN: "`ringi access plan`, then `apply`, takes it away; or write it into policy/ and have it approved",
    Kind.EXPIRED: "`ringi access plan`, then `apply`, takes it away",
    Kind.RECREATED: "`ringi access plan`, then `apply`, gives it again; what `ringi run` itself makes anew gets it back at once",
    Kind.OPEN: "`ringi access plan`, then `apply`, closes it; see who reads through IAM alone before: `ringi access explain`",
    Kind.OUTSIDE: "Ringi does not manage it: an administrator of the account revokes it by hand, or leaves it knowingly",
    Kind.SETTING: "`ringi access plan`, then `apply`, puts it right",
    Kind.VIEW: "`ringi run` writes the view anew; ask who changed it",
    Kind.STALE: "`ringi run` writes the view anew",
    Kind.PLACE: "`terraform apply` in infra/terraform sets it",
    Kind.IDENTITY: "see who made it anew, then revoke and give again: `ringi access plan`",
    Kind.UNSEEN: "look with the credentials of an administrator of Lake Formation, a read-only one suffices",
}


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that drifted. `elements` are what it is about in the account, `wanted` what the policy wants in their place."""

    kind: Kind
    where: str
    what: str
    principal: str | None = None
    elements: tuple[Element, ...] = ()
    wanted: tuple[Element, ...] = ()
    changed_at: str | None = None
    changed_by: str | None = None

    @property
    def remedy(self) -> str:
        return REMEDIES[self.kind]

    def sort_key(self) -> tuple[str, str, str, str]:
        return (self.where, self.principal or "", self.kind, self.what)


def as_json(one: Drift) -> dict[str, Any]:
    """One item for other programs."""
    return {
        "kind": str(one.kind),
        "where": one.where,
        "principal": one.principal,
        "what": one.what,
        "held": [describe(each) for each in one.elements],
        "wanted": [describe(each) for each in one.wanted],
        "changed_at": one.changed_at,
        "changed_by": one.changed_by,
        "remedy": one.remedy,
    }
