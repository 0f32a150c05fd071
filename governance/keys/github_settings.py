"""Whether GitHub reviews may turn keys in this project: the section `[approval.github]` of ringi.toml. Absent means no.

Read by `github_review` for each such approval (once a file), and by `ringi approvals from-github`.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from governance.keys import public_key
from governance.keys.public_key import PublicKey, UnusableKeyError
from metrics_catalog.finding import Finding, Place, Severity
from metrics_catalog.model import LOGIC, Model
from metrics_catalog.person import PublicKey as RegisteredKey
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from metrics_catalog.person import Person

FILE, SECTION = "ringi.toml", "[approval.github]"


_FAULTS = {"missing": "it is missing", "extra_forbidden": "there is no such field"}


class UnusableSettingsError(ValueError):
    """The section is there but cannot be used; the text says why, as one sentence."""


class GithubSettings(Model):
    """What `[approval.github]` may hold."""

    server: Annotated[Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")], LOGIC] = Field(
        default="https://github.com", description="The GitHub server."
    )
    repository: Annotated[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")], LOGIC] = Field(
        description="The only repository whose reviews count, `owner/name`."
    )
    sides: Annotated[tuple[Side, ...], LOGIC] = Field(default=(Side.BUSINESS,), description="Sides whose keys a review may turn.")
    witnesses: Annotated[tuple[RegisteredKey, ...], LOGIC] = Field(
        min_length=1, description="SSH public keys that vouch for what GitHub said, each with its time."
    )

    def witness(self, key: PublicKey) -> tuple[RegisteredKey, ...]:
        """The entries of a key; none where it is no witness."""
        return tuple(entry for entry in self.witnesses if _key_of(entry.public_key) == key)

    def allows(self, server: str, repository: str) -> bool:
        """Whether reviews of this repository count; GitHub takes upper and lower case for the same."""
        return (self.server.lower(), self.repository.lower()) == (server.rstrip("/").lower(), repository.lower())


def settings_findings(root: Path, people: Mapping[str, Person]) -> tuple[Finding, ...]:
    """What is wrong with the section, for `check`: that it cannot be used, or that it lets one hand turn both keys."""
    try:
        settings = read(root)
    except UnusableSettingsError as error:
        hint = "mend the section; until then no GitHub review counts."
        return (Finding("RNG-GOV-050", Place(FILE), f"No GitHub review counts: {error}", hint),)
    if settings is None:
        return ()
    unreadable = [entry for entry in settings.witnesses if _key_of(entry.public_key) is None]
    if unreadable:
        message = f"The witness key `{unreadable[0].public_key[:40]}` of {SECTION} is no SSH key that can be checked with."
        return (Finding("RNG-GOV-051", Place(FILE), message, "copy the line from the witness's `.pub` file."),)
    own = {_key_of(key.public_key): name for name, person in people.items() for key in person.keys}
    both = next((own[key] for entry in settings.witnesses if (key := _key_of(entry.public_key)) in own), None)
    if both is None:
        return ()
    message = f"A witness of {SECTION} is also an SSH key of `{both}`, whose key then cannot stand beside a review that it vouches for."
    return (Finding("RNG-GOV-051", Place(FILE), message, "make a key for the witness alone.", Severity.WARNING),)


def read(root: Path) -> GithubSettings | None:
    """The settings of a lake project; None where reviews turn no keys. Raises UnusableSettingsError."""
    try:
        state = (root / FILE).stat()
    except OSError:
        return None
    return _read(root / FILE, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _read(path: Path, changed: int, size: int) -> GithubSettings | None:  # the last two only make a changed file another key
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnusableSettingsError(f"{FILE} cannot be read: {error}.") from error
    approval = document.get("approval", {})
    section = approval.get("github") if isinstance(approval, dict) else None
    if section is None:
        return None
    try:
        return GithubSettings.model_validate(section)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the section"
        told = _FAULTS.get(first["type"], f"{str(first['input'])[:60]!r} does not fit")
        raise UnusableSettingsError(f"{SECTION} of {FILE} cannot be used: `{where}`: {told}.") from error


@lru_cache(maxsize=64)
def _key_of(text: str) -> PublicKey | None:
    try:
        return public_key.from_text(text)
    except UnusableKeyError:
        return None  # no signature can be of a key that cannot be read
