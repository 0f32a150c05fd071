"""Elements that are added and removed, as the calls of AWS that do it, in as few as the API's batches allow.

`of` gives the calls of one stage of a plan, whose order is `order.py`'s; inside a stage what narrows comes first and what widens
last. `elements` says which elements a call of grants is about, for the journal and for failures by entry.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from governance.lake_formation import canonical, shapes
from governance.lake_formation.describe import describe
from governance.lake_formation.limits import ENTRIES_A_BATCH, TAG_VALUES_A_CALL, TAGS_A_RESOURCE
from governance.lake_formation.port import Call
from governance.lake_formation.resource import Columns, Resource
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

SERVICE = "lakeformation"
T = TypeVar("T")


def of(added: Iterable[Element], removed: Iterable[Element], account: str) -> Iterator[Call]:
    """The calls that add and remove these elements; one thing in place of another is changed in place where the API can.

    `account` is the account of the catalog. The order inside keeps what narrows before what widens.
    """
    come, go = _by_kind(added), _by_kind(removed)
    yield from _settings(come[Settings], account)
    yield from _permissions("BatchRevokePermissions", _taken(come[Permission], go[Permission]), account)
    yield from _untagged(come[Tagged], go[Tagged], account)
    yield from _tags(come[Tag], go[Tag], account)
    yield from _registered(come[Registration], go[Registration])
    yield from _opt_ins("CreateLakeFormationOptIn", come[OptIn], account)
    yield from _filters(come[CellsFilter], go[CellsFilter], account)
    yield from _row_policies(come[RowPolicy], go[RowPolicy])
    yield from _attachments("AttachRLSPolicy", come[Attachment], account)
    yield from _tagging("AddLFTagsToResource", come[Tagged], account)
    yield from _permissions("BatchGrantPermissions", _given(come[Permission]), account)
    yield from _attachments("DetachRLSPolicy", go[Attachment], account)
    yield from _deleted_filters(come[CellsFilter], go[CellsFilter], account)
    yield from _deleted_policies(come[RowPolicy], go[RowPolicy])
    yield from _opt_ins("DeleteLakeFormationOptIn", go[OptIn], account)
    yield from _deregistered(come[Registration], go[Registration])
    yield from _deleted_tags(come[Tag], go[Tag], account)


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
    for batch in _parts(ordered, ENTRIES_A_BATCH):
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


# Tags


def _tags(added: Iterable[Tag], removed: Iterable[Tag], account: str) -> Iterator[Call]:
    held = {each.key: set(each.values) for each in removed}
    for each in added:
        named = {"CatalogId": account, "TagKey": each.key}
        before = held.get(each.key)
        new = sorted(set(each.values) - (before or set()))
        if before is None:
            yield Call(SERVICE, "CreateLFTag", {**named, "TagValues": new[:TAG_VALUES_A_CALL]})
            new = new[TAG_VALUES_A_CALL:]
        yield from _tag_updates(named, new, sorted((before or set()) - set(each.values)))


def _tag_updates(named: Mapping[str, Any], new: list[str], old: list[str]) -> Iterator[Call]:
    """Values that come and go, in as few calls as there can be."""
    while new or old:
        come, go = new[:TAG_VALUES_A_CALL], old[:TAG_VALUES_A_CALL]
        new, old = new[TAG_VALUES_A_CALL:], old[TAG_VALUES_A_CALL:]
        said = {**({"TagValuesToAdd": come} if come else {}), **({"TagValuesToDelete": go} if go else {})}
        yield Call(SERVICE, "UpdateLFTag", {**named, **said})


def _deleted_tags(added: Iterable[Tag], removed: Iterable[Tag], account: str) -> Iterator[Call]:
    staying = {each.key for each in added}
    for each in removed:
        if each.key not in staying:
            yield Call(SERVICE, "DeleteLFTag", {"CatalogId": account, "TagKey": each.key})


def _untagged(added: Iterable[Tagged], removed: Iterable[Tagged], account: str) -> Iterator[Call]:
    """Tags that are taken off; one that gets another value is not, since adding replaces the value."""
    staying = {(each.resource, each.key) for each in added}
    return _tagging("RemoveLFTagsFromResource", [each for each in removed if (each.resource, each.key) not in staying], account)


def _tagging(operation: str, found: Iterable[Tagged], account: str) -> Iterator[Call]:
    """One call a resource; columns of a table that get the same tags share one."""
    by_resource: dict[Resource, list[tuple[str, str]]] = {}
    for each in found:
        by_resource.setdefault(each.resource, []).append((each.key, each.value))
    for on, pairs in _joined_columns(by_resource):
        for part in _parts(pairs, TAGS_A_RESOURCE):
            tags = [{"CatalogId": account, "TagKey": key, "TagValues": [value]} for key, value in part]
            yield Call(SERVICE, operation, {"CatalogId": account, "Resource": shapes.resource(on, account), "LFTags": tags})


def _joined_columns(by_resource: Mapping[Resource, list[tuple[str, str]]]) -> Iterator[tuple[Resource, list[tuple[str, str]]]]:
    columns: dict[tuple[str, str, tuple[tuple[str, str], ...]], list[str]] = {}
    for on, pairs in by_resource.items():
        if isinstance(on, Columns):
            columns.setdefault((on.database, on.table, tuple(sorted(pairs))), []).extend(on.included)
        else:
            yield on, sorted(pairs)
    for (database, table, shared), names in columns.items():
        yield Columns(database, table, tuple(sorted(names))), list(shared)


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


def _parts(found: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(found)
    while part := list(islice(remaining, size)):
        yield part
