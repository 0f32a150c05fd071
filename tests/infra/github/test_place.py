"""Which server, API, repository and token are meant."""

from __future__ import annotations

import pytest

from infra.github.place import Place, api_of, place, repository_named, repository_of_remote, token_in
from metrics_catalog.errors import UsageError


@pytest.mark.parametrize(
    ("server", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://github.com/", "https://api.github.com"),
        ("https://ghe.acme.com", "https://ghe.acme.com/api/v3"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
    ],
)
def test_each_kind_of_server_has_its_api(server: str, api: str) -> None:
    assert api_of(server) == api


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/metrics.git", "acme/metrics"),
        ("https://x-access-token:secret@github.com/acme/metrics", "acme/metrics"),
        ("git@github.com:acme/metrics.git", "acme/metrics"),
        ("ssh://git@ghe.acme.com:2222/acme/metrics.git/", "acme/metrics"),
        ("/srv/git/metrics.git", None),
        ("https://github.com/acme", None),
        ("", None),
    ],
)
def test_a_remote_names_a_repository(url: str, name: str | None) -> None:
    assert repository_of_remote(url) == name


def test_what_is_named_wins_over_settings_over_the_workflow_over_the_remote() -> None:
    environment = {
        "GITHUB_REPOSITORY": "acme/workflow",
        "GITHUB_SERVER_URL": "https://ghe.acme.com",
        "GITHUB_API_URL": "https://ghe.acme.com/api/v3",
    }
    remote = "git@github.com:acme/remote.git"

    def found(repository: str | None, settings: tuple[str, str] | None, environment: dict[str, str]) -> Place:
        return place(repository=repository, api_url=None, settings=settings, environment=environment, remote=remote)

    assert found("acme/named", ("https://github.com", "acme/set"), environment).repository == "acme/named"
    assert found(None, ("https://github.com", "acme/set"), environment) == Place("https://github.com", "https://api.github.com", "acme/set")
    assert found(None, None, environment) == Place("https://ghe.acme.com", "https://ghe.acme.com/api/v3", "acme/workflow")
    assert found(None, None, {}) == Place("https://github.com", "https://api.github.com", "acme/remote")


def test_where_nothing_names_a_repository_it_says_where_it_looked() -> None:
    with pytest.raises(UsageError, match=r"--repo, ringi\.toml .* GITHUB_REPOSITORY or git's remote"):
        place(repository=None, api_url=None, settings=None, environment={}, remote=None)


@pytest.mark.parametrize("words", ["metrics", "acme/metrics/pulls", "../..", "acme/met rics", "acme/..", ""])
def test_what_is_no_repository_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="OWNER/NAME"):
        repository_named(words)


def test_the_token_is_one_of_two_variables_and_never_shown() -> None:
    assert token_in({"GITHUB_TOKEN": "", "GH_TOKEN": " ghp_x\n"}) == "ghp_x"
    assert token_in({"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}) == "a"
    assert token_in({}) is None
    with pytest.raises(UsageError, match="What GITHUB_TOKEN holds is no token") as caught:
        token_in({"GITHUB_TOKEN": "ghp_q7\nx9z"})
    assert "q7" not in str(caught.value)
