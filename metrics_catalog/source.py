"""A source contract: the agreed shape of raw events; one YAML file under `sources/`.

Read by landing (which sorts records by it), by the rules (which know types from it) and by the meaning of every metric.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from metrics_catalog.model import BUSINESS, EDITORIAL, LOGIC, Model, Name, Owners, Text


class ColumnType(StrEnum):
    """Logical types, the same on every engine: integer is 64 bits, timestamp is an instant in UTC to the microsecond."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"  # decimal(18, 6)
    DOUBLE = "double"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"


class Classification(StrEnum):
    """How freely a column may be shown."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"


class Column(Model):
    """One field of a record."""

    type: Annotated[ColumnType, LOGIC] = Field(description="Logical type.")
    required: Annotated[bool, LOGIC] = Field(default=False, description="A record without it is refused.")
    classification: Annotated[Classification, LOGIC] = Field(default=Classification.INTERNAL, description="How freely it may be shown.")
    description: Annotated[Text | None, EDITORIAL] = Field(default=None, description="What it holds.")
    values: Annotated[tuple[str, ...], LOGIC] = Field(default=(), description="The only values allowed; others break the contract.")
    null_values: Annotated[tuple[str, ...], LOGIC] = Field(default=(), description="Texts that stand for a missing value, such as `N/A`.")
    minimum: Annotated[float | None, LOGIC] = Field(default=None, description="Least value allowed.")
    maximum: Annotated[float | None, LOGIC] = Field(default=None, description="Greatest value allowed.")
    from_field: Annotated[str | None, LOGIC] = Field(default=None, description="Name of the field in the file, where it differs.")


class Source(Model):
    """One source file.

    `events`: same key, the first received wins. `snapshot`: each file restates the whole; the latest good file wins.
    """

    source: Annotated[Name, LOGIC] = Field(description="The source's name; the file is called the same.")
    label: Annotated[Text, EDITORIAL] = Field(description="Display name.")
    description: Annotated[Text, EDITORIAL] = Field(description="What one record is, and who sends it.")
    delivery: Annotated[Literal["events", "snapshot"], LOGIC] = Field(
        default="events", description="How repeats and restatements are read."
    )
    version: Annotated[Annotated[str, StringConstraints(min_length=1)], EDITORIAL] = Field(
        default="1", description="Version of the contract."
    )
    columns: Annotated[dict[Name, Column], LOGIC] = Field(description="Fields of a record, in order.", min_length=1)
    key: Annotated[tuple[Name, ...], LOGIC] = Field(description="Columns that name one record.", min_length=1)
    event_time: Annotated[Name | None, LOGIC] = Field(default=None, description="When it occurred: decides its period.")
    received_time: Annotated[Name | None, LOGIC] = Field(default=None, description="When it was received: the first received wins.")
    country: Annotated[Name | None, LOGIC] = Field(default=None, description="The column with the viewing country.")
    lateness: Annotated[timedelta, EDITORIAL] = Field(
        default=timedelta(days=7), description="How late a record is expected to arrive (ISO 8601, `P7D`)."
    )
    unknown_fields: Annotated[Literal["keep_raw", "refuse"], LOGIC] = Field(
        default="keep_raw", description="A field the contract does not name: kept in the raw bytes only, or the record is refused."
    )
    owners: Annotated[Owners, BUSINESS] = Field(description="The two sides that answer for it.")
