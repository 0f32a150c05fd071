"""Secrets and personal values stand in no log, no message, no ledger and no file of the lake that is not meant to hold them.

A lake is fed with marked viewers and marked faulty values, every secret of the environment and of keys is marked too, and the main
commands are called as a person calls them. Then everything that was printed, and every file but the landing zone, bronze and the
quarantine, is unpacked and searched.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.erase.search.unpacking import UnreadableError, streams

if TYPE_CHECKING:
    from collections.abc import Iterator

PERSON, FAULTY, SECRET = "viewer-MARKEDPERSON", "MARKEDFAULT", "MARKEDSECRET"
MARKS = (PERSON.encode(), FAULTY.encode(), SECRET.encode())
SECRETS = {
    "AWS_ACCESS_KEY_ID": f"AKIA{SECRET}00000",
    "AWS_SECRET_ACCESS_KEY": f"aws/{SECRET}/key",
    "AWS_SESSION_TOKEN": f"session-{SECRET}",
    "GITHUB_TOKEN": f"ghp_{SECRET}",
    "GH_TOKEN": f"ghp_{SECRET}",
    "RINGI_SLACK_WEBHOOK": f"https://hooks.example.com/{SECRET}",
    "SSH_ASKPASS": f"/{SECRET}",
    "DATABASE_PASSWORD": SECRET,
}
MEANT = ("warehouse/landing", "warehouse/bronze", "warehouse/quarantine", "incoming", ".ringi/demo-keys")
"""Folders that may hold raw values, and the private keys themselves."""

NOWHERE = """
[profiles.aws]
warehouse = "s3://ringi-nowhere/lake"
region = "eu-west-1"
kms_key = "alias/ringi-lake"
endpoint_url = "http://127.0.0.1:9"
definer_role = "arn:aws:iam::123456789012:role/definer"
catalog_id = "123456789012"
"""


@dataclass
class Person:
    """Somebody at the command line, and all that was ever said to them."""

    lake: Path
    home: Path
    said: list[tuple[str, int, str]] = field(default_factory=list)

    def ringi(self, *words: str, typed: str = "", code: int | None = 0, profile: str = "local", debug: bool = False) -> str:
        """Call the command in a process of its own; `code` is what it must end with, None for anything."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            **SECRETS,
        }
        environment |= {"RINGI_DEBUG": "1"} if debug else {}
        done = subprocess.run(
            [sys.executable, "-m", "ringi.cli.app", "--lake", str(self.lake), "--profile", profile, *words],
            input=typed, capture_output=True, text=True, env=environment, cwd=self.home, timeout=240, check=False,
        )  # fmt: skip
        text = done.stdout + done.stderr
        self.said.append((" ".join(words)[:80], done.returncode, text))
        assert code is None or done.returncode == code, (words, done.returncode, text[-2000:])
        return text


def events(path: Path) -> None:
    """Good records of marked viewers, and records with every kind of marked fault."""
    lines: list[Any] = [record(number) for number in range(60)]
    faults: list[dict[str, Any]] = [
        {"position_s": FAULTY}, {"event_type": FAULTY}, {"occurred_at": FAULTY}, {"event_id": None, "plan": FAULTY}, {"position_s": -7},
        {"viewing_country": None, "title_id": FAULTY}, {"seconds_viewed": f"{FAULTY}1e99"}, {FAULTY: FAULTY}, {"received_at": f"2026-{FAULTY}"},
        {"occurred_at": "1999-01-01T00:00:00Z"}, {"duration_s": 10**30}, {"position_s": [FAULTY]},
    ]  # fmt: skip
    lines += [{**record(100 + number), **fault} for number, fault in enumerate(faults)]
    texts = [json.dumps(line) for line in lines] + [f'{{"viewer_id": "{PERSON}-cut', f"{FAULTY} is no JSON", f'["{FAULTY}"]', f'"{PERSON}"']
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")


def record(number: int) -> dict[str, Any]:
    at = f"2026-11-{10 + number % 5:02}T{number % 24:02}:00:00Z"
    return {
        "event_id": f"e{number}", "viewer_id": f"{PERSON}-{number % 7}", "account_country": "JP", "viewing_country": ("JP", "DE")[number % 2],
        "device_type": "tv", "plan": "standard", "title_id": f"T{number % 4}", "event_type": ("start", "heartbeat")[number % 3 > 0],
        "position_s": number, "seconds_viewed": 30, "duration_s": 3600, "occurred_at": at, "received_at": at, "player_version": "9.1.0",
    }  # fmt: skip


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """All that happens, once; the tests look at what it left."""
    root = tmp_path_factory.mktemp("told")
    someone = Person(root / "lake", root)
    someone.ringi("init", str(someone.lake), code=None)
    (someone.lake / "incoming").mkdir()
    _land(someone)
    someone.ringi("check")
    someone.ringi("run")
    _ask(someone)
    _keys_and_clouds(someone)
    _operate(someone)
    _erase(someone)
    return someone


def _land(person: Person) -> None:
    good, html, cut = (person.lake / "incoming" / name for name in ("events.jsonl", "page.jsonl", "cut.jsonl.gz"))
    events(good)
    html.write_text(f"<!DOCTYPE html><html>{PERSON} {FAULTY}</html>", encoding="utf-8")
    cut.write_bytes(b"\x1f\x8b\x08" + f"{PERSON}{FAULTY}".encode())
    person.ringi("land", "viewing_events", str(good))
    person.ringi("--format", "json", "land", "viewing_events", str(good))
    person.ringi("land", "viewing_events", str(html), str(cut), code=1)
    headless = person.lake / "incoming" / "titles.csv"
    headless.write_text(f"{PERSON}-1,{FAULTY} of a title,2026-11-01\n" * 3, encoding="utf-8")
    person.ringi("land", "titles", str(headless), code=None)


def _ask(person: Person) -> None:
    view = "views_jp.title_daily"
    for sql in (
        f"select * from {view}",
        f"select title_id::int from {view}",
        f"select viewer_id from {view}",
        "select * from bronze.viewing_events",
        "select * from quarantine.viewing_events",
        f"select getenv('AWS_SECRET_ACCESS_KEY') from {view}",
        f"select * from read_text('{person.lake}/incoming/events.jsonl')",
        f"summarize {view}",
    ):
        person.ringi("query", sql, "--as", "analyst_jp", code=None)
    person.ringi("query", "--list", "--as", "analyst_jp")
    for words in (("status",), ("show", "viewing_hours"), ("preview", "viewing_hours"), ("verify",), ("search", PERSON[:6])):
        person.ringi(*words, code=None)


def _keys_and_clouds(person: Person) -> None:
    """A key with a passphrase, a damaged one, and an account that cannot be reached."""
    key = person.home / "id_marked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", f"{SECRET}-passphrase", "-f", str(key)], check=True)
    broken = person.home / "id_broken"
    broken.write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END OPENSSH PRIVATE KEY-----\n", encoding="utf-8")
    for path in (key, broken):
        person.ringi("approve", "viewing_hours", "--side", "tech", "--as", "haruka_mori", "--key", str(path),
                     typed=f"{SECRET}-wrong\n", code=None)  # fmt: skip
    toml = person.lake / "ringi.toml"
    kept = toml.read_text(encoding="utf-8")
    toml.write_text(kept + NOWHERE, encoding="utf-8")
    for words in (("doctor",), ("access", "plan"), ("access", "drift"), ("audit", "verify")):
        person.ringi(*words, profile="aws", code=None)
    person.ringi("access", "plan", profile="aws", code=None, debug=True)
    toml.write_text(kept, encoding="utf-8")
    person.ringi("access", "export", "--help")
    person.ringi("access", "explain", "analyst_jp", "views_jp.title_daily", code=None)


def _operate(person: Person) -> None:
    for words in (
        ("maintain",),
        ("keep", "q4"),
        ("backfill", "title_daily", "--plan"),
        ("doctor",),
        ("run",),
        ("audit", "verify"),
        ("audit", "list"),
        ("--format", "json", "audit", "list"),
    ):
        person.ringi(*words, code=None)


def _erase(person: Person) -> None:
    """Of one viewer, who is named on the standard input: then nothing repeats the name."""
    from governance.gate.resign import lend

    key = lend(person.lake, ["haruka_mori"], person.home / "lent")["haruka_mori"]
    typed = f"viewer_id={PERSON}-3\n"
    person.ringi("erase", "--subject", "-", typed=typed, code=None)
    person.ringi("erase", "--subject", "-", "--yes", "--as", "haruka_mori", "--key", str(key), typed=typed, code=None)
    person.ringi("land", "viewing_events", str(person.lake / "incoming" / "events.jsonl"), code=None)
    person.ringi("audit", "list", code=None)


def marks_in(blocks: Iterator[bytes]) -> set[bytes]:
    """Marks in a stream, also where they stand across two blocks."""
    found: set[bytes] = set()
    before = b""
    for block in blocks:
        found |= {mark for mark in MARKS if mark in before + block}
        before = block[-64:]
    return found


def holding(root: Path, mark: bytes) -> list[str]:
    """Files below a folder that hold a mark when they are unpacked, but for those that are meant to."""
    found = []
    for path in sorted(each for each in root.rglob("*") if each.is_file() and not each.is_symlink()):
        inside = str(path.relative_to(root))
        if inside.startswith(MEANT):
            continue
        with path.open("rb") as file:
            if any(mark in marks_in(stream) for stream in streams(file)):
                found.append(inside)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("mark", MARKS, ids=["a person", "a faulty value", "a secret"])
def test_nothing_that_was_said_holds_it(person: Person, mark: bytes) -> None:
    told = [(words, text[max(0, text.find(mark.decode()) - 200) :][:500]) for words, _, text in person.said if mark.decode() in text]
    assert told == []


@pytest.mark.slow
@pytest.mark.parametrize("mark", MARKS, ids=["a person", "a faulty value", "a secret"])
def test_no_file_holds_it_but_those_that_are_meant_to(person: Person, mark: bytes) -> None:
    assert holding(person.lake, mark) == []


@pytest.mark.slow
def test_what_is_meant_to_hold_it_does(person: Person) -> None:
    """Otherwise the search would prove nothing."""
    found: set[bytes] = set()
    for path in (each for folder in ("bronze", "quarantine", "landing") for each in (person.lake / "warehouse" / folder).rglob("*")):
        if path.is_file():
            with path.open("rb") as file, suppress(UnreadableError):  # one of them was cut on purpose
                for stream in streams(file):
                    found |= marks_in(stream)
    assert found == {PERSON.encode(), FAULTY.encode()}
    answered = [text for words, code, text in person.said if words.startswith("query select *") and code == 0]
    assert answered and "T0" in answered[0], "there was something to read"
    assert shutil.which("git") is None or (person.lake / ".git").is_dir()
