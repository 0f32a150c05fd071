"""Where a stream's raw bytes come from: the ports `Inlet` and `LookingInlet`, and files that appear in a folder.

Spark's checkpoint remembers what was offered in which micro-batch; an inlet turns a micro-batch into files that can be landed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

FILES_A_BATCH = 1_000
OF_FILES = "path STRING, modificationTime TIMESTAMP, length BIGINT, content BINARY"


class Inlet(Protocol):
    """One place from which raw records keep coming."""

    @property
    def name(self) -> str:
        """What it is, as a person names it; another name is another stream, with a checkpoint of its own."""

    def rows(self, session: SparkSession) -> DataFrame:
        """The stream, as Spark reads it."""

    def files(self, rows: DataFrame) -> Sequence[str]:
        """The files of one micro-batch, in the order in which they are landed."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found: whether Spark has something new to offer, and whether more was there than that."""

    fresh: bool
    behind: bool


@runtime_checkable
class LookingInlet(Inlet, Protocol):
    """A place into which Spark cannot look by itself: the stream looks, then lets Spark offer what the look fixed."""

    def look(self, leave: Callable[[], bool]) -> Found:
        """Fix what will be offered next; called when all that was fixed before has been landed. `leave` says that it should end early."""

    def landed(self, rows: DataFrame) -> None:
        """A micro-batch is in the lake; said before Spark's checkpoint has it, so perhaps again."""


@dataclass(frozen=True, slots=True)
class FolderInlet:
    """Files that appear in a local folder, each written elsewhere and moved in whole; names that begin with `_` or `.` are left alone.

    Spark lists the folder and reads no content: landing copies the bytes itself. A file must stay until it is landed.
    """

    folder: Path
    files_a_batch: int = FILES_A_BATCH

    @property
    def name(self) -> str:
        return str(self.folder.absolute())

    def rows(self, session: SparkSession) -> DataFrame:
        reader = session.readStream.format("binaryFile").schema(OF_FILES)
        for option, value in self._options.items():
            reader = reader.option(option, value)
        return reader.load(_escaped(self.name)).select("path", "modificationTime")

    def files(self, rows: DataFrame) -> Sequence[str]:
        return [_local(row[0]) for row in sorted(rows.collect(), key=lambda row: (row[1], row[0]))]

    @property
    def _options(self) -> Mapping[str, str]:
        return {"maxFilesPerTrigger": str(self.files_a_batch), "recursiveFileLookup": "true"}


def _local(location: str) -> str:
    return "/" + location.removeprefix("file:").lstrip("/")


def _escaped(path: str) -> str:
    """A folder's name as Spark takes it, which reads some characters as patterns."""
    return "".join(f"\\{character}" if character in "{}[]*?\\" else character for character in path)
