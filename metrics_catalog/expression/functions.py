"""The functions of the subset, as data: how many arguments each takes.

A function enters this table only when DuckDB, Spark and Athena (Trino) can be made to give the same value for the same
arguments; `engines.py` says how the natural meanings differ and how the SQL text pins them.
"""

from __future__ import annotations

ARGUMENTS: dict[str, tuple[int, int]] = {
    "COALESCE": (1, 50),
    "NULLIF": (2, 2),
    "ABS": (1, 1),
    "ROUND": (1, 1),
    "FLOOR": (1, 1),
    "CEIL": (1, 1),
    "LEAST": (2, 50),
    "GREATEST": (2, 50),
    "LOWER": (1, 1),
    "UPPER": (1, 1),
    "LENGTH": (1, 1),
    "SUBSTRING": (2, 3),
}
"""Least and greatest number of arguments by name."""

FUNCTION_NAMES = frozenset({*(name.lower() for name in ARGUMENTS), "ceiling", "substr", "concat", "extract", "cast"})
"""Every word that may stand before a bracket; `ceiling` and `substr` are other spellings."""

TIMESTAMP_PARTS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "ISODOW", "EPOCH"})
DATE_PARTS = frozenset({"YEAR", "QUARTER", "MONTH", "DAY", "ISODOW"})
