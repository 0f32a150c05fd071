"""Metadata that cannot be parsed, as a sentence; used by the adapters of each place beside their own translation of errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Iterator

UNPARSED = (EOFError, ValueError, KeyError, AssertionError)
"""What PyIceberg raises for bytes that it cannot parse."""


@contextmanager
def parsed(doing: str, mend: str) -> Iterator[None]:
    """Turns what is raised inside for damaged metadata into an InfraError; `mend` says how this place gets it back."""
    try:
        yield
    except UNPARSED as error:
        raise InfraError(
            f"While {doing}, a metadata file was not understood: it is damaged. The lake is as it was before.",
            hint=f"{mend}. More: ringi explain RNG-INF-010",
        ) from error
