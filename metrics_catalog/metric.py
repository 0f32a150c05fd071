"""A metric: one business number, said in What, Why and How; one YAML file under `metrics/<domain>/`.

Read by the catalog, resolved into a meaning (`meaning.py`), compiled by `jobs.compile`. The kind of `how` decides which
fields it has, and with them the metric's additivity.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, StringConstraints

from metrics_catalog.model import BUSINESS, EDITORIAL, LOGIC, CountryCode, Model, Name, Owners, Text, Words

Sentence = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$")]
"""A day, or an instant (UTC unless it says otherwise), as text."""


class Additivity(StrEnum):
    """Whether published values may be summed: over every dimension, over none, or only compared (`semi_additive`)."""

    ADDITIVE = "additive"
    SEMI_ADDITIVE = "semi_additive"
    NON_ADDITIVE = "non_additive"


class Tier(StrEnum):
    """What is shed first under pressure: `optional`, then `standard`; `critical` never."""

    CRITICAL = "critical"
    STANDARD = "standard"
    OPTIONAL = "optional"


class What(Model):
    """What the number is, for a person who never saw the code."""

    label: Annotated[Text, BUSINESS] = Field(description="Display name. Not `title`: a title is a film or a season.")
    description: Annotated[Text, BUSINESS] = Field(description="One or two sentences that say what is counted.")
    aliases: Annotated[Words, EDITORIAL] = Field(default=Words(), description="Other words for it; found by search.")
    unit: Annotated[Sentence, BUSINESS] = Field(description="Unit of the number: hours, viewers, ratio, …")
    not_for: Annotated[Text | None, BUSINESS] = Field(default=None, description="What it must not be used for, and why.")


class Why(Model):
    """Why the number exists: the question it answers and the decision that hangs on it."""

    question: Annotated[Text, BUSINESS] = Field(description="The question it answers.")
    decision: Annotated[Text, BUSINESS] = Field(description="The decision that is taken with it.")
    consumers: Annotated[tuple[Sentence, ...], EDITORIAL] = Field(default=(), description="Teams that use it.")


class _Measured(Model):
    """Fields of every kind that is computed from the rows of one source."""

    source: Annotated[Name, LOGIC] = Field(description="The source whose rows are measured.")
    filter: Annotated[str | None, LOGIC] = Field(default=None, description="Rows that count: a condition over the source's columns.")
    dimensions: Annotated[tuple[Name, ...], LOGIC] = Field(default=(), description="Columns or dimension attributes it may be sliced by.")


class Count(_Measured):
    """How many rows pass the filter."""

    kind: Annotated[Literal["count"], LOGIC] = Field(description="Kind of metric.")


class CountDistinct(_Measured):
    """How many different values of the expression there are; exact, at each published grain."""

    kind: Annotated[Literal["count_distinct"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="What is counted once, such as `viewer_id`.")


class Sum(_Measured):
    """The sum of an expression over the rows that pass the filter."""

    kind: Annotated[Literal["sum"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="What is summed, over the source's columns.")


class Average(_Measured):
    """The mean of an expression over the rows that pass the filter and where it is not NULL."""

    kind: Annotated[Literal["average"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="What is averaged.")


class Minimum(_Measured):
    """The least value of an expression."""

    kind: Annotated[Literal["minimum"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="What is compared.")


class Maximum(_Measured):
    """The greatest value of an expression."""

    kind: Annotated[Literal["maximum"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="What is compared.")


class Ratio(Model):
    """One metric divided by another, after aggregation; 0/0 and x/0 are NULL; both parts are published beside it."""

    kind: Annotated[Literal["ratio"], LOGIC] = Field(description="Kind of metric.")
    numerator: Annotated[Name, LOGIC] = Field(description="Metric above the line.")
    denominator: Annotated[Name, LOGIC] = Field(description="Metric below the line.")


class Derived(Model):
    """Arithmetic over other metrics, after aggregation."""

    kind: Annotated[Literal["derived"], LOGIC] = Field(description="Kind of metric.")
    expression: Annotated[str, LOGIC] = Field(description="Arithmetic whose column names are metric names.")


Measured = Count | CountDistinct | Sum | Average | Minimum | Maximum
How = Annotated[Measured | Ratio | Derived, Field(discriminator="kind")]

ADDITIVITY_OF_KIND: dict[str, Additivity] = {
    "count": Additivity.ADDITIVE,
    "sum": Additivity.ADDITIVE,
    "minimum": Additivity.SEMI_ADDITIVE,
    "maximum": Additivity.SEMI_ADDITIVE,
    "count_distinct": Additivity.NON_ADDITIVE,
    "average": Additivity.NON_ADDITIVE,
    "ratio": Additivity.NON_ADDITIVE,
    "derived": Additivity.NON_ADDITIVE,
}


class Variant(Model):
    """One country's own filter or expression, with its reason and end; all else is inherited from the metric."""

    filter: Annotated[str | None, LOGIC] = Field(default=None, description="Replaces the metric's filter in this country.")
    expression: Annotated[str | None, LOGIC] = Field(default=None, description="Replaces the metric's expression in this country.")
    reason: Annotated[Sentence, BUSINESS] = Field(description="Why this country differs.")
    until: Annotated[date | None, LOGIC] = Field(default=None, description="First local day on which the base holds again.")


class Example(Model):
    """A few raw rows in, the number expected out, worked out by hand."""

    name: Annotated[Sentence, EDITORIAL] = Field(description="What the example shows.")
    country: Annotated[CountryCode, EDITORIAL] = Field(description="Viewing country of the rows.")
    rows: Annotated[tuple[dict[str, Any], ...], EDITORIAL] = Field(description="Rows of the source; missing columns are NULL.")
    day: Annotated[date | None, EDITORIAL] = Field(
        default=None, description="Local day whose value is meant; rows of other days do not count. Without it, the month of all rows."
    )
    expect: Annotated[int | FiniteFloat | Moment | None, EDITORIAL] = Field(
        description="The metric's value over these rows: a number, nothing, or for the least or greatest day or instant its text."
    )


class Deprecation(Model):
    """The declared end of a metric: it counts once the Business key covers it."""

    successor: Annotated[Name, BUSINESS] = Field(description="The metric to read instead.")
    reason: Annotated[Sentence, BUSINESS] = Field(description="Why it ends.")
    ends_on: Annotated[date, BUSINESS] = Field(description="Last day on which its column is published.")


class Metric(Model):
    """One metric file."""

    metric: Annotated[Name, LOGIC] = Field(description="The metric's name; the file is called the same.")
    what: Annotated[What, BUSINESS] = Field(description="What the number is.")
    why: Annotated[Why, BUSINESS] = Field(description="Why it exists.")
    how: Annotated[How, LOGIC] = Field(description="How it is computed.")
    countries: Annotated[dict[CountryCode, Variant], LOGIC] = Field(default={}, description="Country variants.")
    owners: Annotated[Owners, BUSINESS] = Field(description="The two sides that answer for it.")
    proposer: Annotated[Name | None, LOGIC] = Field(default=None, description="Who proposes it; may turn neither key.")
    tier: Annotated[Tier, BUSINESS] = Field(default=Tier.STANDARD, description="What is shed first under pressure.")
    hearing: Annotated[Sentence | None, BUSINESS] = Field(default=None, description="Id of the hearing that gave it its Why.")
    lifecycle: Annotated[Literal["active", "deprecated", "retired"], BUSINESS] = Field(
        default="active", description="Declared end of life; all other stages follow from the records."
    )
    deprecation: Annotated[Deprecation | None, BUSINESS] = Field(default=None, description="Successor, reason and last day of its end.")
    examples: Annotated[tuple[Example, ...], EDITORIAL] = Field(default=(), description="Worked examples.")

    @property
    def declared_end(self) -> Literal["deprecated", "retired"] | None:
        """The end that this file declares; it counts once Business has turned its key over it."""
        if self.lifecycle == "retired":
            return "retired"
        return "deprecated" if self.deprecation is not None or self.lifecycle == "deprecated" else None

    @property
    def additivity(self) -> Additivity:
        return ADDITIVITY_OF_KIND[self.how.kind]
