"""A definer view as Glue takes it, and back: the JSON of the catalog's entry, multi-dialect or as a classic Presto view.

Pure: nothing is called. Used by `glue_views.py`, and by whoever shows a plan before anything is done.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.aws.glue_columns import type_of, view_columns
from jobs.table import DefinerView, TableColumn
from metrics_catalog.source import ColumnType
from views.published_view import saved_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.aws.settings import AwsSettings

DIALECTS: Mapping[str, tuple[str, str]] = {"athena": ("ATHENA", "3"), "spark": ("SPARK", "3.5"), "redshift": ("REDSHIFT", "1.0")}
"""Our dialects that a Glue view can carry: Glue's name and the version of the engine it is written for."""

TEXT, COLUMNS, DRIFT = "ringi.text.", "ringi.columns", "ringi.drift"
PRESTO = "presto_view"
PRESTO_MARK = ("/* Presto View: ", " */")
TRINO_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18,6)",
    ColumnType.DOUBLE: "double",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.TIMESTAMP: "timestamp(6) with time zone",
    ColumnType.DATE: "date",
}


@dataclass(frozen=True, slots=True)
class ViewMaker:
    """What the entries of one lake's views have in common. `account` is the account of the catalog."""

    settings: AwsSettings
    account: str

    def table_input(self, view: DefinerView, said: Mapping[str, str]) -> dict[str, Any]:
        """The `TableInput` of a view; `said` is what the snapshot of its saved copy says about itself."""
        name = view.name.rpartition(".")[2]
        columns = {"Columns": view_columns(view.columns)}
        parameters = {**said, **view.properties, **self._texts(view), COLUMNS: _described(view.columns)}
        made = {"Name": name, "TableType": "VIRTUAL_VIEW", "StorageDescriptor": columns, "Parameters": parameters}
        return {**made, **(self._presto(view, parameters) if self.settings.views == "presto" else {"ViewDefinition": self._dialects(view)})}

    def view_of(self, namespace: str, table: Mapping[str, Any]) -> DefinerView | None:
        """The port's value of an entry; None for one that is no view.

        A text that was edited by hand, the executed one included, comes back as it is found, so that a plan sees it.
        """
        if table.get("TableType") != "VIRTUAL_VIEW":
            return None
        name, parameters = f"{namespace}.{table['Name']}", dict(table.get("Parameters") or {})
        texts = {key.removeprefix(TEXT): value for key, value in parameters.items() if key.startswith(TEXT)}
        drifted = self._presto_drift(name, table) if self.settings.views == "presto" else self._drift(name, table, texts)
        kept = {key: value for key, value in parameters.items() if not key.startswith(TEXT) and key not in (COLUMNS, PRESTO, "comment")}
        return DefinerView(name, _columns(table, parameters), {**texts, **drifted}, kept)

    def _texts(self, view: DefinerView) -> dict[str, str]:
        """Texts that the entry has no place for: what other engines of the lake are given."""
        carried = () if self.settings.views == "presto" else DIALECTS
        return {f"{TEXT}{dialect}": text for dialect, text in view.sql.items() if dialect not in carried}

    def _dialects(self, view: DefinerView) -> dict[str, Any]:
        return {
            "IsProtected": True,
            "Definer": self.settings.definer_role,
            "SubObjects": [self._copy_arn(view.name)],
            "Representations": [
                {"Dialect": name, "DialectVersion": version, "ViewOriginalText": view.sql[ours], "ViewExpandedText": view.sql[ours]}
                for ours, (name, version) in DIALECTS.items()
                if ours in view.sql
            ],
        }

    def _copy_arn(self, name: str) -> str:
        """The saved copy that a view stands on."""
        return f"arn:aws:glue:{self.settings.region}:{self.account}:table/{copy_of(name).replace('.', '/')}"

    def _drift(self, name: str, table: Mapping[str, Any], texts: dict[str, str]) -> dict[str, str]:
        """The texts that the entry carries, and what stands there that we would not have written."""
        held = table.get("ViewDefinition") or {}
        ours = {glue: dialect for dialect, (glue, _) in DIALECTS.items()}
        found = {}
        for one in held.get("Representations") or ():
            original, executed = one.get("ViewOriginalText", ""), one.get("ViewExpandedText")
            dialect = ours.get(one.get("Dialect", ""), str(one.get("Dialect", "")).lower())
            found[dialect] = original if executed in (None, original) else f"{original}\n-- but this is executed:\n{executed}"
        wanted = (True, self.settings.definer_role, [self._copy_arn(name)])
        if (held.get("IsProtected"), held.get("Definer"), list(held.get("SubObjects") or ())) != wanted:
            found[DRIFT] = "the view is not protected, or another role defines it, or it stands on another table"
        return found

    def _presto(self, view: DefinerView, parameters: dict[str, str]) -> dict[str, Any]:
        return {
            "Parameters": {**parameters, PRESTO: "true", "comment": "Presto View"},
            "Owner": self._owner,
            "ViewOriginalText": self._encoded(view.name, view.sql["athena"], view.columns),
            "ViewExpandedText": "/* Presto View */",
        }

    @property
    def _owner(self) -> str:
        """Who defines a Presto view: Trino asks for a name."""
        return (self.settings.definer_role or "ringi").rpartition("/")[2]

    def _encoded(self, name: str, sql: str, columns: tuple[TableColumn, ...]) -> str:
        told = {
            "originalSql": sql,
            "catalog": self.settings.views_catalog,
            "schema": name.rpartition(".")[0],
            "columns": [{"name": column.name, "type": TRINO_TYPES[column.type]} for column in columns],
            "owner": self._owner,
            "runAsInvoker": False,
        }
        return base64.b64encode(json.dumps(told).encode()).decode().join(PRESTO_MARK)

    def _presto_drift(self, name: str, table: Mapping[str, Any]) -> dict[str, str]:
        parameters = dict(table.get("Parameters") or {})
        wanted = self._encoded(name, parameters.get(f"{TEXT}athena", ""), _columns(table, parameters))
        return {} if table.get("ViewOriginalText") == wanted else {DRIFT: "the text of the view is another"}


def copy_of(view: str) -> str:
    """The saved copy of a definer view: `saved_jp.title_daily` of `views_jp.title_daily`."""
    namespace, _, name = view.rpartition(".")
    return saved_name(namespace.removeprefix("views_"), name)


def _described(columns: tuple[TableColumn, ...]) -> str:
    """The columns as we know them: Glue shortens comments and does not know what is required."""
    return json.dumps([[column.name, str(column.type), column.required, column.doc, column.id] for column in columns], ensure_ascii=False)


def _columns(table: Mapping[str, Any], parameters: Mapping[str, str]) -> tuple[TableColumn, ...]:
    """The columns of an entry; those that Glue shows where somebody changed them."""
    try:
        told = [
            TableColumn(name, ColumnType(kind), required, doc, number)
            for name, kind, required, doc, number in json.loads(parameters[COLUMNS])
        ]
    except (KeyError, ValueError, TypeError):
        told = []
    shown = [(one["Name"], one["Type"]) for one in (table.get("StorageDescriptor") or {}).get("Columns") or ()]
    if [(column.name, type_of(column.type)) for column in told] == shown:
        return tuple(told)
    kinds = {type_of(kind): kind for kind in ColumnType}
    return tuple(TableColumn(name, kinds.get(kind, ColumnType.STRING), id=number) for number, (name, kind) in enumerate(shown, 1))
