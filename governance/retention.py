"""The file `retention.yaml` of a lake project: how long data is kept by its classification, and who must not be erased for now.

Read by `ringi erase` and `ringi check`; editors get its schema from `ringi init`. A file that cannot be read as a whole refuses every erasure, because a hold in it could be
lost. Holds name persons by the hash that `ringi erase` prints, never by their values: the file is in git.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from metrics_catalog.finding import Finding, Place, Severity, did_you_mean
from metrics_catalog.model import EDITORIAL, LOGIC, CountryCode, Model, Name
from metrics_catalog.source import Classification
from metrics_catalog.yaml_io import build, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from metrics_catalog.catalog import Catalog
    from metrics_catalog.yaml_document import Document

FILE = "retention.yaml"
CODE = "RNG-JOB-101"

Days = Annotated[int, Field(ge=1, le=36_500)]
SubjectHash = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}:[0-9a-f]{64}$")]
ColumnOf = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}\.[a-z][a-z0-9_]{0,62}$")]


class Hold(Model):
    """Something that must not be erased for now. Exactly one of `subject`, `source` and `country` says what."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in ("subject", "source", "country")]})

    reason: Annotated[Annotated[str, StringConstraints(min_length=1)], EDITORIAL] = Field(description="Why; told to whoever is refused.")
    by: Annotated[str | None, EDITORIAL] = Field(default=None, description="Who asked for it.")
    subject: Annotated[SubjectHash | None, LOGIC] = Field(
        default=None, description="A person, as `viewer_id:HASH`; `ringi erase --subject …` prints it."
    )
    source: Annotated[Name | None, LOGIC] = Field(default=None, description="Everything of a source.")
    country: Annotated[CountryCode | None, LOGIC] = Field(default=None, description="Records of a viewing country.")
    until: Annotated[dt.date | None, LOGIC] = Field(
        default=None, description="First day on which it no longer holds; none: until it is taken out."
    )

    @property
    def about(self) -> tuple[str, ...]:
        """The fields that say what is held."""
        return tuple(name for name in ("subject", "source", "country") if getattr(self, name) is not None)

    def holds_on(self, day: dt.date) -> bool:
        return self.until is None or day < self.until


class RetentionFile(Model):
    """The whole of `retention.yaml`."""

    days: Annotated[dict[Classification, Days], LOGIC] = Field(
        default={}, description="Days that records are kept, by the strictest class in them."
    )
    sources: Annotated[dict[Name, dict[Classification, Days]], LOGIC] = Field(
        default={}, description="Days of one source, where they differ."
    )
    holds: Annotated[dict[Name, Hold], LOGIC] = Field(default={}, description="What must not be erased for now, by name.")
    subjects: Annotated[dict[Name, tuple[ColumnOf, ...]], LOGIC] = Field(
        default={}, description="Columns that hold a subject under another name, as `source.column`."
    )
    facts: Annotated[Literal["keep", "recompute"], LOGIC] = Field(
        default="keep",
        description="Facts that an erased person was a part of: kept as they were published, or computed anew by the next run.",
    )


@dataclass(frozen=True, slots=True)
class Retention:
    """What the file says; the same as an empty file where there is none."""

    file: RetentionFile = field(default_factory=RetentionFile)

    def holds(self, day: dt.date) -> dict[str, Hold]:
        """The holds of a day, by name."""
        return {name: hold for name, hold in sorted(self.file.holds.items()) if hold.holds_on(day)}

    def days_of(self, source: str, classification: Classification) -> int | None:
        """How long records of a source are kept whose strictest class is this; None: for ever."""
        own = self.file.sources.get(source, {})
        return own.get(classification, self.file.days.get(classification))


def load(root: Path, catalog: Catalog, today: dt.date) -> tuple[Retention | None, tuple[Finding, ...]]:
    """The retention rules of a lake project; None where the file is not sound as a whole, with the findings that say why."""
    path = root / FILE
    if not path.exists():
        return Retention(), ()
    document, findings = read(path, root)
    model = None
    if document is not None:
        model, findings = build(RetentionFile, document)
    if model is None or document is None:
        return None, findings or (Finding(CODE, Place(FILE), "It cannot be read.", "mend it; nothing is erased meanwhile."),)
    findings = (*findings, *_rules(model, document, catalog, today))
    return (None if any(finding.blocks for finding in findings) else Retention(model)), findings


def _rules(model: RetentionFile, document: Document, catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    for name, hold in model.holds.items():
        yield from _hold(name, hold, document, catalog, today)
    for name in model.sources:
        yield from _known_source(name, document.place("sources", name), catalog)
    for subject, columns in model.subjects.items():
        for position, each in enumerate(columns):
            yield from _subject_column(subject, each, document.place("subjects", subject, position), catalog)


def _hold(name: str, hold: Hold, document: Document, catalog: Catalog, today: dt.date) -> Iterator[Finding]:
    place = document.place("holds", name)
    if len(hold.about) != 1:
        told = " and ".join(f"`{each}`" for each in hold.about) or "nothing"
        yield Finding(CODE, place, f"The hold `{name}` names {told}.", "name exactly one of `subject`, `source` and `country`.")
    if hold.source is not None:
        yield from _known_source(hold.source, document.place("holds", name, "source"), catalog)
    if hold.country is not None and hold.country not in catalog.countries:
        yield Finding(
            CODE, document.place("holds", name, "country"), f"The hold `{name}` names the unknown country `{hold.country}`.",
            "name a country of countries.yaml.",
        )  # fmt: skip
    if not hold.holds_on(today):
        yield Finding(
            CODE, document.place("holds", name, "until"), f"The hold `{name}` has ended.", "take it out, or give it a later day.",
            Severity.WARNING,
        )  # fmt: skip


def _known_source(name: str, place: Place, catalog: Catalog) -> Iterator[Finding]:
    if name not in catalog.sources:
        hint = did_you_mean(name, catalog.sources) or "name a source of the project."
        yield Finding(CODE, place, f"There is no source `{name}`.", hint)


def _subject_column(subject: str, each: str, place: Place, catalog: Catalog) -> Iterator[Finding]:
    source, _, column = each.partition(".")
    held = catalog.sources.get(source)
    if held is None or column not in held.columns:
        yield Finding(CODE, place, f"`{each}`, which is to hold `{subject}`, does not exist.", "write a source and one of its columns.")
    elif held.columns[column].classification is not Classification.PERSONAL:
        yield Finding(CODE, place, f"`{each}` is not personal.", f"say `classification: personal` in sources/{source}.yaml.")
