"""How `ringi approvals` tells its results: rows, lines, JSON, and the last word where keys are lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from governance.gate.approve import Approved, Refused
    from ringi.keys.github_reviews import Recorded
    from ringi.keys.needed import NeededKey


def row(each: NeededKey) -> dict[str, str]:
    """A missing key as a row of a table."""
    return {
        "metric": each.metric,
        "key": each.side.value,
        "state": each.state.value,
        "changed since": ", ".join(each.voided_by) or "-",
        "who may turn it": ", ".join(each.people) or "nobody in people.yaml",
    }


def needed_json(each: NeededKey) -> dict[str, Any]:
    """A missing key as other programs read it."""
    return {
        "metric": each.metric,
        "side": each.side.value,
        "state": each.state.value,
        "voided_by": list(each.voided_by),
        "people": list(each.people),
    }


def as_json(result: Approved | Refused) -> dict[str, Any]:
    """What became of one key, as other programs read it."""
    from governance.gate.approve import Refused

    if isinstance(result, Refused):
        return {"metric": result.metric, "state": "refused", "message": result.error.message}
    state = "held already" if result.already else "turned"
    file = result.files[0].as_posix() if result.files else None
    return {
        "metric": result.metric,
        "state": state,
        "side": result.side.value,
        "person": result.person,
        "digest": result.digest,
        "file": file,
    }


def line(result: Approved | Refused) -> str:
    """What became of one key, in a line."""
    from governance.gate.approve import Refused

    if isinstance(result, Refused):
        return f"{result.metric}: refused. {result.error.message}"
    if result.already:
        return f"{result.metric}: the {result.side.value} key is recorded already; nothing was written."
    return f"{result.metric}: {result.person} turned the {result.side.value} key by review -> {result.files[0].as_posix()}"


def none(recorded: Recorded) -> str:
    """Why no key was turned."""
    if not recorded.metrics:
        return f"Pull request {recorded.pull.number} changes the meaning of no metric."
    return "No key was turned: " + ("each holds already." if recorded.passed else "no review counts.")


def refuse(recorded: Recorded) -> None:
    """End with 4 where a review was refused, or where none counts although the change needs keys."""
    from governance.errors import GovernanceError
    from governance.gate.approve import Refused

    refused = [result for result in recorded.results if isinstance(result, Refused)]
    if refused:
        raise GovernanceError(f"{len(refused)} of {len(recorded.results)} keys were not turned.", hint=refused[0].error.message)
    if recorded.metrics and not recorded.passed:
        raise GovernanceError(
            f"No review of {recorded.pull.head[:12]}, the head of pull request {recorded.pull.number}, turns a key.",
            hint="ask somebody of the side that is missing to approve it on GitHub, or turn the key with `ringi approve`.",
        )
