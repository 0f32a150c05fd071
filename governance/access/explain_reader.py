"""Why a principal reads a published view by the policy: every grant that gives it, where it is written, and what to take out.

The ways are the evaluator's (`access.decide`). Made for `ringi access explain` by `ringi/access/looking.py`; on a lake on this machine
this is all there is, on AWS it stands beside what the account gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.access.evaluator import decide
from governance.access.smallest_set import smallest
from metrics_catalog.expression import canonical

if TYPE_CHECKING:
    import datetime as dt

    from governance.access.evaluator import Held
    from governance.policy.policy import Policy
    from governance.policy.relation import Relation


@dataclass(frozen=True, slots=True)
class PolicyWay:
    """One way: a grant, the role it came through (None: it is given to the principal itself), what it shows and where it is written."""

    grant: str
    role: str | None
    columns: tuple[str, ...] | None
    """None for all columns of the view."""
    rows: str | None
    masks: Mapping[str, str]
    reason: str
    written: str
    ends: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """One change in the files of `policy/`: take the principal out of a role's members, or out of what a grant is given to."""

    kind: str
    name: str
    written: str

    @property
    def words(self) -> str:
        of = "the members of the role" if self.kind == "roles" else "`to` of the grant"
        return f"{of} `{self.name}` ({self.written})"


@dataclass(frozen=True)
class PolicyExplained:
    """What the policy gives one principal of one view at an instant, and the fewest edits that take it away."""

    principal: str
    relation: str
    column: str | None
    ways: tuple[PolicyWay, ...]
    edits: tuple[Edit, ...]
    is_smallest: bool = True
    fence: str | None = None
    """The country outside of which the principal reads nothing, where it has one."""


def explain_reader(policy: Policy, principal: str, relation: Relation, at: dt.datetime, column: str | None = None) -> PolicyExplained:
    """Every grant that gives a principal the view, or one column of it."""
    access = decide(policy, principal, relation, at)
    held = [each for each in access.held if column is None or column in each.columns]
    ways = tuple(way for each in held for way in _ways(policy, principal, each, relation))
    sets = [frozenset({_edit(policy, principal, way)}) for way in ways]
    edits, exact = smallest(sets)
    known = policy.principals.get(principal)
    return PolicyExplained(principal, relation.name, column, ways, edits, exact, known.country if known else None)


def _ways(policy: Policy, principal: str, held: Held, relation: Relation) -> Iterator[PolicyWay]:
    """A grant may come to a principal itself and through roles: each is a way of its own."""
    grant = policy.grants[held.grant]
    columns = None if held.columns >= set(relation.types) else tuple(name for name in relation.types if name in held.columns)
    rows = None if held.condition is None else canonical(held.condition)
    ends = None if grant.valid_until is None else grant.valid_until.isoformat()
    masks = {name: str(mask) for name, mask in sorted(held.masks.items())}
    written = str(policy.place_of("grants", held.grant))
    through = [None] if principal in grant.to else []
    for role in (*through, *(name for name in policy.roles_of(principal) if name in grant.to)):
        yield PolicyWay(held.grant, role, columns, rows, masks, grant.reason, written, ends, grant.purpose)


def _edit(policy: Policy, principal: str, way: PolicyWay) -> Edit:
    """What closes one way and touches nobody else: a role is left, a grant of one's own is given up."""
    if way.role is not None:
        return Edit("roles", way.role, str(policy.place_of("roles", way.role)))
    return Edit("grants", way.grant, way.written)


def text(found: PolicyExplained) -> str:
    """For a person who decides about it."""
    return "\n".join(_lines(found))


def _lines(found: PolicyExplained) -> Iterator[str]:
    what = f"the column {found.column} of {found.relation}" if found.column else found.relation
    if not found.ways:
        fence = f" It belongs to the country {found.fence} and reads nothing of any other." if found.fence else ""
        yield f"By the policy, {found.principal} does not read {what}: no grant that holds now gives it.{fence}"
        return
    count = "1 grant gives" if len(found.ways) == 1 else f"{len(found.ways)} ways give"
    yield f"By the policy, {found.principal} reads {what}. {count} it:"
    for number, way in enumerate(found.ways, 1):
        yield ""
        through = f", which {found.principal} has through the role {way.role}" if way.role else ""
        yield f"  {number}. The grant {way.grant}{through}."
        columns = "all columns" if way.columns is None else f"the columns {', '.join(way.columns)}"
        yield f"     shows: {columns}, {'all rows' if way.rows is None else f'the rows where {way.rows}'}"
        if way.masks:
            yield f"     masked: {', '.join(f'{name} ({mask})' for name, mask in way.masks.items())}"
        yield f"     because: {way.reason}"
        if way.purpose:
            yield f"     for: {way.purpose}"
        yield f"     written: {way.written}{f'; it ends before {way.ends}' if way.ends else ''}"
    yield ""
    least = "" if found.is_smallest else " (fewer may do it)"
    yield f"To take it away, take {found.principal} out of{least}:"
    yield from (f"  - {edit.words}" for edit in found.edits)


def as_json(found: PolicyExplained) -> dict[str, Any]:
    """For other programs."""
    return {
        "principal": found.principal,
        "relation": found.relation,
        "column": found.column,
        "fence": found.fence,
        "ways": [
            {
                "grant": way.grant,
                "role": way.role,
                "columns": None if way.columns is None else list(way.columns),
                "rows": way.rows,
                "purpose": way.purpose,
                "masks": dict(way.masks),
                "reason": way.reason,
                "written": way.written,
                "ends": way.ends,
            }
            for way in found.ways
        ],
        "edits": [{"take_out_of": edit.kind, "name": edit.name, "written": edit.written} for edit in found.edits],
        "is_smallest": found.is_smallest,
    }
