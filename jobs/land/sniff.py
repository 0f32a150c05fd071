"""What a landed object is, judged by its first bytes; the name only decides where the bytes do not.

Used by `batch.py` before an object is read. Says no more than it must: a file that turns out to hold no record at all gets
its reason from `looks_like`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING

from jobs.land.container import Codec, RefusedFileError, codec_of, unpacked
from jobs.land.report import Fault

if TYPE_CHECKING:
    from collections.abc import Collection

    from jobs.object_store import ObjectStore

HEAD = 256 * 2**10
BOM = b"\xef\xbb\xbf"
DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_SUFFIXES = {".json", ".jsonl", ".ndjson"}


class Format(StrEnum):
    """How an object holds its records."""

    JSON = "json lines"
    DELIMITED = "delimited text"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Sniffed:
    """An object's compression and format; `head` is its unpacked beginning."""

    codec: Codec
    format: Format
    delimiter: str
    head: bytes


def sniff(objects: ObjectStore, key: str, fields: Collection[str]) -> Sniffed:
    """Look at an object; `fields` are the names its records may have. Raises RefusedFileError for what is no file of records."""
    codec, head = _head(objects, key)
    if head.startswith(b"PAR1"):
        if codec is not Codec.NONE:
            raise RefusedFileError(
                Fault(
                    "RNG-JOB-003", f"It is a Parquet file inside {codec}.", "land the Parquet file as it is; Parquet is compressed within."
                )
            )
        return Sniffed(codec, Format.PARQUET, "", head)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RefusedFileError(Fault("RNG-JOB-003", "It is text in UTF-16; UTF-8 is expected.", "save it as UTF-8 and land that."))
    text = head.removeprefix(BOM)
    if not text.strip() and len(head) < HEAD:
        raise RefusedFileError(Fault("RNG-JOB-001", "It is empty.", "nothing was sent, or the export failed: ask the sender."))
    return Sniffed(codec, *_text_format(key, text, fields), head)


def looks_like(head: bytes) -> Fault | None:
    """What a file in which no record could be read is instead, where that can be told."""
    text = head.removeprefix(BOM).strip()
    start = text[:1000].lower()
    if start.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<a ")):
        return _no_records("It is an HTML page, not a file of records.")
    if start.startswith(b"<"):
        return _no_records("It is XML or an HTML page, not a file of records.")
    if text in {b"null", b"None", b"undefined", b"[]"}:
        return _no_records(f"All it says is `{text.decode()}`.")
    if b"\0" in head or _share_of_control(head) > 0.1:
        return _no_records("It is binary, not text.")
    if start.startswith(b"["):
        return _no_records(
            "It is one JSON list; one JSON object a line is expected.", "write each record on a line of its own (`jq -c '.[]'`)."
        )
    if start.startswith(b"{"):
        return _no_records("No line of it is a whole JSON object.", "write each record on a line of its own (`jq -c .`).")
    return None


def _no_records(message: str, hint: str = "ask the sender for the file; what came is kept in landing.") -> Fault:
    return Fault("RNG-JOB-003", message, hint)


NO_RECORD = _no_records("No record in it could be read.", "see the source contract for what is expected; what came is kept in landing.")


def _head(objects: ObjectStore, key: str) -> tuple[Codec, bytes]:
    with objects.open(key) as raw:
        codec = codec_of(raw.read(4))
        raw.seek(0)
        with unpacked(raw, codec) as read:
            head = b""
            while len(head) < HEAD and (block := read(HEAD - len(head))):
                head += block
    return codec, head


def _text_format(key: str, text: bytes, fields: Collection[str]) -> tuple[Format, str]:
    """Format and delimiter: an opening brace is JSON, a first line with a known column is delimited, else the suffix decides."""
    if text.lstrip()[:1] == b"{":
        return Format.JSON, ""
    first = text.lstrip().split(b"\n", 1)[0].strip().decode(errors="replace")
    for delimiter in ("\t", ","):
        if set(fields) & {name.strip(' "') for name in first.split(delimiter)} and delimiter in first:
            return Format.DELIMITED, delimiter
    suffixes = PurePath(key).suffixes
    found = [DELIMITERS[suffix.lower()] for suffix in suffixes if suffix.lower() in DELIMITERS]
    return (Format.DELIMITED, found[-1]) if found else (Format.JSON, "")


def _share_of_control(head: bytes) -> float:
    sample = head[:4096]
    return sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in sample) / max(1, len(sample))
