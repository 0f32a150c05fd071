"""The calls that define tags and put them on what carries them. Used by `calls.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from governance.lake_formation.api import shapes
from governance.lake_formation.api.batches import SERVICE, batches
from governance.lake_formation.limits import TAG_VALUES_A_CALL, TAGS_A_RESOURCE
from governance.lake_formation.port import Call
from governance.lake_formation.resource import Columns, Resource
from governance.lake_formation.state import Tag, Tagged


def tags(added: Iterable[Tag], removed: Iterable[Tag], account: str) -> Iterator[Call]:
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


def deleted_tags(added: Iterable[Tag], removed: Iterable[Tag], account: str) -> Iterator[Call]:
    staying = {each.key for each in added}
    for each in removed:
        if each.key not in staying:
            yield Call(SERVICE, "DeleteLFTag", {"CatalogId": account, "TagKey": each.key})


def untagged(added: Iterable[Tagged], removed: Iterable[Tagged], account: str) -> Iterator[Call]:
    """Tags that are taken off; one that gets another value is not, since adding replaces the value."""
    staying = {(each.resource, each.key) for each in added}
    return tagging("RemoveLFTagsFromResource", [each for each in removed if (each.resource, each.key) not in staying], account)


def tagging(operation: str, found: Iterable[Tagged], account: str) -> Iterator[Call]:
    """One call a resource; columns of a table that get the same tags share one."""
    by_resource: dict[Resource, list[tuple[str, str]]] = {}
    for each in found:
        by_resource.setdefault(each.resource, []).append((each.key, each.value))
    for on, pairs in _joined_columns(by_resource):
        for part in batches(pairs, TAGS_A_RESOURCE):
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
