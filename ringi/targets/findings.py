"""Findings about what the engines of a lake project cannot be told: those of `[access] targets`, and Lake Formation for profiles in S3.

Used by `ringi check`. Nothing outside is asked: every declared view counts as published, with the columns that are declared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from metrics_catalog.errors import RingiError
from metrics_catalog.finding import Finding, Severity

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from governance.access.evaluator import Access
    from governance.lake_formation.state import AccountState
    from governance.policy.policy import Policy
    from governance.policy.relation import Relations
    from infra.aws.settings import AwsSettings
    from metrics_catalog.catalog import Catalog

_ACCOUNT = re.compile(r":iam::(\d{12}):")
_NOBODY = "0" * 12
HINT = "say it in a way that the target knows (docs/access/engines.md), or take the target out of ringi.toml."


def target_findings(root: Path, policy: Policy, catalog: Catalog, at: dt.datetime) -> Iterator[Finding]:
    """One finding a grant and reason; none for a ringi.toml that cannot be read, which its own commands tell."""
    from governance.policy.relation import Relations

    relations = Relations(catalog)
    yield from _of_targets(root, policy, relations, at)
    for profile in _in_s3(root):
        yield from _of_lake_formation(profile, policy, relations, at)


def _of_targets(root: Path, policy: Policy, relations: Relations, at: dt.datetime) -> Iterator[Finding]:
    from governance.access.evaluator import decide
    from governance.access.reach import Reach
    from governance.compilers.inexpressible import Inexpressible
    from ringi.targets.settings import settings_of

    reasons = [(target, _REASONS[str(target)]) for target in settings_of(root).targets]
    if not reasons:
        return
    reach = Reach(
        relations.published(schema, view, relations.types_of(view)) for schema in relations.schemas for view in relations.views_of(schema)
    )
    for name in policy.principals:
        for access in filter(None, (decide(policy, name, relation, at) for relation in reach.of(policy, name))):
            for target, cannot_say in reasons:
                reason = cannot_say(access)
                if reason is not None:
                    said = Inexpressible(str(target), name, access.relation.name, reason)
                    place = policy.place_of("grants", access.held[0].grant)
                    yield Finding("RNG-GOV-089", place, said.message, HINT, Severity.WARNING)


def _not_in_trino(access: Access) -> str | None:
    from governance.compilers.trino import cannot_say

    return cannot_say(access)


def _not_in_duckdb(access: Access) -> str | None:
    from governance.compilers.duckdb import needs_salt

    return "a mask needs a secret of each query, and a view has none" if needs_salt(access, access.columns) else None


def _not_in_read_restrictions(access: Access) -> str | None:
    from governance.compilers.iceberg_expression import NotExpressibleError
    from governance.compilers.read_restrictions import Field, document

    try:
        document(access, access.relation.name, {name: Field(number) for number, name in enumerate(access.relation.types, start=1)})
    except NotExpressibleError as error:
        return str(error)
    return None


_REASONS: Mapping[str, Callable[[Access], str | None]] = {
    "trino": _not_in_trino,
    "duckdb": _not_in_duckdb,
    "read-restrictions": _not_in_read_restrictions,
}


def _in_s3(root: Path) -> Iterator[AwsSettings]:
    """The AWS settings of the profiles that can be read."""
    from ringi.project import FILE, read_profile, read_section

    for name in read_section(root, "profiles") if (root / FILE).is_file() else ():
        try:
            settings = read_profile(root, name).aws
        except RingiError:
            continue
        if settings is not None:
            yield settings


def _of_lake_formation(settings: AwsSettings, policy: Policy, relations: Relations, at: dt.datetime) -> Iterator[Finding]:
    """What Lake Formation would refuse of the policy, once everything is published; nothing where no reader has an identity."""
    from governance.lake_formation.compiling.compile import Target, desired

    pattern, definer = settings.principal_identity, settings.definer_role
    if pattern is None and not any(principal.identities for principal in policy.principals.values()):
        return  # nobody has an identity yet: the policy is not meant for this account so far
    found = (_ACCOUNT.search(each) for each in (pattern, definer) if each is not None)
    account = settings.catalog_id or next((each[1] for each in found if each is not None), _NOBODY)
    target = Target(account, settings.region, pattern, definer)
    for finding in desired(policy, relations, target, _as_published(relations), at).refused:
        if finding.place.file != "policy":  # what is about the account stands in no file
            yield finding


def _as_published(relations: Relations) -> AccountState:
    """An account in which every declared view and its saved copy are there."""
    from governance.lake_formation.compiling.wanted import saved_schema
    from governance.lake_formation.state import AccountState, CataloguedTable
    from infra.aws.glue_columns import type_of

    tables: dict[tuple[str, str], CataloguedTable] = {}
    for schema in relations.schemas:
        for view in relations.views_of(schema):
            types = relations.types_of(view)
            columns, kinds = tuple(types), tuple(type_of(kind) for kind in types.values())
            saved = saved_schema(schema)
            tables[schema, view] = CataloguedTable(schema, view, columns, kinds, is_view=True, base_tables=((saved, view),))
            tables[saved, view] = CataloguedTable(saved, view, columns, kinds)
    return AccountState(databases={database: None for database, _ in tables}, tables=tables)
