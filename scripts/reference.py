"""Writes docs/reference/ from the code: commands, YAML fields, finding codes, exit codes. `--check` fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from typer.main import get_command  # noqa: F401  Typer must be whole before its groups are asked for help

from metrics_catalog.errors import ExitCode
from metrics_catalog.model import FieldClass, class_of

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
EXIT_CODES = {
    ExitCode.DONE: "Done.",
    ExitCode.FINDINGS: "Findings, or a run that failed; the lake is as it was before the failed step.",
    ExitCode.USAGE: "Wrong usage: an unknown option, a missing argument, no lake project here.",
    ExitCode.CHANGES: "A plan has changes (only with `--detailed-exitcode`).",
    ExitCode.REFUSED: "Refused by the gate or by access; the message names the missing key or grant.",
    ExitCode.OUTSIDE: "The outside world failed (disk, permissions, another process); trying again may help.",
    ExitCode.INTERRUPTED: "Interrupted by Ctrl-C.",
}


def exit_codes() -> str:
    rows = "\n".join(f"| {int(code)} | {EXIT_CODES[code]} |" for code in ExitCode)
    return f"# Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n"


def commands() -> str:
    from typer import Context

    from ringi.cli.app import COMMANDS, group, load

    parts = ["# Commands\n\nGlobal options stand before the command: `ringi --lake DIR --format json status`.\n"]
    parent = Context(group(), info_name="ringi")
    for entry in COMMANDS:
        command = load(entry.name)
        help_text = command.get_help(Context(command, info_name=entry.name, parent=parent, terminal_width=110))
        parts.append(f"## ringi {entry.name}\n\n```text\n{help_text.rstrip()}\n```\n")
    return "\n".join(parts)


def fields() -> str:
    parts = [
        "# Fields of the YAML files\n\nThe class says which keys a change of the field voids: editorial none, business the Business key, logic both.\n"
    ]
    for title, model in roots().items():
        parts.append(f"## {title}\n\n| field | class | meaning |\n|---|---|---|\n" + "".join(rows_of(model, "")))
    return "\n".join(parts)


def roots() -> dict[str, type[BaseModel]]:
    from governance.lake_formation.planning.plan_approval import PlanApproval
    from governance.policy.grant import PolicyFile
    from metrics_catalog.approval import Approval
    from metrics_catalog.country import Countries
    from metrics_catalog.dimension import Dimension
    from metrics_catalog.hearing import Hearing
    from metrics_catalog.metric import Metric
    from metrics_catalog.person import People
    from metrics_catalog.source import Source
    from metrics_catalog.view import View

    models: dict[str, type[BaseModel]] = {
        "metrics/<domain>/<name>.yaml": Metric,
        "sources/<name>.yaml": Source,
        "dimensions/<name>.yaml": Dimension,
        "views/<name>.yaml": View,
        "countries.yaml": Countries,
        "people.yaml": People,
        "hearings/<id>.yaml": Hearing,
        "approvals/<metric>/*.yaml": Approval,
    }
    return {**models, "policy/*.yaml": PolicyFile, "access/approvals/<plan>/*.yaml": PlanApproval}


def rows_of(model: type[BaseModel], prefix: str, above: FieldClass | None = None) -> list[str]:
    """A line a field; a field without a class of its own has that of the field it stands in."""
    rows = []
    for name, field in model.model_fields.items():
        is_classed = any(isinstance(mark, FieldClass) for mark in field.metadata)
        own = class_of(field) if is_classed or above is None else above
        rows.append(f"| `{prefix}{name}` | {own} | {field.description} |\n")
        for inner, suffix in models_in(field.annotation):
            rows += rows_of(inner, f"{prefix}{name}{suffix}.", own)
    return list(dict.fromkeys(rows))


def models_in(annotation: Any, suffix: str = "") -> list[tuple[type[BaseModel], str]]:
    """Models inside an annotation, with `[]` for lists and `.<key>` for mappings."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, suffix)]
    origin = getattr(annotation, "__origin__", None)
    mark = {dict: ".<key>", tuple: "[]"}.get(origin, "") if origin else ""
    return [found for inner in get_args(annotation) for found in models_in(inner, suffix + mark)]


def findings() -> str:
    from metrics_catalog.codes import codes, page

    lines = "".join(f"| `{code}` | {page(code).title} |\n" for code in codes())
    return f"# Findings\n\n`ringi explain CODE` prints the whole page.\n\n| code | meaning |\n|---|---|\n{lines}"


PAGES = {"exit-codes.md": exit_codes, "commands.md": commands, "fields.md": fields, "findings.md": findings}


def main() -> int:
    stale = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        path, text = FOLDER / name, make()
        if "--check" in sys.argv:
            stale += [name] if not path.exists() or path.read_text(encoding="utf-8") != text else []
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        print(f"docs/reference is stale ({', '.join(stale)}); run: .venv/bin/python scripts/reference.py")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
