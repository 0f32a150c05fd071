"""What dbt said of a build, as findings that name the view and the column instead of nodes and stacks.

Reads dbt's own results (`run_results.json`, `manifest.json`); made into values here, printed by the doors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metrics_catalog.finding import Finding, Place, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

PlaceOf = Callable[[str], Place]
"""Where the file of a view stands."""

_TESTS = {
    "not_null": ("has rows where `{column}` is missing", "a missing member must read `unknown`; see how its facts are computed."),
    "ringi_unique_grain": ("has more than one row for the same {columns}", "facts were counted twice, or its grain lacks a dimension."),
    "ringi_own_country": ("has rows of another country in a saved copy", "nobody should query it until `ringi run` has published it anew."),
}
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class DbtReport:
    """What a build of the SQL views did.

    `built` says that dbt ran and all is well, or had nothing to do. `ran` that dbt ran at all; otherwise only lists of files
    moved (`refreshed` counts saved copies whose list did). `seconds` is the time dbt took.
    """

    built: bool
    ran: bool
    refreshed: int
    views: int
    countries: int
    tests: int = 0
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()

    def sentence(self) -> str:
        """One line for the closing summary of a run."""
        if not self.built:
            return f"The SQL views are not all as they should be: {len(self.findings)} finding{'s' if len(self.findings) != 1 else ''}."
        if self.ran:
            return f"dbt made {self.views} views for {self.countries} countries and passed {self.tests} tests in {self.seconds:.1f} s."
        return (
            f"The SQL views are as they were; {self.refreshed} saved {'copy has' if self.refreshed == 1 else 'copies have'} new files."
            if self.refreshed
            else "The SQL views are as they were."
        )


def findings(results: Sequence[Mapping[str, Any]], nodes: Mapping[str, Mapping[str, Any]], place_of: PlaceOf) -> tuple[Finding, ...]:
    """One finding for each model or test that did not pass. `nodes` are those of the manifest, by id."""
    return tuple(finding for result in results for finding in _findings(result, nodes.get(result["unique_id"], {}), nodes, place_of))


def _findings(
    result: Mapping[str, Any], node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], place_of: PlaceOf
) -> Iterator[Finding]:
    status = result["status"]
    if status == "fail":
        yield _failed_test(result, node, nodes, place_of)
    elif status in ("error", "runtime error"):
        view = _view_of(node, nodes)
        message = f"dbt could not make or test the view `{view}`: {first_line(result.get('message') or 'it gave no reason')}"
        yield Finding("RNG-VIEW-011", place_of(view), message, "run `ringi run` again; if it stays, see the file in models/generated/.")


def _failed_test(result: Mapping[str, Any], node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], place_of: PlaceOf) -> Finding:
    view, test = _view_of(node, nodes), node.get("test_metadata") or {}
    name, arguments = str(test.get("name", "")), test.get("kwargs") or {}
    said, hint = _TESTS.get(name, (f"failed the test `{name or node.get('name', '?')}`", "see the test's SQL below .ringi/dbt/target/."))
    columns = ", ".join(f"`{column}`" for column in arguments.get("columns", ()))
    what = said.format(column=node.get("column_name") or "?", columns=columns)
    return Finding("RNG-VIEW-010", place_of(view), f"The published view `{view}` {what} ({_rows(result)}).", hint)


def _rows(result: Mapping[str, Any]) -> str:
    count = int(result.get("failures") or 0)
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def _view_of(node: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> str:
    """The view that a node is, or that a test is attached to."""
    attached = nodes.get(node.get("attached_node") or "", node)
    return str(attached.get("name", "?"))


def unreadable(messages: Sequence[str], place: Place) -> Finding:
    """The finding for a project that dbt could not read at all."""
    said = first_line(next((message for message in messages if message.strip()), "it gave no reason"))
    hint = "run `ringi run` again, which writes the generated files anew; if it stays, see `ringi doctor`."
    return Finding("RNG-VIEW-012", place, f"dbt could not read the generated project: {said}", hint)


def busy(path: str, place: Place) -> Finding:
    """The finding for a views file that another process holds open."""
    message = f"`{path}` is in use by another process, so the SQL views in it were not refreshed."
    return Finding(
        "RNG-VIEW-013",
        place,
        message,
        "let the other process (a team's dbt, a DuckDB shell) end; the next run refreshes it.",
        Severity.WARNING,
    )


def first_line(message: str) -> str:
    """The telling part of a message of dbt: without headings that only name a node, on one line."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    telling = [
        line
        for line in lines
        if not line.startswith(("Runtime Error in", "Compilation Error in", "Database Error in", "Encountered an error"))
    ]
    text = (telling or lines or [""])[0]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
