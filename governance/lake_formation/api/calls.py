"""Elements that are added and removed, as the calls of AWS that do it, in as few as the API's batches allow.

`of` gives the calls of one stage of a plan, whose order is `order.py`'s; inside a stage what narrows comes first and what widens
last. `elements` says which elements a call of grants is about, for the journal and for failures by entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from governance.lake_formation.api import canonical, shapes, tag_calls
from governance.lake_formation.api.batches import SERVICE, batches
from governance.lake_formation.describe import describe
from governance.lake_formation.limits import ENTRIES_A_BATCH
from governance.lake_formation.port import Call
from governance.lake_formation.resource import Resource
from governance.lake_formation.state import (
    Attachment,
    CellsFilter,
    Element,
    OptIn,
    Permission,
    Registration,
    RowPolicy,
    Settings,
    Tag,
    Tagged,
)

__all__ = ["describe", "elements", "of"]


def of(added: Iterable[Element], removed: Iterable[Element], account: str) -> Iterator[Call]:
    """The calls that add and remove these elements; one thing in place of another is changed in place where the API can.

    `account` is the account of the catalog. The order inside keeps what narrows before what widens.
    """
    come, go = _by_kind(added), _by_kind(removed)
    yield from _settings(come[Settings], account)
    yield from _permissions("BatchRevokePermissions", _taken(come[Permission], go[Permission]), account)
    yield from tag_calls.untagged(come[Tagged], go[Tagged], account)
    yield from tag_calls.tags(come[Tag], go[Tag], account)
    yield from _registered(come[Registration], go[Registration])
    yield from _opt_ins("CreateLakeFormationOptIn", come[OptIn], account)
    yield from _filters(come[CellsFilter], go[CellsFilter], account)
    yield from _row_policies(come[RowPolicy], go[RowPolicy])
    yield from _attachments("AttachRLSPolicy", come[Attachment], account)
    yield from tag_calls.tagging("AddLFTagsToResource", come[Tagged], account)
    yield from _permissions("BatchGrantPermissions", _given(come[Permission]), account)
    yield from _attachments("DetachRLSPolicy", go[Attachment], account)
    yield from _deleted_filters(come[CellsFilter], go[CellsFilter], account)
    yield from _deleted_policies(come[RowPolicy], go[RowPolicy])
    yield from _opt_ins("DeleteLakeFormationOptIn", go[OptIn], account)
    yield from _deregistered(come[Registration], go[Registration])
    yield from tag_calls.deleted_tags(come[Tag], go[Tag], account)


def elements(call: Call) -> Mapping[str, tuple[Permission, ...]]:
    """The permissions that each entry of a batch is about, by the entry's `Id`; nothing for other calls."""
    account = call.parameters.get("CatalogId")
    return {entry["Id"]: canonical.permission(entry, account) for entry in call.parameters.get("Entries", ())}


class _Kinds(dict[type, list[Any]]):
    """Elements by their kind; an empty list for a kind that is not there."""

    def __missing__(self, kind: type) -> list[Any]:
        return []


def _by_kind(found: Iterable[Element]) -> _Kinds:
    kinds = _Kinds()
    for each in found:
        kinds.setdefault(type(each), []).append(each)
    return kinds


# Permissions

_Entry = tuple[str, Resource, str | None]


def _given(added: Iterable[Permission]) -> dict[_Entry, tuple[list[str], list[str]]]:
    """Actions and those of them that may be handed on, by entry; an entry is one principal on one resource."""
    found: dict[_Entry, tuple[list[str], list[str]]] = {}
    for each in added:
        actions, grantable = found.setdefault((each.principal, each.resource, each.condition), ([], []))
        actions.append(each.action)
        if each.grantable:
            grantable.append(each.action)
    return found


def _taken(added: Iterable[Permission], removed: Iterable[Permission]) -> dict[_Entry, tuple[list[str], list[str]]]:
    """The same for revokes. Of what is given again without the right to hand it on, only that right is taken."""
    staying = {(each.principal, each.resource, each.condition, each.action): each.grantable for each in added}
    found: dict[_Entry, tuple[list[str], list[str]]] = {}
    for each in removed:
        stays = staying.get((each.principal, each.resource, each.condition, each.action))
        if stays is not None and (stays or not each.grantable):
            continue  # the grant adds the right to hand it on to what is there
        actions, grantable = found.setdefault((each.principal, each.resource, each.condition), ([], []))
        if stays is None:
            actions.append(each.action)
        if each.grantable:
            grantable.append(each.action)
    return found


def _permissions(operation: str, entries: Mapping[_Entry, tuple[list[str], list[str]]], account: str) -> Iterator[Call]:
    ordered = sorted(entries.items(), key=lambda pair: (str(pair[0][1]), pair[0][0], pair[0][2] or ""))
    for batch in batches(ordered, ENTRIES_A_BATCH):
        numbered = [_entry(number, key, *actions, account) for number, (key, actions) in enumerate(batch)]
        yield Call(SERVICE, operation, {"CatalogId": account, "Entries": numbered})


def _entry(number: int, key: _Entry, actions: list[str], grantable: list[str], account: str) -> dict[str, Any]:
    principal, on, condition = key
    return {
        "Id": str(number),
        "Principal": shapes.principal(principal),
        "Resource": shapes.resource(on, account),
        **({"Permissions": sorted(actions)} if actions else {}),
        **shapes.condition(condition),
        **({"PermissionsWithGrantOption": sorted(grantable)} if grantable else {}),
    }


# Filters and row policies


def _filters(added: Iterable[CellsFilter], removed: Iterable[CellsFilter], account: str) -> Iterator[Call]:
    held = {(each.database, each.table, each.name) for each in removed}
    for each in added:
        operation = "UpdateDataCellsFilter" if (each.database, each.table, each.name) in held else "CreateDataCellsFilter"
        yield Call(SERVICE, operation, {"TableData": shapes.cells_filter(each, account)})


def _deleted_filters(added: Iterable[CellsFilter], removed: Iterable[CellsFilter], account: str) -> Iterator[Call]:
    staying = {(each.database, each.table, each.name) for each in added}
    for each in removed:
        if (each.database, each.table, each.name) not in staying:
            place = {"TableCatalogId": account, "DatabaseName": each.database, "TableName": each.table, "Name": each.name}
            yield Call(SERVICE, "DeleteDataCellsFilter", place)


def _row_policies(added: Iterable[RowPolicy], removed: Iterable[RowPolicy]) -> Iterator[Call]:
    """Only the condition of a policy can be changed; one over other columns is made anew, which detaches it everywhere."""
    held = {each.name: each for each in removed}
    for each in added:
        before = held.get(each.name)
        if before is not None and before.columns == each.columns:
            yield Call(SERVICE, "UpdateRLSPolicy", {"Name": each.name, "FilterExpression": each.rows})
            continue
        if before is not None:
            yield Call(SERVICE, "DeleteRLSPolicy", {"Name": each.name})
        columns = [{"Name": name, **({"Type": kind} if kind else {})} for name, kind in each.columns]
        yield Call(SERVICE, "CreateRLSPolicy", {"Name": each.name, "AttachmentColumns": columns, "FilterExpression": each.rows})


def _deleted_policies(added: Iterable[RowPolicy], removed: Iterable[RowPolicy]) -> Iterator[Call]:
    staying = {each.name for each in added}
    yield from (Call(SERVICE, "DeleteRLSPolicy", {"Name": each.name}) for each in removed if each.name not in staying)


def _attachments(operation: str, found: Iterable[Attachment], account: str) -> Iterator[Call]:
    default = "SetDefault" if operation == "AttachRLSPolicy" else "RemoveDefault"
    for each in found:
        yield Call(SERVICE, operation, {**shapes.attachment(each, account), **({default: True} if each.default else {})})


# Places, opt-ins, settings


def _registered(added: Iterable[Registration], removed: Iterable[Registration]) -> Iterator[Call]:
    """A place that is registered or changed; without a role the API cannot change it, so it is registered anew."""
    held = {each.arn for each in removed}
    for each in added:
        said = {**json.loads(each.other), "ResourceArn": each.arn, "HybridAccessEnabled": each.hybrid}
        if each.arn in held and each.role is not None:
            said.pop("WithPrivilegedAccess", None)
            yield Call(SERVICE, "UpdateResource", {**said, "RoleArn": each.role})
            continue
        if each.arn in held:
            yield Call(SERVICE, "DeregisterResource", {"ResourceArn": each.arn})
        yield Call(SERVICE, "RegisterResource", {**said, **({"RoleArn": each.role} if each.role else {"UseServiceLinkedRole": True})})


def _deregistered(added: Iterable[Registration], removed: Iterable[Registration]) -> Iterator[Call]:
    staying = {each.arn for each in added}
    yield from (Call(SERVICE, "DeregisterResource", {"ResourceArn": each.arn}) for each in removed if each.arn not in staying)


def _opt_ins(operation: str, found: Iterable[OptIn], account: str) -> Iterator[Call]:
    for each in found:
        said = {"Principal": shapes.principal(each.principal), "Resource": shapes.resource(each.resource, account)}
        yield Call(SERVICE, operation, {**said, **shapes.condition(each.condition)})


def _settings(added: Iterable[Settings], account: str) -> Iterator[Call]:
    for each in added:
        yield Call(SERVICE, "PutDataLakeSettings", {"CatalogId": account, "DataLakeSettings": shapes.settings(each)})
