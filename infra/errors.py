"""Errors of the outside world, translated from foreign ones here and nowhere else."""

from __future__ import annotations

import errno

from metrics_catalog.errors import ExitCode, RingiError


class InfraError(RingiError):
    """The outside world failed (disk, network, another process); trying again may help."""

    exit_code = ExitCode.OUTSIDE


HINTS = {
    errno.ENOSPC: "free some space on that disk and run it again; nothing half-written is visible in the lake.",
    errno.EDQUOT: "the disk quota is used up; free some space and run it again.",
    errno.EFBIG: "the file would be larger than this system allows; free some space or raise the limit.",
    errno.EACCES: "check the owner and the permissions of that path, then run it again.",
    errno.EPERM: "check the owner and the permissions of that path, then run it again.",
    errno.EROFS: "that file system is read-only; choose another warehouse in ringi.toml or mount it writable.",
    errno.ENOENT: "check the path; it may have been moved while Ringi ran.",
    errno.EISDIR: "give a file, not a folder.",
    errno.EMFILE: "raise the limit of open files (`ulimit -n`) and run it again.",
}


def from_os_error(error: OSError) -> InfraError:
    """One sentence for an error of the operating system: what failed, on which path, and what to do."""
    what = (error.strerror or str(error) or "the operating system refused").strip()
    where = f" ({error.filename})" if error.filename else ""
    return InfraError(
        f"{what[0].upper()}{what[1:]}{where}.",
        hint=HINTS.get(error.errno or 0, "run it again; the lake is as it was before the failed step."),
    )
