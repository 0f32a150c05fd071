"""SSH public keys on their way into people.yaml: read from a `.pub` file, refused where they could never turn a key.

Used by `ringi key register`; `known_person` by `ringi passkey register` too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics_catalog.person import Person
    from ringi.lake import Lake

LARGEST = 64 * 1024
MOST_NAMED = 20
"""So many people are named where none fits."""


def register_key(lake: Lake, person: str, file: Path, *, write: bool) -> tuple[str, str]:
    """The key's line and fingerprint; with `write` it stands in people.yaml afterwards.

    Raises UsageError for an unknown person and what is no public key, GovernanceError where the key is somebody's already.
    """
    from governance.keys.people_file import add_key
    from governance.keys.public_key import UnusableKeyError, from_text

    known_person(lake, person)
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


def known_person(lake: Lake, name: str) -> Person:
    """A person of people.yaml; a UsageError that says whom there is, where nobody is called like that."""
    people = lake.catalog.people
    if name in people:
        return people[name]
    if lake.catalog.is_broken("person", name):
        raise UsageError(f"The entry of `{name}` in people.yaml cannot be read.", hint="run `ringi check` and mend people.yaml.")
    raise UsageError(f"There is no person `{name}` in people.yaml.", hint=did_you_mean(name, people) or _whom(sorted(people)))


def _whom(names: Sequence[str]) -> str:
    if not names:
        return "people.yaml lists nobody yet; add the person first."
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"people.yaml lists {', '.join(names[:MOST_NAMED])}{more}; add the person first, if it is none of them."


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
