"""What Glue and Lake Formation owe each other: defaults and creators of what is made, the end of what is dropped, and what engines ask."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.glue.responses import GlueResponse

from tests.lab.lake_formation import filters, opt_ins, permissions, reading, registrations, row_policies, tags
from tests.lab.lake_formation.account import Here
from tests.lab.lake_formation.place import Place
from tests.lab.lake_formation.responses import ONE_AT_A_TIME, here_of


def _alone(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The method, run while no other changes what Lake Formation remembers."""

    @functools.wraps(method)
    def alone(self: Any) -> Any:
        with ONE_AT_A_TIME:
            return method(self)

    return alone


class GovernedGlueResponse(GlueResponse):
    """moto's Glue, with Lake Formation told of what comes and goes."""

    @_alone
    def create_database(self) -> ActionResult:
        done = super().create_database()
        here, told = here_of(self), self.parameters["DatabaseInput"]
        place = Place("Database", told["Name"].lower())
        here.account.creators[place] = here.caller
        permissions.grant_by_default(here, place, here.account.settings["CreateDatabaseDefaultPermissions"])
        return done

    @_alone
    def create_table(self) -> ActionResult:
        done = super().create_table()
        here = here_of(self)
        place = Place("Table", self.parameters["DatabaseName"].lower(), self.parameters["TableInput"]["Name"].lower())
        here.account.creators[place] = here.caller
        permissions.grant_by_default(here, place, _table_defaults(self, here))
        return done

    @_alone
    def delete_database(self) -> Any:
        done = super().delete_database()
        _forget(here_of(self), self.parameters["Name"].lower(), None)
        return done

    @_alone
    def delete_table(self) -> ActionResult:
        done = super().delete_table()
        _forget(here_of(self), self.parameters["DatabaseName"].lower(), self.parameters["Name"].lower())
        return done

    @_alone
    def batch_delete_table(self) -> ActionResult:
        done = super().batch_delete_table()
        here, database = here_of(self), self.parameters["DatabaseName"].lower()
        for name in self.parameters["TablesToDelete"]:
            if not here.catalog.has(database, name):
                _forget(here, database, name.lower())
        return done

    @_alone
    def get_unfiltered_table_metadata(self) -> ActionResult:
        """moto has none; engines ask it what the caller may read."""
        here = here_of(self)
        told = reading.get_unfiltered_table_metadata(here, self.parameters)
        table = here.catalog.as_told(str(self.parameters["DatabaseName"]).lower(), str(self.parameters["Name"]).lower())
        return ActionResult({"Table": self.as_told(table), **told})

    def as_told(self, table: dict[str, Any]) -> dict[str, Any]:
        """A table with who made it and whether Lake Formation has its place."""
        here = here_of(self)
        place = Place("Table", table["DatabaseName"].lower(), table["Name"].lower())
        location = str((table.get("StorageDescriptor") or {}).get("Location") or "")
        registered = registrations.covering(here, location) is not None
        return {**table, "CreatedBy": here.account.creators.get(place, ""), "IsRegisteredWithLakeFormation": registered}


def _table_defaults(response: GlueResponse, here: Here) -> list[dict[str, Any]]:
    """The database's own defaults where it was made with some, else the settings'."""
    database: Mapping[str, Any] = response.glue_backend.get_database(response.parameters["DatabaseName"]).input
    own = database.get("CreateTableDefaultPermissions")
    return list(here.account.settings["CreateTableDefaultPermissions"] if own is None else own)


FORGETTING: tuple[Callable[[Here, str, str | None], None], ...] = (
    permissions.forget,
    filters.forget,
    tags.forget,
    opt_ins.forget,
    row_policies.forget,
)


def _forget(here: Here, database: str, table: str | None) -> None:
    for forget in FORGETTING:
        forget(here, database, table)
    for place in list(here.account.creators):
        if place.database == database and (table is None or place.table == table):
            del here.account.creators[place]
