"""Where the jobs of a forge install Ringi from: what ringi.toml says, and what a new project's says at first.

Ringi stands in no public index by itself, so a name and a version alone are right only for whoever took it from an index. Used by
`ringi init`; the action that it writes reads the same setting when it runs.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTION = "[forge.github]"
EXAMPLE = "ringi @ git+https://github.com/OWNER/ringi@COMMIT"
UNKNOWN = (
    f"ringi.toml does not say where the jobs install Ringi from; on a runner that has none they fail and say so.\n"
    f'  Hint: write under {SECTION} of ringi.toml: install = "{EXAMPLE}", or install = "-r FILE" with a lock file.'
)


def install_of(section: Mapping[str, object]) -> str | None:
    """`install` of `[forge.github]`; None where it is not said. Raises UsageError for what pip could not take."""
    github = section.get("github", {})
    said = github.get("install") if isinstance(github, dict) else None
    if said is None:
        return None
    if not isinstance(said, str) or not re.fullmatch(r"(-r )?[^\s-][^\r\n]*", said):
        raise UsageError(
            f"ringi.toml: `install` of {SECTION} is {said!r}.",
            hint=f'write a requirement, such as "{EXAMPLE}", or "-r FILE" for a lock file.',
        )
    return said


def own_origin() -> str | None:
    """The requirement that installs this very Ringi elsewhere; None where it was installed from a folder of this machine."""
    try:
        here = distribution("ringi")
    except PackageNotFoundError:
        return None
    return origin(here.read_text("direct_url.json"), here.version)


def origin(direct_url: str | None, version: str) -> str | None:
    """A requirement from what pip noted about where a distribution came from (PEP 610); nothing noted: from an index."""
    if direct_url is None:
        return f"ringi=={version}"
    told = json.loads(direct_url)
    kept = told.get("vcs_info")
    address = str(told.get("url", ""))
    if kept and kept.get("vcs") == "git" and kept.get("commit_id") and "@" not in address.partition("://")[2].partition("/")[0]:
        return f"ringi @ git+{address}@{kept['commit_id']}"
    return f"ringi @ {address}" if address.startswith("https://") and "@" not in address else None


def settings_text(found: str | None) -> str:
    """The lines for a new project's ringi.toml; comments where nobody knows yet."""
    lead = "# What the jobs of the forge install: a requirement of pip, or `-r FILE` for a lock file of this project."
    if found is None:
        return f'\n{lead}\n# {SECTION}\n# install = "{EXAMPLE}"\n'
    return f"\n{lead}\n{SECTION}\ninstall = {json.dumps(found)}\n"
