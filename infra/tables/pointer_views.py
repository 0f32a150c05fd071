"""Definer views as Iceberg views behind pointers of their own, for catalogs that keep them so (the local one)."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from infra.tables.ports import Files, Move, Pointers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyiceberg.view.metadata import ViewMetadata

    from jobs.table import DefinerView


class PointerViews:
    """Implements `Views` over pointers and files."""

    def __init__(self, pointers: Pointers, files: Files) -> None:
        self._pointers, self._files = pointers, files

    def moves(self, views: Sequence[DefinerView]) -> list[Move]:
        return [self._move(view) for view in views]

    def put(self, views: Sequence[DefinerView]) -> None:
        """Nothing is left to do: the pointers have moved."""

    def of(self, namespace: str) -> tuple[DefinerView, ...]:
        from infra.tables import view as iceberg_views

        found = self._pointers.pointers(namespace, "VIEW")
        return tuple(iceberg_views.view_of(name, self._read(location)) for name, location in found.items())

    def one(self, name: str) -> DefinerView | None:
        location = self._pointers.pointer(name, "VIEW")
        if location is None:
            return None
        from infra.tables import view as iceberg_views

        return iceberg_views.view_of(name, self._read(location))

    def drop(self, name: str) -> None:
        if location := self._pointers.pointer(name, "VIEW"):
            self._pointers.move([Move(name, "VIEW", location, None)])

    def _move(self, view: DefinerView) -> Move:
        from infra.tables import view as iceberg_views

        at, millis = self._pointers.pointer(view.name, "VIEW"), time.time_ns() // 1_000_000
        held = None if at is None else self._read(at)
        place = self._files.location(view.name)
        after = iceberg_views.first(view, place, millis) if held is None else iceberg_views.replaced(held, view, millis)
        location = f"{after.location}/metadata/{len(after.version_log):05d}-{uuid.uuid4()}.metadata.json"
        with self._files.translated(f"writing the view `{view.name}`"), self._files.io(location).new_output(location).create() as stream:
            stream.write(after.model_dump_json(by_alias=True, exclude_none=True).encode())
        return Move(view.name, "VIEW", at, location)

    def _read(self, location: str) -> ViewMetadata:
        from pyiceberg.view.metadata import ViewMetadata

        with self._files.understood("reading a view"), self._files.io(location).new_input(location).open() as stream:
            return ViewMetadata.model_validate_json(stream.read())
