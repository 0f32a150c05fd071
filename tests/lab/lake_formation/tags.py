"""LF-Tags: kept in lower case, one value a key on each resource, inherited from database to table to column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.faults import RefusedError, invalid, missing, there_already
from tests.lab.lake_formation.place import Place, place_of, some_columns

VALUES_A_CALL = 50
TAGS_A_RESOURCE = 50


def create(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """CreateLFTag."""
    here.need_administrator("CreateLFTag")
    key, values = _key(given), _values(given["TagValues"])
    if key in here.account.tags:
        raise there_already(f"Tag key already exists: {key}")
    if not 1 <= len(values) <= VALUES_A_CALL:
        raise invalid(f"TagValues must have 1 to {VALUES_A_CALL} members.")
    here.account.tags[key] = values
    return {}


def get(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetLFTag."""
    key = _defined(here, given)
    return {"CatalogId": here.number, "TagKey": key, "TagValues": here.account.tags[key]}


def update(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateLFTag: adds and deletes in one call; a value that a resource carries cannot be deleted."""
    here.need_administrator("UpdateLFTag")
    key = _defined(here, given)
    gone = set(_values(given.get("TagValuesToDelete") or ()))
    used = {held.get(key) for held in here.account.tagged.values()}
    if gone & used:
        raise invalid("Update not allowed. The tag value is attached to a resource.")
    if not gone <= set(here.account.tags[key]):
        raise missing("Tag or tag value does not exist.")
    added = [value for value in _values(given.get("TagValuesToAdd") or ()) if value not in here.account.tags[key]]
    here.account.tags[key] = [value for value in here.account.tags[key] if value not in gone] + added
    return {}


def delete(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteLFTag: resources lose it, and every grant whose expression names it ends, without a word."""
    here.need_administrator("DeleteLFTag")
    key = _defined(here, given)
    del here.account.tags[key]
    for held in here.account.tagged.values():
        held.pop(key, None)
    for principal, place in list(here.account.grants):
        if key in _keys(place):
            del here.account.grants[principal, place]
    return {}


def listed(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListLFTags."""
    from tests.lab.lake_formation.listing import paged

    told = [{"CatalogId": here.number, "TagKey": key, "TagValues": values} for key, values in sorted(here.account.tags.items())]
    return paged(told, given, "LFTags")


def add(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """AddLFTagsToResource: adds to what is there, and replaces the value of a key that is there."""
    here.need_administrator("AddLFTagsToResource")
    tags = given["LFTags"]
    if any(len(tag["TagValues"]) != 1 for tag in tags):
        raise invalid("Tag value wild card was found or input tag value list has size not equal to 1")
    if len({_key(tag) for tag in tags}) < len(tags):
        raise invalid("Duplicate tag keys were found in the input.")
    failures = []
    for place in _carriers(here, given["Resource"]):
        held = here.account.tagged.setdefault(place, {})
        for tag in tags:
            try:
                held[_key(tag)] = _known(here, tag)
            except RefusedError as fault:
                failures.append({"LFTag": tag, "Error": {"ErrorCode": fault.wrong, "ErrorMessage": fault.said}})
        if len(held) > TAGS_A_RESOURCE:
            raise invalid(f"A resource has at most {TAGS_A_RESOURCE} tags.")
    return {"Failures": failures}


def remove(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """RemoveLFTagsFromResource."""
    here.need_administrator("RemoveLFTagsFromResource")
    failures = []
    for place in _carriers(here, given["Resource"]):
        held = here.account.tagged.get(place, {})
        for tag in given["LFTags"]:
            if held.get(_key(tag)) not in _values(tag["TagValues"]):
                error = {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Tag or tag value does not exist."}
                failures.append({"LFTag": tag, "Error": error})
            else:
                del held[_key(tag)]
    return {"Failures": failures}


def of_resource(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """GetResourceLFTags: what is assigned and, unless only that is asked for, what is inherited."""
    assigned = bool(given.get("ShowAssignedLFTags"))
    places = list(_carriers(here, given["Resource"]))
    first = places[0]
    database = Place("Database", first.database)
    told: dict[str, Any] = {}
    if first.kind == "Database" or not assigned:
        told["LFTagOnDatabase"] = _pairs(here, here.account.tagged.get(database, {}))
    if first.kind == "Database":
        return {name: value for name, value in told.items() if value}
    table = Place("Table", first.database, first.table)
    on_table = here.account.tagged.get(table, {}) if assigned else of_table(here, first.database, first.table)
    if first.kind == "Table" or not assigned:
        told["LFTagsOnTable"] = _pairs(here, on_table)
    names = here.catalog.table(first.database, first.table).names if first.kind == "Table" else [next(iter(one.names)) for one in places]
    columns = [{"Name": name, "LFTags": _pairs(here, _of_column(here, table, name, assigned))} for name in names]
    told["LFTagsOnColumns"] = [column for column in columns if column["LFTags"]]
    return {name: value for name, value in told.items() if value}


def create_expression(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """CreateLFTagExpression."""
    here.need_administrator("CreateLFTagExpression")
    name = given["Name"]
    if name in here.account.expressions:
        raise there_already(f"LF-Tag expression already exists: {name}")
    place = place_of({"LFTagPolicy": {"ResourceType": "TABLE", "Expression": given["Expression"]}})
    here.account.expressions[name] = {"Name": name, "CatalogId": here.number, "Expression": place.told["Expression"]}
    return {}


def delete_expression(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteLFTagExpression."""
    here.need_administrator("DeleteLFTagExpression")
    if here.account.expressions.pop(given["Name"], None) is None:
        raise missing(f"LF-Tag expression not found: {given['Name']}")
    return {}


def expressions(here: Here, given: Mapping[str, Any]) -> dict[str, Any]:
    """ListLFTagExpressions."""
    from tests.lab.lake_formation.listing import paged

    return paged([told for _, told in sorted(here.account.expressions.items())], given, "LFTagExpressions")


def expression_of(here: Here, policy: Place) -> list[dict[str, Any]] | None:
    """The keys and values of a tag policy, a saved expression looked up; None where the saved one is gone."""
    told = policy.told
    if "ExpressionName" not in told:
        return list(told["Expression"])
    saved = here.account.expressions.get(told["ExpressionName"])
    return None if saved is None else list(saved["Expression"])


def of_table(here: Here, database: str, table: str) -> dict[str, str]:
    """The tags of a table: its own, and of its database those whose key it has not."""
    tagged = here.account.tagged
    return {**tagged.get(Place("Database", database), {}), **tagged.get(Place("Table", database, table), {})}


def of_column(here: Here, database: str, table: str, column: str) -> dict[str, str]:
    """The tags of a column: its own, then its table's."""
    return {**of_table(here, database, table), **here.account.tagged.get(some_columns(database, table, [column]), {})}


def matched(here: Here, policy: Place, asked: Place) -> frozenset[str] | None:
    """What of a database or table a tag expression gives: the columns that match (none for a database); None where nothing does."""
    over, expression = policy.told["ResourceType"], expression_of(here, policy)
    if expression is None:
        return None
    if asked.kind == "Database":
        own = here.account.tagged.get(asked, {})
        return frozenset() if over == "DATABASE" and fits(expression, own) else None
    if over != "TABLE" or not here.catalog.has(asked.database, asked.table):
        return None
    names = here.catalog.table(asked.database, asked.table).names
    found = frozenset(name for name in names if fits(expression, of_column(here, asked.database, asked.table, name)))
    return found or None


def fits(expression: Iterable[Mapping[str, Any]], tags: Mapping[str, str]) -> bool:
    """Every key of the expression, one of its values."""
    return all(one["TagKey"] in tags and ("*" in one["TagValues"] or tags[one["TagKey"]] in one["TagValues"]) for one in expression)


def forget(here: Here, database: str, table: str | None) -> None:
    """A table (or a whole database) is no more."""
    for place in list(here.account.tagged):
        if place.database == database and (table is None or place.table == table):
            del here.account.tagged[place]


def _carriers(here: Here, resource: Mapping[str, Any]) -> Iterable[Place]:
    """The places that carry tags: a database, a table, or each of some columns."""
    place = place_of(resource)
    here.catalog.need_database(place.database)
    if place.kind == "Database":
        return [place]
    if place.kind not in {"Table", "TableWithColumns"}:
        raise invalid("Only databases, tables and columns carry tags.")
    names = here.catalog.table(place.database, place.table).names
    if place.kind == "Table":
        return [place]
    if not place.names or not place.names <= set(names):
        raise missing(f"Column not found in table {place.database}.{place.table}.")
    return [some_columns(place.database, place.table, [name]) for name in sorted(place.names)]


def _of_column(here: Here, table: Place, name: str, assigned: bool) -> dict[str, str]:
    if assigned:
        return here.account.tagged.get(some_columns(table.database, table.table, [name]), {})
    return of_column(here, table.database, table.table, name)


def _pairs(here: Here, held: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"CatalogId": here.number, "TagKey": key, "TagValues": [value]} for key, value in sorted(held.items())]


def _keys(place: Place) -> set[str]:
    if place.kind == "LFTag":
        return {place.told["TagKey"]}
    return {one["TagKey"] for one in place.told.get("Expression") or ()} if place.kind == "LFTagPolicy" else set()


def _known(here: Here, tag: Mapping[str, Any]) -> str:
    [value] = _values(tag["TagValues"])
    if value not in here.account.tags.get(_key(tag), ()):
        raise missing("Tag or tag value does not exist.")
    return value


def _defined(here: Here, given: Mapping[str, Any]) -> str:
    key = _key(given)
    if key not in here.account.tags:
        raise missing(f"Tag key does not exist: {key}")
    return key


def _key(given: Mapping[str, Any]) -> str:
    key = str(given["TagKey"]).lower()
    if not 1 <= len(key) <= 128:
        raise invalid("TagKey must have 1 to 128 characters.")
    return key


def _values(values: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(value.lower() for value in values))
    if any(not 1 <= len(value) <= 256 for value in found):
        raise invalid("A tag value must have 1 to 256 characters.")
    return found
