"""A lake project against an earlier commit of its repository: the diff that `ringi diff`, `report` and `preview` begin with."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.project_files import BOOKS, ELSEWHERE, FOLDERS

if TYPE_CHECKING:
    from metrics_catalog.diff.catalog_diff import CatalogDiff
    from metrics_catalog.diff.definitions import Version

DEFINED_IN = (*BOOKS.values(), *FOLDERS.values(), *ELSEWHERE.values())
"""Files and folders of a lake project that hold definitions."""


def diff_against(root: Path, base: str, *, today: dt.date | None = None) -> CatalogDiff:
    """What the project's files, uncommitted and untracked ones included, change against the commit `base`.

    `today` (UTC's unless given) decides which country variants still hold. Raises UsageError where there is no repository or
    no such commit, InfraError where git cannot be asked.
    """
    from infra.local.git import Repository
    from metrics_catalog.diff.compare import compare

    repository = Repository.of(root)
    commit = repository.resolve(base)
    files = definition_files(repository.changed(commit, DEFINED_IN))
    day = today or dt.datetime.now(dt.UTC).date()
    with tempfile.TemporaryDirectory(prefix="ringi-base-") as folder:
        then = Path(folder).resolve()
        repository.materialise(commit, then, DEFINED_IN)
        return compare(_version(then), _version(root), files, day)


def definition_files(files: tuple[str, ...]) -> frozenset[str]:
    """Those of the changed files that are read as definitions."""
    meanings = "approvals/meanings/"
    return frozenset(
        file
        for file in files
        if file.endswith(".yaml") and not file.startswith(meanings) and not any(p.startswith(".") for p in file.split("/"))
    )


def _version(root: Path) -> Version:
    from governance.policy_files import policy_definitions
    from metrics_catalog.catalog import load
    from metrics_catalog.diff.definitions import Version

    catalog, findings = load(root)
    policies, of_policy = policy_definitions(root)
    return Version(catalog, policies, (*findings, *of_policy))
