"""What `ringi hearing` does with a draft: begin with it, and keep it when somebody is interrupted."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics_catalog.hearing_answers import Raw
    from ringi.output import Output
    from ringi.proposal.hearings import Draft


def begun(out: Output, draft: Draft, given: Raw, *, resume: bool) -> Raw:
    """What is answered already: by the draft where one goes on, and by flags, which say it anew."""
    from metrics_catalog.errors import UsageError

    held = draft.read()
    if resume and not held:
        raise UsageError("There is no draft to go on with.", hint="call it without --resume; what is typed is kept from then on.")
    if held and not resume:
        out.say(f"A draft of this is in {draft.path.name}; --resume goes on with it, a new one takes its place.")
    return (held if resume else {}) | given


@contextmanager
def kept_when_interrupted(out: Output, draft: Draft, command: str) -> Iterator[None]:
    """Interrupted or cut off: say where the draft is, and leave as an interrupted program does."""
    from metrics_catalog.errors import ExitCode

    try:
        yield
    except (typer.Abort, KeyboardInterrupt, EOFError):
        kept = f"What was typed is kept; go on with `{command}`." if draft.read() else "Nothing was typed yet."
        out.say(f"\nInterrupted: no hearing was written. {kept}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
