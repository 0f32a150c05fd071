"""Files beside the lake that were landed from there: byte for byte the objects of the landing zone as they were received.

Such a file gets the bytes that are left of its object, and landing it again goes on changing nothing. Any other file of the project
is somebody's own: the search names it, nobody touches it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from jobs.erase.landed import manifests
from jobs.land.manifest import Kept
from jobs.land.rewriting import held_by
from jobs.land.store import Landing

if TYPE_CHECKING:
    from jobs.erase.lake import EraseLake
    from jobs.erase.plan import ObjectWork
    from jobs.erase.ports import File
    from metrics_catalog.source import Source


Key = tuple[str, str, int]
"""Source, batch and number of an object."""


def copies(lake: EraseLake, sources: Iterable[Source], objects: Iterable[ObjectWork]) -> Iterator[tuple[File, Key]]:
    """Files that hold what an object held when it was received, of objects that lost records before or lose some now."""
    planned = {work.key for work in objects}
    wanted: dict[Kept, Key] = {}
    for source in sources:
        for manifest in manifests(Landing(lake.objects, source)):
            for number, landed in enumerate(manifest.objects):
                key = (source.source, manifest.batch, number)
                if key in planned or landed.erased:
                    wanted[Kept(landed.sha256, landed.size)] = key
                if key in planned:
                    wanted[landed.holds] = key
    sizes = {kept.size for kept in wanted if kept.size}
    for file in lake.places.beside() if sizes else ():
        if file.bytes in sizes and (found := wanted.get(held_by(lake.places.open(file)))) is not None:
            yield file, found


def refresh(lake: EraseLake, sources: Mapping[str, Source], objects: Iterable[ObjectWork]) -> int:
    """Give such files the bytes that are left, and let landing know them; gives how many there were."""
    found = list(copies(lake, sources.values(), objects))
    for file, (source, batch, number) in found:
        landing = Landing(lake.objects, sources[source])
        manifest = landing.manifest(batch)
        if manifest is not None:
            landed = manifest.objects[number]
            landing.know(landed.holds.sha256, batch)
            with lake.objects.open(landing.key(batch, landed.object)) as content:
                lake.places.rewrite(file, content)
    return len(found)
