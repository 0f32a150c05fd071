"""Foreign errors of the local disk and of SQLite, each turned into one sentence a person can act on.

Used around everything that this adapter asks of the outside; a lake is left as it was before the failed step.
"""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from infra.errors import InfraError
from infra.tables.damaged import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_ERRNO: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: ("RNG-INF-001", "the disk is full", "free some space, then run the same command again"),
    errno.EDQUOT: ("RNG-INF-001", "the disk quota is used up", "free some space, then run the same command again"),
    errno.EFBIG: ("RNG-INF-001", "a file would be larger than this process may write", "raise the limit, then run the same command again"),
    errno.EACCES: ("RNG-INF-002", "this process may not write there", "give yourself write permission on the lake's folder"),
    errno.EPERM: ("RNG-INF-002", "this process may not write there", "give yourself write permission on the lake's folder"),
    errno.EROFS: ("RNG-INF-002", "the file system is read-only", "mount it writable, or move the lake"),
    errno.ENOENT: ("RNG-INF-003", "a file is missing", "restore the file from a backup; nothing else was changed"),
    errno.EMFILE: ("RNG-INF-004", "too many files are open", "raise the limit of open files (`ulimit -n`)"),
    errno.ENFILE: ("RNG-INF-004", "too many files are open", "raise the limit of open files (`ulimit -n`)"),
    errno.EIO: ("RNG-INF-005", "the disk reported an error", "check the disk"),
}


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turns OSError, SQLite and Arrow errors raised inside into an InfraError that says what was being done."""
    try:
        yield
    except InfraError:
        raise
    except OSError as error:
        raise from_os_error(doing, error) from error
    except sqlite3.Error as error:
        raise from_sqlite(doing, error) from error


@contextmanager
def understood(doing: str) -> Iterator[None]:
    """Like `translated`, for reading metadata that may be damaged: what cannot be parsed is an InfraError too."""
    with parsed(doing, "restore the table's `metadata` folder from a backup"), translated(doing):
        yield


def from_os_error(doing: str, error: OSError) -> InfraError:
    """An InfraError for a failed call of the operating system (pyarrow's file errors are OSErrors too)."""
    code, what, hint = _BY_ERRNO.get(
        error.errno or 0, ("RNG-INF-005", str(error).splitlines()[0], "see whether the folder can be read and written")
    )
    where = f" ({error.filename})" if error.filename else ""
    return InfraError(f"While {doing}, {what}{where}. The lake is as it was before.", hint=f"{hint}. More: ringi explain {code}")


def from_sqlite(doing: str, error: sqlite3.Error) -> InfraError:
    """An InfraError for a failed call of the catalog database."""
    text = str(error)
    if "locked" in text or "busy" in text:
        code, what, hint = "RNG-INF-006", "another process kept the catalog database busy", "try again when it has finished"
    elif "full" in text:
        code, what, hint = "RNG-INF-001", "the disk is full", "free some space, then run the same command again"
    elif "readonly" in text or "unable to open" in text:
        code, what, hint = (
            "RNG-INF-002",
            "the catalog database may not be written",
            "give yourself write permission on the warehouse folder",
        )
    else:
        code, what, hint = "RNG-INF-007", f"the catalog database could not be read ({text})", "restore `warehouse/catalog.db` from a backup"
    return InfraError(f"While {doing}, {what}. The lake is as it was before.", hint=f"{hint}. More: ringi explain {code}")
