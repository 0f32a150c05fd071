"""people.yaml as people write it: GitHub accounts in two forms, and a sentence for what cannot be read."""

from __future__ import annotations

import pytest

from metrics_catalog.person import People, Person
from metrics_catalog.yaml_io import build, parse


def read(entry: str) -> tuple[Person | None, list[str]]:
    document, _ = parse(f"people:\n  aki: {{name: Aki, team: x, {entry}}}\n", "people.yaml")
    assert document is not None
    book, findings = build(People, document)
    return book.people["aki"] if isinstance(book, People) else None, [f"{finding.message} {finding.hint}" for finding in findings]


@pytest.mark.parametrize(
    ("entry", "logins"),
    [
        ("github: aki-mori", ["aki-mori"]),
        ("github: [{login: aki-mori, valid_until: 2026-01-01T00:00:00Z}, {login: aki_corp}]", ["aki-mori", "aki_corp"]),
        ("github: []", []),
        ("keys: []", []),
    ],
)
def test_a_github_login_stands_alone_or_in_a_list_with_its_time(entry: str, logins: list[str]) -> None:
    person, findings = read(entry)
    assert findings == [] and person is not None
    assert [account.login for account in person.github_accounts] == logins


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ('github: "@aki"', "a GitHub user name"),
        ("github: https://github.com/aki", "without `@` and without a link"),
        ("github: 5", "put it in quotes"),
        ("github: [aki]", "a mapping of `field: value` lines"),
        ("passkeys: [{credential_id: 'A=', public_key: AA, rp_id: localhost}]", "bytes in base64url, without `=`"),
        ("passkeys: [{credential_id: AA, public_key: AA, rp_id: 'https://localhost'}]", "a host name in small letters"),
        ("passkeys: [{credential_id: AA, public_key: AA}]", "`rp_id` is missing"),
        ("keys: [{public_key: 'ssh-ed25519 AAAA', compromised: yes}]", "`true` or `false`"),
        ("earlier_sides: [{side: tech}]", "`valid_until` is missing"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(entry: str, words: str) -> None:
    person, (said, *_) = read(entry)
    assert person is None and words in said
