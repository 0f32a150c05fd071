"""The Java processes below a running command, found while others of its children come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    import subprocess


def java_below(process: subprocess.Popen[str] | subprocess.Popen[bytes], doing: str = "") -> list[psutil.Process]:
    """Those whose command line has a word; a child that ends while it is looked at is none of them."""
    return [child for child in psutil.Process(process.pid).children(recursive=True) if _is_java(child, doing)]


def _is_java(child: psutil.Process, doing: str) -> bool:
    try:
        return child.name() == "java" and any(doing in word for word in child.cmdline())
    except psutil.NoSuchProcess:
        return False
