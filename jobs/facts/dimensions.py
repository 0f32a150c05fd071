"""The rows of dimensions as relations for the compiler: from bronze, or the rows that
the keys cover. Used by `facts.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from governance.keys.meaning_store import MeaningStore
from jobs.dialects import literal
from jobs.errors import JobError
from jobs.facts.run_plan import bronze_name
from jobs.table import TableColumn
from metrics_catalog import canonical_json
from metrics_catalog.resolve_parts import dimension_rows
from metrics_catalog.source import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from jobs.dialects import Dialect
    from jobs.engine import Engine
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.dimension import Scalar
    from metrics_catalog.logic import DimensionLogic
    from views.published_view import PublishedView


def dimension_relations(tables: Tables, engine: Engine, catalog: Catalog, view: PublishedView, inputs: Mapping[str, int]) -> dict[str, str]:
    """A FROM item for each dimension that the view's columns are sliced by, by name: its key, attributes and validity."""
    used: dict[str, dict[str, ColumnType]] = {}
    sources: dict[str, str | None] = {}
    certified: dict[str, set[DimensionLogic]] = {}
    for logic, key_type in _used(view):
        certified.setdefault(logic.dimension, set()).add(logic)
        columns = used.setdefault(logic.dimension, {})
        columns |= {logic.key: key_type, logic.attribute: logic.type}
        columns |= {day: ColumnType.DATE for day in (logic.valid_from, logic.valid_until) if day is not None}
        sources[logic.dimension] = logic.source
    return {
        name: _from_file(engine.dialect, _certified_rows(catalog, name, certified[name]), columns)
        if (source := sources[name]) is None
        else _from_bronze(tables, engine, bronze_name(source), columns, inputs)
        for name, columns in used.items()
    }


def _used(view: PublishedView) -> Iterator[tuple[DimensionLogic, ColumnType]]:
    """Each way in which the view's columns look up an attribute of its grain, with the type of the event's key column."""
    for column in view.measured:
        for logic in column.logic.measured() if column.logic is not None else ():
            for name, dimension in logic.dimensions.items():
                if name in view.keys and dimension is not None and logic.source is not None:
                    yield dimension, logic.source.columns[dimension.key]


def _from_bronze(tables: Tables, engine: Engine, name: str, columns: Mapping[str, ColumnType], inputs: Mapping[str, int]) -> str:
    spec, snapshot = tables.spec(name), inputs.get(name, 0)
    if spec is None or not snapshot:
        return engine.relation([], [TableColumn(column, kind) for column, kind in columns.items()])
    held = [column for column in spec.columns if column.name in columns]
    return engine.relation([file.path for file in tables.files(name, snapshot_id=snapshot)], held)


def _certified_rows(catalog: Catalog, name: str, used: Iterable[DimensionLogic]) -> list[Mapping[str, Scalar]]:
    """The rows as the keys cover them, whatever the dimension's file says meanwhile: each attribute has its own certified rows."""
    rows: dict[tuple[Scalar, ...], dict[str, Scalar]] = {}
    digests: dict[str, str] = {}
    for logic in sorted(used, key=lambda each: each.attribute):
        digest = str(logic.rows_digest)
        if digests.setdefault(logic.attribute, digest) != digest:
            raise JobError(
                f"Two metrics of one view hold keys over different rows of `{name}.{logic.attribute}`.",
                hint=f"turn both keys again on the metrics sliced by `{logic.attribute}`, or put them into views of their own.",
            )
        for row in _rows_of(catalog, name, logic, digest):
            key = tuple(row.get(column) for column in (logic.key, logic.valid_from, logic.valid_until) if column is not None)
            rows.setdefault(key, {}).update(row)
    return list(rows.values())


def _rows_of(catalog: Catalog, name: str, logic: DimensionLogic, digest: str) -> Iterable[Mapping[str, Scalar]]:
    held = catalog.dimensions.get(name)
    present = dimension_rows(held, logic.attribute) if held is not None and logic.attribute in held.attributes else None
    if present is not None and canonical_json.digest(present) == digest:
        return present
    return MeaningStore(catalog.root).rows(digest)


def _from_file(dialect: Dialect, given: Sequence[Mapping[str, Scalar]], columns: Mapping[str, ColumnType]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    rows = ", ".join(_row(dialect, row, columns) for row in given)
    if not rows:
        nothing = ", ".join(f'CAST(NULL AS {dialect.type(kind)}) AS "{name}"' for name, kind in columns.items())
        return f"(SELECT {nothing} LIMIT 0)"
    return f"(SELECT * FROM (VALUES {rows}) AS given({names}))"


def _row(dialect: Dialect, row: Mapping[str, Scalar], columns: Mapping[str, ColumnType]) -> str:
    return "(" + ", ".join(f"CAST({literal(dialect, row.get(name))} AS {dialect.type(kind)})" for name, kind in columns.items()) + ")"
