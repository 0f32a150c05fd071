"""Objects of S3 as the adapters of this package read and write them: whole, by ranges, new or not at all, each under its key."""

from __future__ import annotations

import io
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.aws.foreign import code_of
from infra.aws.settings import SCHEME
from jobs.maintain.upkeep import Stray

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.aws.account import Aws
    from infra.aws.keys import Keys

READ_AHEAD = 256 * 1024
"""Bytes fetched at least by one call of a reader that seeks: the footers of Parquet files fit in."""

COPIED_WHOLE = 5 * 1024**3
"""The largest object that S3 copies in one call; larger ones are copied in parts."""

PART = 512 * 1024**2


def split(location: str) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`."""
    bucket, _, key = location.removeprefix(SCHEME).partition("/")
    return bucket, key


def is_missing(error: Exception) -> bool:
    """Whether S3 said that there is no such object."""
    return code_of(error) in ("NoSuchKey", "404")


class Objects:
    """S3 with the keys of one lake. Raises botocore's errors: callers say what they were doing."""

    def __init__(self, aws: Aws, keys: Keys) -> None:
        self._aws, self._keys = aws, keys

    def __reduce__(self) -> tuple[type[Objects], tuple[object, ...]]:
        """Spark's workers make connections of their own."""
        return Objects, (self._aws, self._keys)

    @cached_property
    def client(self) -> Any:
        return self._aws.client("s3")

    @property
    def properties(self) -> dict[str, str]:
        """How PyIceberg's own file systems would reach the same objects, for listings; they must not write: they name no key."""
        settings = self._aws.settings
        return {"s3.region": settings.region, **({"s3.endpoint": settings.endpoint_url} if settings.endpoint_url else {})}

    def size(self, location: str) -> int | None:
        """Bytes of an object, or None where there is none."""
        from botocore.exceptions import ClientError

        bucket, key = split(location)
        try:
            return int(self.client.head_object(Bucket=bucket, Key=key)["ContentLength"])
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def read(self, location: str) -> bytes | None:
        """All bytes of an object, or None where there is none."""
        from botocore.exceptions import ClientError

        bucket, key = split(location)
        try:
            return bytes(self.client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def put(self, location: str, data: bytes) -> None:
        """Write an object, replacing what was there."""
        bucket, key = split(location)
        self.client.put_object(Bucket=bucket, Key=key, Body=data, **self._keys.arguments(location))

    def put_new(self, location: str, data: bytes) -> bool:
        """Write an object that was not there; whether it holds these bytes now.

        A call whose answer was lost is sent again and then refused by the first one's work, so the bytes decide.
        """
        from botocore.exceptions import ClientError

        bucket, key = split(location)
        try:
            self.client.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*", **self._keys.arguments(location))
        except ClientError as error:
            if code_of(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
            return self.read(location) == data
        return True

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside S3, in parts where it is large; the copy lies under the key of its new place."""
        from boto3.s3.transfer import TransferConfig

        (bucket, key), (to_bucket, to_key) = split(source), split(target)
        self.client.copy(
            {"Bucket": bucket, "Key": key},
            to_bucket,
            to_key,
            ExtraArgs={**self._keys.arguments(target), "ChecksumAlgorithm": "CRC32"},  # of the copy itself, however the original was sent
            Config=TransferConfig(multipart_threshold=COPIED_WHOLE, multipart_chunksize=PART),
        )

    def upload(self, source: Any, location: str) -> None:
        """Send what a file-like object gives, in bounded memory; nothing appears before all is there."""
        bucket, key = split(location)
        self.client.upload_fileobj(source, bucket, key, ExtraArgs=self._keys.arguments(location))

    def delete(self, location: str) -> None:
        """Remove an object; nothing happens where there is none."""
        bucket, key = split(location)
        self.client.delete_object(Bucket=bucket, Key=key)

    def below(self, location: str) -> list[str]:
        """Locations of all objects whose names begin so, sorted."""
        bucket, prefix = split(location)
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [f"{SCHEME}{bucket}/{one['Key']}" for page in pages for one in page.get("Contents", ())]

    def held_below(self, location: str) -> Iterator[Stray]:
        """All objects of a folder with their sizes and when they were written."""
        bucket, prefix = split(location.rstrip("/") + "/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for one in (held for page in pages for held in page.get("Contents", ())):
            yield Stray(f"{SCHEME}{bucket}/{one['Key']}", one["Size"], one["LastModified"])

    def names(self, folder: str) -> tuple[str, ...]:
        """Names of objects and folders directly below a folder, sorted."""
        bucket, prefix = split(f"{folder}/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        found = [
            name.removeprefix(prefix).rstrip("/")
            for page in pages
            for name in (*(one["Key"] for one in page.get("Contents", ())), *(one["Prefix"] for one in page.get("CommonPrefixes", ())))
        ]
        return tuple(sorted(name for name in found if name))

    def forget_uploads(self, location: str) -> None:
        """Abort uploads in parts below a place that a killed process left unfinished."""
        bucket, prefix = split(location)
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
        for upload in [one for page in pages for one in page.get("Uploads", ())]:
            self.client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def open(self, location: str) -> io.BufferedReader:
        """Read an object from anywhere, fetching ranges of it."""
        size = self.size(location)
        if size is None:
            raise FileNotFoundError(2, "there is no such object", location)
        return io.BufferedReader(_Ranges(self.client, location, size), READ_AHEAD)


class _Ranges(io.RawIOBase):
    """The bytes of one object, fetched as they are asked for."""

    def __init__(self, client: Any, location: str, size: int) -> None:
        self._client, self._size, self._at = client, size, 0
        self._bucket, self._key = split(location)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._range(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._range(self._size - self._at)

    def _range(self, length: int) -> bytes:
        end = min(self._at + length, self._size)
        if end <= self._at:
            return b""
        whole = self._at == 0 and end == self._size
        part = {} if whole else {"Range": f"bytes={self._at}-{end - 1}"}
        answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **part)
        data = bytes(answer["Body"].read())
        self._at += len(data)
        return data
