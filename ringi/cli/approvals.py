"""`ringi approvals`: keys that are turned in a forge, and the keys that a change still needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metrics_catalog.person import Side
from ringi.cli.door import Door

if TYPE_CHECKING:
    from infra.github.client import GithubClient
    from infra.github.place import Place
    from metrics_catalog.finding import Finding

Number = Annotated[int, typer.Option("--pr", min=1, help="The number of the pull request.")]
Repository = Annotated[str | None, typer.Option("--repo", metavar="OWNER/NAME", help="The repository (default: as ringi.toml says).")]
ApiUrl = Annotated[str | None, typer.Option("--api-url", help="The API of an enterprise server, such as https://HOST/api/v3.")]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for GitHub's rate limit, in all.")]

approvals = typer.Typer(
    help="Record reviews as keys, keep the comment of a pull request, and say which keys are missing.\n\n"
    "\b\nExample: ringi approvals missing --base main",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@approvals.command("from-github")
def from_github(
    context: typer.Context,
    pr: Number,
    key: Annotated[
        Path | None,
        typer.Option(envvar="RINGI_WITNESS_KEY", help="Private SSH key of a witness that ringi.toml names.", show_default=False),
    ] = None,
    repo: Repository = None,
    api_url: ApiUrl = None,
    side: Annotated[Side | None, typer.Option(help="Only reviews that turn this side's key.", show_default=False)] = None,
    wait: Wait = 90,
) -> None:
    """Record the approving reviews of a pull request as turned keys.

    Counts the latest verdict of each reviewer: it must approve the exact head commit and come from a person of that side who
    neither opened the pull request nor wrote in it. Off unless ringi.toml says otherwise. The token stands in GITHUB_TOKEN or GH_TOKEN.

    Example: ringi approvals from-github --pr 12 --key ~/.ssh/witness
    """
    import datetime as dt

    from governance.keys.ssh import read_private_key
    from metrics_catalog.errors import UsageError
    from ringi.cli.approvals_text import as_json, line, none, refuse
    from ringi.keys.github_reviews import Asked, record_reviews, settings_of
    from ringi.project import find

    door = Door.of(context)
    root = find(door.root)
    settings = settings_of(root)
    if key is None:
        raise UsageError("No witness key is named.", hint="say `--key FILE`, or set RINGI_WITNESS_KEY to the file's path.")
    place = _place(root, repo, api_url, (settings.server, settings.repository))
    witness = read_private_key(key.expanduser(), lambda: typer.prompt(f"Passphrase of {key}", hide_input=True, err=True))
    asked = Asked(place, pr, witness, dt.datetime.now(dt.UTC), side)
    recorded = record_reviews(root, _client(door, place, wait), asked, door.out.say)
    value = {
        "schema_version": 1,
        "pull_request": pr,
        "commit": recorded.pull.head,
        "metrics": list(recorded.metrics),
        "keys": [as_json(result) for result in recorded.results],
        "ignored": [{"login": each.login, "why": each.why} for each in recorded.ignored],
    }
    door.out.value(value, lambda: "\n".join(line(result) for result in recorded.results) or none(recorded))
    refuse(recorded)


@approvals.command()
def recheck(context: typer.Context, api_url: ApiUrl = None, wait: Wait = 90) -> None:
    """Ask again about every review that turned a key: GitHub whether it was given, git what the reviewed commit means.

    Whether a review was given at all cannot be told from files alone. A review that is gone, or of somebody else, ends with 1.

    Example: ringi approvals recheck
    """
    from metrics_catalog.errors import ExitCode

    door = Door.of(context)
    given, findings = asked_again(door, api_url, wait)
    door.out.findings(findings)
    door.out.say(f"{given} keys turned by review asked about: {len(findings)} findings.")
    if any(finding.blocks for finding in findings):
        raise typer.Exit(ExitCode.FINDINGS)


def asked_again(door: Door, api_url: str | None, wait: float) -> tuple[int, tuple[Finding, ...]]:
    """How many keys were turned by review, and what GitHub and git say otherwise of them now; of `ringi verify --online` too."""
    from infra.local.git import Repository
    from ringi.keys.github_again import ask_again, compare_with_git, reviewed
    from ringi.keys.github_reviews import settings_of

    lake = door.lake()
    given = reviewed(lake.catalog)
    if not given:
        return 0, ()
    settings = settings_of(lake.root)
    place = _place(lake.root, None, api_url, (settings.server, settings.repository))
    of_git, absent = compare_with_git(lake.catalog, Repository.of(lake.root))
    if absent:
        door.out.say(f"{len(absent)} reviewed commits are not in this clone, so what they mean was not compared: {absent[0][:12]} …")
    return len(given), (*ask_again(lake.catalog, _client(door, place, wait)), *of_git)


@approvals.command()
def missing(
    context: typer.Context,
    base: Annotated[str, typer.Option(help="The commit to compare with.")] = "HEAD",
) -> None:
    """Say which keys the metrics that changed since a commit still need, and from whom.

    Ends with 4 while a key is missing or void: until then the change may be merged, but what is published stays as it was.

    Example: ringi approvals missing --base main
    """
    import datetime as dt

    from metrics_catalog.errors import ExitCode
    from ringi.cli.approvals_text import needed_json, row
    from ringi.keys.needed import needed
    from ringi.output import table
    from ringi.project import find

    door = Door.of(context)
    changed, lacking = needed(find(door.root), base, dt.datetime.now(dt.UTC))
    rows = [row(each) for each in lacking]
    columns = ("metric", "key", "state", "changed since", "who may turn it")
    value = {"schema_version": 1, "metrics": list(changed), "needed": [needed_json(each) for each in lacking]}
    door.out.value(value, lambda: table(columns, rows) if rows else f"{len(changed)} changed metrics; both keys of each hold.")
    if lacking:
        raise typer.Exit(ExitCode.REFUSED)


@approvals.command()
def comment(
    context: typer.Context,
    pr: Number,
    body_file: Annotated[Path, typer.Option(help="Markdown to say, such as the output of `ringi report`.")],
    repo: Repository = None,
    api_url: ApiUrl = None,
    name: Annotated[str, typer.Option(help="Which comment: one of each name is kept.")] = "report",
    wait: Wait = 90,
) -> None:
    """Write one comment on a pull request, or bring the one that is there up to date.

    It is found again by a mark that nobody sees; a comment of somebody else is never changed. Longer than GitHub takes, it is cut
    and says so. The token stands in GITHUB_TOKEN or GH_TOKEN.

    Example: ringi approvals comment --pr 12 --body-file report.md
    """
    from infra.github.comments import keep
    from metrics_catalog.errors import UsageError
    from ringi.project import find

    door = Door.of(context)
    root = find(door.root)
    if not name.replace("-", "").isalnum():
        raise UsageError(f"`{name}` cannot name a comment.", hint="use letters, digits and `-`.")
    text = _text(body_file)
    place = _place(root, repo, api_url, None)
    kept = keep(_client(door, place, wait), place.repository, pr, name, text)
    door.out.value({"schema_version": 1, "comment": kept.what, "url": kept.url}, lambda: f"{kept.what}: {kept.url}")


def _place(root: Path, repo: str | None, api_url: str | None, settings: tuple[str, str] | None) -> Place:
    import os

    from infra.github.place import place
    from infra.local.git import Repository
    from metrics_catalog.errors import RingiError

    try:
        remote = Repository.of(root).remote()
    except RingiError:  # no repository here: then something else must say which one is meant
        remote = None
    return place(repository=repo, api_url=api_url, settings=settings, environment=os.environ, remote=remote)


def _client(door: Door, place: Place, wait: float) -> GithubClient:
    import os

    from infra.github.client import GithubClient, Patience
    from infra.github.place import token_in

    return GithubClient(place.api_url, token_in(os.environ), Patience(waiting=wait), door.out.say)


def _text(path: Path) -> str:
    from metrics_catalog.errors import UsageError

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"`{path}` cannot be read as text.", hint="name a Markdown file; `ringi report > report.md` writes one."
        ) from error
    if not text.strip():
        raise UsageError(f"`{path}` is empty; nothing was written.", hint="name a Markdown file; `ringi report > report.md` writes one.")
    return text
