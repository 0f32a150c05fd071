"""The definitions of one kind in both versions of a project, read file by file as they turn out to be needed.

Used by `partial`. A file that did not change is read once and stands in both versions.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from metrics_catalog.diff.texts import Texts
from metrics_catalog.loading import Loaded, collect
from metrics_catalog.project_files import FOLDERS
from metrics_catalog.reading import Definition, read_definition

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


class Shelf:
    """One kind. `before` is a folder with the changed files as they were, `changed` names them."""

    def __init__(self, kind: str, root: Path, before: Path, changed: Iterable[str]) -> None:
        self.kind, self._root = kind, root
        folder = f"{FOLDERS[kind]}/"
        self.changed = tuple(file for file in changed if file.startswith(folder))
        self._old = {file: read_definition(kind, before / file, before) for file in self.changed if _there(before / file)}
        self._new = {file: read_definition(kind, root / file, root) for file in self.changed if _there(root / file)}
        self._same: dict[str, Definition] = {}

    @cached_property
    def texts(self) -> Texts:
        """The bytes of the files that did not change."""
        return Texts(self._root, FOLDERS[self.kind], self.changed)

    def read(self, files: Collection[str]) -> list[Any]:
        """Read unchanged files that were not read yet; gives their models."""
        fresh = {file: read_definition(self.kind, self._root / file, self._root) for file in files if file not in self._same}
        self._same |= fresh
        return [definition.model for definition in fresh.values() if definition.model is not None]

    def read_named(self, names: Collection[str]) -> list[Any]:
        """Read every unchanged file that may define one of these names; gives the models read now."""
        return self.read(self.texts.defining(self.kind, names)) if names else []

    def read_folder(self, name: str) -> None:
        """Read the unchanged files of one folder, such as the approvals of one metric."""
        folder = f"{FOLDERS[self.kind]}/{name}"
        path = self._root / folder
        if path.is_dir() and not path.is_symlink():
            files = (f"{folder}/{one.name}" for one in path.iterdir() if one.suffix == ".yaml" and not one.name.startswith("."))
            self.read([file for file in files if file not in self.changed])

    def changed_models(self) -> Iterator[Any]:
        """Models of the changed files, of both versions."""
        for definition in (*self._old.values(), *self._new.values()):
            if definition.model is not None:
                yield definition.model

    def changed_names(self) -> set[str]:
        """Names that the changed files define in either version, and those that broken ones seem to."""
        told = {str(getattr(model, self.kind)) for model in self.changed_models()}
        broken = {one.path.stem for one in (*self._old.values(), *self._new.values()) if one.model is None}
        return told | broken

    def models(self) -> Iterator[Any]:
        """Every model read so far, of both versions."""
        yield from self.changed_models()
        yield from (definition.model for definition in self._same.values() if definition.model is not None)

    def before(self) -> Loaded:
        return self._collected(self._old)

    def after(self) -> Loaded:
        return self._collected(self._new)

    def _collected(self, own: dict[str, Definition]) -> Loaded:
        everything = {**self._same, **own}
        return collect(self.kind, (everything[file] for file in sorted(everything, key=lambda file: file.split("/"))))


def _there(path: Path) -> bool:
    return path.exists() or path.is_symlink()
