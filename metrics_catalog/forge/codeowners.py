"""Who must agree to a change of which file, for a forge that asks the owners of files (CODEOWNERS).

Made from the owners in the catalog and the GitHub logins in people.yaml. A forge asks one owner of the last line that fits, so
Tech and Business own different files: each turned key is a file of its own, and a change that carries both keys needs both.
The line that fits most metrics stands first and the others after it, so that the file stays small with many metrics.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from metrics_catalog.errors import UsageError
from metrics_catalog.person import Side

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.model import Owners

HANDLE = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9_.-]+)?")
LARGEST = 3_000_000
"""Bytes; GitHub ignores a larger file."""

_RULES = ("people.yaml", "ringi.toml", "countries.yaml", "policy/")
"""What decides who may approve and who may read."""


def lines(catalog: Catalog, teams: Mapping[str, str], prefix: str = "") -> list[str]:
    """The lines of CODEOWNERS. `teams` gives the handle of a team where it is not made of its people's logins, `prefix` the project's
    folder in the repository (`lake/`). Raises UsageError where the lines would be more than GitHub reads.
    """
    handles = _Handles(catalog, teams)
    made = [f"{pattern(prefix)}{rest} {who}" for rest, who in _entries(catalog, handles) if who]
    lacking = [side.value for side in Side if not handles.of("", side)]
    if rules := handles.of(_usual(catalog)[0], Side.TECH):
        made.insert(0, f"/.github/ {rules}")
    head = [
        "# Made by `ringi init --forge github` from `owners` in the catalogue and `github` in people.yaml: edit those and run it again.",
        "# One owner of the last line that fits must agree; so the keys of Tech and of Business are owned apart.",
    ]
    if sum(len(line) + 1 for line in made) > LARGEST:
        raise UsageError(
            "CODEOWNERS would be larger than the 3 MB that GitHub reads.",
            hint="give teams short handles in ringi.toml, [forge.github.teams].",
        )
    nobody = [f"# Nobody who holds the {side} side has a `github` login in people.yaml: its files have no owner." for side in lacking]
    return [*head, *nobody, *made]


def pattern(prefix: str) -> str:
    """The start of a pattern for files of the project; a blank or `#` in a folder's name is escaped."""
    return "/" + re.sub(r"([ #\\])", r"\\\1", prefix)


class _Handles:
    """The handles of a team on one side: what ringi.toml says, or the logins of its people who hold the side, or of all who do."""

    def __init__(self, catalog: Catalog, teams: Mapping[str, str]) -> None:
        self._teams = teams
        self._logins: dict[tuple[str | None, Side], set[str]] = {}
        for person in catalog.people.values():
            logins = {f"@{account.login}" for account in person.github_accounts if account.revoked_at is None and not account.compromised}
            for side in person.sides:
                for team in (_same(person.team), None):  # None: any team
                    self._logins.setdefault((team, side), set()).update(logins)

    def of(self, team: str, side: Side) -> str:
        """With blanks between; empty where nobody of the side has a login."""
        if team in self._teams:
            return self._teams[team]
        return " ".join(sorted(self._logins.get((_same(team), side)) or self._logins.get((None, side), set())))

    def both(self, owners: Owners) -> str:
        found = f"{self.of(owners.tech, Side.TECH)} {self.of(owners.business, Side.BUSINESS)}".split()
        return " ".join(dict.fromkeys(found))


def _same(team: str) -> str:
    """`data-platform` and `data_platform` are one team: owners are free text, a person's team is a name."""
    return team.replace("-", "_").lower()


def _entries(catalog: Catalog, handles: _Handles) -> Iterator[tuple[str, str]]:
    """Patterns within the project, each with its handles."""
    metrics = {name: metric.owners for name, metric in sorted(catalog.metrics.items())}
    usual = _usual(catalog)
    tech, business = handles.of(usual[0], Side.TECH), handles.of(usual[1], Side.BUSINESS)
    yield from ((rest, tech) for rest in _RULES)
    yield "metrics/", " ".join(dict.fromkeys(f"{tech} {business}".split()))
    yield "approvals/*/tech-*.yaml", tech
    yield "approvals/*/business-*.yaml", business
    for name, source in sorted(catalog.sources.items()):
        yield f"sources/**/{name}.yaml", handles.both(source.owners)
    for name, view in sorted(catalog.views.items()):
        yield f"views/**/{name}.yaml", handles.both(view.owners)
    for name, owners in metrics.items():
        own = handles.of(owners.tech, Side.TECH), handles.of(owners.business, Side.BUSINESS)
        yield from _differing(name, own, (tech, business))


def _usual(catalog: Catalog) -> tuple[str, str]:
    """The teams of Tech and of Business that own most metrics."""
    counted = Counter((metric.owners.tech, metric.owners.business) for metric in catalog.metrics.values())
    return min(counted, key=lambda teams: (-counted[teams], teams), default=("", ""))


def _differing(name: str, own: tuple[str, str], usual: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Lines of a metric whose owners, of Tech and of Business, are not the usual ones."""
    if own != usual:
        yield f"metrics/**/{name}.yaml", " ".join(dict.fromkeys(f"{own[0]} {own[1]}".split()))
    if own[0] != usual[0]:
        yield f"approvals/{name}/tech-*.yaml", own[0]
    if own[1] != usual[1]:
        yield f"approvals/{name}/business-*.yaml", own[1]
