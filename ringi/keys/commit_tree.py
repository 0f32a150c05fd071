"""The definitions and settings of a lake project as they are at a commit, in a folder of their own that goes away again."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.git import Repository


@contextmanager
def tree_of(repository: Repository, commit: str) -> Iterator[Path]:
    """The folder; `commit` is a full hash. Its `ringi.toml` is there too."""
    from ringi.project import FILE
    from ringi.proposal.diffing import DEFINED_IN

    with tempfile.TemporaryDirectory(prefix="ringi-commit-") as folder:
        root = Path(folder).resolve()
        repository.materialise(commit, root, (*DEFINED_IN, FILE))
        yield root
