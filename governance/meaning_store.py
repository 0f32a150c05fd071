"""Approved meanings as files under their own digest: `approvals/meanings/<digest>.json`.

Holds a metric's meaning, the parts of countries that many meanings share, and the rows of dimensions that stand in files:
with `approvals/` alone a certified meaning can be checked and computed. Written by `approve`, read by the gate.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metrics_catalog import canonical_json, meaning
from metrics_catalog.country_parts import CountryParts
from metrics_catalog.resolve_parts import dimension_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.meaning import Meaning

FOLDER = Path("approvals", "meanings")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class MissingMeaningError(LookupError):
    """No file has this digest for a name; `digest` says which."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"`{(FOLDER / digest).as_posix()}.json` is missing")
        self.digest = digest


class DamagedMeaningError(ValueError):
    """A file's content is not what its name says, or is no meaning; the text says which file and how."""


class MeaningStore:
    """Reads the meanings of one lake project; each file is read and checked once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._meanings: dict[str, Meaning] = {}
        self._countries: dict[str, CountryParts] = {}
        self._known: dict[str, Meaning] = {}

    def knows(self, present: Meaning) -> None:
        """A meaning that is already in memory: its file is still checked, but need not be parsed."""
        self._known[present.digest] = present
        self._countries.setdefault(present.country_parts.digest, present.country_parts)

    def meaning(self, digest: str) -> Meaning:
        """The meaning of a digest; raises MissingMeaningError or DamagedMeaningError."""
        if digest not in self._meanings:
            raw = self._raw(digest)
            self._meanings[digest] = self._known.get(digest) or self._read(digest, raw)
        return self._meanings[digest]

    def rows(self, digest: str) -> list[dict[str, Any]]:
        """The rows of a dimension whose `rows_digest` this is; raises as `meaning`."""
        rows = json.loads(self._raw(digest))
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DamagedMeaningError(f"`{_shown(digest)}` does not hold the rows of a dimension")
        return rows

    def _read(self, digest: str, raw: bytes) -> Meaning:
        try:
            found = meaning.read(raw, self._country_parts)
        except (ValueError, RecursionError) as error:
            if isinstance(error, DamagedMeaningError):
                raise
            raise DamagedMeaningError(f"`{_shown(digest)}` holds no meaning that this version of Ringi can read") from error
        if found.digest != digest:
            raise DamagedMeaningError(f"`{_shown(digest)}` is not written in canonical form")
        return found

    def _country_parts(self, digest: str) -> CountryParts:
        if digest not in self._countries:
            self._countries[digest] = CountryParts.read(self._raw(digest))
        return self._countries[digest]

    def _raw(self, digest: str) -> bytes:
        if not _DIGEST.fullmatch(digest):
            raise DamagedMeaningError("it names a digest that is none")
        path = self._root / FOLDER / f"{digest}.json"
        try:
            raw = path.read_bytes()
        except FileNotFoundError as error:
            raise MissingMeaningError(digest) from error
        if canonical_json.sha256(raw) != digest:
            raise DamagedMeaningError(f"`{_shown(digest)}` was changed: its bytes do not have the digest that is its name")
        return raw


def files_of(catalog: Catalog, approved: Meaning) -> dict[Path, bytes]:
    """The files that a meaning needs, relative to the project's root: itself, its countries, its dimensions' rows."""
    blobs = [approved.canonical(), approved.country_parts.canonical, *_rows_of(catalog, approved)]
    return {FOLDER / f"{canonical_json.sha256(raw)}.json": raw for raw in blobs}


def _rows_of(catalog: Catalog, approved: Meaning) -> Iterator[bytes]:
    for logic in approved.logic.measured():
        for dimension in logic.dimensions.values():
            if dimension is not None and dimension.rows_digest is not None:
                yield canonical_json.dump(dimension_rows(catalog.dimensions[dimension.dimension], dimension.attribute))


def write(root: Path, files: dict[Path, bytes]) -> None:
    """Write files, each whole or not at all; one that is there with the same bytes is left alone."""
    for relative, raw in files.items():
        path = root / relative
        if not (path.is_file() and path.read_bytes() == raw):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, raw)


def _write_whole(path: Path, raw: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _shown(digest: str) -> str:
    return f"{FOLDER.as_posix()}/{digest[:12]}….json"
