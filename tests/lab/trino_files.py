"""Trino's own files, from Maven Central: fetched once, checked, cut down to the plugin the lab needs, and kept in the lab's cache.

Trino 476 is the release near Athena engine version 3's own source. The archive holds fifty plugins; the lab keeps Iceberg's.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.lab.cache import free_gigabytes, kept
from tests.lab.required import lab_skip

VERSION = "476"
SHA256 = "cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f"
PLUGINS = {"iceberg"}
ROOM_GIGABYTES = 3.0
"""The archive (0.8) and what it unpacks to (0.9), with some to spare; 0.5 stay."""
FETCH_SECONDS = 900
FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get"


def trino_files() -> Path:
    """A folder with `lib/` and `plugin/`; the test is left out where it can neither be found nor made."""
    return kept(f"trino-{VERSION}", _fetched)


def _fetched(into: Path) -> None:
    if shutil.which("mvn") is None:
        lab_skip("Trino is fetched by Maven, and there is no `mvn` on the PATH")
    if free_gigabytes() < ROOM_GIGABYTES:
        lab_skip(f"unpacking Trino takes {ROOM_GIGABYTES:g} GB, and the lab's cache has {free_gigabytes():.1f} GB left")
    archive = _archive(into.parent / "maven")
    with tarfile.open(archive) as tar:
        tar.extractall(into.parent, filter="data")
    unpacked = into.parent / f"trino-server-{VERSION}"
    for part in ("lib", "plugin"):
        (unpacked / part).rename(into / part)
    for plugin in (into / "plugin").iterdir():
        if plugin.name not in PLUGINS:
            shutil.rmtree(plugin)


def _archive(repository: Path) -> Path:
    """The archive below a Maven repository of its own, so that nothing stays in the user's."""
    command = ["mvn", "-B", "-q", "-C", FETCH, f"-Dartifact=io.trino:trino-server:{VERSION}:tar.gz", "-Dtransitive=false"]
    try:
        done = subprocess.run(
            [*command, f"-Dmaven.repo.local={repository}"], capture_output=True, text=True, timeout=FETCH_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        lab_skip(f"Maven did not bring Trino in {FETCH_SECONDS} seconds")
    if done.returncode != 0:
        lab_skip(f"Maven could not fetch Trino: {(done.stdout + done.stderr).strip()[-500:]}")
    archive = repository / "io" / "trino" / "trino-server" / VERSION / f"trino-server-{VERSION}.tar.gz"
    with archive.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    assert found == SHA256, f"Trino's archive has the SHA-256 {found}, expected {SHA256}"
    return archive
