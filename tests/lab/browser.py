"""A real Chromium with a passkey device that exists only in it: for tests of pages that ask for a passkey.

The browser is the system's (`chromium`); nothing is downloaded. The device is Chromium's own virtual authenticator, which
makes and uses real keys and answers as a laptop does whose owner puts a finger on it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.lab.required import lab_skip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, CDPSession, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
LAPTOP = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass(frozen=True)
class Sitting:
    """One tab, and the device that answers in it. `faults` collects what the browser complained about."""

    page: Page
    device: Device
    faults: list[str]


class Device:
    """The virtual authenticator of a tab."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        session.send("WebAuthn.enable", {"enableUI": False})
        self._id = session.send("WebAuthn.addVirtualAuthenticator", {"options": LAPTOP})["authenticatorId"]

    def recognises_its_owner(self, recognises: bool) -> None:
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": recognises})

    @property
    def passkeys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return found

    def hold(self, passkeys: list[dict[str, Any]]) -> None:
        """Put passkeys of another device into this one, as a password manager does."""
        for passkey in passkeys:
            self._session.send("WebAuthn.addCredential", {"authenticatorId": self._id, "credential": passkey})


@contextmanager
def chromium() -> Iterator[Browser]:
    """A fresh Chromium; the test is left out, and says why, where there is none. One at a time in a process.

    Playwright keeps an event loop going in this thread until the end of the block: hold it for one module, not for a session.
    """
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        lab_skip("Chromium is not installed (Debian: `apt-get install chromium`)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def sitting(browser: Browser, language: str = "en-GB", **settings: Any) -> Iterator[Sitting]:
    """A tab with a device of its own, in a profile that knows nothing; `settings` are those of Playwright's contexts."""
    context = browser.new_context(locale=language, **settings)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        yield Sitting(page, Device(context.new_cdp_session(page)), faults)
    finally:
        context.close()


def on_its_page(tab: Sitting, *words: str | Path, press: str) -> tuple[int, str, str]:
    """Run `ringi WORDS…`, open the link it prints, press a button there; its exit code and what it said on both streams."""
    return on_the_page_of(tab, [sys.executable, "-m", "ringi.cli.app", *map(str, words), "--no-open"], press=press)


def on_the_page_of(
    tab: Sitting, command: list[str], *, press: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """The same of any command."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=env) as process:
        assert process.stdout is not None and process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if link := re.search(r"http://localhost:\d+/#\S+", line):
                tab.page.goto(link[0])
                tab.page.get_by_role("button", name=press).click()
        return process.wait(60), process.stdout.read(), "".join(said)
