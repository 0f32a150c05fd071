"""Whether an account is still as it was when a plan was made, and if not, what changed and by whom, where the account tells it.

Asked by `apply.py` before the first call, and again when a stopped apply goes on: then what the plan itself did is taken off first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from governance.errors import GovernanceError
from governance.lake_formation.describe import describe
from governance.lake_formation.elements import changed, digests, elements, part_of
from governance.lake_formation.planning.order import Stage
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.state import (
    AccountState,
    Element,
    Permission,
    Settings,
)

MOST_TOLD = 10


def refuse_stale(plan: Plan, state: AccountState) -> None:
    """Raise GovernanceError where a part of the account that the plan touches is not as it was."""
    parts = differing(plan.before, state)
    if not parts:
        return
    told = [f"\n  {line}" for line in (*_changed_steps(plan, state, parts), *_changed_since(plan, state, parts))]
    more = [f"\n  and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    message = f"The account changed since this plan was made, in {_listed(parts)}. Nothing was done.{''.join(told[:MOST_TOLD] + more)}"
    raise GovernanceError(
        message, hint="make the plan again with `ringi access plan --out FILE`; `ringi access drift` tells who changed what."
    )


def differing(expected: Mapping[str, str], state: AccountState) -> list[str]:
    """Parts of the account whose digest is not the expected one."""
    found = digests(state, expected)
    return [part for part, digest in expected.items() if found[part] != digest]


def without(plan: Plan, stages: Iterable[Stage], state: AccountState) -> AccountState:
    """The state with all that the plan did taken off, whatever of it was done; changes of others stay in it."""
    own = {element for stage in stages for element in (*stage.added, *stage.removed)}
    before = {step.before for step in plan.steps if step.before is not None} | set(plan.suspended)
    if state.settings not in own:  # then they are somebody else's
        before = {element for element in before if not isinstance(element, Settings)}
    return changed(state, own, before)


def _changed_steps(plan: Plan, state: AccountState, parts: list[str]) -> Iterator[str]:
    """What the plan itself would have changed, and somebody else did."""
    there = set(elements(state))
    for step in plan.steps:
        if step.before is not None and step.before not in there and part_of(step.before) in parts:
            yield f"gone: {describe(step.before)}"
        if step.after is not None and step.after in there and part_of(step.after) in parts:
            yield f"there already: {describe(step.after)}{_by(state, step.after)}"


def _changed_since(plan: Plan, state: AccountState, parts: list[str]) -> Iterator[str]:
    own = {step.after for step in plan.steps}
    since = plan.made_at.isoformat()
    for permission, (at, _) in sorted(state.updated.items(), key=lambda pair: (pair[1], repr(pair[0]))):
        if permission not in own and at > since and part_of(permission) in parts:
            yield f"changed: {describe(permission)}{_by(state, permission)}"


def _by(state: AccountState, element: Element) -> str:
    at, who = state.updated.get(element, ("", "")) if isinstance(element, Permission) else ("", "")
    return f", by {who} at {at}" if who else ""


def _listed(parts: list[str]) -> str:
    shown = ", ".join(f"`{part}`" for part in parts[:5])
    return f"{shown} and {len(parts) - 5} more" if len(parts) > 5 else shown
