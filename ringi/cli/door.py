"""What a command gets from the global options: the lake project to work on and the way to print."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import typer

    from ringi.lake import Lake
    from ringi.output import Output
    from ringi.output_format import Format


class Door:
    """One call of the command line."""

    def __init__(self, root: Path | None, profile: str, format: Format) -> None:
        self.root, self.profile, self.format = root, profile, format

    @staticmethod
    def of(context: typer.Context) -> Door:
        """The door that the global options opened."""
        door = context.obj
        if not isinstance(door, Door):
            raise TypeError("the command was called without its global options")
        return door

    @cached_property
    def out(self) -> Output:
        from ringi.output import Output
        from ringi.output_format import Format

        return Output(self.format, self._prefix() if self.format is Format.GITHUB else "")

    def _prefix(self) -> str:
        """The lake project's folder in its repository, with a slash at its end; empty where it is the top, or in no repository."""
        from infra.local.git import Repository
        from metrics_catalog.errors import RingiError
        from ringi.project import find

        try:
            return Repository.of(find(self.root)).prefix
        except RingiError:
            return ""

    def lake(self) -> Lake:
        """The lake project named by `--lake`, or the nearest one upward; a UsageError says where it looked."""
        from ringi.lake import Lake
        from ringi.project import find

        return Lake(find(self.root), self.profile)

    def with_format(self, format: Format | None) -> Door:
        """The same door, printing in the command's own `--format` where it was given."""
        return self if format is None else Door(self.root, self.profile, format)
