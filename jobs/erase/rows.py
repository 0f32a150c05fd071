"""Finds a person's rows in tables, and writes the files that hold them anew without these rows.

Only touched files are written, on whatever engine the lake has. The commit says that the other rows lie in other files, so that
nobody takes them for new; where facts are to be computed anew it says that rows were taken away. A second, empty commit follows:
the first one's manifests still tell the bounds of the files that left.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.errors import EngineError, JobError
from jobs.facts import gold
from jobs.land.lake_tables import BATCH, REPORTS
from jobs.land.mention import mentions, text_of
from jobs.maintain.kept import STREAM
from jobs.publishing.copies import GOLD_SNAPSHOT
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.erase.landed import Place
    from jobs.erase.ports import Forgetting
    from jobs.erase.subject import Subject
    from jobs.table import DataFile, Snapshot, Tables, TableSpec

AT_ONCE = 32
"""Files that one statement looks into."""

OWN = "ringi."


@dataclass(frozen=True, slots=True)
class Matched:
    """What a condition meets in a table: rows by file of its present state, and files of other states."""

    table: str
    live: Mapping[str, int]
    past: tuple[str, ...]
    told: tuple[str, ...] = ()
    """Files of metadata that tell the value, such as bounds of files."""

    @property
    def rows(self) -> int:
        return sum(self.live.values())

    @property
    def is_empty(self) -> bool:
        return not (self.live or self.past or self.told)


def matched(
    tables: Tables, engine: Engine, forgetting: Forgetting, name: str, condition: str, subject: Subject | None = None, column: str = ""
) -> Matched | None:
    """Where a condition is true in a table; None where there is no such table.

    `subject` and `column` allow to pass over files whose bounds exclude the value. A file that belongs to no state and cannot be
    read counts as one that holds it.
    """
    spec = tables.spec(name)
    if spec is None:
        return None
    files = [file for file in tables.files(name) if subject is None or _may_hold(file, subject, column)]
    live = _counted(engine, spec, [file.path for file in files], condition)
    present = {file.path for file in tables.files(name)}
    others = [path for path in forgetting.data_files(name) if path not in present]
    return Matched(name, live, tuple(_holding(engine, spec, others, condition)))


def by_places(places: Sequence[Place], dialect_literal: Callable[[str], str]) -> str:
    """A condition that is true at these places of bronze or quarantine."""
    by_object: dict[tuple[str, str], list[int]] = {}
    for batch, name, record in places:
        by_object.setdefault((batch, name), []).append(record)
    parts = [
        f'("_batch_id" = {dialect_literal(batch)} AND "_object" = {dialect_literal(name)} AND "_record" IN ({", ".join(map(str, records))}))'
        for (batch, name), records in by_object.items()
    ]
    return f"({' OR '.join(parts)})" if parts else "FALSE"


def places_of(tables: Tables, engine: Engine, name: str, condition: str) -> frozenset[Place]:
    """Places of the rows that meet a condition."""
    spec = tables.spec(name)
    if spec is None or not {"_batch_id", "_object", "_record"} <= {column.name for column in spec.columns}:
        return frozenset()
    held = engine.relation([file.path for file in tables.files(name)], spec.columns)
    return frozenset(engine.rows(f'SELECT "_batch_id", "_object", "_record" FROM {held} WHERE {condition}'))


def refused_of(tables: Tables, engine: Engine, name: str, field: str, subject: Subject, literal: Callable[[str], str]) -> frozenset[Place]:
    """Places of quarantined records that tell of the person by their text; landing may no longer have them."""
    spec = tables.spec(name)
    if spec is None:
        return frozenset()
    held = engine.relation([file.path for file in tables.files(name)], spec.columns)
    value = literal(subject.text)
    hidden = (
        f"contains(content, {value}) OR contains(content, {literal(chr(92))}) OR content_encoding = {literal('base64')} OR detail = {value}"
    )
    rows = engine.rows(f'SELECT "_batch_id", "_object", "_record", content, content_encoding, detail, field FROM {held} WHERE {hidden}')
    return frozenset(
        (batch, object_name, record)
        for batch, object_name, record, content, encoding, detail, wrong in rows
        if (wrong == field and detail == subject.text) or mentions(_content(content, encoding), field, subject.text.__eq__)
    )


def rewrite(tables: Tables, engine: Engine, found: Matched, condition: str, *, anew: bool) -> int:
    """Write the touched files without the rows, and commit; gives how many rows are gone. `anew`: facts must be computed again."""
    spec, head = tables.spec(found.table), tables.snapshot(found.table)
    if spec is None or head is None or not found.live:
        if head is not None and found.told:
            settle(tables, found.table, head)
        return 0
    rows = {file.path: file.rows for file in tables.files(found.table)}
    folder = f"{tables.data_folder(found.table)}/erase-{uuid.uuid4().hex}"
    names = ", ".join(f'"{column.name}"' for column in spec.columns)
    added: list[str] = []
    for number, (path, gone) in enumerate(sorted(found.live.items())):
        if rows[path] == gone:
            continue
        kept = f"SELECT {names} FROM {engine.relation([path], spec.columns)} WHERE ({condition}) IS NOT TRUE"
        written = engine.write(kept, f"{folder}/{number}", spec.columns, spec.partition, sort=spec.sort)
        if sum(file.rows for file in written) != rows[path] - gone:
            raise _lost(found.table)
        added += [file.path for file in written]
    reached("erase_table_written")
    summary = marks(head, found.table)
    removed = sorted(found.live)
    changed = tables.commit(Commit(found.table, added, removed, summary=summary, parent=head.id, rewrites=not anew))
    settle(tables, found.table, changed)
    reached("erase_table_committed")
    return found.rows


def settle(tables: Tables, name: str, head: Snapshot) -> None:
    """A snapshot of the same files, whose manifests tell of nothing that left."""
    tables.commit(Commit(name, [], summary=marks(head, name), parent=head.id, rewrites=True))


def marks(head: Snapshot, name: str) -> dict[str, str]:
    """What a rewritten state goes on saying about itself: the state of facts, what a copy was made of, a stream's last batch."""
    namespace = name.partition(".")[0]
    if namespace == "gold":
        return gold.carried(head)
    if GOLD_SNAPSHOT in head.summary or STREAM in head.summary:
        return {key: value for key, value in head.summary.items() if key.startswith(OWN) and key not in (BATCH, REPORTS)}
    return {}


def _counted(engine: Engine, spec: TableSpec, paths: Sequence[str], condition: str) -> dict[str, int]:
    """Rows that meet the condition, by file that has some."""
    found: dict[str, int] = {}
    for first in range(0, len(paths), AT_ONCE):
        part = paths[first : first + AT_ONCE]
        asked = " UNION ALL ".join(
            f"SELECT {number} AS file, count(*) AS matched FROM {engine.relation([path], spec.columns)} WHERE {condition}"
            for number, path in enumerate(part)
        )
        found |= {part[number]: count for number, count in engine.rows(asked) if count}
    return found


def _holding(engine: Engine, spec: TableSpec, paths: Sequence[str], condition: str) -> Iterator[str]:
    """Files that hold a matching row; what a killed process left half written counts as one."""
    for path in paths:
        try:
            if _counted(engine, spec, [path], condition):
                yield path
        except EngineError:
            yield path
        except Exception as error:  # whatever an engine says of a file that is no Parquet file
            if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb", "pyspark"):
                raise
            yield path


def _may_hold(file: DataFile, subject: Subject, column: str) -> bool:
    least, greatest = file.bounds.get(column, (None, None))
    value = subject.value
    if isinstance(value, str) and isinstance(least, str) and isinstance(greatest, str):
        return least.encode() <= value.encode() and value.encode() <= greatest.encode()
    if isinstance(value, int) and isinstance(least, int) and isinstance(greatest, int):
        return least <= value <= greatest
    return True


def _content(content: str | None, encoding: str | None) -> str:
    if content is None:
        return ""
    if encoding == "base64":
        import base64

        return text_of(base64.b64decode(content))
    return content


def _lost(name: str) -> JobError:
    return JobError(
        f"The rows of `{name}` without the erased ones do not add up, so the table is as it was.",
        hint="this is a fault of Ringi: please report it. Nothing that was erased before comes back. More: ringi explain RNG-JOB-102",
    )
