"""Takes a person's value out of the restatement ledger, whose lines name rows of snapshot sources by their keys.

A line stays: what was restated and when is nobody's alone. Where the value stood, there is a hash from then on, and what the person's
own rows said is gone. The chain is
computed anew from the first block that held the value, so the ledger verifies; the audit ledger says which head became which.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.checkpoint import reached
from jobs.dialects import literal
from jobs.errors import JobError
from jobs.facts import gold
from jobs.ledgers import ledger
from jobs.table import Commit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.engine import Engine
    from jobs.erase.subject import Subject
    from jobs.table import Tables

SPEC = ledger.RESTATEMENTS


@dataclass(frozen=True, slots=True)
class Line:
    """One line that holds the value, and what it says instead."""

    block: str
    number: int
    line: int
    members: str | None
    old_value: str | None
    new_value: str | None


@dataclass(frozen=True, slots=True)
class Redacted:
    """What became of the ledger: the hashes of its head, and the first block that is another."""

    lines: int
    before: str
    after: str
    block: str


def holding(engine: Engine, relation: str, subject: Subject, columns: frozenset[str], instead: str) -> list[Line]:
    """Lines that hold the value in a key of a row or as a value of one of the columns."""
    value = literal(engine.dialect, subject.text)
    escape = literal(engine.dialect, chr(92))
    told = " OR ".join(f"contains({name}, {text})" for name in ("members", "old_value", "new_value") for text in (value, escape))
    rows = engine.rows(f"SELECT block, block_number, line, members, value_name, old_value, new_value FROM {relation} WHERE {told}")
    found = []
    for block, number, line, members, name, old, new in rows:
        cleared = _cleared(members, subject.text, columns, instead)
        values = tuple(_value(each, name, subject.text, columns, instead) for each in (old, new))
        if cleared != members:  # the row is the person's own, and so is all that it said
            values = tuple(None if each is None else instead for each in (old, new))
        if (cleared, *values) != (members, old, new):
            found.append(Line(block, number, line, cleared, values[0], values[1]))
    return found


def redact(tables: Tables, engine: Engine, lines: Sequence[Line]) -> Redacted:
    """Write the ledger anew from the first of these lines' blocks on, and commit it as a whole."""
    spec, head = tables.spec(SPEC.name), tables.snapshot(SPEC.name)
    if spec is None or head is None or not lines:
        raise JobError("There is no ledger to redact.", hint="run again: the work starts from what is there.")
    held = engine.relation([file.path for file in tables.files(SPEC.name)], spec.columns)
    first = min(line.number for line in lines)
    folder = f"{tables.data_folder(SPEC.name)}/erase-{uuid.uuid4().hex}"
    names = ", ".join(f'"{column.name}"' for column in spec.columns)
    whole = engine.write(
        f"SELECT {names} FROM {held} WHERE block_number < {first}", f"{folder}/0", spec.columns, sort=("block_number", "line")
    )
    added = [file.path for file in whole]
    blocks = engine.rows(
        f"SELECT block, block_number, min(previous_hash) FROM {held} WHERE block_number >= {first} GROUP BY 1, 2 ORDER BY 2"
    )
    previous = str(blocks[0][2])
    by_block: dict[str, list[Line]] = {}
    for line in lines:
        by_block.setdefault(line.block, []).append(line)
    for block, number, _ in blocks:
        sql = ledger.block_sql(engine.dialect, SPEC, block, number, _lines_sql(engine, held, block, by_block.get(block, ())), previous)
        written = [file.path for file in engine.write(sql, f"{folder}/{number}", spec.columns, sort=("line",))]
        previous = engine.value(f'SELECT min("hash") FROM {engine.relation(written, spec.columns)}')
        added += written
    reached("erase_table_written")
    summary = {key: head.summary[key] for key in (ledger.BLOCK, ledger.BLOCK_NUMBER)} | {ledger.BLOCK_HASH: previous}
    carried = _asked_for(tables)
    summary |= {ledger.CARRIED: "\n".join(carried)} if carried else {}
    tables.commit(Commit(SPEC.name, added, replace_all=True, summary=summary, parent=head.id))
    after = tables.snapshot(SPEC.name)
    if after is not None:
        tables.commit(Commit(SPEC.name, [], summary=summary, parent=after.id, rewrites=True))
    reached("erase_redacted")
    return Redacted(len(lines), head.summary[ledger.BLOCK_HASH], previous, str(blocks[0][0]))


def _lines_sql(engine: Engine, held: str, block: str, changed: Sequence[Line]) -> str:
    """The own columns of a block's lines, with what some of them say instead."""
    own = [column.name for column in SPEC.columns if column not in ledger.CHAIN]
    listed = ", ".join(f'"{name}"' for name in own)
    rows = f"FROM {held} WHERE block = {literal(engine.dialect, block)}"
    if not changed:
        return f"SELECT {listed} {rows}"
    cases: Mapping[str, str] = {
        name: " ".join(f"WHEN {line.line} THEN {_text(engine, getattr(line, name))}" for line in changed)
        for name in ("members", "old_value", "new_value")
    }
    shown = ", ".join(f'CASE line {cases[name]} ELSE "{name}" END AS "{name}"' if name in cases else f'"{name}"' for name in own)
    return f"SELECT {shown} {rows}"


def _text(engine: Engine, value: str | None) -> str:
    return "NULL" if value is None else literal(engine.dialect, value)


def _value(held: str | None, name: str, text: str, columns: frozenset[str], instead: str) -> str | None:
    """A value of a row, or the JSON object of all that differed, with the hash in the place of the person's value."""
    return instead if name in columns and held == text else _cleared(held, text, columns, instead)


def _cleared(members: str | None, text: str, columns: frozenset[str], instead: str) -> str | None:
    """The members of a row with the hash in the place of the value."""
    try:
        held: Any = json.loads(members or "null")
    except ValueError:
        return members
    if not isinstance(held, dict) or not any(name in columns and str(value) == text for name, value in held.items()):
        return members
    cleared = {name: instead if name in columns and str(value) == text else value for name, value in held.items()}
    return json.dumps(cleared, ensure_ascii=False, separators=(",", ":"))


def _asked_for(tables: Tables) -> list[str]:
    """Blocks that the next run asks for by name: the restatements of the present facts."""
    states = ((name.partition(".")[2], gold.state(tables, name.partition(".")[2])) for name in tables.names("gold"))
    return [f"{state.run_id}/{view}" for view, state in states if state is not None]
