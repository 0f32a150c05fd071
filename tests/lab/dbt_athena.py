"""dbt-athena in an environment of its own: it pins a library against PyIceberg, so it cannot live beside Ringi.

The environment is made by uv from `dbt-athena.lock`, hashes and all, in the lab's cache; a changed lock makes a new one.
To resolve the lock again: `uv pip compile --universal --generate-hashes --no-header --python-version 3.11` over the line
`dbt-athena==1.11.1` and `dbt-core>=1.11,<1.12`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.lab.cache import kept
from tests.lab.required import lab_skip

LOCK = Path(__file__).with_name("dbt-athena.lock")
PROJECT = Path(__file__).with_name("dbt_athena_project")
MAKE_SECONDS = 600
RUN_SECONDS = 240


def dbt_athena_python() -> str:
    """The Python of the environment; the test is left out where it cannot be made."""
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return str(kept(f"dbt-athena-{digest}", _made) / "bin" / "python")


def _made(into: Path) -> None:
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        lab_skip("dbt-athena's environment is made by `uv`, which is not here")
    for words in (
        ["venv", "--quiet", "--relocatable", "--allow-existing", "--python", sys.executable, str(into)],
        ["pip", "install", "--quiet", "--python", str(into / "bin" / "python"), "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run([uv, *words], capture_output=True, text=True, timeout=MAKE_SECONDS, check=False)
        if done.returncode != 0:
            lab_skip(f"dbt-athena could not be installed: {done.stderr.strip()[-500:]}")


def dbt(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one command of dbt (`["build"]`) on a copy of the project in `folder`."""
    project = folder / "project"
    shutil.copytree(PROJECT, project, dirs_exist_ok=True)
    return subprocess.run(
        [
            dbt_athena_python(),
            "-m",
            "dbt.cli.main",
            "--no-use-colors",
            *words,
            "--project-dir",
            str(project),
            "--profiles-dir",
            str(project),
        ],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "DO_NOT_TRACK": "1", **environment},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
