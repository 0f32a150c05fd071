"""The journal of an apply in the lake's bucket: one object a line, so that a line is there whole or not at all.

Implements `governance.lake_formation.port.Journal`. One process applies at a time (the lake's lock); a number that is taken all the
same is not written over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import translated
from infra.aws.keys import Keys
from infra.aws.objects import Objects
from infra.errors import InfraError

if TYPE_CHECKING:
    from infra.aws.account import Aws

FOLDER = "access/journal"
READERS = 16


class S3Journal:
    """Lines below `<warehouse>/access/journal/<digest>/`."""

    def __init__(self, aws: Aws) -> None:
        self._root = f"{aws.settings.warehouse}/{FOLDER}"
        self._objects = Objects(aws, Keys(aws))
        self._next: dict[str, int] = {}

    def lines(self, digest: str) -> Iterator[Mapping[str, Any]]:
        with translated("reading the journal of an apply"), ThreadPoolExecutor(max_workers=READERS) as pool:
            held = list(pool.map(self._objects.read, self._objects.below(f"{self._folder(digest)}/")))
        yield from (json.loads(one) for one in held if one is not None)

    def append(self, digest: str, line: Mapping[str, Any]) -> None:
        with translated("writing the journal of an apply"):
            if digest not in self._next:
                self._next[digest] = len(self._objects.below(f"{self._folder(digest)}/"))
            number = self._next[digest]
            data = json.dumps(line, ensure_ascii=False, sort_keys=True).encode()
            if not self._objects.put_new(f"{self._folder(digest)}/{number:08d}.json", data):
                raise InfraError(
                    "Another process writes the journal of the same plan.",
                    hint="wait until it has ended, then run `ringi access apply` again. More: ringi explain RNG-INF-062",
                )
            self._next[digest] = number + 1

    def _folder(self, digest: str) -> str:
        return f"{self._root}/{digest.removeprefix('sha256:').replace(':', '-')}"
