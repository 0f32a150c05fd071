"""Whether a ledger is as it was written: every hash recomputed, every block followed to the next, up to the table's head.

Read by `ringi verify` and `ringi audit verify`, over the lake or over copied data files. A fault says which ledger, block, line
and data file it is about. After a fault the walk goes on from what the block itself says, so that one fault is told once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jobs.ledgers.ledger import BLOCK, BLOCK_HASH, BLOCK_NUMBER, GENESIS, block_hash, line_hash
from metrics_catalog.errors import RingiError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from jobs.engine import Engine
    from jobs.table import TableColumn, Tables, TableSpec

MOST_LINES = 100
"""Changed lines that are named one by one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a ledger is not what was written; `file` is the data file, where it is known."""

    ledger: str
    block: str
    message: str
    line: int | None = None
    file: str | None = None

    @property
    def sentence(self) -> str:
        """The fault for people, less the ledger's name."""
        block = f"block `{self.block}`" if self.block else ""
        places = [f"line {self.line} of {block}" if self.line is not None else block, f"file {self.file}" if self.file else ""]
        place = ", ".join(part for part in places if part)
        return f"{place[0].upper()}{place[1:]}: {self.message}." if place else f"{self.message[0].upper()}{self.message[1:]}."


@dataclass(frozen=True, slots=True)
class Checked:
    """A ledger that was walked: its faults, how many lines it has, and the hash of each block by number, as they stand there."""

    ledger: str
    faults: tuple[Fault, ...] = ()
    lines: int = 0
    blocks: Mapping[int, str] = field(default_factory=dict)

    @property
    def end(self) -> tuple[int, str]:
        """Number and hash of the last block; 0 and zeros where there is none."""
        last = max(self.blocks, default=0)
        return last, self.blocks.get(last, GENESIS)


@dataclass(frozen=True, slots=True)
class _Block:
    """What the lines of one block say together; `smallest` and `largest` are of previous_hash, hash and block_number."""

    name: str
    smallest: tuple[str | None, str | None, int | None]
    largest: tuple[str | None, str | None, int | None]
    filled: tuple[int, int, int]
    lines: tuple[int, int, int, int | None, int | None]
    computed: tuple[str | None, str | None]

    @property
    def previous(self) -> str:
        return self.smallest[0] or ""

    @property
    def hash(self) -> str:
        return self.smallest[1] or ""

    @property
    def number(self) -> int:
        return self.smallest[2] or 0

    @property
    def fault(self) -> str | None:
        """What is wrong within the block."""
        count, filled, different, first, last = self.lines
        if not filled == different == count or first != 1:
            return f"it has {count} lines whose numbers are not 1 to {count}: a line was taken out, added or moved"
        if last != count:
            return f"its lines are numbered up to {last} and {count} are there: a line is missing"
        if self.smallest != self.largest or self.filled != (count, count, count):
            return "its lines do not agree on the block's number and hashes: lines were changed, or lines of two blocks are mixed"
        if self.hash not in self.computed:
            return "its hash does not fit: a line was taken out, added, moved or changed, or the block was renamed"
        return None


def check(tables: Tables, engine: Engine, name: str) -> Checked:
    """Walk a ledger of the lake up to the head that its table names; a ledger that was never written has no fault."""
    try:
        spec = tables.spec(name)
        if spec is None:
            return Checked(name)
        head = tables.snapshot(name)
        files = [file.path for file in tables.files(name, snapshot_id=head.id)] if head else []
    except RingiError as error:
        return Checked(name, (Fault(name, "", f"the table cannot be read: {error.message}"),))
    return check_files(engine, spec, files, head.summary if head else None)


def check_files(
    engine: Engine, spec: TableSpec, files: Sequence[str], head: Mapping[str, str] | None = None, *, copied: bool = False
) -> Checked:
    """The same for data files at hand; without the `head` of their table (a snapshot's summary) nobody can tell whether the last
    block is there. `copied` files may hold the same line twice: merged ones lie beside those that they were merged from."""
    unreadable = tuple(_unreadable(engine, spec, files))
    there = [path for path in files if path not in {fault.file for fault in unreadable}]
    relation = engine.relation(there, spec.columns)
    relation = f"(SELECT DISTINCT * FROM {relation}) AS held" if copied else relation
    lines = tuple(_changed_lines(engine, spec, relation))
    blocks = _blocks(engine, relation)
    found = (*unreadable, *lines, *_walked(spec.name, blocks, head))
    count = sum(block.lines[0] for block in blocks)
    return Checked(spec.name, tuple(_located(engine, spec.columns, there, found)), count, {block.number: block.hash for block in blocks})


def verify(tables: Tables, engine: Engine, spec: TableSpec) -> tuple[Fault, ...]:
    """The faults of a ledger; none means that it is as it was written."""
    return check(tables, engine, spec.name).faults


def _unreadable(engine: Engine, spec: TableSpec, files: Sequence[str]) -> Iterator[Fault]:
    """Data files that are gone or damaged; each is asked by itself only where all together cannot be read."""
    if not files or _reads(engine, spec, files):
        return
    for path in files:
        if not _reads(engine, spec, [path]):
            yield Fault(spec.name, "", "the data file is gone, or cannot be read", file=path)


def _reads(engine: Engine, spec: TableSpec, files: Sequence[str]) -> bool:
    try:
        every = ", ".join(f'max("{column.name}")' for column in spec.columns)
        engine.rows(f"SELECT {every} FROM {engine.relation(files, spec.columns)}")
    except RingiError:
        return False
    return True


def _changed_lines(engine: Engine, spec: TableSpec, relation: str) -> Iterator[Fault]:
    changed = (
        f"SELECT DISTINCT block, line FROM {relation} WHERE line_hash IS DISTINCT FROM {line_hash(engine.dialect, spec)}"
        f" ORDER BY 1, 2 LIMIT {MOST_LINES}"
    )
    for block, line in engine.rows(changed):
        yield Fault(spec.name, block or "", "the line is not what was written", line)


def _blocks(engine: Engine, relation: str) -> tuple[_Block, ...]:
    dialect = engine.dialect
    ends = ("previous_hash", "hash", "block_number")
    columns = [
        "block",
        *(f"{function}({name})" for function in ("min", "max", "count") for name in ends),
        *("count(*)", "count(line)", "count(DISTINCT line)", "min(line)", "max(line)"),
        block_hash(dialect, "min(previous_hash)", "min(block)"),
        block_hash(dialect, "min(previous_hash)", None),
    ]
    rows = engine.rows(f"SELECT {', '.join(columns)} FROM {relation} GROUP BY block")
    return tuple(_Block(row[0] or "", row[1:4], row[4:7], row[7:10], row[10:15], row[15:17]) for row in rows)


def _walked(ledger: str, blocks: Sequence[_Block], head: Mapping[str, str] | None) -> Iterator[Fault]:
    """Each block follows from the one before; the first from nothing, the last is the head."""
    following: dict[str, list[_Block]] = defaultdict(list)
    for block in blocks:
        following[block.previous].append(block)
    left = {block.name: block for block in sorted(blocks, key=lambda block: (block.number, block.name))}
    at, number = GENESIS, 0
    while left:
        candidates = [block for block in following[at] if block.name in left]
        block = max(candidates, key=lambda one: _credible(one, number, following)) if candidates else next(iter(left.values()))
        del left[block.name]
        if not candidates:
            yield Fault(ledger, block.name, _gap(number, block.number))
        if (fault := block.fault) is not None:
            yield Fault(ledger, block.name, fault)
        elif candidates and block.number != number + 1:
            yield Fault(ledger, block.name, f"its number is {block.number}, and it is block {number + 1} of the chain")
        if candidates or block.number > number:  # what was put in beside the chain does not lead on
            at, number = block.hash, block.number
    if head is not None and head.get(BLOCK_HASH) != at:
        yield Fault(ledger, head.get(BLOCK, ""), _missing_end(head, number))


def _credible(block: _Block, number: int, following: Mapping[str, Collection[_Block]]) -> tuple[bool, bool]:
    """Which of two blocks that claim the same place is more likely the written one: whole and in its place, then followed by others."""
    return block.fault is None and block.number == number + 1, bool(following.get(block.hash))


def _gap(number: int, found: int) -> str:
    if found > number + 1:
        return (
            f"block {number + 1} is missing before it"
            if found == number + 2
            else f"blocks {number + 1} to {found - 1} are missing before it"
        )
    return "the block does not follow from the one before: it was added, or the one before was changed"


def _missing_end(head: Mapping[str, str], number: int) -> str:
    said = head.get(BLOCK_NUMBER, "")
    if BLOCK_HASH not in head:
        return "the table's last change was not made by Ringi"
    if said.isdecimal() and int(said) > number:
        return f"the table's head names block {said}, and the last one there is block {number}: the end is missing"
    return f"the table's head does not name block {number}, the last one there: it was added or changed"


def _located(engine: Engine, columns: Sequence[TableColumn], files: Sequence[str], faults: Sequence[Fault]) -> Iterator[Fault]:
    """The faults with the data file that holds the block, or the line."""
    wanted = {fault.block for fault in faults if fault.file is None}
    held: dict[tuple[str, int | None], list[str]] = defaultdict(list)
    for path in files if wanted else ():
        for block, line in engine.rows(f"SELECT DISTINCT block, line FROM {engine.relation([path], columns)}"):
            if block in wanted:
                held[block, line].append(path)
                held[block, None] = [*dict.fromkeys([*held[block, None], path])]
    for fault in faults:
        place = fault.file or next(iter(held.get((fault.block, fault.line), ())), None)
        yield replace(fault, file=PurePosixPath(place).name if place else None)
