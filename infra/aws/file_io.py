"""PyIceberg's way into S3, over the lake's own client: every file it writes names its key and never replaces another.

PyArrow's S3 file system cannot ask for a key with a write, so metadata and manifests go through boto3. Used by `files.py`.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

if TYPE_CHECKING:
    from types import TracebackType

    from infra.aws.objects import Objects

SMALL = 8 * 1024**2
"""Objects up to this size are read in one call; of larger ones only the ranges that are asked for."""


class S3FileIO(FileIO):
    """Reads and writes `s3://` locations through one client."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects.properties)
        self._objects = objects

    def new_input(self, location: str) -> InputFile:
        return S3Input(location, self._objects)

    def new_output(self, location: str) -> OutputFile:
        return S3Output(location, self._objects)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        self._objects.delete(location if isinstance(location, str) else location.location)


class S3Input(InputFile):
    """An object to read."""

    def __init__(self, location: str, objects: Objects) -> None:
        super().__init__(location)
        self._objects = objects
        self._size: int | None = None

    def __len__(self) -> int:
        if self._size is None:
            self._size = self._objects.size(self.location)
        if self._size is None:
            raise FileNotFoundError(2, "there is no such object", self.location)
        return self._size

    def exists(self) -> bool:
        return self._objects.size(self.location) is not None

    def open(self, seekable: bool = True) -> InputStream:
        if self.location.endswith(".parquet"):  # only the footer is wanted
            return self._objects.open(self.location)
        data = self._objects.read(self.location)
        if data is None:
            raise FileNotFoundError(2, "there is no such object", self.location)
        return io.BytesIO(data)


class S3Output(OutputFile):
    """An object to write."""

    def __init__(self, location: str, objects: Objects) -> None:
        super().__init__(location)
        self._objects = objects

    def __len__(self) -> int:
        return len(S3Input(self.location, self._objects))

    def exists(self) -> bool:
        return self._objects.size(self.location) is not None

    def to_input_file(self) -> InputFile:
        return S3Input(self.location, self._objects)

    def create(self, overwrite: bool = False) -> OutputStream:
        return _Upload(self.location, self._objects, overwrite=overwrite)


class _Upload(io.BytesIO):
    """Bytes that become an object when the file is closed; an error inside the `with` block sends nothing."""

    def __init__(self, location: str, objects: Objects, *, overwrite: bool) -> None:
        super().__init__()
        self._location, self._objects, self._overwrite = location, objects, overwrite

    def close(self) -> None:
        if self.closed:
            return
        data = self.getvalue()
        super().close()
        if self._overwrite:
            self._objects.put(self._location, data)
        elif not self._objects.put_new(self._location, data):
            raise FileExistsError(17, "there is another object of that name", self._location)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            super().close()
        else:
            self.close()

    def __del__(self) -> None:
        """What nobody closed is forgotten."""
