"""Where a subject can be: columns of sources by their contracts, and what was derived from them.

Bronze has the column itself; quarantine and landing have whole records; facts and saved copies have it where a view shows it as a
dimension; the restatement ledger names rows of snapshot sources by their keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.erase.subject import Subject, typed
from metrics_catalog.errors import UsageError
from metrics_catalog.finding import did_you_mean
from metrics_catalog.source import Classification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from governance.retention import Retention
    from jobs.table import Tables
    from metrics_catalog.catalog import Catalog
    from metrics_catalog.source import Source


@dataclass(frozen=True, slots=True)
class Held:
    """A source whose column holds the subject."""

    source: Source
    column: str

    @property
    def name(self) -> str:
        return self.source.source

    @property
    def field(self) -> str:
        """The column's name in the files."""
        return self.source.columns[self.column].from_field or self.column


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that may hold a subject: sources, and tables of facts and copies with their column."""

    held: tuple[Held, ...]
    derived: Mapping[str, str]

    @property
    def elsewhere(self) -> tuple[tuple[str, str], ...]:
        """Source and column where the subject has another name."""
        return tuple((one.name, one.column) for one in self.held)


def subject_of(catalog: Catalog, retention: Retention, name: str, value: str) -> tuple[Subject, Reach]:
    """The subject and where it may be. Raises UsageError for a column that no contract calls personal, or a value that it cannot hold."""
    columns = tuple(held for source in catalog.sources.values() for held in _columns(source, retention, name))
    if not columns:
        raise _unknown(catalog, retention, name)
    kinds = {held.source.columns[held.column].type for held in columns}
    if len(kinds) > 1:
        raise UsageError(f"`{name}` has different types in different sources.", hint="give one of them another name in its contract.")
    return typed(name, value, kinds.pop()), Reach(columns, {})


def with_derived(reach: Reach, tables: Tables) -> Reach:
    """The reach with the facts that show one of its columns as a dimension, and the saved copies of these."""
    wanted = {held.column for held in reach.held}
    found: dict[str, str] = {}
    for name in tables.names("gold"):
        for column in sorted(wanted & _column_names(tables, name)):
            copies = [copy for copy in _copies(tables) if copy.rpartition(".")[2] == name.rpartition(".")[2]]
            found |= {each: column for each in (name, *copies) if column in _column_names(tables, each)}
    return Reach(reach.held, found)


def _column_names(tables: Tables, name: str) -> set[str]:
    spec = tables.spec(name)
    return {column.name for column in spec.columns} if spec else set()


def _columns(source: Source, retention: Retention, name: str) -> list[Held]:
    named = {each.partition(".")[2] for each in retention.file.subjects.get(name, ()) if each.partition(".")[0] == source.source}
    column = source.columns.get(name)
    if column is not None and column.classification is Classification.PERSONAL:
        named.add(name)
    return [Held(source, each) for each in sorted(named)]


def _copies(tables: Tables) -> list[str]:
    return [name for namespace in tables.namespaces() if namespace.startswith("saved_") for name in tables.names(namespace)]


def _unknown(catalog: Catalog, retention: Retention, name: str) -> UsageError:
    known = {
        column
        for source in catalog.sources.values()
        for column, each in source.columns.items()
        if each.classification is Classification.PERSONAL
    } | set(retention.file.subjects)
    if any(name in source.columns for source in catalog.sources.values()):
        return UsageError(
            f"`{name}` is not personal by any source contract, so it names no person.",
            hint="say `classification: personal` in the contract, or name another column.",
        )
    listed = ", ".join(f"`{each}`" for each in sorted(known)) or "none"
    return UsageError(f"No source has a column `{name}`.", hint=did_you_mean(name, known) or f"personal columns are: {listed}.")
