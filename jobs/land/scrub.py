"""Takes records out of objects of the landing zone, and keeps the account of it in the manifest of their batch.

Used by landing for records of persons who were erased before, and by `jobs.erase`. The manifest is written first: it says which
records are gone and what the object will hold, so a call that was cut off in between is completed by the next one (`settle`).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.checkpoint import reached
from jobs.land.manifest import NAME, Erased
from jobs.land.record_numbers import ALL, as_text, from_text
from jobs.land.report import Counts
from jobs.land.rewriting import held_by, rewritten
from jobs.land.tellers import telling

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from jobs.land.manifest import Landed, Manifest
    from jobs.land.store import Landing
    from jobs.land.suppression import Suppressed, Watched

SUPPRESSION = "suppression"
"""Who erased a record that came again after its person was erased."""

WITHHELD = "_withheld"


def erase(
    landing: Landing, manifest: Manifest, number: int, records: Collection[int] | None, by: str, counted: Counts | None = None
) -> Manifest:
    """Take records (None: all) out of one object, and say so in the manifest, which is returned.

    `records` are numbers as the object was received; `by` names the receipt. `counted` is how many of them had been accepted,
    repeated and refused; they count as erased from then on. Doing it again under the same `by` only completes what was cut off.
    """
    settle(landing, manifest, number)
    landed = manifest.objects[number]
    if any(one.by == by for one in landed.erased):
        return manifest
    with rewritten(landing.objects, _key(landing, manifest, landed), _fields(landing), records, _gone(landed)) as (path, kept):
        told = landed.without(Erased(by, ALL if records is None else as_text(records)), kept)
        if counted is not None and told.report is not None:
            told = replace(told, report=replace(told.report, counts=_less(told.report.counts, counted)))
        manifest = replace(manifest, objects=tuple(told if place == number else one for place, one in enumerate(manifest.objects)))
        landing.objects.write(landing.key(manifest.batch, NAME), manifest.to_json())
        reached("landing_told")
        landing.objects.replace(_key(landing, manifest, landed), path)
        reached("landing_rewritten")
    return manifest


def settle(landing: Landing, manifest: Manifest, number: int) -> None:
    """Complete a rewriting that was cut off after the manifest told of it."""
    landed = manifest.objects[number]
    key = _key(landing, manifest, landed)
    if not landed.erased or held_by(landing.objects.open(key)) == landed.holds:
        return
    before = replace(landed, erased=landed.erased[:-1])
    records = None if landed.erased[-1].records == ALL else from_text(landed.erased[-1].records)
    with rewritten(landing.objects, key, _fields(landing), records, _gone(before)) as (path, _):
        landing.objects.replace(key, path)


def note_withheld(landing: Landing, manifest: Manifest, withheld: Mapping[int, Sequence[int]]) -> None:
    """Note before the commit which records are to be taken out of the objects after it."""
    if withheld:
        told = {str(number): as_text(records) for number, records in withheld.items()}
        landing.objects.write(_note(landing, manifest), json.dumps(told).encode())


def is_scrubbed(landing: Landing, manifest: Manifest) -> bool:
    """Whether the manifest of a batch that was cut off tells already what was withheld, and so holds the reports that count."""
    noted = landing.objects.read(_note(landing, manifest))
    numbers = [] if noted is None else [int(number) for number in json.loads(noted)]
    told = (any(one.by == SUPPRESSION for one in manifest.objects[number].erased) for number in numbers)
    return bool(numbers) and manifest.done and all(told)


def withheld_from(landing: Landing, manifest: Manifest, suppressed: Suppressed) -> Manifest:
    """Take what was withheld out of the objects of a batch that was judged; gives its manifest."""
    noted = landing.objects.read(_note(landing, manifest))
    for number, records in json.loads(noted or b"{}").items():
        manifest = erase(landing, manifest, int(number), from_text(records), SUPPRESSION)
    for number, landed in enumerate(manifest.objects) if suppressed else ():
        if landed.report is not None and landed.report.refused_whole and _tells(landing, manifest, landed, suppressed):
            manifest = erase(landing, manifest, number, None, SUPPRESSION)
    return manifest


def forget_note(landing: Landing, manifest: Manifest) -> None:
    """The batch is done."""
    landing.objects.remove(_note(landing, manifest))


def _tells(landing: Landing, manifest: Manifest, landed: Landed, suppressed: Suppressed) -> bool:
    """Whether an object that was refused whole tells of somebody who was erased; one that cannot be read is not known to."""
    return any(_tells_of(landing, _key(landing, manifest, landed), suppressed, one) for one in suppressed.watched)


def _tells_of(landing: Landing, key: str, suppressed: Suppressed, watched: Watched) -> bool:
    field = landing.source.columns[watched.column].from_field or watched.column
    found = telling(landing.objects, key, _fields(landing), field, lambda text: suppressed.holds(watched, text))
    return next(found, None) is not None


def _less(held: Counts, counted: Counts) -> Counts:
    """Counts after some of them were erased; never more than there were."""
    accepted, repeated, refused = (
        min(had, gone)
        for had, gone in ((held.accepted, counted.accepted), (held.repeated, counted.repeated), (held.refused, counted.refused))
    )
    erased = held.erased + accepted + repeated + refused
    return Counts(held.received, held.accepted - accepted, held.repeated - repeated, held.refused - refused, erased)


def _gone(landed: Landed) -> frozenset[int]:
    """Numbers that are not in the object any more."""
    return frozenset().union(*(from_text(one.records) for one in landed.erased))


def _fields(landing: Landing) -> frozenset[str]:
    return frozenset(column.from_field or name for name, column in landing.source.columns.items())


def _key(landing: Landing, manifest: Manifest, landed: Landed) -> str:
    return landing.key(manifest.batch, landed.object)


def _note(landing: Landing, manifest: Manifest) -> str:
    return f"{WITHHELD}/{manifest.source}/{manifest.batch}"
