"""`ringi approve`: turn one of the two keys over a metric's present meaning."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from metrics_catalog.person import Side
from ringi.cli.door import Door

if TYPE_CHECKING:
    from collections.abc import Sequence

    from governance.approve import Approved, Proposal, Refused
    from metrics_catalog.meaning_diff import Change
    from ringi.cli.output import Output

LONGEST = 100


def approve(
    context: typer.Context,
    side: Annotated[Side, typer.Option(help="The side you turn the key for.")],
    person: Annotated[str, typer.Option("--as", help="Who you are: your short name in people.yaml.")],
    key: Annotated[Path, typer.Option(help="Your private SSH key, such as ~/.ssh/id_ed25519.")],
    metric: Annotated[str | None, typer.Argument(help="The metric to approve.", show_default=False)] = None,
    all_metrics: Annotated[bool, typer.Option("--all", help="Every metric whose key of this side is void or missing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before signing.")] = False,
) -> None:
    """Turn one of the two keys over a metric, after showing what changed since it was last certified.

    The key is an SSH signature over the present meaning; it is written to approvals/, to be committed with git. A key that
    holds already is not turned again. Exit code 4 and one sentence where a rule forbids it.

    Example: ringi approve viewing_hours --side tech --as aiko --key ~/.ssh/id_ed25519
    """
    from datetime import UTC, datetime

    from governance.approve import Request, proposal, proposals, turn_all
    from governance.keys import read_private_key
    from metrics_catalog.errors import UsageError
    from metrics_catalog.rules import check

    door = Door.of(context)
    if (metric is None) is not all_metrics:
        raise UsageError("Name one metric, or say `--all`.", hint="for example `ringi approve viewing_hours --side tech …`.")
    lake, now = door.lake(), datetime.now(UTC)
    found = [proposal(lake.catalog, metric, now)] if metric else proposals(lake.catalog, side, now)
    _show(door.out, found, side)
    signer = read_private_key(key.expanduser(), lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))
    if sys.stdin.isatty() and not yes and not typer.confirm("Turn the key?", err=True):
        raise typer.Exit(1)
    findings = (*lake.reading_findings, *check(lake.catalog, now.date()))
    results = turn_all(lake.root, lake.catalog, found, Request(side, person, now, findings), signer)
    _print(door.out, results, single=metric is not None)


def _show(out: Output, found: Sequence[Proposal | Refused], side: Side) -> None:
    from governance.approve import Proposal

    for wanted in found:
        if not isinstance(wanted, Proposal) or wanted.is_covered(side):
            continue
        certified = wanted.status.certificate is not None
        out.say(f"{wanted.metric}: {'changed since it was last certified' if certified else 'never certified before'}")
        if certified or len(found) == 1:  # of many new ones the names are enough; `ringi show` tells the rest
            for change in wanted.changes:
                out.say(f"  {_in_words(change)}")


def _in_words(change: Change) -> str:
    if change.before is None:
        return f"{change.field}: {_shown(change.after)}"
    if change.after is None:
        return f"{change.field}: was {_shown(change.before)}, is gone"
    return f"{change.field}: was {_shown(change.before)}, is now {_shown(change.after)}"


def _shown(value: Any) -> str:
    import json

    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _print(out: Output, results: Sequence[Approved | Refused], *, single: bool) -> None:
    from governance.approve import Refused
    from governance.errors import GovernanceError

    refused = [result for result in results if isinstance(result, Refused)]
    if single and refused:
        raise refused[0].error
    out.value(
        {"schema_version": 1, "keys": [_as_json(result) for result in results]},
        lambda: "\n".join(_line(result) for result in results) or "No metric needs this key.",
    )
    if refused:
        raise GovernanceError(f"{len(refused)} of {len(results)} keys were not turned.", hint=refused[0].error.message)


def _as_json(result: Approved | Refused) -> dict[str, Any]:
    from governance.approve import Refused

    if isinstance(result, Refused):
        return {"metric": result.metric, "state": "refused", "digest": None, "file": None, "message": result.error.message}
    state = "held already" if result.already else "turned"
    return {
        "metric": result.metric,
        "state": state,
        "digest": result.digest,
        "file": result.files[0].as_posix() if result.files else None,
        "message": None,
    }


def _line(result: Approved | Refused) -> str:
    from governance.approve import Refused

    if isinstance(result, Refused):
        return f"{result.metric}: refused. {result.error.message}"
    if result.already:
        return f"{result.metric}: the {result.side.value} key holds already; nothing was written."
    return f"{result.metric}: {result.person} turned the {result.side.value} key over {result.digest[:12]} -> {result.files[0].as_posix()}"
