"""A commit that says: the same rows in other files. PyIceberg writes no such snapshots itself.

Readers of what was added pass over it (`listing.newer`). It also merges manifests, so that a table of many small commits is
planned quickly again. Used by `commits.py` for a `Commit` that `rewrites`.
"""

from __future__ import annotations

from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _ManifestMergeManager, _OverwriteFiles
from pyiceberg.typedef import EMPTY_DICT

from infra.tables import listing
from jobs.table import Commit

MANIFEST_BYTES = 8 * 2**20
"""Manifests are merged up to this size."""


class RewrittenFiles(_OverwriteFiles):
    """An overwrite under the operation `replace`, whose manifests are merged."""

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        counted = super()._summary(snapshot_properties)
        return Summary(Operation.REPLACE, **counted.additional_properties)

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        data = [manifest for manifest in manifests if manifest.content is ManifestContent.DATA and self._tells(manifest)]
        other = [manifest for manifest in manifests if manifest.content is not ManifestContent.DATA]
        merging = _ManifestMergeManager(target_size_bytes=MANIFEST_BYTES, min_count_to_merge=2, merge_enabled=True, snapshot_producer=self)
        return [self._without_gone(merging, manifest) for manifest in merging.merge_manifests(data)] + other

    def _tells(self, manifest: ManifestFile) -> bool:
        """Whether a manifest says something now: it is new, or has files that are still there."""
        return manifest.added_snapshot_id == self.snapshot_id or bool(manifest.existing_files_count or manifest.added_files_count)

    def _without_gone(self, merging: _ManifestMergeManager[_OverwriteFiles], manifest: ManifestFile) -> ManifestFile:
        """A manifest of an earlier snapshot without its entries of files that left: they still tell the bounds of those files."""
        if manifest.deleted_files_count and manifest.added_snapshot_id != self.snapshot_id:
            return merging._create_manifest(manifest.partition_spec_id, [manifest])
        return manifest


def rewrite(transaction: Transaction, table: Table, change: Commit, leaving: list[DataFile]) -> RewrittenFiles:
    """The producer of the snapshot; `leaving` are the files whose rows lie in the added ones from now on."""
    through = _through(table, change, {file.file_path for file in leaving})
    summary = {**change.summary, **({listing.REWRITTEN_THROUGH: str(through)} if through else {})}
    return RewrittenFiles(
        operation=Operation.OVERWRITE, transaction=transaction, io=table.io, branch=change.branch, snapshot_properties=summary
    )


def _through(table: Table, change: Commit, leaving: set[str]) -> int:
    """The highest sequence number among the files that leave; 0 where none does."""
    snapshot = table.snapshot_by_name(change.branch) if leaving else None
    entries = () if snapshot is None else listing.entries(table, snapshot)
    return max((entry.sequence_number or 0 for entry in entries if entry.data_file.file_path in leaving), default=0)
