"""What an erasure will do, as a value: how much of a person was found where. A dry run prints it; `work.py` does it.

It holds numbers of records, names of tables and files, and the person's hash; the person's value is nowhere in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from jobs.land.report import Counts
from metrics_catalog.canonical_json import digest

Facts = Literal["keep", "recompute"]


@dataclass(frozen=True, slots=True)
class ObjectWork:
    """Records of one object of the landing zone: their numbers as text (`all` for the whole object), and what had become of them."""

    source: str
    batch: str
    number: int
    records: str
    counted: Counts = field(default_factory=Counts)

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.source, self.batch, self.number)


@dataclass(frozen=True, slots=True)
class TableWork:
    """One table: rows of its present state, files of it that hold them, and files of earlier states (or of none) that do.

    `snapshots`, `names` (of `ringi keep`) and `branches` are what the table will no longer know.
    """

    table: str
    rows: int
    files: int
    past_files: int
    snapshots: int = 0
    names: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    lines: bool = False
    """A ledger, in whose lines the value gives way to its hash; the lines stay."""

    @property
    def is_empty(self) -> bool:
        return not (self.rows or self.files or self.past_files)


@dataclass(frozen=True, slots=True)
class ErasePlan:
    """Everything that will be done.

    `about` is the person as `viewer_id:HASH`, or the rule of retention. `behind` are views whose facts must be computed anew by
    the next run, whatever `facts` says. `loose` are files that go with it: results of queries that hold the person. `copies` are files of the project's
    folder that were landed from there, byte for byte: they get the bytes that are left.
    """

    about: str
    objects: tuple[ObjectWork, ...]
    tables: tuple[TableWork, ...]
    facts: Facts = "keep"
    behind: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.objects and all(table.is_empty for table in self.tables) and not self.loose

    @property
    def records(self) -> int:
        """Records of the landing zone."""
        return sum(work.counted.accepted + work.counted.repeated + work.counted.refused for work in self.objects)

    @property
    def digest(self) -> str:
        """Names the plan; what is confirmed is this, and a lake that changed meanwhile has another."""
        return digest(self.as_json())

    def as_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "facts": self.facts,
            "behind": list(self.behind),
            "loose": list(self.loose),
            "copies": list(self.copies),
            "landing": [
                {
                    "source": work.source,
                    "batch": work.batch,
                    "object": work.number,
                    "records": work.records,
                    "accepted": work.counted.accepted,
                    "repeated": work.counted.repeated,
                    "refused": work.counted.refused,
                }
                for work in self.objects
            ],
            "tables": [
                {
                    "table": work.table,
                    "rows": work.rows,
                    "files": work.files,
                    "past_files": work.past_files,
                    "snapshots": work.snapshots,
                    "names": list(work.names),
                    "branches": list(work.branches),
                    "redacted": work.lines,
                }
                for work in self.tables
            ],
        }

    def together(self, earlier: ErasePlan) -> ErasePlan:
        """This plan with what an earlier call, which was cut off, had found and perhaps done already."""
        objects = {work.key: work for work in (*self.objects, *earlier.objects)}
        tables = {work.table: work for work in self.tables}
        for work in earlier.tables:
            now = tables.get(work.table)
            tables[work.table] = work if now is None else _more(work, now)
        loose, copies = tuple(sorted({*self.loose, *earlier.loose})), tuple(sorted({*self.copies, *earlier.copies}))
        behind = tuple(sorted({*self.behind, *earlier.behind}))
        ordered = tuple(tables[name] for name in sorted(tables))
        return replace(
            self, objects=tuple(objects[key] for key in sorted(objects)), tables=ordered, loose=loose, behind=behind, copies=copies
        )


def plan_of(held: dict[str, Any]) -> ErasePlan:
    """The plan of such JSON."""
    objects = tuple(
        ObjectWork(
            each["source"], each["batch"], each["object"], each["records"],
            Counts(accepted=each["accepted"], repeated=each["repeated"], refused=each["refused"]),
        )
        for each in held["landing"]
    )  # fmt: skip
    tables = tuple(
        TableWork(
            each["table"], each["rows"], each["files"], each["past_files"], each["snapshots"], tuple(each["names"]),
            tuple(each["branches"]), each["redacted"],
        )
        for each in held["tables"]
    )  # fmt: skip
    return ErasePlan(held["about"], objects, tables, held["facts"], tuple(held["behind"]), tuple(held["loose"]), tuple(held["copies"]))


def _more(one: TableWork, other: TableWork) -> TableWork:
    return TableWork(
        one.table,
        max(one.rows, other.rows),
        max(one.files, other.files),
        max(one.past_files, other.past_files),
        max(one.snapshots, other.snapshots),
        tuple(sorted({*one.names, *other.names})),
        tuple(sorted({*one.branches, *other.branches})),
        one.lines or other.lines,
    )
