"""A repository on a GitHub server of ours, with a pull request that proposes a change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forge import Proposed
from tests.support.github_server import TOKEN, GithubServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[GithubServer]:
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    with GithubServer(page=2) as server:
        yield server


@pytest.fixture
def proposed(tmp_path: Path, server: GithubServer) -> Proposed:
    return Proposed(tmp_path / "project", server)
