"""Ranges of a stream, each a small file: from which record to which it goes in every shard, and how far the stream is read with it.

A range is written once, before anything of it is landed, and never changed: offered again, it means the same records. Spark's
checkpoint remembers which ranges it offered; the newest file says where the next look goes on.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from jobs.errors import EngineError


@dataclass(frozen=True, slots=True)
class Place:
    """How far a shard is read: to the record `after` (None: to none yet). What came before `seen` is read; `closed`: to its end."""

    after: str | None
    seen: dt.datetime
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one shard in a range: the first and the last, how many, and the digest of the lines that they make."""

    shard: str
    first: str
    last: str
    records: int
    sha256: str

    def file_name(self, stream: str) -> str:
        """The name of the file of these lines; at most 221 characters."""
        return f"{stream[:80]}-{self.shard}-{self.first}-{self.last}.jsonl"


@dataclass(frozen=True, slots=True)
class Range:
    """One range. `made` is the stream's own time of birth, `since` where reading began; the other fields as in Place and Part."""

    number: int
    made: str
    since: dt.datetime | None
    places: Mapping[str, Place] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=dt.datetime.isoformat, sort_keys=True)


class Ranges:
    """The ranges of one stream in a folder of its checkpoint."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def newest(self) -> Range | None:
        """The range that was written last. Raises EngineError where it is not marked as landed: going on behind it would lose it."""
        found = self._paths()
        if not found:
            return None
        newest = read_range(found[-1])
        if not self._mark(found[-1]).exists():
            said = f"Spark has not offered `{found[-1]}`, which says what to read of a stream next."
            raise EngineError(said, hint=f"restore the folder `{self.folder.parent}` from a backup, or {begin_anew(self.folder)}")
        return newest

    def mark_landed(self, path: Path) -> None:
        """Say that a range is in the lake."""
        self._mark(path).touch()

    def write(self, new: Range) -> None:
        """Keep a range; raises EngineError where another process kept one of its number."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unnamed = self.folder / f".{os.getpid()}"
        with unnamed.open("w", encoding="utf-8") as file:
            file.write(new.as_json())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unnamed, self.folder / f"range-{new.number:012}.json")
        except FileExistsError as error:
            hint = "let one `ringi stream` end; the next call goes on."
            raise EngineError(f"Another process reads the same stream: it wrote range {new.number}.", hint=hint) from error
        finally:
            unnamed.unlink()

    def forget_landed(self) -> None:
        """Remove all but the newest; called when every range has been landed."""
        for path in self._paths()[:-1]:
            path.unlink()
            self._mark(path).unlink(missing_ok=True)

    def _mark(self, path: Path) -> Path:
        return self.folder / f".{path.stem}.landed"

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("range-*.json"))


def read_range(path: Path) -> Range:
    """A range from its file; raises EngineError where it is not one."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        places = {name: Place(**{**place, "seen": _instant(place["seen"])}) for name, place in told["places"].items()}
        since = _instant(told["since"]) if told["since"] is not None else None
        return Range(told["number"], told["made"], since, places, tuple(Part(**part) for part in told["parts"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = f"restore it from a backup, or {begin_anew(path.parent)}"
        raise EngineError(f"`{path}`, which says how far a stream is read, cannot be read.", hint=hint) from error


def begin_anew(ranges: Path) -> str:
    """What a person does to read a stream from its oldest record again."""
    return (
        f"remove the folder `{ranges.parent}`: the next call begins with the oldest record that is kept, and events that were landed "
        "are found again by their keys."
    )


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
