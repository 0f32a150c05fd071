"""The policy as a file of rules for Trino's file-based access control, and the settings that turn it on.

In each section of such a file the first rule that matches decides, so there is one rule a principal and relation, with all that
its grants give in one filter and one expression a column; every section ends with a rule that refuses. A section that is
missing would allow everything, so all are there. What cannot be said is left out, which refuses it (`TrinoRules.refused`).

Pure text and values. Facts about Trino 476 that this rests on are told in docs/access/engines.md and tried by
tests/lab/test_access_on_trino.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from governance.access.evaluator import decide
from governance.access.reach import Reach
from governance.compilers.cell_sql import Words, cell, quoted, some_true
from governance.compilers.inexpressible import Inexpressible
from governance.compilers.trino_masks import masked
from governance.policy.masks import Mask
from metrics_catalog.expression import columns
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    import datetime as dt

    from governance.access.evaluator import Access
    from governance.policy.policy import Policy
    from governance.policy.relation import Relation

Rule = dict[str, Any]
NAME = "Trino"
CHECKER = "ringi-rules"
"""The user with whose rights a condition reads columns that its reader is not given. It may run no query, so nobody comes in as it."""

METADATA_TABLES = r".*\$.*"
"""`t$snapshots`, `t$files` and their like show counts and bounds of every column."""
ALL = ["SELECT", "INSERT", "DELETE", "UPDATE", "OWNERSHIP", "GRANT_SELECT"]
_SPECIAL = frozenset("\\^$.|?*+()[]{}-&~#")
_UTC = "AT TIME ZONE 'UTC' AS timestamp(6))"


@dataclass(frozen=True, slots=True)
class TrinoTarget:
    """Where the rules hold. `owner` is the user that makes tables and views; `definers` are users with the schemas they read."""

    catalog: str = "awsdatacatalog"
    owner: str | None = None
    definers: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TrinoRules:
    """The rules as they stand in the file, and what they could not be told."""

    sections: Mapping[str, Sequence[Rule]]
    refused: tuple[Inexpressible, ...]

    def as_text(self) -> str:
        """The file `rules.json`."""
        return json.dumps(self.sections, indent=1, ensure_ascii=False) + "\n"


PROPERTIES: Mapping[str, str] = {
    "access-control.properties": ("access-control.name=file\nsecurity.config-file=etc/rules.json\nsecurity.refresh-period=60s\n"),
    "config.properties.more": "# Add this line to config.properties: columns that are not given are then not there.\n"
    "hide-inaccessible-columns=true\n",
}
"""Files beside the rules, with the settings that make Trino follow them."""


def rules(policy: Policy, relations: Iterable[Relation], target: TrinoTarget, at: dt.datetime) -> TrinoRules:
    """What every principal may read of the relations at an instant, as rules."""
    tables, refused = table_rules(policy, relations, target.catalog, at)
    everyone = _some(sorted(policy.principals)) if policy.principals else None
    checked = sorted({rule["schema"] for rule in tables if _environment(rule)})
    known = [each for each in (everyone, *(_some([user]) for user, _ in target.definers)) if each is not None]
    owner = [] if target.owner is None else [_some([target.owner])]
    sections: dict[str, list[Rule]] = {
        "catalogs": [
            *({"user": each, "allow": "all"} for each in owner),
            # To lend a view what it reads, Trino asks for the whole catalog; what a definer may do there, the other sections say.
            *({"user": _some([user]), "catalog": _exactly(target.catalog), "allow": "all"} for user, _ in target.definers),
            *({"user": each, "catalog": _exactly(target.catalog), "allow": "read-only"} for each in known),
            *({"user": each, "catalog": "system", "allow": "read-only"} for each in known),
            *([{"user": _some([CHECKER]), "catalog": _exactly(target.catalog), "allow": "read-only"}] if checked else []),
            {"allow": "none"},
        ],
        "schemas": [*({"user": each, "owner": True} for each in owner), {"owner": False}],
        "tables": [
            *({"user": each, "privileges": ALL} for each in owner),
            {"table": METADATA_TABLES, "privileges": []},
            *(
                _reader_rule(user, target.catalog, _some(schemas), ["SELECT", "GRANT_SELECT"])
                for user, schemas in target.definers
                if schemas
            ),
            *([_reader_rule(CHECKER, target.catalog, "|".join(checked), ["SELECT"])] if checked else []),
            *tables,
            *({"user": each, "catalog": "system", "schema": "jdbc", "privileges": ["SELECT"]} for each in known),
            {"privileges": []},
        ],
        **_closed(owner, known),
    }
    return TrinoRules(sections, refused)


def table_rules(
    policy: Policy, relations: Iterable[Relation], catalog: str, at: dt.datetime
) -> tuple[list[Rule], tuple[Inexpressible, ...]]:
    """The rules of the section `tables` about principals, one a principal and relation; equal ones of several principals are one."""
    users: dict[str, list[str]] = {}
    refused: list[Inexpressible] = []
    reach = Reach(relations)
    for principal in sorted(policy.principals):
        for relation in reach.of(policy, principal):
            access = decide(policy, principal, relation, at)
            if not access:
                continue
            reason = cannot_say(access)
            if reason is not None:
                grants = tuple(each.grant for each in access.held)
                refused.append(Inexpressible(NAME, principal, relation.name, reason, grants))
                continue
            users.setdefault(json.dumps(_of_table(access, catalog)), []).append(principal)
    return [{"user": _some(names), **json.loads(rule)} for rule, names in users.items()], tuple(refused)


def cannot_say(access: Access) -> str | None:
    """Why Trino cannot be told this access; None where it can."""
    secret = [name for name in access.columns if any(way.mask is Mask.SHA_256_QUERY_LOCAL for way in access.ways(name))]
    if secret:
        return f"the mask `{Mask.SHA_256_QUERY_LOCAL}` of `{secret[0]}` needs a secret of each query, and a file of rules has none"
    return None


def _of_table(access: Access, catalog: str) -> Rule:
    """One relation's rule, but for the user."""
    relation = access.relation
    words = Words("athena", quoted, _compared, masked)
    hidden = set().union(*(columns(held.condition) for held in access.held if held.condition is not None)) - set(access.columns)
    said: list[Rule] = []
    for name in relation.types:
        if name not in access.columns:
            said.append({"name": name, "allow": False})
        elif (text := cell(access, name, words)) != quoted(name):
            said.append({"name": name, "mask": text, **({"mask_environment": {"user": CHECKER}} if hidden else {})})
    rows = access.row_filter
    return {
        "catalog": _exactly(catalog),
        "schema": _exactly(relation.schema),
        "table": _exactly(relation.view),
        "privileges": ["SELECT"],
        **({"columns": said} if said else {}),
        **({} if rows is None else {"filter": some_true(access, rows, words)}),
        **({"filter_environment": {"user": CHECKER}} if rows is not None and hidden else {}),
    }


def _environment(rule: Rule) -> bool:
    """Whether some expression of a rule reads with the rights of the checker."""
    return "filter_environment" in rule or any("mask_environment" in each for each in rule.get("columns", ()))


def _reader_rule(user: str, catalog: str, schemas: str, privileges: list[str]) -> Rule:
    return {"user": _some([user]), "catalog": _exactly(catalog), "schema": schemas, "privileges": privileges}


def _closed(owner: Sequence[str], known: Sequence[str]) -> dict[str, list[Rule]]:
    """The sections that are about neither catalogs, schemas nor tables."""
    return {
        "functions": [
            *({"user": each, "privileges": ["EXECUTE", "GRANT_EXECUTE", "OWNERSHIP"]} for each in owner),
            {"catalog": "system", "schema": "builtin", "privileges": ["EXECUTE"]},
            {"privileges": []},
        ],
        "procedures": [*({"user": each, "privileges": ["EXECUTE"]} for each in owner), {"privileges": []}],
        "queries": [
            *({"user": each, "allow": ["execute", "kill", "view"]} for each in owner),
            *({"user": each, "allow": ["execute"]} for each in known),
            {"allow": []},
        ],
        "impersonation": [{"original_user": ".*", "new_user": ".*", "allow": False}],
        "system_information": [*({"user": each, "allow": ["read", "write"]} for each in owner), {"allow": []}],
        "system_session_properties": [*({"user": each, "allow": True} for each in owner), {"allow": False}],
        "catalog_session_properties": [*({"user": each, "allow": True} for each in owner), {"allow": False}],
        "authorization": [*({"original_user": each, "new_user": ".*", "allow": True} for each in owner)],
    }


def _compared(name: str, kind: ColumnType) -> str:
    return f"CAST({quoted(name)} {_UTC}" if kind is ColumnType.TIMESTAMP else quoted(name)


def _exactly(name: str) -> str:
    """A pattern that only this name matches; Trino matches whole names."""
    return "".join(f"\\{each}" if each in _SPECIAL else each for each in name)


def _some(names: Sequence[str]) -> str:
    """A pattern that these names match and no other."""
    return "|".join(_exactly(name) for name in names)
