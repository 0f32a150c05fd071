"""Where moto's Glue falls short of the lab's needs: its optimistic lock, and definer views for an engine that reads only Presto's.

- Glue refuses an update whose `VersionId` is not the table's present one. moto takes it, so a lost update would go unseen.
- Athena runs the ATHENA text of a multi-dialect view with the definer's rights. Trino knows Presto's form alone, so Trino (its SDK
  is the only Java that reads the catalog here) is shown the same text in that form; every other client sees what was stored.
"""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult

from tests.lab.lake_formation.glue import GovernedGlueResponse
from tests.lab.trino_server import CATALOG

ONE_AT_A_TIME = threading.Lock()
JAVA = "aws-sdk-java"
TRINO_TYPES = {"string": "varchar", "int": "integer", "timestamp": "timestamp(6) with time zone"}


class LabGlueResponse(GovernedGlueResponse):
    """moto's Glue with Lake Formation beside it, the lock kept and views shown to Trino."""

    def update_table(self) -> ActionResult:
        with ONE_AT_A_TIME:
            version, name = self.parameters.get("VersionId"), (self.parameters.get("TableInput") or {}).get("Name")
            if version is not None:
                held = self.glue_backend.get_table(str(self.parameters.get("DatabaseName")), str(name))
                if str(version) != held.as_dict()["VersionId"]:
                    raise JsonRESTError("ConcurrentModificationException", f"Update table failed due to concurrent modifications: {name}.")
            return super().update_table()

    def get_table(self) -> ActionResult:
        held = self.glue_backend.get_table(str(self.parameters.get("DatabaseName")), str(self.parameters.get("Name")))
        return ActionResult({"Table": self._shown(held.as_dict())})

    def get_tables(self) -> ActionResult:
        found = self.glue_backend.get_tables(str(self.parameters.get("DatabaseName")), self.parameters.get("Expression"))
        return ActionResult({"TableList": [self._shown(held.as_dict()) for held in found]})

    def _shown(self, table: dict[str, Any]) -> dict[str, Any]:
        if JAVA not in str(self.headers.get("User-Agent", "")) or not table.get("ViewDefinition"):
            return self.as_told(table)
        return presto_view(table)


def presto_view(table: dict[str, Any]) -> dict[str, Any]:
    """The catalog's entry of a multi-dialect view as Presto writes one: the ATHENA text, run with the definer's rights."""
    definition = table["ViewDefinition"]
    texts = {each["Dialect"]: each.get("ViewExpandedText") or each["ViewOriginalText"] for each in definition["Representations"]}
    columns = [
        {"name": each["Name"], "type": TRINO_TYPES.get(each["Type"], each["Type"])} for each in table["StorageDescriptor"]["Columns"]
    ]
    owner = definition["Definer"].rpartition("/")[2]
    told = {
        "originalSql": texts["ATHENA"],
        "catalog": CATALOG,
        "schema": table["DatabaseName"],
        "columns": columns,
        "owner": owner,
        "runAsInvoker": False,
    }
    return {
        **table,
        "Owner": owner,
        "Parameters": {**table.get("Parameters", {}), "presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {base64.b64encode(json.dumps(told).encode()).decode()} */",
        "ViewExpandedText": "/* Presto View */",
    }
