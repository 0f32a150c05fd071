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

    from governance.gate.approve import Approved, Proposal, Refused, Request
    from metrics_catalog.meaning_diff import Change
    from ringi.approving.sitting import Place
    from ringi.lake import Lake
    from ringi.output import Output

LONGEST = 100


def approve(
    context: typer.Context,
    side: Annotated[Side, typer.Option(help="The side you turn the key for.")],
    person: Annotated[str, typer.Option("--as", help="Who you are: your short name in people.yaml.")],
    key: Annotated[Path | None, typer.Option(help="Your private SSH key, such as ~/.ssh/id_ed25519.", show_default=False)] = None,
    page: Annotated[bool, typer.Option("--page", help="Read and approve on a page in your browser, with your passkey.")] = False,
    metric: Annotated[str | None, typer.Argument(help="The metric to approve.", show_default=False)] = None,
    all_metrics: Annotated[bool, typer.Option("--all", help="Every metric whose key of this side is void or missing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before signing.")] = False,
    port: Annotated[int, typer.Option(help="With --page: its port on this machine (default: any free one).", show_default=False)] = 0,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="With --page: open the browser.")] = True,
    base: Annotated[
        str | None, typer.Option(help="With --page: show the numbers against this git revision too.", show_default=False)
    ] = None,
) -> None:
    """Turn one of the two keys over a metric, after showing what changed since it was last certified.

    The key is an SSH signature over the present meaning, or with `--page` the answer of your passkey; it is written to
    approvals/, to be committed with git. A key that holds already is not turned again. Exit code 4 and one sentence where a
    rule forbids it.

    Example: ringi approve viewing_hours --side tech --as aiko --key ~/.ssh/id_ed25519

    Example: ringi approve viewing_hours --side business --as bernd --page
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from governance.gate.approve import Proposal, Request, is_due, proposal, proposals
    from metrics_catalog.errors import UsageError
    from metrics_catalog.rules import check
    from ringi.proposal.checking import not_shown_by_examples

    door = Door.of(context)
    if (metric is None) is not all_metrics:
        raise UsageError("Name one metric, or say `--all`.", hint="for example `ringi approve viewing_hours --side tech …`.")
    if (key is None) is not page:
        raise UsageError("Say `--page` to approve with a passkey in your browser, or `--key FILE` to sign with an SSH key.")
    lake, now = door.lake(), datetime.now(UTC)
    found = [proposal(lake.catalog, metric, now)] if metric else proposals(lake.catalog, side, now)
    request = Request(side, person, now, (*lake.reading_findings, *check(lake.catalog, now.date())))
    due = [one.metric for one in found if isinstance(one, Proposal) and is_due(lake.catalog, one, request)]
    unshown = not_shown_by_examples(lake.root, lake.catalog, due)
    request = replace(request, findings=(*request.findings, *unshown))
    if key is None:
        from ringi.approving.sitting import Place

        results = _on_page(door, lake, found, request, Place(port, opens), base)
    else:
        results = _signed(door, lake, found, request, key.expanduser(), yes)
    _print(door.out, results, single=metric is not None)


def _signed(
    door: Door, lake: Lake, found: Sequence[Proposal | Refused], request: Request, key: Path, yes: bool
) -> list[Approved | Refused]:
    from governance.gate.approve import turn_all
    from governance.keys.ssh import read_private_key

    _show(door.out, found, request.side)
    signer = read_private_key(key, lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))
    if sys.stdin.isatty() and not yes and not typer.confirm("Turn the key?", err=True):
        raise typer.Exit(1)
    return turn_all(lake.root, lake.catalog, found, request, signer)


def _on_page(
    door: Door, lake: Lake, found: Sequence[Proposal | Refused], request: Request, place: Place, base: str | None
) -> list[Approved | Refused]:
    from ringi.approving.desk import ApprovalDesk
    from ringi.approving.shown import shown
    from ringi.approving.sitting import sit

    text = _report(lake, base) if base is not None else None
    desk = ApprovalDesk(lake.root, lake.catalog, found, request, lambda wanted: shown(lake.catalog, wanted, text))
    sit(desk, place, door.out.say)
    return desk.results


def _report(lake: Lake, base: str) -> str:
    """What the pull request shows: numbers before and after, duplicates, price, SQL."""
    from ringi.reporting import gather, markdown

    return markdown.text(gather.report(lake, base))


def _show(out: Output, found: Sequence[Proposal | Refused], side: Side) -> None:
    from governance.gate.approve import Proposal

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
    from governance.errors import GovernanceError
    from governance.gate.approve import Refused

    refused = [result for result in results if isinstance(result, Refused)]
    if single and refused:
        raise refused[0].error
    out.value(
        {"schema_version": 1, "keys": [_as_json(result) for result in results]},
        lambda: "\n".join(_line(result) for result in results) or "No metric needs this key.",
    )
    if any(not isinstance(result, Refused) and not result.already for result in results):
        out.say("It counts once what was written to approvals/ is committed and merged.")
    if refused:
        raise GovernanceError(f"{len(refused)} of {len(results)} keys were not turned.", hint=refused[0].error.message)


def _as_json(result: Approved | Refused) -> dict[str, Any]:
    from governance.gate.approve import Refused

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
    from governance.gate.approve import Refused

    if isinstance(result, Refused):
        return f"{result.metric}: refused. {result.error.message}"
    if result.already:
        return f"{result.metric}: the {result.side.value} key holds already; nothing was written."
    return f"{result.metric}: {result.person} turned the {result.side.value} key over {result.digest[:12]} -> {result.files[0].as_posix()}"
