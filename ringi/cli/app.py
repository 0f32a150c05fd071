"""The command `ringi`: global options, the list of commands, and the one place where errors become exit codes.

A command's module is imported only when the command is called, so that `ringi --help` starts fast: each entry of COMMANDS
names a file of this folder (dashes become underscores) with a function of the same name.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from ringi.cli.door import Door
from ringi.output_format import Format


class Entry(NamedTuple):
    """One command in the help: its name and its line there."""

    name: str
    line: str


COMMANDS = (
    Entry("init", "Make a new lake project from the starter."),
    Entry("doctor", "Say what this machine and this lake project lack."),
    Entry("demo", "Make a demo lake, from raw events to queries."),
    Entry("new", "Write a metric, view or hearing file to fill in."),
    Entry("hearing", "Put a hearing on record; see which are due."),
    Entry("check", "Check every file and print the findings."),
    Entry("explain", "Explain the code of a finding."),
    Entry("show", "Show a metric: What, Why, How, keys, views."),
    Entry("diff", "Say what changed since a commit, and whom it touches."),
    Entry("preview", "Say what a metric's change does to its numbers."),
    Entry("report", "Tell a change in one Markdown comment."),
    Entry("approve", "Turn one of the two keys over a metric."),
    Entry("key", "Register an SSH key, for approving."),
    Entry("passkey", "Make a passkey, for approving on a page."),
    Entry("approvals", "Keys turned in a forge, and keys still missing."),
    Entry("status", "Show lifecycle and keys, and what voided them."),
    Entry("verify", "Say who turned which key, from git alone."),
    Entry("simulate", "Write simulated viewing events to files."),
    Entry("land", "Land files of raw events, kept as received."),
    Entry("stream", "Land files as they appear in a folder."),
    Entry("run", "Compute and publish what is new or newly approved."),
    Entry("backfill", "Compute the facts of some days and countries anew."),
    Entry("maintain", "Merge small files, forget old snapshots, remove strays."),
    Entry("keep", "Keep what is published now readable under a name."),
    Entry("erase", "Erase a person from every place of the lake."),
    Entry("query", "Run a SELECT as a principal."),
    Entry("access", "Plan, apply and explain who may read what on AWS."),
    Entry("audit", "Check the ledgers, and list who did what."),
    Entry("search", "Find metrics, in English or Japanese."),
)


class LazyGroup(TyperGroup):
    """Lists commands from COMMANDS and imports one only to run it or to print its own help."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else stub, rest


def load(name: str) -> Any:
    """The real command behind an entry."""
    module = import_module(f"ringi.cli.{name.replace('-', '_')}")
    function = getattr(module, name.replace("-", "_"))
    if isinstance(function, typer.Typer):
        return typer.main.get_group(function)
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name, help=help_of(function))(function)
    return typer.main.get_command(single)


def help_of(function: Callable[..., object]) -> str:
    """A command's docstring as its help; the mark \\b keeps each example on a line of its own."""
    return inspect.cleandoc(function.__doc__ or "").replace("\n\nExample:", "\n\n\b\nExample:")


def version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        typer.echo(f"ringi {installed('ringi')}")
        raise typer.Exit


app = typer.Typer(cls=LazyGroup, add_completion=True, rich_markup_mode=None, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def options(
    context: typer.Context,
    lake: Annotated[Path | None, typer.Option(help="The lake project (default: the nearest ringi.toml upward).")] = None,
    profile: Annotated[str, typer.Option(help="A profile of ringi.toml.")] = "local",
    format: Annotated[Format, typer.Option(help="How data is printed.")] = Format.TEXT,
    _version: Annotated[bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Ringi: metrics that Tech and Business have both approved, published for each country.

    Data goes to stdout, talk and progress to stderr. Exit codes: 0 done, 1 findings or a failed run, 2 wrong usage,
    3 a plan has changes, 4 refused, 5 the outside world failed, 130 interrupted.

    Example: ringi demo --dir my-lake
    """
    context.obj = Door(lake, profile, format)


def group() -> LazyGroup:
    """The whole command line as Typer sees it."""
    command = typer.main.get_command(app)
    if not isinstance(command, LazyGroup):  # the callback above makes it a group
        raise TypeError("the command line is not a group")
    for entry in COMMANDS:
        command.add_command(TyperCommand(entry.name, callback=_never, help=entry.line, rich_markup_mode=None))
    return command


def _never() -> None:
    raise AssertionError("a stub was called instead of its command")


def main() -> None:
    """Entry point of the script `ringi`."""
    from metrics_catalog.errors import ExitCode, RingiError

    try:
        group()(prog_name="ringi")
    except RingiError as error:
        _refuse(str(error), error.exit_code)
    except OSError as error:
        _outside(error)
    except Exception as error:
        if os.environ.get("RINGI_DEBUG"):
            raise
        kind = type(error).__name__
        _refuse(
            f"Ringi itself failed ({kind}: {error}).\n  Hint: set RINGI_DEBUG=1 and run it again to see where, then report it.",
            ExitCode.FINDINGS,
        )


def _outside(error: OSError) -> None:
    from infra.local.foreign import from_os_error

    if os.environ.get("RINGI_DEBUG"):
        raise error
    translated = from_os_error("working", error)
    _refuse(str(translated), translated.exit_code)


def _refuse(text: str, code: int) -> None:
    print(f"error: {text}", file=sys.stderr)  # noqa: T201  the last word of the process, after every other writer
    sys.exit(int(code))


if __name__ == "__main__":
    main()
