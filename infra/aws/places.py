"""Every object of a lake in S3, for erasure: the port `jobs.erase.ports.Places` over the warehouse, Athena's results, and the project.

A bucket with versions keeps what is deleted or replaced: `purge` removes those versions and delete markers too. Who may not do that
is told, since the bytes are still there then.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import AccessRefusedError, code_of, translated
from infra.aws.keys import Keys
from infra.aws.objects import Objects, split
from infra.aws.settings import SCHEME
from infra.local.places import LocalPlaces
from jobs.erase.ports import File, Purged

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from infra.aws.account import Aws

PASSING = ("landing/_incoming/", ".staging/", ".spill/")
AT_ONCE = 1_000
"""Versions that one call removes."""

RIGHTS = "s3:ListBucketVersions and s3:DeleteObjectVersion"


class S3Places:
    """The objects of one lake, and the files of the project on this machine."""

    def __init__(self, aws: Aws, root: Path, here: Path, began: dt.datetime | None = None) -> None:
        """`here` is the folder of this machine in which engines spill for this lake."""
        self._aws, self._objects = aws, Objects(aws, Keys(aws))
        self._warehouse = aws.settings.warehouse
        self._project = LocalPlaces(root, here, began)

    def files(self) -> Iterator[File]:
        yield from self._below(f"{self._warehouse}/", self._warehouse, "")
        yield from self.results()
        yield from self._project.files()

    def open(self, file: File) -> BinaryIO:
        if not file.path.startswith(SCHEME):
            return self._project.open(file)
        with translated(f"reading `{file.name}`"):
            return self._objects.open(file.path)

    def beside(self) -> tuple[File, ...]:
        return self._project.beside()

    def rewrite(self, file: File, content: BinaryIO) -> None:
        self._project.rewrite(file, content)

    def passing(self) -> tuple[File, ...]:
        far = tuple(file for place in PASSING for file in self._below(f"{self._warehouse}/{place}", self._warehouse, ""))
        return (*far, *self._project.passing())

    def results(self) -> tuple[File, ...]:
        place = self._results_place()
        if place is None or f"{place}/".startswith(f"{self._warehouse}/"):
            return ()
        return tuple(self._below(f"{place}/", place, "results/"))

    def remade(self) -> tuple[File, ...]:
        return ()

    def remove(self, files: Sequence[File]) -> None:
        """Remove objects with all their versions."""
        for file in files:
            if not file.path.startswith(SCHEME):
                self._project.remove([file])
                continue
            with translated(f"removing `{file.name}`"):
                self._objects.delete(file.path)
        self._purged([file.path for file in files if file.path.startswith(SCHEME)])

    def purge(self, folders: Sequence[str]) -> Purged:
        passing = (*PASSING, "landing/_erasing/", "landing/_withheld/")
        return self._purged([*(f"{self._warehouse}/{folder}/" for folder in folders), *(f"{self._warehouse}/{place}" for place in passing)])

    def _purged(self, prefixes: Sequence[str]) -> Purged:
        gone = 0
        for prefix in prefixes:
            try:
                with translated("removing older versions"):
                    gone += purge_versions(self._objects.client, prefix)
            except AccessRefusedError:
                return Purged(gone, f"the bucket keeps versions, and these credentials lack {RIGHTS}")
        return Purged(gone)

    def _results_place(self) -> str | None:
        """Where the workgroup's results lie; None where there is no such workgroup, or it keeps none."""
        from botocore.exceptions import ClientError

        with translated("asking Athena where results of queries lie"):
            try:
                group = self._aws.client("athena").get_work_group(WorkGroup=self._aws.settings.athena_workgroup).get("WorkGroup", {})
            except ClientError as error:
                if code_of(error) != "InvalidRequestException":  # there is no such workgroup
                    raise
                return None
        place = group.get("Configuration", {}).get("ResultConfiguration", {}).get("OutputLocation")
        return str(place).rstrip("/") if place else None

    def _below(self, prefix: str, top: str, shown: str) -> Iterator[File]:
        with translated("looking through the lake"):
            found = list(self._objects.held_below(prefix))
        for held in found:
            yield File(f"{shown}{held.path.removeprefix(f'{top}/')}", held.path, held.bytes)


def purge_versions(client: Any, prefix: str) -> int:
    """Remove every version below a prefix that is not the present one, and every delete marker; gives how many. Raises botocore's errors."""
    bucket, key = split(prefix)
    gone = 0
    waiting: list[dict[str, str]] = []
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
        old = [one for one in page.get("Versions", ()) if not one["IsLatest"]]
        waiting += [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in (*old, *page.get("DeleteMarkers", ()))]
    for first in range(0, len(waiting), AT_ONCE):
        part = waiting[first : first + AT_ONCE]
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": part, "Quiet": True})
        if failed := answer.get("Errors"):
            raise _refused(failed[0])
        gone += len(part)
    return gone


def _refused(failed: dict[str, Any]) -> Exception:
    """What a single call would have raised for the first object that stayed."""
    from botocore.exceptions import ClientError

    told = {"Code": str(failed.get("Code", "")), "Message": str(failed.get("Message", ""))}
    refused: Exception = ClientError({"Error": told}, "DeleteObjectVersion")
    return refused
