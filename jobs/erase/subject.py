"""Who is to be erased: a subject's name, such as `viewer_id`, and the value that is one person's."""

from __future__ import annotations

from dataclasses import dataclass

from metrics_catalog.errors import UsageError
from metrics_catalog.source import ColumnType

KINDS = (ColumnType.STRING, ColumnType.INTEGER)
"""Types that a subject may have: a pseudonym is a text or a whole number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One person. `text` is the value as it is written in files; it is never logged, stored or signed, only its hash is."""

    name: str
    text: str
    type: ColumnType = ColumnType.STRING

    def __repr__(self) -> str:
        return f"Subject({self.name}=…)"

    @property
    def value(self) -> str | int:
        """The value as the column's type holds it."""
        return int(self.text) if self.type is ColumnType.INTEGER else self.text


def parted(text: str) -> tuple[str, str]:
    """Name and value of `viewer_id=…`. Raises UsageError, which never repeats the value."""
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value:
        raise UsageError("`--subject` is not understood.", hint="expected a column and a value, such as `--subject viewer_id=…`.")
    if "\0" in value or "\n" in value:
        raise UsageError("The value of `--subject` holds a line break or a NUL.", hint="name the value as it stands in the records.")
    return name.strip(), value


def typed(name: str, value: str, kind: ColumnType) -> Subject:
    """The subject with a value of its column's type. Raises UsageError where the value cannot be one."""
    if kind not in KINDS:
        raise UsageError(f"`{name}` is a {kind}; a person is named by a text or a whole number.", hint="name the column that names people.")
    if kind is ColumnType.INTEGER:
        plain = value.removeprefix("-")
        if not (plain.isascii() and plain.isdigit()) or (plain.startswith("0") and value != "0") or abs(int(value)) >= 2**63:
            raise UsageError(f"The value is no whole number, and `{name}` is an integer.", hint="write it without zeros before it.")
    return Subject(name, value, kind)
