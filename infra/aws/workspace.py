"""Room for the judged records of one batch in S3: the port `jobs.land.spark.Workspace`, for workers that share no disk.

Made by `ringi/operations/landing.py` for a lake on AWS. A worker's own files lie in a temporary folder of its machine.
"""

from __future__ import annotations

import tempfile
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from infra.aws.foreign import translated
from infra.aws.keys import Keys
from infra.aws.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.aws.account import Aws

FOLDER = "landing/_judged"
PART = 8 * 1024 * 1024
"""Bytes fetched by one call."""


class S3Workspace:
    """One folder of the lake's bucket; only one process lands at a time, since it holds the lake's lock."""

    def __init__(self, aws: Aws) -> None:
        self._objects = Objects(aws, Keys(aws))
        self._folder = f"{aws.settings.warehouse}/{FOLDER}"

    @property
    def folder(self) -> str:
        return self._folder

    @contextmanager
    def opened(self) -> Iterator[S3Workspace]:
        with translated("making room for judged records"):
            self._emptied()
        try:
            yield self
        finally:
            with translated("removing judged records"):
                self._emptied()

    @contextmanager
    def scratch(self) -> Iterator[str]:
        with tempfile.TemporaryDirectory(prefix="ringi-worker-") as folder:
            yield folder

    def keep(self, path: str, location: str) -> None:
        with translated(f"keeping `{location.rpartition('/')[2]}`"), Path(path).open("rb") as content:
            self._objects.upload(content, location)

    def fetch(self, location: str, scratch: str) -> str:
        with translated(f"fetching `{location.rpartition('/')[2]}`"):
            target = Path(scratch) / f"fetched-{uuid.uuid4().hex}.parquet"
            with self._objects.open(location) as source, target.open("wb") as copy:
                while part := source.read(PART):
                    copy.write(part)
        return str(target)

    def _emptied(self) -> None:
        for location in self._objects.below(f"{self._folder}/"):
            self._objects.delete(location)
