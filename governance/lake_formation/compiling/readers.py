"""What readers get: for each set of equal holders the grants, filters, row policies and tags, told to each of their identities.

Used by `compile.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from governance.access.evaluator import decide
from governance.lake_formation.compiling.shape import Shape, content_name, shape
from governance.lake_formation.compiling.tagging import tag_policies
from governance.lake_formation.resource import Columns, Database, Filter, Table
from governance.lake_formation.state import Attachment, CellsFilter, Permission, RowPolicy
from governance.policy.policy import Policy
from metrics_catalog.finding import Finding

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from governance.lake_formation.compiling.holders import Holders
    from governance.lake_formation.compiling.published import Kind, Published, Spot
    from governance.lake_formation.resource import Resource
    from governance.policy.grant import Grant

SELECT, DESCRIBE = "SELECT", "DESCRIBE"

HINTS = {
    "RNG-GOV-090": "compare columns with written texts, numbers, TRUE and FALSE; or publish a view that has only these rows.",
    "RNG-GOV-091": "leave the column out of this grant, or publish a view whose column is masked.",
    "RNG-GOV-092": "write `through: names`, or say it by countries, views and classifications alone.",
    "RNG-GOV-093": "make the condition shorter, or publish a view that has only these rows.",
    "RNG-GOV-094": "give fewer different sets of columns, or publish views for them.",
}


@dataclass
class Gathered:
    """What is found for all readers."""

    permissions: list[Permission] = field(default_factory=list)
    filters: set[CellsFilter] = field(default_factory=set)
    row_policies: set[RowPolicy] = field(default_factory=set)
    attachments: list[Attachment] = field(default_factory=list)
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    reads: dict[str, dict[str, str]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)


@dataclass
class _Given:
    """What one set of equal holders is given, still without an identity."""

    on: list[tuple[Resource, str]] = field(default_factory=list)
    attached: list[tuple[str, Table]] = field(default_factory=list)
    databases: set[str] = field(default_factory=set)
    reads: dict[str, str] = field(default_factory=dict)


class Readers:
    """Compiles holders one after the other."""

    def __init__(self, policy: Policy, published: Published, at: dt.datetime, *, row_policies: bool) -> None:
        self._policy, self._published, self._at, self._row_policies = policy, published, at, row_policies
        self._shapes: dict[tuple[object, ...], Shape] = {}
        self._contents = {name: _content(grant) for name, grant in policy.grants.items()}
        self.found = Gathered()

    def add(self, holders: Holders, identities: Mapping[str, tuple[str, ...]]) -> None:
        """What equal holders get; `identities` by principal, those that are empty get nothing."""
        readers = [name for name in holders.principals if identities[name]]
        if not readers:
            return
        given = _Given()
        for spot, names in self._reached(holders):
            found = self._shape(readers[0], spot, names)
            self._refuse(found, spot.view)
            self._give(given, found, spot)
        given.on += ((Database(name), DESCRIBE) for name in sorted(given.databases))
        given.on += ((on, SELECT) for on in tag_policies(self._policy, holders))
        for name in readers:
            self.found.reads[name] = given.reads
            for identity in identities[name]:
                self.found.permissions += [Permission(identity, on, action) for on, action in given.on]
                self.found.attachments += [Attachment(rule, on.database, on.name, identity) for rule, on in given.attached]

    def _reached(self, holders: Holders) -> Iterable[tuple[Spot, tuple[str, ...]]]:
        """Relations inside the holders' fence, each with the grants that reach it."""
        names: dict[int, list[str]] = {}
        spots: dict[int, Spot] = {}
        for name in holders.grants:
            there, missing = self._published.reached(name, self._policy.grants[name])
            self.found.waiting.update(missing)
            for spot in there:
                if holders.country is None or spot.country == holders.country:
                    names.setdefault(spot.number, []).append(name)
                    spots[spot.number] = spot
        return [(spots[number], tuple(names[number])) for number in sorted(names)]

    def _shape(self, principal: str, spot: Spot, names: tuple[str, ...]) -> Shape:
        """Worked out once for all relations that look alike and are reached by grants that say the same.

        What is refused is told by the grant's name, so such a shape is shared under the same names only.
        """
        alike = (spot.kind.number, *(self._contents[name] for name in names))
        known = self._shapes.get(alike)
        if known is not None and not known.refused:
            return known
        same = (spot.kind.number, names)
        if same not in self._shapes:
            access = decide(self._sliced(principal, names), principal, spot.kind.relation(spot.schema, spot.country), self._at)
            kind: Kind = spot.kind
            self._shapes[same] = shape(access.held, self._policy.grants, kind.columns, kind.copy, self._row_policies)
            self._shapes[alike] = self._shapes[same]
        return self._shapes[same]

    def _sliced(self, principal: str, names: tuple[str, ...]) -> Policy:
        """As much of the policy as decides about one principal and some grants, so that the evaluator looks through no more."""
        grants = {name: self._policy.grants[name] for name in names}
        receivers = {each for grant in grants.values() for each in grant.to}
        roles = {name: self._policy.roles[name] for name in receivers if name in self._policy.roles}
        return Policy({principal: self._policy.principals[principal]}, roles, grants)

    def _give(self, given: _Given, found: Shape, spot: Spot) -> None:
        if found.waits:
            self.found.waiting.add(spot.name)
        if found.is_nothing:
            return
        if found.columns is None:
            given.on += ((spot.on_view, SELECT), (spot.on_view, DESCRIBE))
        elif found.columns:
            given.on.append((Columns(spot.schema, spot.view, tuple(sorted(found.columns))), SELECT))
        if found.columns != () or found.by_tags:
            given.databases.add(spot.schema)
        if found.on_copy:
            self._give_copy(given, found, spot)
        on = spot.on_copy if found.on_copy else spot.on_view
        given.reads[spot.name] = f"{on.database}.{on.name}"

    def _give_copy(self, given: _Given, found: Shape, spot: Spot) -> None:
        database, name = spot.on_copy.database, spot.on_copy.name
        given.databases.add(database)
        for each in found.filters:
            self.found.filters.add(CellsFilter(database, name, each.name, each.columns, (), each.rows))
            given.on.append((Filter(database, name, each.name), SELECT))
        for rows in found.row_policies:
            rule = self._row_policy(rows, found.names, spot)
            given.attached.append((rule.name, spot.on_copy))
        if found.row_policies:
            given.on += ((spot.on_copy, SELECT), (spot.on_copy, DESCRIBE))

    def _row_policy(self, rows: str, names: tuple[str, ...], spot: Spot) -> RowPolicy:
        """The policy with this condition, over the columns that it names, with their types."""
        copy = spot.kind.copy
        types = {} if copy is None else copy.ground.glue_types
        columns = tuple((name, types.get(name, "")) for name in names)
        rule = RowPolicy(content_name(rows, columns), rows, columns)
        self.found.row_policies.add(rule)
        return rule

    def _refuse(self, found: Shape, view: str) -> None:
        for each in found.refused:
            entry = self._policy.entries.get(("grants", each.grant))
            grant = self._policy.grants[each.grant]
            by_rows = each.code in ("RNG-GOV-090", "RNG-GOV-093") and grant.rows is not None
            place = entry.place("rows") if entry is not None and by_rows else self._policy.place_of("grants", each.grant)
            said = "the condition of the grant" if by_rows else "the grant"
            message = f"On `{view}`, {said} `{each.grant}` cannot be told to Lake Formation: {each.message}."
            key = (each.code, str(place) if entry is not None else each.grant)
            self.found.findings.setdefault(key, Finding(each.code, place, message, HINTS[each.code]))


def _content(grant: Grant) -> str:
    """What a grant gives of a relation that it reaches, without its name, its receivers and its days."""
    return repr((grant.columns, grant.rows, sorted(grant.masks.items()), sorted(grant.classifications), grant.through))
