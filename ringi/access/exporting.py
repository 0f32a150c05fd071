"""The policy as files for engines that Ringi does not run: Trino's rules, DuckDB's SELECTs, Iceberg's ReadRestrictions.

Used by `ringi access export`. What is really published counts, beside what is declared: a column that is published and that no file
declares any more is given to nobody. `[access]` of ringi.toml says for which targets the policy must be expressible (`targets`),
and how Trino knows the lake (`trino_catalog`, `trino_owner`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ringi.targets.settings import ExportTarget, settings_of

if TYPE_CHECKING:
    from governance.access.evaluator import Access
    from governance.compilers.inexpressible import Inexpressible
    from governance.policy.policy import Policy
    from governance.policy.relation import Relation, Relations
    from metrics_catalog.finding import Finding
    from ringi.lake import Lake


@dataclass(frozen=True)
class Export:
    """Files by name, what could not be said in them, and the first day on which they are no longer right (None: no end is known)."""

    target: ExportTarget
    files: Mapping[str, str]
    refused: tuple[Inexpressible, ...]
    right_until: dt.date | None
    unpublished: tuple[str, ...] = field(default=())
    """Relations that are given to somebody and not published yet; they are in no file."""

    def as_json(self) -> dict[str, Any]:
        """For other programs."""
        refused = [
            {"principal": each.principal, "relation": each.relation, "grants": list(each.grants), "reason": each.reason}
            for each in self.refused
        ]
        return {
            "schema_version": 1,
            "target": str(self.target),
            "files": dict(self.files),
            "refused": refused,
            "right_until": None if self.right_until is None else self.right_until.isoformat(),
            "unpublished": list(self.unpublished),
        }


def export(
    lake: Lake, target: ExportTarget, principal: str | None = None, now: dt.datetime | None = None
) -> tuple[Export, tuple[Finding, ...]]:
    """The policy for a target at an instant, for every principal or for one, and the findings of the policy, whose faulty grants give nothing.

    Raises AccessRefusedError for a principal that the policy does not know, and InfraError where the lake cannot be read.
    """
    from governance.access.explain import known_principal
    from governance.policy.policy import load_quickly
    from governance.policy.relation import Relations

    at = now or dt.datetime.now(dt.UTC)
    policy, findings = load_quickly(lake.root, lake.catalog)
    if principal is not None:
        known_principal(policy, principal)
        policy = replace(policy, principals={principal: policy.principals[principal]})
    relations = Relations(lake.catalog)
    made = _MAKERS[target](lake, policy, relations, at)
    return replace(made, right_until=_next_change(policy, at)), findings


def _trino(lake: Lake, policy: Policy, relations: Relations, at: dt.datetime) -> Export:
    from governance.compilers import trino

    settings, aws = settings_of(lake.root), lake.config.aws
    catalog = settings.trino_catalog or (aws.views_catalog if aws is not None else "lake")
    target = trino.TrinoTarget(catalog, settings.trino_owner, tuple(_definers(lake, policy, relations)))
    published = _Published(lake, relations)
    made = trino.rules(policy, published.relations(), target, at)
    files = {"rules.json": made.as_text(), **trino.PROPERTIES}
    return Export(ExportTarget.TRINO, files, made.refused, None)


def _definers(lake: Lake, policy: Policy, relations: Relations) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The users with whose rights views read, as Trino calls them (the name of the role), each with the schemas of its saved copies."""
    from governance.policy.definer import Definer
    from views.published_view import saved_name

    role = lake.config.aws.definer_role if lake.config.aws is not None else None
    everywhere = {} if role is None or policy.definers else {"": Definer(reason="the profile's definer_role")}
    for name, definer in sorted({**policy.definers, **everywhere}.items()):
        schemas = tuple(saved_name(code, "_").partition(".")[0] for code in sorted(relations.schemas.values()) if definer.reads(code))
        for identity in definer.identities or ((role,) if role else (name,)):
            yield identity.rpartition("/")[2], schemas


def _duckdb(lake: Lake, policy: Policy, relations: Relations, at: dt.datetime) -> Export:
    from governance.access.evaluator import decide
    from governance.access.reach import Reach
    from governance.compilers.duckdb import needs_salt, permitted, quoted
    from governance.compilers.inexpressible import Inexpressible
    from views.published_view import saved_name

    files: dict[str, str] = {}
    refused: list[Inexpressible] = []
    reach = Reach(_Published(lake, relations).relations())
    for name in sorted(policy.principals):
        statements: list[str] = []
        for access in filter(None, (decide(policy, name, relation, at) for relation in reach.of(policy, name))):
            relation = access.relation
            if needs_salt(access, access.columns):
                reason = "a mask needs a secret of each query, and a view has none; `ringi query` makes one"
                refused.append(Inexpressible("A view of DuckDB", name, relation.name, reason, _grants(access)))
                continue
            source = ".".join(quoted(part) for part in saved_name(str(relation.country), relation.view).split("."))
            view = f"{quoted(relation.schema)}.{quoted(relation.view)}"
            statements += [f"CREATE SCHEMA IF NOT EXISTS {quoted(relation.schema)};", f"CREATE VIEW {view} AS {permitted(access, source)};"]
        if statements:
            files[f"{name}.sql"] = "\n".join([*dict.fromkeys(statements), ""])
    return Export(ExportTarget.DUCKDB, files, tuple(refused), None)


def _read_restrictions(lake: Lake, policy: Policy, relations: Relations, at: dt.datetime) -> Export:
    import yaml

    from governance.access.evaluator import decide
    from governance.access.reach import Reach
    from governance.compilers.iceberg_expression import NotExpressibleError
    from governance.compilers.inexpressible import Inexpressible
    from governance.compilers.read_restrictions import NAME, document
    from views.published_view import saved_name

    files: dict[str, str] = {}
    refused: list[Inexpressible] = []
    unpublished: dict[str, None] = {}
    published = _Published(lake, relations)
    reach = Reach(published.relations())
    for name in sorted(policy.principals):
        for access in filter(None, (decide(policy, name, relation, at) for relation in reach.of(policy, name))):
            relation, fields = access.relation, published.fields(access.relation)
            if fields is None:
                unpublished[relation.name] = None
                continue
            table = saved_name(str(relation.country), relation.view)
            try:
                text = yaml.safe_dump(document(access, table, fields), sort_keys=False, allow_unicode=True)
            except NotExpressibleError as error:
                refused.append(Inexpressible(NAME, name, relation.name, str(error), _grants(access)))
                continue
            files[f"{name}/{table}.yaml"] = text
    return Export(ExportTarget.READ_RESTRICTIONS, files, tuple(refused), None, tuple(unpublished))


_MAKERS: Mapping[ExportTarget, Callable[[Lake, Policy, Relations, dt.datetime], Export]] = {
    ExportTarget.TRINO: _trino,
    ExportTarget.DUCKDB: _duckdb,
    ExportTarget.READ_RESTRICTIONS: _read_restrictions,
}


class _Published:
    """The relations of a lake as they are declared and published."""

    def __init__(self, lake: Lake, relations: Relations) -> None:
        from infra.local.published import PublishedTables

        self._lake, self._relations = lake, relations
        self._tables = PublishedTables(lake.tables)
        self._fields: dict[str, Mapping[str, Any] | None] = {}

    def relations(self) -> tuple[Relation, ...]:
        """Every declared relation, with its published columns and those that are declared beside them."""
        declared = self._relations
        return tuple(self._relation(schema, view) for schema in declared.schemas for view in declared.views_of(schema))

    def _relation(self, schema: str, view: str) -> Relation:
        contract = self._tables.contract(schema, view)
        types = {} if contract is None else dict(contract[0])
        return self._relations.published(
            schema, view, {**types, **{k: v for k, v in self._relations.types_of(view).items() if k not in types}}
        )

    def fields(self, relation: Relation) -> Mapping[str, Any] | None:
        """The columns of a relation's saved copy with their Iceberg ids; None where it is not published yet."""
        from governance.compilers.read_restrictions import Field
        from views.published_view import saved_name

        if relation.name not in self._fields:
            spec = self._lake.tables.spec(saved_name(str(relation.country), relation.view))
            found = None if spec is None else {column.name: Field(column.id, column.required) for column in spec.columns}
            self._fields[relation.name] = found
        return self._fields[relation.name]


def _grants(access: Access) -> tuple[str, ...]:
    return tuple(held.grant for held in access.held)


def _next_change(policy: Policy, at: dt.datetime) -> dt.date | None:
    """The first day on which a grant begins or ends."""
    today = at.astimezone(dt.UTC).date()
    given: Iterable[dt.date | None] = (day for grant in policy.grants.values() for day in (grant.valid_from, grant.valid_until))
    return min((day for day in given if day is not None and day > today), default=None)
