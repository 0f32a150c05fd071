"""What each refusal of GitHub means, as one sentence with a hint; the only place where its statuses become words."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from infra.errors import InfraError

if TYPE_CHECKING:
    from infra.github.http import Answer, NoAnswerError


class GithubError(InfraError):
    """GitHub could not be asked, or refused; `status` is its HTTP status, None where there was no answer."""

    def __init__(self, message: str, *, hint: str, code: str, status: int | None = None) -> None:
        super().__init__(message, hint=f"{hint} More: ringi explain {code}")
        self.code, self.status = code, status


def unreachable(host: str, doing: str, error: NoAnswerError) -> GithubError:
    """No answer, after every try."""
    hint = (
        "see whether this machine reaches it (proxy, VPN), then run it again."
        if error.passing
        else "see what stands between this machine and the server; `SSL_CERT_FILE` names further certificates to trust."
    )
    return GithubError(f"While {doing}, {host} gave no answer: {error}.", hint=hint, code="RNG-INF-050")


def limited(host: str, doing: str, seconds: float, patience: float, now: float) -> GithubError:
    """A rate limit that lasts longer than the patience."""
    until = dt.datetime.fromtimestamp(now + seconds, dt.UTC).strftime("%H:%M:%S UTC")
    message = f"While {doing}, {host} asked to wait {in_words(seconds)} before the next request (its rate limit); {in_words(patience)} of waiting are left."
    return GithubError(message, hint=f"run it again after {until}, or allow more with `--wait {int(seconds) + 30}`.", code="RNG-INF-051")


def refused(host: str, doing: str, answer: Answer, *, with_token: bool) -> GithubError:
    """Any other status that is no success."""
    said = f" It says: {answer.message}" if answer.message else ""
    start = f"While {doing}, {host} answered {answer.status}"
    status = answer.status
    if status == 401:
        hint = "make a new token and put it into GITHUB_TOKEN." if with_token else "put a token into GITHUB_TOKEN or GH_TOKEN."
        why = "the token is not accepted (ended, or revoked)" if with_token else "it wants a token"
        return GithubError(f"{start}: {why}.", hint=hint, code="RNG-INF-052", status=status)
    if status == 403:
        hint = "the token needs `Pull requests: write` to comment and `Pull requests: read` to read reviews; a workflow of a fork may only read."
        return GithubError(f"{start}: the token may not do that.{said}", hint=hint, code="RNG-INF-053", status=status)
    if status in (404, 410):
        hint = "see the repository's name and the number; GitHub says the same for what the token may not see."
        return GithubError(f"{start}: there is no such thing, or the token may not see it.", hint=hint, code="RNG-INF-054", status=status)
    if status in (400, 409, 422):
        hint = "see what it says; nothing was changed there."
        return GithubError(f"{start}: it does not take what was sent.{said}", hint=hint, code="RNG-INF-055", status=status)
    if status >= 500:
        hint = "its status page may say why; run it again later."
        return GithubError(f"{start}, again and again: the server has a fault.", hint=hint, code="RNG-INF-050", status=status)
    hint = "see whether the API's address is right; for an enterprise server it ends with `/api/v3`."
    return GithubError(f"{start}, which is no answer of GitHub's API.{said}", hint=hint, code="RNG-INF-056", status=status)


def misunderstood(host: str, doing: str, what: str) -> GithubError:
    """An answer that is not what the API documents."""
    hint = "see whether the API's address is right; for an enterprise server it ends with `/api/v3`."
    return GithubError(f"While {doing}, the answer of {host} was not understood: {what}.", hint=hint, code="RNG-INF-056")


def in_words(seconds: float) -> str:
    """A span of time as people say it."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 120 else f"{round(whole / 60)} minutes"
