"""A plan of access for 204 countries, 20 views and 1,000 principals: seconds, memory, and calls against the fewest that batches allow.

Two cases: an account where nothing is given yet (every grant is new), and one that is as the policy says but for a handful of
changes. Reading the account is not part of it. Each case runs in a process of its own, so that its memory is its own.

    python -m tests.bench.bench_access_plan [--countries N] [--views N] [--principals N]
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from math import ceil
from typing import Any

from governance.lake_formation.compiling.compile import desired
from governance.lake_formation.elements import changed
from governance.lake_formation.planning.apply import planned_calls
from governance.lake_formation.planning.plan import Plan
from governance.lake_formation.planning.plan_file import text as file_text
from governance.lake_formation.planning.plan_text import text as plan_text
from governance.lake_formation.planning.planned import Setting, plan
from governance.lake_formation.resource import Columns
from governance.lake_formation.state import AccountState, Attachment, OptIn, Permission, Tagged
from metrics_catalog.collection import rare_collection
from tests.bench.measure import verdict
from tests.support.access_account import ACCOUNT, TARGET
from tests.support.large_policy import COUNTRIES, PRINCIPALS, VIEWS, Large, large

MOST_SECONDS, MOST_MIB, MOST_CALLS = 5.0, 1024.0, 1.05
AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
BATCH = 20


def main(words: Sequence[str] | None = None) -> list[bool]:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--countries", type=int, default=COUNTRIES)
    parser.add_argument("--views", type=int, default=VIEWS)
    parser.add_argument("--principals", type=int, default=PRINCIPALS)
    parser.add_argument("--case", choices=("new", "changed"))
    chosen = parser.parse_args(words)
    size = (chosen.countries, chosen.views, chosen.principals)
    if chosen.case:
        print(json.dumps(_measured(chosen.case, large(*size))))
        return []
    return [met for case in ("new", "changed") for met in _told(case, _run(case, size))]


def _run(case: str, size: tuple[int, int, int]) -> dict[str, Any]:
    flags = [word for name, value in zip(("--countries", "--views", "--principals"), size, strict=True) for word in (name, str(value))]
    command = [sys.executable, "-m", "tests.bench.bench_access_plan", "--case", case, *flags]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def _told(case: str, found: dict[str, Any]) -> list[bool]:
    print(f"       {case}: {found['permissions']:,} permissions wanted, {found['steps']:,} steps, {found['calls']:,} calls")
    print(f"       {case}: compiled in {found['compile']:.2f} s, planned in {found['plan']:.2f} s, printed in {found['text']:.2f} s,")
    print(f"       {case}: of the first two {found['processor']:.2f} s of processor time, which counts on a machine with other work;")
    print(f"       {case}: written in {found['file']:.2f} s ({found['bytes'] / 1e6:.1f} MB), ordered into calls in {found['order']:.2f} s")
    met = [
        verdict(f"plan, {case}", found["compile"] + found["plan"], MOST_SECONDS, unit=" s"),
        verdict(f"memory of the plan, {case}", found["mib"], MOST_MIB, unit=" MiB"),
    ]
    if case == "new":
        met.append(verdict("calls to the fewest possible", found["calls"] / found["fewest"], MOST_CALLS, unit=" x"))
    return met


def _measured(case: str, found: Large) -> dict[str, Any]:
    held = found.held if case == "new" else _nearly(found)
    seconds: dict[str, Any] = {}
    started = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal started
        now = time.perf_counter()
        seconds[name], started = now - started, now

    busy = time.process_time()
    with rare_collection():
        wanted = desired(found.policy, found.declared, TARGET, held, AT)
    lap("compile")
    made = plan(held, wanted, Setting(ACCOUNT, at=AT, made_at=AT, countries=_countries(found)))
    lap("plan")
    seconds["processor"] = time.process_time() - busy
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plan_text(made)
    lap("text")
    written = len(file_text(made))
    lap("file")
    calls = sum(len(part) for _, part in planned_calls(made))
    lap("order")
    counts = {"permissions": len(wanted.state.permissions), "steps": len(made.steps), "calls": calls, "fewest": _fewest(made)}
    return {**seconds, **counts, "mib": mib, "bytes": written}


def _countries(found: Large) -> dict[str, str]:
    return {name: code for code in found.declared.countries for name in (f"views_{code.lower()}", f"saved_{code.lower()}")}


def _nearly(found: Large) -> AccountState:
    """The account as the policy wants it, but for one permission in a thousand that is missing and as many that nobody gave."""
    wanted = desired(found.policy, found.declared, TARGET, found.held, AT)
    whole = changed(found.held, (), {*wanted.state.permissions, *wanted.state.filters, *wanted.state.tags, *wanted.state.tagged})
    whole = changed(whole, (), {*wanted.state.registrations, *wanted.state.opt_ins, wanted.state.settings})
    some = sorted(whole.permissions, key=repr)[::1000]
    foreign = {Permission(f"{each.principal}_stranger", each.resource, each.action) for each in some}
    return changed(whole, some, foreign)


def _fewest(made: Plan) -> int:
    """Calls where everything of a kind could share batches: entries of 20, one call a filter, a resource's tags, an opt-in."""
    come = [step.after for step in made.steps if step.after is not None]
    go = [step.before for step in made.steps if step.before is not None]
    entries = [len({(each.principal, each.resource) for each in some if isinstance(each, Permission)}) for some in (come, go)]
    tagged = {_carrier(each, come) for each in come if isinstance(each, Tagged)}
    others = [each for each in come if not isinstance(each, Permission | Tagged)]
    others += [each for each in go if isinstance(each, OptIn | Attachment)]
    return sum(ceil(count / BATCH) for count in entries) + len(tagged) + len(others)


def _carrier(tagged: Tagged, come: list[Any]) -> object:
    """What one call tags: a resource, or all columns of a table that get the same value."""
    on = tagged.resource
    return (on.database, on.table, tagged.key, tagged.value) if isinstance(on, Columns) else on


if __name__ == "__main__":
    sys.exit(not all(main()))
