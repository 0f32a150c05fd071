"""Iceberg tables in a local folder: the `Tables` port over metadata files and the SQLite catalog.

Made by `ringi/lake.py` for a lake whose profile says `local`; used by every job through the port. Opening it touches nothing.
A commit writes new files first and then moves pointers in one transaction of the catalog, so a reader sees a table before or
after a commit, and many tables at once, never a half.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.iceberg import commits, footers, manifests, metadata
from infra.iceberg import view as views
from infra.local.catalog_db import CatalogDb, Move
from infra.local.foreign import translated
from jobs.errors import CommitConflictError
from jobs.table import MAIN, Commit, DataFile, DefinerView, Snapshot, TableSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

ATTEMPTS = 8
"""How often a commit that does not insist on its parent is tried again after another process was faster."""


@dataclass(frozen=True, slots=True)
class _Staged:
    """A commit whose files are written and whose pointer has not moved yet."""

    move: Move
    metadata: Json
    snapshot_id: int
    stale: tuple[str, ...]


class LocalTables:
    """Tables below `warehouse`, listed in `warehouse/catalog.db`."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse.absolute()
        self._catalog = CatalogDb(self._warehouse / "catalog.db")
        self._seen: dict[str, Json] = {}

    def names(self, namespace: str) -> tuple[str, ...]:
        return tuple(self._catalog.pointers(namespace, "TABLE"))

    def namespaces(self) -> tuple[str, ...]:
        return self._catalog.namespaces()

    def spec(self, name: str) -> TableSpec | None:
        held = self._metadata(name)
        return None if held is None else metadata.spec_of(held, name)

    def shape(self, spec: TableSpec, *, replacing: bool = False) -> TableSpec:
        held = self._metadata(spec.name)
        return metadata.spec_of(self._shaped(held, spec, replacing=replacing), spec.name)

    def ensure(self, spec: TableSpec) -> TableSpec:
        for _ in range(ATTEMPTS):
            location, held = self._pointed(spec.name)
            after = self._shaped(held, spec)
            if after is held or not self._moved(spec.name, location, held, after):
                return metadata.spec_of(after, spec.name)
        raise _conflict((spec.name,))

    def snapshot(self, name: str, branch: str = MAIN) -> Snapshot | None:
        held = self._metadata(name)
        head = None if held is None else metadata.head(held, branch)
        return None if held is None or head is None else metadata.snapshot_of(metadata.snapshot_json(held, head, name))

    def snapshots(self, name: str) -> tuple[Snapshot, ...]:
        held = self._metadata(name)
        return () if held is None else tuple(metadata.snapshot_of(entry) for entry in held["snapshots"])

    def files(self, name: str, *, snapshot_id: int | None = None, branch: str = MAIN) -> tuple[DataFile, ...]:
        held = self._metadata(name)
        wanted = snapshot_id if snapshot_id is not None or held is None else metadata.head(held, branch)
        return () if held is None or wanted is None else self._files(held, name, wanted, None)

    def files_added(self, name: str, *, since: int | None, until: int | None = None) -> tuple[DataFile, ...]:
        held = self._metadata(name)
        wanted = until if until is not None or held is None else metadata.head(held, MAIN)
        if held is None or wanted is None:
            return ()
        line = metadata.lineage(held, wanted)
        ids = [entry["snapshot-id"] for entry in line]
        if since is None or since not in ids:  # nothing known in common: everything counts as new
            return self._files(held, name, wanted, None)
        newer = line[: ids.index(since)]
        compactions = {entry["snapshot-id"] for entry in newer if entry.get("summary", {}).get("operation") == "replace"}
        return self._files(held, name, wanted, {entry["snapshot-id"] for entry in newer} - compactions)

    def data_folder(self, name: str) -> str:
        held = self._metadata(name)
        return str(_local(held["location"] if held else self._location(name)) / "data")

    def commit(self, change: Commit) -> Snapshot:
        return self.commit_all([change])[0]

    def commit_all(self, changes: Sequence[Commit]) -> tuple[Snapshot, ...]:
        """All pointers move in one transaction: every change is visible at the same moment, or none is."""
        names = [change.table for change in changes]
        if len(set(names)) < len(names):
            raise ValueError("commit_all takes one change a table")
        for _ in range(ATTEMPTS):
            staged = [self._staged(change) for change in changes]
            lost = self._catalog.move([one.move for one in staged]) if staged else ()
            if not lost:
                return tuple(self._settled(one, change.table) for one, change in zip(staged, changes, strict=True))
            if any(change.check_parent for change in changes if change.table in lost):
                break
        raise _conflict(lost)

    def fast_forward(self, name: str, branch: str) -> None:
        location, held = self._pointed(name)
        target = None if held is None else metadata.head(held, branch)
        if held is None or target is None:
            raise CommitConflictError(f"Table `{name}` has no branch `{branch}`.", hint="run again: the work starts from what is there.")
        ancestors = {entry["snapshot-id"] for entry in metadata.lineage(held, target)}
        main = metadata.head(held, MAIN)
        if main is not None and main not in ancestors:
            raise _conflict((name,))
        moved = held if main == target else metadata.with_ref(held, MAIN, target, _now())
        after = metadata.without_ref(moved, branch, _now())
        if lost := self._moved(name, location, held, after):
            raise _conflict(lost)

    def drop_branch(self, name: str, branch: str) -> None:
        location, held = self._pointed(name)
        if held is None or branch not in held.get("refs", {}) or branch == MAIN:
            return
        if lost := self._moved(name, location, held, metadata.without_ref(held, branch, _now())):
            raise _conflict(lost)

    def drop(self, name: str) -> None:
        for kind in ("TABLE", "VIEW"):
            if location := self._catalog.pointer(name, kind):
                self._catalog.move([Move(name, kind, location, None)])

    def put_views(self, new: Sequence[DefinerView]) -> None:
        """All views change in one transaction; the last writer wins."""
        for _ in range(ATTEMPTS):
            moves = [self._view_move(view) for view in new]
            if not moves or not (lost := self._catalog.move(moves)):
                return
        raise _conflict(lost)

    def views(self, namespace: str) -> tuple[DefinerView, ...]:
        return tuple(views.view_of(name, self._read_json(at)) for name, at in self._catalog.pointers(namespace, "VIEW").items())

    def view(self, name: str) -> DefinerView | None:
        at = self._catalog.pointer(name, "VIEW")
        return None if at is None else views.view_of(name, self._read_json(at))

    # How a commit is made.

    def _staged(self, change: Commit) -> _Staged:
        location, held = self._pointed(change.table)
        before = self._shaped(held, change.spec, replacing=change.replace_all) if change.spec is not None else held
        if before is None:
            raise CommitConflictError(f"Table `{change.table}` does not exist.", hint="run again: the work starts from what is there.")
        parent = metadata.head(before, change.branch) or metadata.head(before, MAIN)
        if change.check_parent and parent != change.parent:
            raise _conflict((change.table,))
        layout = commits.layout_of(before, change.table)
        wanted = replace(change, removed=tuple(_located(path) for path in change.removed))
        with translated(f"committing to `{change.table}`"):
            added = [footers.data_file_json(path, _located(path), Path(path).stat().st_size, layout) for path in change.added]
            after, snapshot_id = commits.committed(before, wanted, added, commits.Files(self._fetch, _store), _now())
        move, written, stale = self._next(change.table, location, held, after)
        return _Staged(move, written, snapshot_id, stale)

    def _next(self, name: str, location: str | None, held: Json | None, after: Json) -> tuple[Move, Json, tuple[str, ...]]:
        """Writes the next metadata file; gives the move to it, what it holds, and older files that may be deleted."""
        stale: list[str] = []
        if location is not None and held is not None:
            after, stale = metadata.with_log(after, location, held["last-updated-ms"])
        version = 0 if location is None else int(Path(location).name.split("-")[0]) + 1
        path = f"{after['location']}/metadata/{version:05d}-{uuid.uuid4()}.metadata.json"
        with translated(f"committing to `{name}`"):
            _store(path, json.dumps(after).encode())
        return Move(name, "TABLE", location, path), after, tuple(stale)

    def _moved(self, name: str, location: str | None, held: Json | None, after: Json) -> tuple[str, ...]:
        """Moves one table's pointer; returns its name where another process was faster."""
        move, written, stale = self._next(name, location, held, after)
        lost = self._catalog.move([move])
        if not lost:
            self._settle(move, written, stale)
        return lost

    def _settled(self, one: _Staged, name: str) -> Snapshot:
        self._settle(one.move, one.metadata, one.stale)
        return metadata.snapshot_of(metadata.snapshot_json(one.metadata, one.snapshot_id, name))

    def _settle(self, move: Move, written: Json, stale: Sequence[str]) -> None:
        self._seen[str(move.after)] = written
        for old in stale:
            _local(old).unlink(missing_ok=True)

    def _shaped(self, held: Json | None, spec: TableSpec, *, replacing: bool = False) -> Json:
        if held is None:
            return metadata.new_table(spec, self._location(spec.name), _now())
        return metadata.with_shape(held, spec, _now()) if replacing else metadata.with_columns(held, spec, _now())

    def _view_move(self, view: DefinerView) -> Move:
        at = self._catalog.pointer(view.name, "VIEW")
        after = views.next_version(None if at is None else self._read_json(at), view, self._location(view.name), _now())
        path = f"{after['location']}/metadata/{len(after['versions']):05d}-{uuid.uuid4()}.metadata.json"
        with translated(f"writing the view `{view.name}`"):
            _store(path, json.dumps(after).encode())
        return Move(view.name, "VIEW", at, path)

    # Reading.

    def _metadata(self, name: str) -> Json | None:
        return self._pointed(name)[1]

    def _pointed(self, name: str) -> tuple[str | None, Json | None]:
        location = self._catalog.pointer(name, "TABLE")
        return (None, None) if location is None else (location, self._read_json(location))

    def _read_json(self, location: str) -> Json:
        if location not in self._seen:  # metadata files never change, so one reading is enough
            with translated("reading the lake"):
                self._seen[location] = json.loads(self._fetch(location))
        return self._seen[location]

    def _files(self, held: Json, name: str, snapshot_id: int, only: set[int] | None) -> tuple[DataFile, ...]:
        found = []
        with translated(f"reading the files of `{name}`"):
            for manifest, entries in commits.live_entries(held, name, snapshot_id, self._fetch):
                layout = commits.layout_of(held, name, manifest["partition_spec_id"])
                chosen = [entry for entry in entries if only is None or entry["snapshot_id"] in only]
                found += [manifests.data_file(entry, layout, str(_local(entry["data_file"]["file_path"]))) for entry in chosen]
        return tuple(sorted(found, key=lambda file: file.path))

    def _fetch(self, location: str) -> bytes:
        return _local(location).read_bytes()

    def _location(self, name: str) -> str:
        namespace, _, table = name.rpartition(".")
        return f"file://{self._warehouse}/{namespace}/{table}"


def _conflict(names: Sequence[str]) -> CommitConflictError:
    return CommitConflictError(
        f"Another process changed `{names[0]}` at the same time; nothing was written.", hint="run the same command again."
    )


def _local(location: str) -> Path:
    return Path(location.removeprefix("file://").removeprefix("file:"))


def _located(path: str) -> str:
    return path if path.startswith("file:") else f"file://{Path(path).absolute()}"


def _store(location: str, data: bytes) -> None:
    path = _local(location)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _now() -> int:
    return time.time_ns() // 1_000_000
