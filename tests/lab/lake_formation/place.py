"""What a permission, a tag or an opt-in is on, as one comparable value, and its way from and to the API's JSON.

Names of Glue are lower case. A wildcard over tables is told by the API as a table called `ALL_TABLES`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.lab.lake_formation.faults import invalid

EVERY = "ALL_TABLES"
KINDS = (
    "Catalog", "Database", "Table", "TableWithColumns", "DataLocation", "DataCellsFilter", "LFTag", "LFTagPolicy", "LFTagExpression",
    "AnyResource",
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """`kind` is the API's name of the resource; `detail` holds, as JSON, what is left beside database and table."""

    kind: str
    database: str = ""
    table: str = ""
    detail: str = ""

    @property
    def told(self) -> Any:
        """The detail, read."""
        return json.loads(self.detail) if self.detail else None

    @property
    def names(self) -> frozenset[str]:
        """The columns that are listed one by one; none where all but some are meant."""
        return frozenset(self.told["names"] or ()) if self.kind == "TableWithColumns" else frozenset()

    @property
    def whole(self) -> bool:
        """Whether it is every column of a table, later ones too."""
        return self.kind == "TableWithColumns" and self.told == {"names": None, "but": []}


def some_columns(database: str, table: str, names: Iterable[str]) -> Place:
    """The columns listed."""
    return Place("TableWithColumns", database, table, _json({"names": sorted(names), "but": []}))


def all_columns(database: str, table: str, but: Iterable[str] = ()) -> Place:
    """Every column, but some."""
    return Place("TableWithColumns", database, table, _json({"names": None, "but": sorted(but)}))


def place_of(resource: Mapping[str, Any]) -> Place:
    """A `Resource` of the API. Refused unless it holds exactly one kind of a proper shape."""
    given = [kind for kind, value in resource.items() if value is not None]
    if len(given) != 1 or given[0] not in KINDS:
        raise invalid("Resource must have exactly one known field populated.")
    kind, told = given[0], resource[given[0]]
    match kind:
        case "Catalog":
            return Place("Catalog")
        case "Database":
            return Place("Database", _name(told, "Name"))
        case "Table":
            return Place("Table", _name(told, "DatabaseName"), _table(told))
        case "TableWithColumns":
            return _columns(told)
        case "DataLocation":
            return Place("DataLocation", detail=_json(told["ResourceArn"].rstrip("/")))
        case "DataCellsFilter":
            return Place("DataCellsFilter", _name(told, "DatabaseName"), _name(told, "TableName"), _json(told["Name"]))
        case "LFTag":
            values = sorted({value.lower() for value in told["TagValues"]})
            return Place("LFTag", detail=_json({"TagKey": told["TagKey"].lower(), "TagValues": values}))
        case "LFTagPolicy":
            return _tag_policy(told)
        case _:
            return Place(kind, detail=_json({key: value for key, value in told.items() if key != "CatalogId"}))


def resource_of(place: Place, number: str) -> dict[str, Any]:
    """The API's JSON of a place; `number` is the account's."""
    named = {"CatalogId": number}
    match place.kind:
        case "Catalog":
            return {"Catalog": {}}
        case "Database":
            return {"Database": {**named, "Name": place.database}}
        case "Table":
            wildcard: dict[str, Any] = {"TableWildcard": {}} if place.table == EVERY else {}
            return {"Table": {**named, "DatabaseName": place.database, "Name": place.table, **wildcard}}
        case "TableWithColumns":
            told = place.told
            what = {"ColumnWildcard": {"ExcludedColumnNames": told["but"]} if told["but"] else {}}
            columns = {"ColumnNames": told["names"]} if told["names"] is not None else what
            return {"TableWithColumns": {**named, "DatabaseName": place.database, "Name": place.table, **columns}}
        case "DataLocation":
            return {"DataLocation": {**named, "ResourceArn": place.told}}
        case "DataCellsFilter":
            where = {"TableCatalogId": number, "DatabaseName": place.database, "TableName": place.table}
            return {"DataCellsFilter": {**where, "Name": place.told}}
        case _:
            return {place.kind: {**named, **place.told}}


def _columns(told: Mapping[str, Any]) -> Place:
    names, wildcard = told.get("ColumnNames"), told.get("ColumnWildcard")
    if (names is None) == (wildcard is None):
        raise invalid("Either ColumnNames or ColumnWildcard must be specified, and not both.")
    database, table = _name(told, "DatabaseName"), _name(told, "Name")
    if names is not None:
        if not names:
            raise invalid("ColumnNames must not be empty.")
        return some_columns(database, table, {name.lower() for name in names})
    return all_columns(database, table, {name.lower() for name in (wildcard or {}).get("ExcludedColumnNames") or ()})


def _tag_policy(told: Mapping[str, Any]) -> Place:
    if told.get("ExpressionName"):
        return Place("LFTagPolicy", detail=_json({"ResourceType": told["ResourceType"], "ExpressionName": told["ExpressionName"]}))
    conditions = {one["TagKey"].lower(): sorted({value.lower() for value in one["TagValues"]}) for one in told.get("Expression") or ()}
    if not conditions:
        raise invalid("Expression must not be empty.")
    expression = [{"TagKey": key, "TagValues": conditions[key]} for key in sorted(conditions)]
    return Place("LFTagPolicy", detail=_json({"ResourceType": told["ResourceType"], "Expression": expression}))


def _table(told: Mapping[str, Any]) -> str:
    name, wildcard = told.get("Name"), told.get("TableWildcard")
    if (name is None) == (wildcard is None) and name != EVERY:
        both = "both be present" if name else "both be empty"
        raise invalid(f"Table name and table wildcard cannot {both}.")
    return EVERY if wildcard is not None or name == EVERY else str(name).lower()


def _name(told: Mapping[str, Any], field: str) -> str:
    name = told.get(field)
    if not isinstance(name, str) or not 1 <= len(name) <= 255:
        raise invalid(f"{field} must have 1 to 255 characters.")
    return EVERY if name == EVERY else name.lower()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
