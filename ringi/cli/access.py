"""`ringi access`: the policy as a plan on Lake Formation, the keys over it, its apply, what drifted, and who sees what.

Each command stands in a file of its own (`access_plan.py`, …), imported when it is called or when the help of the group is printed.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer
from typer.core import TyperGroup

NAMES = ("plan", "approve", "apply", "drift", "explain", "export")
"""In the order of an operator's work."""


class AccessGroup(TyperGroup):
    """Imports a command's file only when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name in NAMES if find_spec(_module(name)) is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from ringi.cli.app import help_of

        if cmd_name not in self.list_commands(ctx):
            return None
        function = getattr(import_module(_module(cmd_name)), cmd_name)
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(cmd_name, help=help_of(function))(function)
        return typer.main.get_command(single)


def _module(name: str) -> str:
    return f"ringi.cli.access_{name}"


access = typer.Typer(
    cls=AccessGroup,
    help="Bring an account's permissions in line with the policy, and say who sees what.\n\n"
    "Writes happen in `apply` alone, from a plan that was shown before; a plan that lets anybody see more needs both keys.\n\n"
    "\b\nExample: ringi --profile aws access plan --out plan.json",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
