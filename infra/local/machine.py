"""Looks at this machine and says what a lake on it needs; reads only, changes nothing. Used by `ringi doctor`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GIB = 1024**3
LEAST_FREE = 2 * GIB
LEAST_MEMORY = 4 * GIB


class Health(StrEnum):
    """`ok`; `warn`: a part will not work or not well; `fail`: nothing will."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `mend` says what to do where it is not ok."""

    name: str
    health: Health
    detail: str
    mend: str = ""


def examine(warehouse: Path | None) -> Iterator[Check]:
    """All checks of the machine, and of the warehouse folder where there is one."""
    yield _python()
    yield _program("git", "lake projects are git repositories", Health.FAIL, "install git")
    yield _program("ssh-keygen", "making a key to approve with", Health.WARN, "install openssh-client")
    yield _java()
    yield _memory()
    if warehouse is not None:
        yield from _warehouse(warehouse)


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Check("Python", Health.OK if good else Health.FAIL, version, "" if good else "Ringi needs Python 3.11 to 3.13")


def _program(name: str, why: str, without: Health, mend: str) -> Check:
    path = shutil.which(name)
    return Check(name, Health.OK, path) if path else Check(name, without, f"not found; needed for: {why}", mend)


def _java() -> Check:
    path = shutil.which("java")
    if path is None:
        return Check(
            "Java",
            Health.WARN,
            "not found; needed only for the engine `spark`",
            "install a JDK 17, such as Debian's openjdk-17-jdk-headless",
        )
    told = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603  a fixed command
    return Check("Java", Health.OK, (told.stderr or told.stdout).splitlines()[0] if told.stderr or told.stdout else path)


def _memory() -> Check:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    detail = f"{total / GIB:.0f} GiB memory, {cores} cores"
    good = total >= LEAST_MEMORY
    return Check(
        "Machine",
        Health.OK if good else Health.WARN,
        detail,
        "" if good else "set a lower memory_limit in ringi.toml; runs will spill to disk",
    )


def _warehouse(folder: Path) -> Iterator[Check]:
    present = next(path for path in (folder, *folder.parents) if path.exists())
    writable = os.access(present, os.W_OK | os.X_OK)
    yield Check(
        "Warehouse",
        Health.OK if writable else Health.FAIL,
        f"{folder}" + ("" if folder.exists() else " (made by the first `ringi land`)"),
        "" if writable else f"`{present}` cannot be written; check its owner and permissions",
    )
    free = shutil.disk_usage(present).free
    low = free < LEAST_FREE
    yield Check(
        "Disk",
        Health.WARN if low else Health.OK,
        f"{free / GIB:.0f} GiB free",
        "free some space: landing keeps every byte it receives" if low else "",
    )
