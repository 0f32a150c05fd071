"""Turns a statement of Athena into what Trino runs: only DDL differs, everything else is Trino's own SQL.

Athena's DDL quotes names with backticks and describes tables with properties of its own (`table_type`, `external_location`, …).
Every table made here is an Iceberg table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMENTS = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
DDL = ("ALTER", "CREATE", "DESCRIBE", "DROP", "MSCK", "SHOW")
CTAS = re.compile(r"\Acreate\s+table\s+(?P<name>[^\s(]+)\s*(?:with\s*(?=\()|(?=as\b))", re.IGNORECASE)
AS = re.compile(r"\s*as\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """What Trino runs. `makes` is the table that a CREATE TABLE AS fills, with the location it fills."""

    sql: str
    kind: str
    """DDL or DML, as GetQueryExecution says it."""
    makes: str | None = None


def trino_statement(sql: str, location: str) -> Statement:
    """`location` is where a new table goes that names no place of its own."""
    bare = COMMENTS.sub("", sql).strip().rstrip(";").rstrip()
    word = bare.split(None, 1)[0].upper() if bare else ""
    if made := CTAS.match(bare):
        return _create_table_as(bare, made, location)
    if word not in DDL:
        return Statement(bare, "DML")
    if re.match(r"create\s+(or\s+replace\s+)?view\b", bare, re.IGNORECASE):
        return Statement(bare, "DDL")
    return Statement(re.sub(r"\b(create|drop)\s+database\b", r"\1 SCHEMA", bare.replace("`", '"'), flags=re.IGNORECASE), "DDL")


def _create_table_as(sql: str, made: re.Match[str], location: str) -> Statement:
    name, at = made["name"].replace("`", '"'), made.end()
    properties: dict[str, str] = {}
    if sql[at] == "(":
        end = _closing(sql, at)
        properties, at = _properties(sql[at + 1 : end]), end + 1
    query = sql[AS.match(sql, at).end() :] if AS.match(sql, at) else sql[at:]  # type: ignore[union-attr]  # asked in the same line
    kept = {"location": properties.get("location") or properties.get("external_location") or f"'{location}'"}
    if by := properties.get("partitioning") or properties.get("partitioned_by"):
        kept["partitioning"] = by
    if form := properties.get("format"):
        kept["format"] = form.upper()
    text = ", ".join(f"{key} = {value}" for key, value in kept.items())
    return Statement(f"CREATE TABLE {name} WITH ({text}) AS {query}", "DDL", name)


def _closing(text: str, start: int) -> int:
    """Where the parenthesis opened at `start` closes; parentheses inside quotes do not count."""
    depth, quoted = 0, False
    for at in range(start, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if depth == 0:
                return at
    raise ValueError("the properties of CREATE TABLE do not close")


def _properties(text: str) -> dict[str, str]:
    """`a = 'x', b = ARRAY['y', 'z']` as names and texts."""
    found, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if letter == "," and not quoted and depth == 0:
            found.append(text[start:at])
            start = at + 1
    pairs = (piece.partition("=") for piece in [*found, text[start:]] if piece.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
