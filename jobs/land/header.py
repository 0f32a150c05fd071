"""The columns that a file announces (a header, a Parquet schema), held against the contract before any record is read.

Used by `judging.py` for delimited text and by `parquet.py`; `breaks.py` says the same of JSON lines, which announce nothing. A
missing required column is a contract break. So is an optional one that is missing while an unknown column of nearly the same
name is there: taken silently, a renamed field would turn into missing values.
"""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING

from jobs.land.container import RefusedFileError
from jobs.land.contract import required
from jobs.land.report import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from metrics_catalog.source import Source

NEAR, VERY_NEAR = 0.6, 0.75
"""How alike two names must be: to suggest one for a missing required field, and to take an optional field as renamed."""


def check_header(source: Source, names: Iterable[str]) -> None:
    """Raises RefusedFileError where a known column is missing, renamed or there twice, or an unknown one is not wanted."""
    held = Counter(list(names))
    known = {column.from_field or name: name for name, column in source.columns.items()}
    twice = [name for name, count in held.items() if count > 1 and name in known]
    if twice:
        raise RefusedFileError(
            Fault("RNG-JOB-009", f"Its column `{twice[0]}` is there more than once.", "ask the sender which of them is meant.")
        )
    if held and not held.keys() & known.keys():
        raise RefusedFileError(_no_header(source, len(held)))
    missing = [field for field, name in known.items() if field not in held and required(source, name)]
    unknown = [name for name in held if name not in known]
    if missing:
        raise RefusedFileError(missing_field(source, missing, unknown))
    if fault := renamed_optional(source, [field for field in known if field not in held], unknown):
        raise RefusedFileError(fault)
    if unknown and source.unknown_fields == "refuse":
        hint = f"add it to sources/{source.source}.yaml, or say `unknown_fields: keep_raw` there; then land the file again."
        raise RefusedFileError(Fault("RNG-JOB-009", f"Its column `{unknown[0]}` is not in the contract of `{source.source}`.", hint))


def _no_header(source: Source, count: int) -> Fault:
    """The fault of a file that names no column of the contract; what it has in that place may be a record, so it is not repeated."""
    columns = "Its one column is not" if count == 1 else f"None of its {count} columns is"
    hint = "has it lost its first line, with the names of its columns? Ask the sender."
    return Fault("RNG-JOB-004", f"{columns} in the contract of `{source.source}`.", hint)


def missing_field(source: Source, missing: list[str], unknown: Collection[str]) -> Fault:
    """The fault of a file in which required fields are missing throughout."""
    field = missing[0]
    others = f" ({len(missing)} fields are missing: {', '.join(f'`{name}`' for name in missing[:5])})" if len(missing) > 1 else ""
    message = f"The field `{field}`, which the contract of `{source.source}` requires, is missing{others}."
    if guess := _nearest(field, unknown, NEAR):
        return Fault("RNG-JOB-004", f"{message} It may be called `{guess}` now.", _if_renamed(source, field, guess))
    there = f" The file has {', '.join(f'`{name}`' for name in sorted(unknown)[:8])} instead." if unknown else ""
    return Fault("RNG-JOB-004", message + there, f"ask the sender, or change sources/{source.source}.yaml and land the file again.")


def renamed_optional(source: Source, missing: Iterable[str], unknown: Collection[str]) -> Fault | None:
    """The fault of a file in which an optional field is missing throughout and an unknown one is called nearly the same."""
    for field in missing:
        if guess := _nearest(field, unknown, VERY_NEAR):
            message = f"The field `{field}` of the contract of `{source.source}` is missing. It may be called `{guess}` now."
            otherwise = f"if it is another field, give it a column of its own (`from_field: {guess}`)"
            return Fault("RNG-JOB-004", message, f"{_if_renamed(source, field, guess)}; {otherwise}.")
    return None


def _nearest(field: str, unknown: Collection[str], cutoff: float) -> str:
    """The unknown name most like a field's, however it is cased and joined."""
    plain = {name.lower().replace("_", "").replace("-", ""): name for name in sorted(unknown)}
    near = get_close_matches(field.lower().replace("_", "").replace("-", ""), plain, n=1, cutoff=cutoff)
    return plain[near[0]] if near else ""


def _if_renamed(source: Source, field: str, guess: str) -> str:
    name = next(name for name, column in source.columns.items() if (column.from_field or name) == field)
    return f"if it is the same field, say `from_field: {guess}` for `{name}` in sources/{source.source}.yaml and land the file again"
