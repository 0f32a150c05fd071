"""The one place where commands print: data on stdout in the chosen format, talk and progress on stderr."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
import time
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from ringi.output_format import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from metrics_catalog.finding import Finding


class Output:
    """Prints for one call of the command line."""

    def __init__(self, shape: Format = Format.TEXT, prefix: str = "") -> None:
        self.format, self.prefix = shape, prefix
        """`prefix` is the project's folder in its repository (`lake/`), for annotations, whose paths start there."""

    def rows(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
        """Print rows: a table, an array of objects, or CSV. `columns` gives order, and a header where there is no row."""
        names = list(columns or (rows[0] if rows else ()))
        if self.format is Format.JSON:
            self.json([{name: row.get(name) for name in names} for row in rows])
        elif self.format is Format.CSV:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([text_of(row.get(name), csv=True) for name in names] for row in rows)
        else:
            sys.stdout.write(table(names, rows))

    def value(self, value: Any, text: Callable[[], str]) -> None:
        """Print one value: as JSON, or as the text that `text` makes of it."""
        if self.format is Format.JSON:
            self.json(value)
        else:
            sys.stdout.write(text().rstrip("\n") + "\n")

    def json(self, value: Any) -> None:
        json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=plain)
        sys.stdout.write("\n")

    def findings(self, findings: Iterable[Finding]) -> None:
        """Print findings in the order of their places; as `{"schema_version": 1, "findings": […]}` in JSON."""
        ordered = sorted(findings, key=lambda finding: finding.sort_key())
        if self.format is Format.JSON:
            self.json({"schema_version": 1, "findings": [finding_object(finding) for finding in ordered]})
        elif self.format is Format.GITHUB:
            sys.stdout.writelines(annotation(finding, self.prefix) for finding in ordered)
        else:
            sys.stdout.writelines(finding_text(finding) for finding in ordered)

    def say(self, text: str = "") -> None:
        """Talk to the person; never data."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    @contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal; elsewhere a line every 30 seconds. Call the value with how much more is done."""
        if sys.stderr.isatty():
            with _bar(label, total) as advance:
                yield advance
        else:
            yield _lines(self, label, total)


@contextmanager
def _bar(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=total)
        yield lambda count: bars.advance(task, count)


def _lines(out: Output, label: str, total: int | None) -> Callable[[int], None]:
    done, said = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        if time.monotonic() - said >= 30:
            said = time.monotonic()
            out.say(f"{label}: {done}{f' of {total}' if total else ''}")

    return advance


def finding_object(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "hint": finding.hint,
    }


def finding_text(finding: Finding) -> str:
    lines = [f"{finding.severity} {finding.code}  {finding.place}", f"  {finding.message}"]
    if finding.hint:
        lines.append(f"  Hint: {finding.hint}")
    lines.append(f"  More: ringi explain {finding.code}")
    return "\n".join(lines) + "\n\n"


def annotation(finding: Finding, prefix: str = "") -> str:
    """A finding as a line that GitHub shows at its place in the change; a workflow command, escaped as those are."""
    level = "error" if finding.blocks else "warning"
    place = finding.place
    facts = {"file": prefix + place.file, "line": str(place.line), "col": str(place.column), "title": finding.code}
    told = ",".join(f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in facts.items())
    hint = f"\nHint: {finding.hint}" if finding.hint else ""
    return f"::{level} {told}::{_escaped(finding.message + hint)}\n"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def plain(value: Any) -> Any:
    """A JSON value for what JSON does not know: numbers stay numbers, times become ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return str(value)


def text_of(value: Any, *, csv: bool = False) -> str:
    """One cell of a table; NULL is empty in CSV and a dot-less `NULL` elsewhere."""
    if value is None:
        return "" if csv else "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not csv:
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    return str(plain(value)) if isinstance(value, Decimal | dt.datetime | dt.date | dt.time | bytes) else str(value)


def width(text: str) -> int:
    """Columns of a terminal that a text takes: East Asian wide characters take two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def table(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """A plain table: header, rule, rows; numbers to the right."""
    if not names:
        return "(no rows)\n"
    cells = [[text_of(row.get(name)) for name in names] for row in rows]
    numeric = [all(isinstance(row.get(name), int | float | Decimal | None) for row in rows) and bool(rows) for name in names]
    widths = [max([width(name), *(width(line[i]) for line in cells)]) for i, name in enumerate(names)]

    def line(values: Sequence[str]) -> str:
        padded = (
            " " * (widths[i] - width(value)) + value if numeric[i] else value + " " * (widths[i] - width(value))
            for i, value in enumerate(values)
        )
        return "  ".join(padded).rstrip()

    body = [line(names), "  ".join("-" * size for size in widths), *(line(row) for row in cells)]
    return "\n".join(body) + "\n" + ("(no rows)\n" if not rows else "")
