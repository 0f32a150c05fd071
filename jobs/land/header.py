"""The columns that a file announces (a header, a Parquet schema), held against the contract before any record is read.

Used by `delimited.py`'s caller and `parquet.py`. A missing required column is a contract break: the file is refused whole, and
an unknown column with a near name is offered as what it may be called now.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobs.land.container import RefusedFileError
from jobs.land.contract import required
from jobs.land.report import Fault
from metrics_catalog.finding import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from metrics_catalog.source import Source


def check_header(source: Source, names: Iterable[str]) -> None:
    """Raises RefusedFileError where a required column is missing, a known one is there twice, or an unknown one is not wanted."""
    held = Counter(list(names))
    known = {column.from_field or name: name for name, column in source.columns.items()}
    twice = [name for name, count in held.items() if count > 1 and name in known]
    if twice:
        raise RefusedFileError(
            Fault("RNG-JOB-009", f"Its column `{twice[0]}` is there more than once.", "ask the sender which of them is meant.")
        )
    missing = [field for field, name in known.items() if field not in held and required(source, name)]
    unknown = [name for name in held if name not in known]
    if missing:
        raise RefusedFileError(missing_field(source, missing, unknown))
    if unknown and source.unknown_fields == "refuse":
        hint = f"add it to sources/{source.source}.yaml, or say `unknown_fields: keep_raw` there; then land the file again."
        raise RefusedFileError(Fault("RNG-JOB-009", f"Its column `{unknown[0]}` is not in the contract of `{source.source}`.", hint))


def renamed(source: Source, missing: str, unknown: Collection[str]) -> str:
    """The unknown field that `missing` may be called now, or an empty string."""
    return did_you_mean(missing, unknown).removeprefix("did you mean `").removesuffix("`?")


def missing_field(source: Source, missing: list[str], unknown: Collection[str]) -> Fault:
    """The fault of a file in which required fields are missing throughout."""
    field = missing[0]
    others = f" ({len(missing)} fields are missing: {', '.join(f'`{name}`' for name in missing[:5])})" if len(missing) > 1 else ""
    message = f"The field `{field}`, which the contract of `{source.source}` requires, is missing{others}."
    name = next(name for name, column in source.columns.items() if (column.from_field or name) == field)
    if guess := renamed(source, field, unknown):
        return Fault(
            "RNG-JOB-004",
            f"{message} It may be called `{guess}` now.",
            f"if it is the same field, say `from_field: {guess}` for `{name}` in sources/{source.source}.yaml and land the file again.",
        )
    there = f" The file has {', '.join(f'`{name}`' for name in sorted(unknown)[:8])} instead." if unknown else ""
    return Fault("RNG-JOB-004", message + there, f"ask the sender, or change sources/{source.source}.yaml and land the file again.")
