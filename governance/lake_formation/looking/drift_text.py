"""Drift as text for an operator: by place, each with a sign that says what `ringi access apply` would do, and what to do else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from governance.lake_formation.describe import who
from governance.lake_formation.looking.drift_item import Drift, Kind, as_json

SIGNS: Mapping[Kind, str] = {
    Kind.MISSING: "+",
    Kind.CHANGED: "~",
    Kind.FOREIGN: "-",
    Kind.EXPIRED: "-",
    Kind.OPEN: "-",
    Kind.SETTING: "~",
}
"""As a plan has them: what would come, change and go. Other kinds are for somebody else to mend."""


def text(found: Sequence[Drift], account: str, names: Mapping[str, str]) -> str:
    """The whole drift. `names` are the policy's names of identities."""
    if not found:
        return f"The account {account} is as the policy says."
    return "\n".join(_lines(found, account, names))


def _lines(found: Sequence[Drift], account: str, names: Mapping[str, str]) -> Iterator[str]:
    things = "1 thing is" if len(found) == 1 else f"{len(found)} things are"
    yield f"The account {account} has drifted from the policy: {things} not as they should be."
    place: str | None = None
    for one in found:
        if one.where != place:
            yield ""
            yield one.where or "the account"
            place = one.where
        reader = f"{_named(one.principal, names, account)}: " if one.principal else ""
        yield f"  {SIGNS.get(one.kind, '!')} {one.kind:<9} {reader}{one.what}"
        if one.changed_by or one.changed_at:
            yield f"      last changed{f' by {one.changed_by}' if one.changed_by else ''}{f' at {one.changed_at}' if one.changed_at else ''}"
    yield ""
    yield "What to do:"
    for kind, count in sorted(Counter(one.kind for one in found).items()):
        yield f"  {kind} ({count}): {next(one.remedy for one in found if one.kind is kind)}"


def _named(principal: str, names: Mapping[str, str], account: str) -> str:
    known = names.get(principal)
    return f"{known} ({who(principal, account)})" if known else who(principal, account)


def document(found: Sequence[Drift], account: str, names: Mapping[str, str], notes: Sequence[str]) -> dict[str, Any]:
    """The drift for other programs."""
    items = [{**as_json(one), "name": names.get(one.principal or "")} for one in found]
    return {"schema_version": 1, "account": account, "drifted": bool(found), "items": items, "notes": list(notes)}
