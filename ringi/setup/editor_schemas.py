"""The schemas of every kind of file of a lake project, for editors; written by `ringi init`, with and without `--forge`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_schemas(root: Path) -> tuple[str, ...]:
    """Write them into a project, and where there are none the settings that point to them; gives the files, relative to the root."""
    from governance.policy.grant import PolicyFile
    from governance.retention import FILE, RetentionFile
    from metrics_catalog import schema
    from metrics_catalog.project_files import ELSEWHERE

    patterns = {kind: f"{folder}/**/*.yaml" for kind, folder in ELSEWHERE.items()} | {"retention": FILE}
    return schema.write(root, {"policy": PolicyFile, "retention": RetentionFile}, patterns)
