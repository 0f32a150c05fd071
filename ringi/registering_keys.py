"""SSH public keys on their way into people.yaml: read from a `.pub` file, refused where they could never turn a key.

Used by `ringi key register`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from ringi.lake import Lake

LARGEST = 64 * 1024


def register_key(lake: Lake, person: str, file: Path, *, write: bool) -> tuple[str, str]:
    """The key's line and fingerprint; with `write` it stands in people.yaml afterwards.

    Raises UsageError for an unknown person and what is no public key, GovernanceError where the key is somebody's already.
    """
    from governance.keys.people_file import add_key
    from governance.keys.public_key import UnusableKeyError, from_text

    if person not in lake.catalog.people:
        near = did_you_mean(person, lake.catalog.people)
        raise UsageError(f"There is no person `{person}` in people.yaml.", hint=near or "add the person to people.yaml first.")
    line = _line(file.expanduser())
    try:
        made = from_text(line)
    except UnusableKeyError as error:
        raise UsageError(f"`{file}` cannot be registered: {error}.", hint="name the file that ends in `.pub`.") from error
    if (owner := _owner(lake, made.mark)) is not None:
        raise GovernanceError(f"This key stands under `{owner}` in people.yaml already.", hint="each key belongs to one person, once.")
    if write:
        add_key(lake.root, person, line)
    return line, made.fingerprint


def _line(file: Path) -> str:
    """The one line of a `.pub` file; what a private key holds is not repeated."""
    try:
        raw = file.read_bytes()[:LARGEST]
    except OSError as error:
        raise UsageError(
            f"`{file}` cannot be read: {error.strerror}.", hint="name your public key, such as ~/.ssh/id_ed25519.pub."
        ) from error
    if b"PRIVATE KEY" in raw:
        raise UsageError(f"`{file}` is a private key; it stays with you.", hint=f"name its public half: {file}.pub.")
    lines = [line.strip() for line in raw.decode("utf-8", errors="replace").splitlines() if line.strip()]
    if len(lines) != 1:
        raise UsageError(f"`{file}` holds {len(lines)} lines.", hint="expected one: `ssh-ed25519 AAAA… comment`.")
    return " ".join(lines[0].split())


def _owner(lake: Lake, mark: str) -> str | None:
    from governance.keys.public_key import UnusableKeyError, from_text

    for name, person in sorted(lake.catalog.people.items()):
        for each in person.keys:
            try:
                if from_text(each.public_key).mark == mark:
                    return name
            except UnusableKeyError:  # `ringi check` names it
                continue
    return None
