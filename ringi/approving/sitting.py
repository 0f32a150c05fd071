"""One sitting before a page: says the link, opens the browser where somebody sits there, and waits until the desk is done.

Used by `ringi approve --page` and `ringi passkey register`.
"""

from __future__ import annotations

import sys
import webbrowser
from dataclasses import dataclass
from typing import TYPE_CHECKING

from governance.errors import GovernanceError
from ringi.approving.server import PageServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ringi.approving.server import Desk


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is shown: a port (0: any free one), whether a browser is opened, and after how long nobody is waited for."""

    port: int = 0
    opens_browser: bool = True
    minutes: float = 30


def sit(desk: Desk, place: Place, say: Callable[[str], None]) -> None:
    """Serve the desk until it is done; raises GovernanceError where nobody comes in time."""
    if desk.is_done:
        return
    with PageServer(desk, place.port) as server:
        say(f"Open this link in your browser; it works once, on this machine, for {place.minutes:g} minutes:\n\n  {server.url}\n")
        if place.opens_browser and sys.stdout.isatty():
            webbrowser.open(server.url)
        if not server.wait(place.minutes * 60):
            raise GovernanceError(f"Nobody finished on the page within {place.minutes:g} minutes.", hint="run the command again.")
