"""Approved meanings as files under their own digest: `approvals/meanings/<digest>.json`.

Holds a metric's meaning, the parts of countries that many meanings share, and the rows of dimensions that stand in files:
with `approvals/` alone a certified meaning can be checked and computed. Written by `approve`, read by the gate.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
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
MOST_BYTES = 64 * 2**20
"""A larger file is refused: it is no meaning, and no table that stands in a dimension's file."""
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
        self._folder = f"{root / FOLDER}{os.sep}"
        self._is_link = (root / FOLDER).is_symlink()
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

    def read(self) -> set[str]:
        """Digests of the meanings that were asked for and found sound."""
        return set(self._meanings)

    def needed(self) -> set[str]:
        """Digests of all files that the meanings which were asked for are made of, less themselves."""
        logics = (logic for found in self._meanings.values() for logic in found.logic.measured())
        dimensions = (dimension for logic in logics for dimension in logic.dimensions.values())
        rows = {dimension.rows_digest for dimension in dimensions if dimension is not None and dimension.rows_digest is not None}
        return rows | self._countries.keys()

    def rows(self, digest: str) -> list[dict[str, Any]]:
        """The rows of a dimension whose `rows_digest` this is; raises as `meaning`."""
        raw = self._raw(digest)
        try:
            rows = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise DamagedMeaningError(f"`{_shown(digest)}` is no JSON") from error
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise DamagedMeaningError(f"`{_shown(digest)}` does not hold the rows of a dimension")
        return rows

    def _read(self, digest: str, raw: bytes) -> Meaning:
        try:
            found = meaning.read(raw, self._country_parts)
            is_canonical = found.digest == digest  # also where it holds what canonical JSON cannot, such as NaN
        except DamagedMeaningError:
            raise
        except (ValueError, RecursionError) as error:
            raise DamagedMeaningError(f"`{_shown(digest)}` holds no meaning that this version of Ringi can read") from error
        if not is_canonical:
            raise DamagedMeaningError(f"`{_shown(digest)}` is not written in canonical form")
        return found

    def _country_parts(self, digest: str) -> CountryParts:
        if digest not in self._countries:
            self._countries[digest] = CountryParts.read(self._raw(digest))
        return self._countries[digest]

    def _raw(self, digest: str) -> bytes:
        if not _DIGEST.fullmatch(digest):
            raise DamagedMeaningError("it names a digest that is none")
        if self._is_link:
            raise DamagedMeaningError(f"`{FOLDER.as_posix()}` is a link; links are not followed")
        raw = _bytes(self._folder, digest)
        if canonical_json.sha256(raw) != digest:
            raise DamagedMeaningError(f"`{_shown(digest)}` was changed: its bytes do not have the digest that is its name")
        return raw


def _bytes(folder: str, digest: str) -> bytes:
    """The bytes of an ordinary file of bearable size: a link may lead out of the repository, a pipe never ends."""
    try:
        handle = os.open(f"{folder}{digest}.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise MissingMeaningError(digest) from error
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        why = "is a link; links are not followed" if is_link else f"cannot be read: {(error.strerror or 'unknown reason').lower()}"
        raise DamagedMeaningError(f"`{_shown(digest)}` {why}") from error
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise DamagedMeaningError(f"`{_shown(digest)}` is not an ordinary file")
        if state.st_size > MOST_BYTES:
            raise DamagedMeaningError(f"`{_shown(digest)}` has {state.st_size / 2**20:.1f} MiB; at most {MOST_BYTES >> 20} are read")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


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
