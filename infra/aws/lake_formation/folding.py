"""What an account said, folded into one `AccountState`. Used by `reading.py`, which asks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from governance.lake_formation.api import canonical
from governance.lake_formation.elements import database_of
from governance.lake_formation.state import AccountState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from governance.lake_formation.state import CataloguedTable, OptIn, Permission, Tagged

Entry: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Answers:
    """What an account said, as JSON, in as far as it concerns some `databases`; `only` are their names, or None for all."""

    databases: Mapping[str, Entry]
    only: frozenset[str] | None
    tables: Sequence[CataloguedTable]
    permissions: Sequence[Entry]
    registrations: Sequence[Entry]
    settings: Entry
    tags: Sequence[Entry]
    tagged: Sequence[Tagged]
    filters: Sequence[Entry]
    opt_ins: Sequence[Entry]
    policies: Sequence[Entry]
    attachments: Sequence[Entry]
    expressions: Sequence[Entry]
    features: frozenset[str]


def folded(told: Answers, account: str) -> AccountState:
    """The state of an account (its twelve digits)."""
    held = frozenset(one for one in canonical.permissions(told.permissions, account) if _is_wanted(one, told.only))
    opt_ins = (canonical.opt_in(each, account) for each in told.opt_ins)
    attachments = (canonical.attachment(each, account) for each in told.attachments)
    return AccountState(
        permissions=held,
        filters=frozenset(canonical.cells_filter(one) for one in told.filters),
        tags=frozenset(canonical.tag(one) for one in _joined(told.tags)),
        tagged=frozenset(told.tagged),
        opt_ins=frozenset(one for one in opt_ins if _is_wanted(one, told.only)),
        registrations=frozenset(canonical.registration(one) for one in told.registrations),
        row_policies=frozenset(canonical.row_policy(one) for one in told.policies),
        attachments=frozenset(one for one in attachments if told.only is None or one.database in ("", *told.only)),
        settings=canonical.settings(told.settings),
        databases=dict.fromkeys(told.databases),
        tables={(one.database, one.name): one for one in told.tables},
        updated=_updated(told.permissions, held, account),
        new_tables={name: given for name, one in told.databases.items() if (given := _given_on_new_tables(one))},
        expressions={one["Name"]: canonical.expression(one["Expression"]) for one in told.expressions},
        features=told.features,
    )


def _joined(tags: Iterable[Entry]) -> Iterator[Entry]:
    """Each tag once: one with more values than a page holds is told in parts."""
    values: dict[str, list[str]] = {}
    for tag in tags:
        values.setdefault(tag["TagKey"], []).extend(tag["TagValues"])
    yield from ({"TagKey": key, "TagValues": found} for key, found in values.items())


def _is_wanted(one: Permission | OptIn, only: frozenset[str] | None) -> bool:
    database = database_of(one)
    return only is None or database is None or database in only


def _given_on_new_tables(database: Entry) -> tuple[str, ...]:
    return canonical.settings({"CreateTableDefaultPermissions": database.get("CreateTableDefaultPermissions")}).table_defaults


def _updated(listed: Iterable[Entry], held: frozenset[Permission], account: str) -> dict[Permission, tuple[str, str]]:
    """When a permission was changed last and by whom; an endpoint may tell neither. One permission may be told in several entries."""
    said: dict[object, tuple[str, str]] = {}
    for entry in listed:
        when, who = entry.get("LastUpdated"), entry.get("LastUpdatedBy")
        if when is None and who is None:
            continue
        told = (when.isoformat() if isinstance(when, dt.datetime) else "", str(who or ""))
        for one in canonical.permission(entry, account):
            key = (one.principal, one.resource, one.condition)
            said[key] = max(said.get(key, ("", "")), told)
    return {one: said[key] for one in held if (key := (one.principal, one.resource, one.condition)) in said}
