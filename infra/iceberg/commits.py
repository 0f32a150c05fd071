"""What a commit writes: manifests, a manifest list and the metadata that follows, computed from what the table holds now.

Made by an adapter for each `Commit` of the port; nothing of it is visible until the adapter moves the table's pointer.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.iceberg import manifests, metadata, schema
from infra.iceberg.manifests import ADDED, DELETED, EXISTING, Json, Layout

if TYPE_CHECKING:
    from jobs.table import Commit

Fetch = Callable[[str], bytes]
"""Gives the bytes of a file by its location."""

Store = Callable[[str, bytes], None]
"""Keeps the bytes of a new file at a location."""


@dataclass(frozen=True, slots=True)
class Files:
    """How an adapter reads and writes the small files of a table."""

    fetch: Fetch
    store: Store


def layout_of(table_metadata: Json, table: str, spec_id: int | None = None) -> Layout:
    """What manifests must know about a table."""
    columns = metadata.columns_of(table_metadata, table)
    spec = metadata.partition_spec(table_metadata, spec_id)
    partition = schema.partition_of(spec["fields"], columns, table)
    return Layout(metadata.current_schema(table_metadata), columns, spec["spec-id"], tuple(spec["fields"]), partition)


def live_entries(table_metadata: Json, table: str, snapshot_id: int, fetch: Fetch) -> list[tuple[Json, list[Json]]]:
    """Data manifests of a snapshot, each with its entries that are still there; delete files are refused, never ignored."""
    found = []
    for manifest in manifests_of(table_metadata, table, snapshot_id, fetch):
        entries = manifests.read_entries(fetch(manifest["manifest_path"]), manifest)
        found.append((manifest, [entry for entry in entries if entry["status"] != DELETED]))
    return found


def manifests_of(table_metadata: Json, table: str, snapshot_id: int, fetch: Fetch) -> list[Json]:
    """Manifests of a snapshot that hold live files."""
    entry = metadata.snapshot_json(table_metadata, snapshot_id, table)
    listed = manifests.read_list(fetch(entry["manifest-list"]))
    if any(manifest["content"] != manifests.DATA and _live(manifest) for manifest in listed):
        raise InfraError(
            f"Table `{table}` has row deletes written by another engine, which Ringi does not read.",
            hint="compact the table with that engine (rewrite its data files), then run again. More: ringi explain RNG-INF-008",
        )
    return [manifest for manifest in listed if manifest["content"] == manifests.DATA and _live(manifest)]


def committed(before: Json, change: Commit, added: Sequence[Json], files: Files, millis: int) -> tuple[Json, int]:
    """Writes what a commit needs; returns the metadata that follows and the new snapshot's id."""
    parent = metadata.head(before, change.branch)
    if parent is None:
        parent = metadata.head(before, "main")
    snapshot_id, sequence = uuid.uuid4().int >> 66, before["last-sequence-number"] + 1
    layout = layout_of(before, change.table)
    folder = f"{before['location']}/metadata"
    commit_name = uuid.uuid4().hex
    present = [] if parent is None else live_entries(before, change.table, parent, files.fetch)
    kept, removed = _split(change, present)
    lines = [manifest for manifest, entries in kept if entries is None]

    def keep(entries: list[Json], held: Layout) -> None:
        path = f"{folder}/{commit_name}-m{len(lines)}.avro"
        data = manifests.write_manifest(entries, held)
        files.store(path, data)
        lines.append(manifests.manifest_json(path, len(data), entries, held, snapshot_id, sequence))

    if added:
        keep([_entry(ADDED, snapshot_id, None, data_file) for data_file in added], layout)
    for manifest, entries in kept:
        if entries is not None:
            keep(_rewritten(entries, removed, snapshot_id), layout_of(before, change.table, manifest["partition_spec_id"]))
    list_path = f"{folder}/snap-{snapshot_id}-{commit_name}.avro"
    files.store(list_path, manifests.write_list(lines, snapshot_id, parent, sequence))
    summary = _summary(change, added, list(removed.values()), _totals(before, parent))
    new = metadata.NewSnapshot(snapshot_id, parent, list_path, summary, millis)
    return metadata.with_snapshot(before, new, change.branch), snapshot_id


def _live(manifest: Json) -> bool:
    counts = (manifest.get("added_files_count"), manifest.get("existing_files_count"))
    return any(count is None or count > 0 for count in counts)


def _split(change: Commit, present: list[tuple[Json, list[Json]]]) -> tuple[list[tuple[Json, list[Json] | None]], dict[str, Json]]:
    """Manifests with their entries where some of those leave (None: kept as it is), and the data files that leave by path."""
    leaving = set(change.removed)
    removed: dict[str, Json] = {}
    kept: list[tuple[Json, list[Json] | None]] = []
    for manifest, entries in present:
        gone = {
            e["data_file"]["file_path"]: e["data_file"] for e in entries if change.replace_all or e["data_file"]["file_path"] in leaving
        }
        removed |= gone
        kept.append((manifest, entries if gone else None))
    missing = leaving - removed.keys()
    if missing:
        raise InfraError(
            f"Table `{change.table}` does not hold the data file `{min(missing)}` that was to be replaced.",
            hint="run again: the work starts from what the table holds now.",
        )
    return kept, removed


def _rewritten(entries: list[Json], removed: Mapping[str, Json], snapshot_id: int) -> list[Json]:
    """The entries of a manifest after the commit: those that stay, and those that leave marked as deleted by it."""
    return [
        {**entry, "status": DELETED, "snapshot_id": snapshot_id}
        if entry["data_file"]["file_path"] in removed
        else {**entry, "status": EXISTING}
        for entry in entries
    ]


def _entry(status: int, snapshot_id: int, sequence: int | None, data_file: Json) -> Json:
    return {
        "status": status,
        "snapshot_id": snapshot_id,
        "sequence_number": sequence,
        "file_sequence_number": sequence,
        "data_file": data_file,
    }


def _totals(before: Json, parent: int | None) -> Mapping[str, str]:
    return {} if parent is None else metadata.snapshot_json(before, parent, "").get("summary", {})


def _summary(change: Commit, added: Sequence[Json], removed: Sequence[Json], previous: Mapping[str, str]) -> dict[str, str]:
    """Iceberg's own counts, then what the job says about its snapshot."""
    counts = {
        "data-files": (len(added), len(removed)),
        "records": (sum(f["record_count"] for f in added), sum(f["record_count"] for f in removed)),
        "files-size": (sum(f["file_size_in_bytes"] for f in added), sum(f["file_size_in_bytes"] for f in removed)),
    }
    summary = {"operation": "overwrite" if removed else "append"}
    for name, (more, less) in counts.items():
        if more:
            summary[f"added-{name}"] = str(more)
        if less:
            summary[("removed-" if name == "files-size" else "deleted-") + name] = str(less)
        summary[f"total-{name}"] = str(int(previous.get(f"total-{name}", "0")) + more - less)
    return {**summary, "total-delete-files": "0", "total-position-deletes": "0", "total-equality-deletes": "0", **change.summary}
