"""Plans, receipts and checks of erasures as people read them; the person's value is in none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.erase.plan import ErasePlan, TableWork
    from jobs.erase.receipt import Receipt
    from ringi.operations.erasing import Planned, Verified

SHORT = 16
MOST_PLACES = 5


def planned_text(planned: Planned) -> str:
    """What would be done, and how to do it."""
    plan = planned.found.plan
    lines = [f"About {plan.about}", *planned.left, *_unfinished(planned)]
    if plan.is_empty:
        return "\n".join([*lines, "Nothing was found. Erasing all the same keeps the person out from now on, and gives a receipt."]
                         if planned.found.subject else [*lines, "Nothing is too old."])  # fmt: skip
    return "\n".join(
        [*lines, *_plan(plan), f"Dry run: nothing was changed. Do it with `--confirm {plan.digest[:SHORT]} --as PERSON --key FILE`."]
    )


def receipt_text(made: Receipt) -> str:
    """What was done."""
    said = made.said
    lines = [f"Receipt {made.name}, signed by {said['person']}"]
    lines += [f"  {_landing(said['landing'])}"] if said["landing"] else []
    lines += [_table_done(each) for each in said["tables"] if each["rows"] or each["snapshots"]]
    lines += [f"  {_count(len(said['copies']), 'landed file')} beside the lake rewritten."] if said["copies"] else []
    lines.append(f"  {_count(said['files_removed'], 'file')} removed ({_size(said['bytes_removed'])}).")
    lines += [f"  {_count(said['versions_removed'], 'older version')} of objects removed."] if said["versions_removed"] else []
    lines.append(_evidence(said["evidence"]))
    return "\n".join(lines)


def to_do(made: Receipt) -> list[str]:
    """What a person has to know and do, for stderr."""
    said, lines = made.said, []
    names = sorted({name for each in said["tables"] for name in each["names"]})
    if names:
        lines.append(f"Publications are no longer readable under: {', '.join(names)}. They held the person.")
    if said["computed_anew"]:
        lines.append(f"The next `ringi run` computes the facts of {', '.join(said['computed_anew'])} anew.")
    if said["versions_refused"]:
        lines.append(f"Older versions of objects could not be removed: {said['versions_refused']}")
    if said["evidence"]["found_files"] or said["evidence"]["unread_files"]:
        lines.append("The lake is not clean: see `evidence` in the receipt.\n  More: ringi explain RNG-JOB-104")
    return lines


def verified_text(found: Verified) -> str:
    """Who signed, and what the search found."""
    said = found.receipt.said
    lines = [f"Receipt {found.receipt.name}: signed by {found.person} on {str(said['at'])[:19]} UTC, as it was written."]
    if found.evidence is None:
        lines.append("The lake was not searched: give the person's value with `--subject` for that.")
    else:
        lines.append(_evidence(found.evidence.as_json()))
    return "\n".join(lines)


def verified_object(found: Verified) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "receipt": found.receipt.name,
        "person": found.person,
        "about": found.receipt.said["about"],
        "evidence": None if found.evidence is None else found.evidence.as_json(),
    }


def _unfinished(planned: Planned) -> list[str]:
    if not planned.unfinished:
        return []
    return [f"An erasure was cut off and is not finished: {', '.join(planned.unfinished)}. Run it again for the same person."]


def _plan(plan: ErasePlan) -> list[str]:
    lines = []
    if plan.objects:
        lines.append(f"  {_landing(plan.as_json()['landing'])}")
    lines += [_table(work) for work in plan.tables if not work.is_empty]
    lines += [f"  {_count(len(plan.loose), 'result')} of queries"] if plan.loose else []
    lines += [f"  {_count(len(plan.copies), 'landed file')} beside the lake"] if plan.copies else []
    if plan.facts == "recompute":
        lines.append("  facts: the next run computes them anew")
    elif plan.behind:
        lines.append(f"  facts: the next run computes those of {', '.join(plan.behind)} anew; `ringi run` before this avoids it")
    return lines


def _landing(objects: list[dict[str, Any]]) -> str:
    whole = sum(each["records"] == "all" for each in objects)
    counted = {name: sum(each[name] for each in objects) for name in ("accepted", "repeated", "refused")}
    told = ", ".join(f"{count:,} {name}" for name, count in counted.items() if count)
    also = f"; {_count(whole, 'object')} whole" if whole else ""
    return f"landing: {_count(sum(counted.values()), 'record')} in {_count(len(objects), 'object')}{f' ({told})' if told else ''}{also}"


def _table(work: TableWork) -> str:
    what = f"{_count(work.rows, 'line')} redacted" if work.lines else f"{_count(work.rows, 'row')} in {_count(work.files, 'file')}"
    past = f", {_count(work.past_files, 'file')} of the past" if work.past_files else ""
    names = f"; kept names go: {', '.join(work.names)}" if work.names else ""
    return f"  {work.table}: {what}{past}; {_count(work.snapshots, 'snapshot')} forgotten{names}"


def _table_done(each: dict[str, Any]) -> str:
    what = "redacted" if each["redacted"] else "erased"
    return f"  {each['table']}: {_count(each['rows'], 'row')} {what}, {_count(each['snapshots'], 'snapshot')} forgotten."


def _evidence(evidence: dict[str, Any]) -> str:
    if not evidence["searched"]:
        return "No bytes were searched."
    searched = f"{_count(evidence['files'], 'file')} searched ({_size(evidence['bytes'])}, {_size(evidence['bytes_unpacked'])} unpacked)"
    if not evidence["found_files"] and not evidence["unread_files"]:
        longer = evidence["inside_longer_files"]
        also = f" Something longer that holds the value stands in {_count(longer, 'file')}." if longer else ""
        return f"{searched}: nothing was found.{also}"
    lines = [
        f"{searched}: still found in {_count(evidence['found_files'], 'file')}, {_count(evidence['unread_files'], 'file')} could not be read."
    ]
    lines += [f"  {each['file']}: {each['hits']} times" for each in evidence["found"][:MOST_PLACES]]
    lines += [f"  {each['file']}: {each['why']}" for each in evidence["unread"][:MOST_PLACES]]
    return "\n".join(lines)


def _count(number: int, one: str) -> str:
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def _size(count: int) -> str:
    for unit, power in (("GB", 9), ("MB", 6), ("kB", 3)):
        if count >= 10**power:
            return f"{count / 10**power:.1f} {unit}"
    return f"{count} bytes"
