"""`ringi audit`: whether the lake's ledgers are as they were written, and what they tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringi.cli.door import Door
from ringi.output_format import Format

if TYPE_CHECKING:
    from governance.ledgers.audit_verdict import AuditVerdict, Chain, ChainFault
    from ringi.audit.listing import Listed

audit = typer.Typer(
    help="Check that no ledger was changed, and list who did what: keys, publications, access, queries, erasures.\n\n"
    "\b\nExample: ringi audit verify\nExample: ringi audit list --since 7d --kind query",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@audit.command("verify")
def verify(
    context: typer.Context,
    copy: Annotated[
        Path | None, typer.Option("--from", help="A copied warehouse, or a copy of its folder `ledger`.", show_default=False)
    ] = None,
    head: Annotated[str | None, typer.Option(help="A head that you noted earlier: some ledger must hold it.", show_default=False)] = None,
    format: Annotated[Format | None, typer.Option(help="How the chains are printed.", show_default=False)] = None,
) -> None:
    """Recompute every hash of every ledger, follow every chain to its end, and hold it against the seals in the audit ledger.

    Says which file, block and line is not as it was written, and what is missing at an end. Exit code 1 where anything is.
    Who can rewrite the whole lake can rewrite its seals too: note the head that is printed last, elsewhere, and give it next time.

    Example: ringi audit verify
    Example: ringi audit verify --head 5b1c…
    Example: ringi audit verify --from /mnt/backup/warehouse
    """
    from metrics_catalog.errors import ExitCode
    from ringi.audit.verifying import verify_copy, verify_lake

    door = Door.of(context).with_format(format)
    found = verify_lake(door.lake(), noted=head) if copy is None else verify_copy(copy, noted=head)
    if door.format is Format.JSON:
        door.out.json(_as_json(found))
    else:
        door.out.rows([_row(chain) for chain in found.chains], ("ledger", "lines", "end", "unsealed", "faults"))
        for line in (text for chain in found.chains for text in _sentences(chain)):
            door.out.say(line)
    if not found.is_whole:
        raise typer.Exit(ExitCode.FINDINGS)
    if (newest := _audit_head(found)) is not None:
        door.out.say(f"Every ledger is as it was written. Head of the audit ledger, to be noted elsewhere: {newest}")


@audit.command("list")
def list_(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option(help="Only lines of this kind, such as access_apply; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: `7d`, `24h`, a date or an instant.", show_default=False)] = None,
    who: Annotated[
        str | None, typer.Option(help="Only by this person, principal or role; `*` stands for anything.", show_default=False)
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only about this metric, view, profile or hash; `*` as above.", show_default=False)
    ] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only queries that were refused or stopped: who, what, and why.")] = False,
    cloudtrail: Annotated[
        str | None, typer.Option(help="Files of CloudTrail: a folder, or s3://bucket/prefix.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most lines to print; the newest stay.")] = 1000,
    format: Annotated[Format | None, typer.Option(help="How the lines are printed.", show_default=False)] = None,
) -> None:
    """List what the ledgers tell, oldest first: who did what, when, to what. Values of rows stand in no ledger.

    With --cloudtrail each line that AWS was called for shows who called there, and calls that changed access without a line of
    ours are listed as `aws_call`.

    Example: ringi audit list --since 7d --kind query --who analyst_jp
    Example: ringi audit list --since 7d --refused
    Example: ringi --profile aws audit list --kind access_apply --cloudtrail s3://acme-audit-123456789012
    """
    import datetime as dt

    from ringi.audit.listing import Wanted, instant, list_lines

    door = Door.of(context).with_format(format)
    moment = instant(since, dt.datetime.now(dt.UTC)) if since else None
    wanted = Wanted(frozenset(_wanted_kinds(kind or [], refused)), moment, who, subject)
    lines = list_lines(door.lake(), wanted, cloudtrail=cloudtrail)
    shown = lines[-limit:]
    if door.format is Format.JSON:
        door.out.json({"schema_version": 1, "lines": [_line_object(line) for line in shown]})
    else:
        door.out.rows([_line_row(line) for line in shown], ("at", "kind", "who", "subject", "details", "aws"))
    if len(shown) < len(lines):
        door.out.say(f"The newest {len(shown):,} of {len(lines):,} lines are shown.\n  Hint: narrow them with --since, or raise --limit.")


def _wanted_kinds(given: list[str], refused: bool) -> list[str]:
    from governance.ledgers.audit_line import Kind
    from metrics_catalog.errors import UsageError

    kinds = _kinds(given)
    if not refused:
        return kinds
    if other := [name for name in kinds if name not in (Kind.QUERY, Kind.REFUSAL)]:
        raise UsageError(f"Only queries are refused, and `--kind {other[0]}` is none.", hint="say `--refused` alone.")
    return [Kind.REFUSAL]


def _kinds(given: list[str] | tuple[str, ...]) -> list[str]:
    from governance.ledgers.audit_line import Kind
    from metrics_catalog.errors import UsageError
    from metrics_catalog.finding import did_you_mean
    from ringi.audit.listing import FOREIGN

    known = [*(each.value for each in Kind), FOREIGN]
    for name in given:
        if name not in known:
            raise UsageError(f"There is no kind `{name}`.", hint=did_you_mean(name, known) or f"the kinds are {', '.join(known)}.")
    return list(given)


def _row(chain: Chain) -> dict[str, Any]:
    end = f"{chain.unit} {chain.end.number}" if chain.end.number else ""
    return {"ledger": chain.name, "lines": chain.lines, "end": end, "unsealed": chain.unsealed, "faults": len(chain.faults)}


def _sentences(chain: Chain) -> list[str]:
    said = [f"{chain.name}: {_place(fault)}{fault.message}." for fault in chain.faults]
    if chain.loose:
        said.append(f"{chain.name}: {chain.loose} bytes at its end are no line: a writer was stopped there. The next line covers them.")
    return said


def _place(fault: ChainFault) -> str:
    parts = [
        f"file {fault.file}" if fault.file else "",
        f"block {fault.block}" if fault.block else "",
        f"line {fault.line}" if fault.line is not None else "",
    ]
    place = ", ".join(part for part in parts if part)
    return f"{place}: " if place else ""


def _audit_head(found: AuditVerdict) -> str | None:
    from jobs.ledgers.audit_ledger import AUDIT

    return next((chain.end.hash for chain in found.chains if chain.name == AUDIT.name and chain.end.number), None)


def _as_json(found: AuditVerdict) -> dict[str, Any]:
    from dataclasses import asdict

    chains = [
        {
            "ledger": chain.name,
            "lines": chain.lines,
            "unit": chain.unit,
            "number": chain.end.number,
            "head": chain.end.hash if chain.end.number else None,
            "unsealed": chain.unsealed,
            "loose_bytes": chain.loose,
            "faults": [asdict(fault) for fault in chain.faults],
        }
        for chain in found.chains
    ]
    return {"schema_version": 1, "whole": found.is_whole, "ledgers": chains}


def _line_object(line: Listed) -> dict[str, Any]:
    return {
        "at": line.at,
        "kind": line.kind,
        "who": line.who,
        "subject": line.subject,
        "details": dict(line.details),
        "request_id": line.request_id,
        "aws": dict(line.aws) or None,
    }


def _line_row(line: Listed) -> dict[str, Any]:
    told = {"at": line.at.strftime("%Y-%m-%d %H:%M:%S"), "kind": line.kind, "who": line.who, "subject": line.subject}
    return {**told, "details": _words(line.details), "aws": _words(line.aws) if line.aws else line.request_id or ""}


def _words(facts: Any) -> str:
    """Facts on one line: `side=tech digest=5b1c2d3e4f5a…`; long texts are cut, as JSON shows them whole."""
    return " ".join(f"{name}={_word(value)}" for name, value in facts.items())


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return f"{len(value)}"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value[:4])) + (f",… ({len(value)})" if len(value) > 4 else "")
    text = str(value)
    return f"{text[:12]}…" if len(text) == 64 else text
