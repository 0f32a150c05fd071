"""A plan as a file: canonical JSON with the digest over all that it does, so that a key turned over the digest covers exactly that.

Written by `ringi access plan --out`, read by `approve` and `apply`. A file whose digest does not fit was changed, and is refused.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from governance.lake_formation.elements import as_json, from_json
from governance.lake_formation.planning.plan import Effect, Plan, Shows, Step
from metrics_catalog import canonical_json
from metrics_catalog.collection import rare_collection
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import Finding, Place, Severity

SCHEMA_VERSION = 1
AGAIN = "make it again with `ringi access plan --out FILE`."


def digest(plan: Plan) -> str:
    """SHA-256 over the state before, the steps, what is suspended, the account, the policy, its authors and its time; not over counts and findings."""
    return canonical_json.sha256(canonical_json.dump_plain(_covered(plan)))


@rare_collection()
def text(plan: Plan) -> bytes:
    """The bytes of the file."""
    covered = _covered(plan)
    known = {
        "schema_version": SCHEMA_VERSION,
        "digest": canonical_json.sha256(canonical_json.dump_plain(covered)),
        "plan": covered,
        "shows": {str(number): [step.shows.rows, step.shows.cells] for number, step in enumerate(plan.steps) if step.shows is not None},
        "refused": [_finding(finding) for finding in plan.refused],
    }
    return canonical_json.dump_plain(known) + b"\n"


@rare_collection()
def read(raw: bytes, name: str = "plan.json") -> Plan:
    """The plan of a file; raises UsageError for what is no plan, one of another version, or one that was changed."""
    try:
        known = json.loads(raw)
        version = known["schema_version"]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"`{name}` is no plan of access.", hint=AGAIN) from error
    if version != SCHEMA_VERSION:
        raise UsageError(f"`{name}` has schema_version {version!r}; this Ringi reads {SCHEMA_VERSION}.", hint=AGAIN)
    try:
        plan = _plan(known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"`{name}` is no whole plan of access.", hint=AGAIN) from error
    if digest(plan) != known.get("digest"):
        raise UsageError(f"`{name}` was changed after it was made: its digest does not fit.", hint=AGAIN)
    return plan


def _covered(plan: Plan) -> dict[str, Any]:
    return {
        "account": plan.account,
        "policy": plan.policy,
        "at": plan.at.isoformat(),
        "made_at": plan.made_at.isoformat(),
        "holds_until": None if plan.holds_until is None else plan.holds_until.isoformat(),
        "before": dict(plan.before),
        "after": dict(plan.after),
        "steps": [_step(step) for step in plan.steps],
        "suspended": [as_json(permission) for permission in plan.suspended],
        "filters": [as_json(each) for each in plan.filters],
        **({"authors": list(plan.authors)} if plan.authors else {}),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "step": step.kind.value,
        "effect": step.effect.value,
        "country": step.country,
        "before": as_json(step.before),
        "after": as_json(step.after),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "message": finding.message,
        "hint": finding.hint,
        "severity": finding.severity.value,
    }


def _plan(known: Mapping[str, Any]) -> Plan:
    covered = known["plan"]
    shows = {int(number): Shows(*counts) for number, counts in known["shows"].items()}
    until = covered["holds_until"]
    return Plan(
        steps=tuple(_read_step(step, shows.get(number)) for number, step in enumerate(covered["steps"])),
        suspended=from_json(covered["suspended"]),
        filters=from_json(covered["filters"]),
        refused=tuple(_read_finding(finding) for finding in known["refused"]),
        before=covered["before"],
        after=covered["after"],
        account=covered["account"],
        policy=covered["policy"],
        at=dt.datetime.fromisoformat(covered["at"]),
        made_at=dt.datetime.fromisoformat(covered["made_at"]),
        holds_until=None if until is None else dt.date.fromisoformat(until),
        authors=tuple(covered.get("authors", ())),
    )


def _read_step(step: Mapping[str, Any], shows: Shows | None) -> Step:
    if step["before"] is None and step["after"] is None:
        raise ValueError("a step has a before or an after")
    return Step(from_json(step["before"]), from_json(step["after"]), Effect(step["effect"]), step["country"], shows)


def _read_finding(finding: Mapping[str, Any]) -> Finding:
    place = Place(finding["file"], finding["line"], finding["column"])
    return Finding(finding["code"], place, finding["message"], finding["hint"], Severity(finding["severity"]))
