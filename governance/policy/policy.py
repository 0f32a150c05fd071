"""The policy: every principal, role and grant of a lake project, read from the files of `policy/`.

`load` collects all findings and keeps only what has none: since grants add up and nothing is subtracted, a grant that is
left out gives less, never more. What a grant means is decided in `access.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from governance.policy.contradictions import contradictions
from governance.policy.grant import PolicyFile
from governance.policy.ground import Ground
from governance.policy.names import named
from governance.policy.people_rules import check_people, fences, is_administrator
from governance.policy.relation import Relations
from governance.policy.rules import CONDITION_RULES, RULES, check, check_roles
from governance.policy.warnings import ending, shadowed
from metrics_catalog.catalog import sorted_findings
from metrics_catalog.finding import Place
from metrics_catalog.project_files import list_files
from metrics_catalog.yaml_io import build, read

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from governance.policy.definer import Definer
    from governance.policy.grant import Grant
    from governance.policy.names import Entry, NamedParts
    from governance.policy.principal import Principal, Role
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.finding import Finding
    from metrics_catalog.model import Text
    from metrics_catalog.yaml_document import Document


@dataclass(frozen=True)
class Policy:
    """All that is given, by name; grants in the order of their names. Administrators are principals or identities."""

    principals: Mapping[str, Principal]
    roles: Mapping[str, Role]
    grants: Mapping[str, Grant]
    definers: Mapping[str, Definer] = field(default_factory=dict)
    administrators: tuple[str, ...] = ()
    purposes: Mapping[str, Text] = field(default_factory=dict)
    entries: Mapping[tuple[str, str], Entry[Any]] = field(default_factory=dict, repr=False, compare=False)
    """Where things are written, by kind (`grants`, `principals`, …) and name; nothing for a policy that was not read from files."""

    def place_of(self, kind: str, name: str) -> Place:
        """Where something of the policy is written; the folder where nobody knows."""
        entry = self.entries.get((kind, name))
        return Place("policy") if entry is None else entry.place_of_name()

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Roles that a principal holds, by name."""
        return self._roles_of.get(principal, ())

    @cached_property
    def _roles_of(self) -> Mapping[str, tuple[str, ...]]:
        """By principal, so that a thousand of them are not each looked for in every role."""
        found: dict[str, list[str]] = {}
        for name, role in sorted(self.roles.items()):
            for member in dict.fromkeys(role.members):
                found.setdefault(member, []).append(name)
        return {member: tuple(names) for member, names in found.items()}

    @cached_property
    def _given_to(self) -> Mapping[str, tuple[int, ...]]:
        """Positions of grants by whom they are given to, a principal or a role."""
        found: dict[str, list[int]] = {}
        for position, grant in enumerate(self.grants.values()):
            for name in grant.to:
                found.setdefault(name, []).append(position)
        return {name: tuple(positions) for name, positions in found.items()}

    @cached_property
    def _in_order(self) -> tuple[tuple[str, Grant], ...]:
        return tuple(self.grants.items())

    def given_to(self, principal: str) -> dict[str, Grant]:
        """Grants that reach a principal, itself or through a role; none for a principal that nobody declared."""
        if principal not in self.principals:
            return {}
        names = (principal, *self.roles_of(principal))
        positions = sorted({position for name in names for position in self._given_to.get(name, ())})
        return dict(self._in_order[position] for position in positions)

    def roles_through(self, principal: str, grant: str) -> tuple[str, ...]:
        """Roles through which a grant reaches a principal, by name; none where it is given to the principal itself."""
        to = self.grants[grant].to
        return () if principal in to else tuple(role for role in self.roles_of(principal) if role in to)

    def may_enter(self, principal: str, country: str | None) -> bool:
        """Whether a country's views lie inside a principal's fence; nothing does for a principal that nobody declared."""
        known = self.principals.get(principal)
        return known is not None and known.may_enter(country)


def load(root: Path, catalog: Catalog, *, today: dt.date | None = None) -> tuple[Policy, tuple[Finding, ...]]:
    """Read the policy of a lake project, with all findings; grants that end or ended are told where `today` (UTC) is given."""
    files, findings = _files(root)
    parts, found = named(files, catalog)
    ground = Ground(parts, Relations(catalog))
    findings += [*found, *check_roles(ground), *check_people(ground), *fences(ground)]
    checked, conditions = check(ground, RULES), check(ground, CONDITION_RULES)
    policy = _policy(parts, checked)
    unread = {id(entry) for entry, _ in conditions}
    sound = [entry for entry in parts.grants if entry.name in policy.grants and id(entry) not in unread]
    idle = shadowed(sound, ground)
    undone = contradictions([entry for entry in sound if entry.name not in idle], ground)
    warnings = [*idle.values(), *undone, *(ending(sound, today) if today is not None else ())]
    return policy, _sorted([*findings, *(finding for _, finding in [*checked, *conditions]), *warnings])


def load_quickly(root: Path, catalog: Catalog) -> tuple[Policy, tuple[Finding, ...]]:
    """The same policy for a reader's query: conditions are left unread until the evaluator needs one, warnings are left out."""
    files, findings = _files(root)
    parts, found = named(files, catalog)
    ground = Ground(parts, Relations(catalog))
    checked = check(ground, RULES)
    return _policy(parts, checked), _sorted([*findings, *found, *check_roles(ground), *(finding for _, finding in checked)])


def _policy(parts: NamedParts, checked: Sequence[tuple[Entry[Grant], Finding]]) -> Policy:
    """What is left when every grant with an error is taken out; one with a bad condition stays, and the evaluator gives nothing for it."""
    faulty = {id(entry) for entry, finding in checked if finding.blocks}
    sound = sorted((entry for entry in parts.grants if id(entry) not in faulty), key=lambda entry: entry.name)
    return Policy(
        principals={entry.name: entry.model for entry in parts.principals},
        roles={entry.name: entry.model for entry in parts.roles},
        grants={entry.name: entry.model for entry in sound},
        definers={entry.name: entry.model for entry in parts.definers},
        administrators=tuple(dict.fromkeys(each.name for each in parts.administrators if is_administrator(each.name, parts))),
        purposes={each.name: each.words for each in reversed(parts.purposes) if each.words is not None},
        entries={(kind, entry.name): entry for kind in ("principals", "roles", "grants", "definers") for entry in getattr(parts, kind)},
    )


def _files(root: Path) -> tuple[list[tuple[PolicyFile, Document]], list[Finding]]:
    listing = list_files(root, "policy")
    files, findings = [], list(listing.findings)
    for path in listing.files:
        document, found = read(path, root)
        model = None
        if document is not None:
            model, found = build(PolicyFile, document)
        findings.extend(found)
        if document is not None and model is not None:
            files.append((model, document))
    return files, findings


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in reading order; what is repeated for each country is told once, at the first of them."""
    return sorted_findings({(finding.code, finding.place): finding for finding in reversed(list(findings))}.values())
