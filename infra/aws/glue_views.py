"""Definer views in the Glue catalog: created, replaced, read and dropped; Glue makes them in the background, so their state is awaited.

Implements `infra.tables.ports.Views`. `call` gives what would be sent as a value, for plans. That Glue takes all dialects of a
view in one call, and what each engine validates, was read in the API's model and not tried on AWS.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import code_of, translated
from infra.aws.glue_pointers import OWN, GluePointers
from infra.aws.glue_view_input import ViewMaker, copy_of
from infra.errors import InfraError
from jobs.publishing.regain import NothingToRegain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.aws.account import Aws
    from infra.tables.ports import Move
    from jobs.publishing.regain import Regain
    from jobs.table import DefinerView

PATIENCE_SECONDS = 300
ASK_AGAIN_SECONDS = 1.0
CALLERS = 8
BUSY = ("QUEUED", "IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class GlueCall:
    """One call of Glue as a value: the operation, such as `CreateTable` or `UpdateTable`, and its parameters as JSON."""

    operation: str
    parameters: dict[str, Any]


class GlueViews:
    """The definer views of one lake."""

    def __init__(self, aws: Aws, pointers: GluePointers, regain: Regain | None = None) -> None:
        self._aws, self._pointers, self._regain = aws, pointers, regain or NothingToRegain()

    @cached_property
    def maker(self) -> ViewMaker:
        return ViewMaker(self._aws.settings, self._aws.account_id)

    @cached_property
    def _glue(self) -> Any:
        return self._aws.client("glue")

    def moves(self, views: Sequence[DefinerView]) -> list[Move]:
        return []

    def put(self, views: Sequence[DefinerView]) -> None:
        """Send all calls, then wait until Glue has made every view; the last writer wins. New ones get back what was given on them."""
        for namespace in sorted({view.name.rpartition(".")[0] for view in views}):
            with translated(f"making the database `{namespace}`"):
                self._pointers.ensure_database(namespace)
        with ThreadPoolExecutor(max_workers=CALLERS) as pool:
            new = [view.name for view, is_new in zip(views, pool.map(self._is_new, views), strict=True) if is_new]
            self._regain.making(new)
            list(pool.map(self._send, views))
            list(pool.map(self._await, [view.name for view in views]))
        self._regain.made(new)

    def _is_new(self, view: DefinerView) -> bool:
        """Whether it is about to be made in a database where something was given."""
        if not self._regain.governs(view.name):
            return False
        with translated(f"asking the catalog for `{view.name}`"):
            return self._pointers.table(view.name) is None

    def call(self, view: DefinerView) -> GlueCall:
        """What `put` would send for a view as the catalog is now; nothing is changed."""
        with translated(f"asking the catalog for `{view.name}`"):
            held, copy = self._pointers.table(view.name), self._pointers.table(copy_of(view.name))
        said = {name: value for name, value in ((copy or {}).get("Parameters") or {}).items() if name.startswith(OWN)}
        made = self.maker.table_input(view, said)
        place: dict[str, Any] = {"DatabaseName": view.name.rpartition(".")[0], "TableInput": made, **self._pointers.place}
        if held is None:
            return GlueCall("CreateTable", place)
        place["VersionId"] = held["VersionId"]
        if "ViewDefinition" in made:
            place["ViewUpdateAction"] = "ADD_OR_REPLACE"
            place["Force"] = _columns(held) != _columns(made)  # all dialects change together, so none is left behind
        return GlueCall("UpdateTable", place)

    def calls(self, views: Sequence[DefinerView], dropped: Sequence[str] = ()) -> tuple[GlueCall, ...]:
        """What putting some views and dropping others would send now, databases that are missing first; nothing is changed."""
        made = []
        for namespace in sorted({view.name.rpartition(".")[0] for view in views}):
            with translated(f"looking for the database `{namespace}`"):
                if (missing := self._pointers.missing_database(namespace)) is not None:
                    made.append(GlueCall("CreateDatabase", missing))
        with ThreadPoolExecutor(max_workers=CALLERS) as pool:
            return (*made, *pool.map(self.call, views), *map(self._removal, dropped))

    def of(self, namespace: str) -> tuple[DefinerView, ...]:
        found = (self.maker.view_of(namespace, table) for table in self._pointers.tables(namespace))
        return tuple(sorted((view for view in found if view is not None), key=lambda view: view.name))

    def one(self, name: str) -> DefinerView | None:
        with translated(f"asking the catalog for `{name}`"):
            table = self._pointers.table(name)
        return None if table is None else self.maker.view_of(name.rpartition(".")[0], table)

    def drop(self, name: str) -> None:
        if self.one(name) is None:
            return
        with translated(f"dropping the view `{name}`"):
            self._do(self._removal(name))

    def _removal(self, name: str) -> GlueCall:
        database, _, table = name.rpartition(".")
        return GlueCall("DeleteTable", {"DatabaseName": database, "Name": table, **self._pointers.place})

    def _send(self, view: DefinerView) -> None:
        from botocore.exceptions import ClientError

        with translated(f"writing the view `{view.name}`"):
            for again in (True, False):
                call = self.call(view)
                try:
                    self._do(call)
                    return
                except ClientError as error:
                    if not again or code_of(error) not in ("AlreadyExistsException", "ConcurrentModificationException"):
                        raise  # once it is looked at anew: an answer may have been lost, or somebody else was there

    def _do(self, call: GlueCall) -> None:
        made = {"CreateTable": self._glue.create_table, "UpdateTable": self._glue.update_table, "DeleteTable": self._glue.delete_table}
        made[call.operation](**call.parameters)

    def _await(self, name: str) -> None:
        """Waits until Glue has made the view; an InfraError says what an engine objected to."""
        database, _, table = name.rpartition(".")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with translated(f"waiting for the view `{name}`"):
                held = self._glue.get_table(DatabaseName=database, Name=table, IncludeStatusDetails=True, **self._pointers.place)["Table"]
            status = held.get("Status") or {}
            state = status.get("State", "SUCCESS")  # only views that are being made have one
            if state == "SUCCESS":
                return
            if state not in BUSY or time.monotonic() >= deadline:
                raise _not_made(name, state, status)
            time.sleep(ASK_AGAIN_SECONDS)


def _not_made(name: str, state: str, status: dict[str, Any]) -> InfraError:
    details = (status.get("Details") or {}).get("ViewValidations") or ()
    said = [
        f"{one.get('Dialect')}: {(one.get('Error') or {}).get('ErrorMessage', one.get('State', ''))}" for one in details if one.get("Error")
    ]
    whole = (status.get("Error") or {}).get("ErrorMessage")
    why = "; ".join(said) or whole or "it gave no reason"
    return InfraError(
        f"Glue did not make the view `{name}` (its state is {state}): {why}.",
        hint="see that the definer role may read the saved copy with grant option, then run again. More: ringi explain RNG-INF-038",
    )


def _columns(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["Name"], one["Type"]) for one in table["StorageDescriptor"]["Columns"]]
