"""A lake project against an earlier commit of its repository: the diff that `ringi diff`, `report` and `preview` begin with."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from metrics_catalog.project_files import BOOKS, ELSEWHERE, FOLDERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from infra.local.git import Repository
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.diff.catalog_diff import CatalogDiff, LostKey
    from metrics_catalog.diff.definitions import Definition, Version
    from metrics_catalog.finding import Finding

DEFINED_IN = (*BOOKS.values(), *FOLDERS.values(), *ELSEWHERE.values())
"""Files and folders of a lake project that hold definitions."""

_MEANINGS = "approvals/meanings/"


def diff_against(root: Path, base: str, *, today: dt.date | None = None, whole: bool = False, metrics: Collection[str] = ()) -> CatalogDiff:
    """What the project's files, uncommitted and untracked ones included, change against the commit `base`.

    `today` (UTC's unless given) decides which country variants still hold. With `whole` both catalogs are read whole, which
    finds the same and takes longer; `metrics` names some to have in the catalogs even if nothing changed for them. Raises
    UsageError where there is no repository or no such commit, InfraError where git cannot be asked.
    """
    from dataclasses import replace

    from infra.local.git import Repository
    from metrics_catalog.collection import rare_collection
    from metrics_catalog.diff.compare import compare
    from metrics_catalog.diff.partial import versions
    from metrics_catalog.yaml_io import shown

    repository = Repository.of(root.resolve())
    commit = repository.resolve(base)
    changed = [one for one in repository.changed(commit, DEFINED_IN) if is_definition(one.file)]
    files = frozenset(one.file for one in changed)
    day = today or dt.datetime.now(dt.UTC).date()
    with rare_collection(), tempfile.TemporaryDirectory(prefix="ringi-base-") as folder:
        then = Path(folder).resolve()
        repository.write(changed, then)
        before, after = _all(repository, commit, then) if whole else versions(repository.root, then, files, metrics)
        policies = [_policies(place, files) for place in (then, repository.root)]
        lost = _lost(before.catalog, after.catalog, repository.root, day) if any(map(_is_of_keys, files)) else ()
        told = frozenset(shown(repository.root / file, repository.root) for file in files)  # a name may be no text
        found = compare(before.with_others(*policies[0]), after.with_others(*policies[1]), told, day, lost)
    return replace(found, whole=whole)


def is_definition(file: str) -> bool:
    """Whether a changed file is read as a definition."""
    return file.endswith(".yaml") and not file.startswith(_MEANINGS) and not any(part.startswith(".") for part in file.split("/"))


def _is_of_keys(file: str) -> bool:
    return file == BOOKS["person"] or file.startswith("approvals/")


def _lost(before: Catalog, after: Catalog, root: Path, day: dt.date) -> tuple[LostKey, ...]:
    from governance.gate.lost_keys import lost_keys

    return lost_keys(before, after, root, day)


def _policies(root: Path, files: frozenset[str]) -> tuple[tuple[Definition, ...], tuple[Finding, ...]]:
    if not any(file.startswith("policy/") for file in files):
        return (), ()
    from governance.policy.policy_files import policy_definitions

    return policy_definitions(root, files)


def _all(repository: Repository, commit: str, then: Path) -> tuple[Version, Version]:
    from metrics_catalog.catalog import load
    from metrics_catalog.diff.definitions import Version

    repository.materialise(commit, then, DEFINED_IN)
    (before, of_before), (after, of_after) = load(then), load(repository.root)
    return Version(before, (), of_before), Version(after, (), of_after)
