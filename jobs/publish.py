"""Publishing: each country's saved copy and definer view, for the countries whose facts changed.

All copies of a view are written by one statement, compared with the facts, and committed at one moment; then the definer views
that changed are replaced. What is out of date follows from the facts' own snapshots and from the publication ledger, so
publishing that was cut off is taken up by the next run.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs import gold, ledger
from jobs.checkpoint import reached
from jobs.errors import JobError
from jobs.published import PUBLISHED, WITHDRAWN, Publication
from jobs.table import Commit, DefinerView, PartitionField, TableColumn, TableSpec
from metrics_catalog.view import COUNTRY_COLUMN
from views import plan as view_plan
from views.published_view import published_name, saved_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from jobs.engine import Engine, Written
    from jobs.gold import GoldState
    from jobs.run_plan import WantedView
    from jobs.table import Snapshot, Tables

GOLD_SNAPSHOT = "ringi.gold-snapshot"
STAGING = ".staging"
"""Folder of the lake in which copies lie until each is moved below its own country's folder."""


BY_COUNTRY = (PartitionField(COUNTRY_COLUMN),)
"""How the files of copies are cut: one country a file."""


class PublicationError(JobError):
    """Saved copies are not what the facts say; nothing of the view was published."""


@dataclass(frozen=True, slots=True)
class Published:
    """How many saved copies and definer views were published."""

    copies: int
    definers: int


NOTHING = Published(0, 0)


@dataclass(frozen=True, slots=True)
class ViewPublication:
    """What is to be published of one view: the countries whose copies are older than their facts."""

    wanted: WantedView
    head: GoldState
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicationPlan:
    """All copies to write, and the copies (view, country) that nobody may read any more."""

    views: tuple[ViewPublication, ...]
    withdrawn: tuple[tuple[str, str], ...]
    current: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Countries with a copy, old or to be written, by view."""

    @property
    def is_empty(self) -> bool:
        """Whether every copy is as its facts are."""
        return not self.views and not self.withdrawn


def plan(
    tables: Tables, wanted: Sequence[WantedView], last: Mapping[tuple[str, str], Publication], *, whole: bool = True
) -> PublicationPlan:
    """Which saved copies are out of date, and where `wanted` is the whole catalog, which ones nobody may read any more."""
    views, current = [], {}
    for each in wanted:
        states = list(gold.lineage(tables, each.contract.name))
        if not states:
            continue
        newest = _newest_change(states)
        current[each.contract.name] = tuple(code for code in each.countries if code in newest)
        stale = tuple(code for code in current[each.contract.name] if _is_stale(tables, each, code, states, newest[code], last))
        if stale:
            views.append(ViewPublication(each, states[0], stale))
    kept = {(name, code) for name, codes in current.items() for code in codes}
    withdrawn = tuple(sorted(key for key, held in last.items() if whole and not held.withdrawn and key not in kept))
    return PublicationPlan(tuple(views), withdrawn, current)


def publish(tables: Tables, engine: Engine, planned: PublicationPlan, now: dt.datetime, advance: Callable[[int], None]) -> Published:
    """Write, audit and commit the saved copies together with their definer views, and record them."""
    lines: list[dict[str, Any]] = []
    definers = 0
    for view in planned.views:
        put, recorded = _publish_view(tables, engine, view, now)
        definers += put
        lines += recorded
        advance(len(view.countries))
    for name, code in planned.withdrawn:
        tables.drop(published_name(code, name))
        tables.drop(saved_name(code, name))
        lines.append(_line(name, code, WITHDRAWN, now))
    reached("saved_published")
    _record(tables, engine, lines)
    reached("publications")
    return Published(sum(len(view.countries) for view in planned.views), definers)


def publish_definers(tables: Tables, planned: PublicationPlan, wanted: Sequence[WantedView]) -> int:
    """Create, replace and drop definer views so that they are as the contracts say; gives how many changed."""
    changes = _definer_plan(tables, planned, wanted)
    tables.put_views([_definer(view) for view in changes.to_put])
    for name in changes.to_drop:
        tables.drop(name)
    reached("views_published")
    return len(changes.to_put) + len(changes.to_drop)


def _newest_change(states: Sequence[GoldState]) -> dict[str, int]:
    """For each country the place (0: newest) of the last snapshot that changed its facts."""
    newest: dict[str, int] = {}
    for place, state in enumerate(states):
        for code in state.touched:
            newest.setdefault(code, place)
    return newest


def _is_stale(
    tables: Tables, wanted: WantedView, code: str, states: Sequence[GoldState], changed: int, last: Mapping[tuple[str, str], Publication]
) -> bool:
    held = last.get((wanted.contract.name, code))
    if held is None or held.withdrawn:
        return True
    place = next((place for place, state in enumerate(states) if state.snapshot_id == held.gold_snapshot), None)
    if place is None or place > changed:
        return True
    name = saved_name(code, wanted.contract.name)
    return name not in tables.names(name.rpartition(".")[0])


def _publish_view(tables: Tables, engine: Engine, view: ViewPublication, now: dt.datetime) -> tuple[int, list[dict[str, Any]]]:
    """Publish the copies of one view together with the definer views over them; gives how many of these, and the ledger's lines."""
    contract = view.wanted.contract
    meanings = dict(view.head.meanings)
    due = [code for code in view.countries if not _is_committed(tables, view, code)]
    written = _write(tables, engine, view, due)
    reached("saved_written")
    definers = _definers_of(tables, view.wanted, due)
    made = tables.commit_all([_commit(tables, view, code, written[code]) for code in due], definers)
    snapshots = dict(zip(due, made, strict=True))
    lines = []
    for code in view.countries:
        snapshot = snapshots.get(code) or _present(tables, contract.name, code)
        line = _line(contract.name, code, PUBLISHED, now)
        rows = int(snapshot.summary.get("total-records", "0"))
        lines.append({**line, "run_id": view.head.run_id, "gold_snapshot": view.head.snapshot_id, "saved_snapshot": snapshot.id,
                      "row_count": rows, "metrics": meanings})  # fmt: skip
    return len(definers), lines


def _is_committed(tables: Tables, view: ViewPublication, code: str) -> bool:
    """Whether a run that was cut off had committed this very copy."""
    snapshot = tables.snapshot(saved_name(code, view.wanted.contract.name))
    return snapshot is not None and snapshot.summary.get(GOLD_SNAPSHOT) == str(view.head.snapshot_id)


def _present(tables: Tables, view: str, code: str) -> Snapshot:
    snapshot = tables.snapshot(saved_name(code, view))
    if snapshot is None:
        raise JobError(f"The saved copy `{saved_name(code, view)}` vanished while it was published.", hint="run again.")
    return snapshot


def _write(tables: Tables, engine: Engine, view: ViewPublication, due: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Data files of the copies by country, in each country's own folder; audited. Copies of one shape are one statement."""
    by_shape: dict[tuple[TableColumn, ...], list[str]] = {}
    for code in due:
        by_shape.setdefault(tables.shape(_saved_spec(view, code), replacing=True).columns, []).append(code)
    found: dict[str, tuple[str, ...]] = {}
    for columns, codes in by_shape.items():
        facts = _facts(tables, engine, view, codes)
        folder = f"{tables.data_folder(f'{STAGING}.{view.wanted.contract.name}')}/{uuid.uuid4().hex}"
        files = engine.write(facts, folder, columns, BY_COUNTRY, sort=view.wanted.contract.keys)
        audit_copies(engine, view, columns, facts, files)
        for code in codes:
            paths = [file.path for file in files if file.partition == (code,)]
            found[code] = tables.take(saved_name(code, view.wanted.contract.name), paths)
    return found


def _facts(tables: Tables, engine: Engine, view: ViewPublication, codes: Sequence[str]) -> str:
    """A query of the countries' rows of the facts, with the columns of the contract."""
    name = gold.gold_name(view.wanted.contract.name)
    spec = tables.spec(name)
    names = ", ".join(f'"{column.name}"' for column in view.wanted.contract.columns)
    held = engine.relation([file.path for file in tables.files(name, snapshot_id=view.head.snapshot_id)], spec.columns if spec else ())
    listed = ", ".join(f"'{code}'" for code in codes)
    return f'SELECT {names} FROM {held} WHERE "{COUNTRY_COLUMN}" IN ({listed})'


def audit_copies(engine: Engine, view: ViewPublication, columns: Sequence[TableColumn], facts: str, files: Sequence[Written]) -> None:
    """The copies hold the rows of the facts, each once, and each file the rows of its country alone."""
    copies = engine.relation([file.path for file in files], columns)
    lost = engine.value(f"SELECT count(*) FROM (({facts}) EXCEPT ALL (SELECT * FROM {copies}))")
    rows = engine.value(f"SELECT count(*) FROM ({facts})")
    strangers = engine.value(f"SELECT coalesce(sum(strangers), 0) FROM ({_strangers_sql(engine, columns, files)})") if files else 0
    if lost or rows != sum(file.rows for file in files) or strangers:
        what = (
            f"{lost} rows differ from the facts"
            if lost
            else f"{strangers} rows lie in another country's copy"
            if strangers
            else "rows are missing or too many"
        )
        raise PublicationError(
            f"The saved copies of `{view.wanted.contract.name}` failed their audit: {what}. Nothing of the view was published.",
            hint="this is a fault of Ringi, or files of the lake were changed by hand: please report it. More: ringi explain RNG-JOB-041",
        )


def _strangers_sql(engine: Engine, columns: Sequence[TableColumn], files: Sequence[Written]) -> str:
    """Rows of each file that are not of the one country whose copy it becomes."""
    country = [column for column in columns if column.name == COUNTRY_COLUMN]
    return " UNION ALL ".join(
        f"SELECT count(*) AS strangers FROM {engine.relation([file.path], country)} WHERE \"{COUNTRY_COLUMN}\" IS DISTINCT FROM '{file.partition[0]}'"
        for file in files
    )


def _saved_spec(view: ViewPublication, code: str) -> TableSpec:
    return TableSpec(saved_name(code, view.wanted.contract.name), gold.table_columns(view.wanted.contract))


def _commit(tables: Tables, view: ViewPublication, code: str, paths: Sequence[str]) -> Commit:
    spec = _saved_spec(view, code)
    head = tables.snapshot(spec.name)
    summary = {
        gold.RUN_ID: view.head.run_id,
        GOLD_SNAPSHOT: str(view.head.snapshot_id),
        gold.MEANINGS: json.dumps(dict(view.head.meanings), sort_keys=True, separators=(",", ":")),
    }
    return Commit(spec.name, paths, replace_all=True, summary=summary, spec=spec, parent=head.id if head else None)


def _line(view: str, code: str, action: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "run_id": "",
        "recorded_at": now,
        "view": view,
        "viewing_country": code,
        "action": action,
        "gold_snapshot": None,
        "saved_snapshot": None,
        "row_count": None,
        "metrics": {},
    }


def _record(tables: Tables, engine: Engine, lines: Sequence[Mapping[str, Any]]) -> None:
    """One block for all that was published; its name says what, so that a repeated step adds nothing."""
    named = sorted(
        [line["view"], line["viewing_country"], line["action"], str(line["saved_snapshot"] or line["recorded_at"])] for line in lines
    )
    block = hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]
    ledger.append_values(tables, engine, ledger.PUBLICATIONS, block, lines)


def _definer_plan(tables: Tables, planned: PublicationPlan, wanted: Sequence[WantedView]) -> view_plan.ViewPlan:
    held = [(each, planned.current.get(each.contract.name, ())) for each in wanted]
    namespaces = [name for name in tables.namespaces() if name.startswith("views_")]
    return view_plan.plan(_wanted_definers(held), [view for namespace in namespaces for view in tables.views(namespace)])


def _definers_of(tables: Tables, wanted: WantedView, codes: Sequence[str]) -> list[DefinerView]:
    """The definer views over some countries' copies that are not as the contract says."""
    want = _wanted_definers([(wanted, codes)])
    present = [held for view in want if (held := tables.view(view.name)) is not None]
    return [_definer(view) for view in view_plan.plan(want, present).to_put]


def _wanted_definers(held: Sequence[tuple[WantedView, Sequence[str]]]) -> list[view_plan.WantedView]:
    return [view for wanted, codes in held for view in view_plan.wanted(wanted.contract, codes)]


def _definer(view: view_plan.WantedView) -> DefinerView:
    columns = tuple(
        TableColumn(column.name, column.type, column.required, column.doc, number) for number, column in enumerate(view.columns, 1)
    )
    return DefinerView(view.name, columns, view.sql, view.properties)
