"""A pull request on GitHub: the steps of the workflow that `ringi init` wrote run here, against a server that behaves.

The steps are those of the written files, run by bash with what a runner gives them; the commands they call are the real ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command import ringi
from tests.support.forge import git
from tests.support.github_server import READ_ONLY, WORKFLOW, Fault, GithubRepository, GithubServer
from tests.support.workflow import Job, Runner

pytestmark = pytest.mark.slow
NUMBER, METRIC = 7, "metrics/engagement/viewing_hours.yaml"


@dataclass
class Project:
    """A lake project in a clone, whose branch `change` is a pull request."""

    clone: Path
    server: GithubServer
    temp: Path

    @property
    def repository(self) -> GithubRepository:
        return self.server.repository("acme/metrics")

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.clone / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def push(self, message: str = "change") -> None:
        """Commit and push the branch; the pull request is opened with the first push."""
        git(self.clone, "add", "--all")
        git(self.clone, "commit", "--quiet", "--message", message)
        git(self.clone, "push", "--quiet", "--force", "origin", "change")
        head, base = git(self.clone, "rev-parse", "HEAD"), git(self.clone, "rev-parse", "origin/main")
        if NUMBER in self.repository.pulls:
            self.repository.push(NUMBER, head)
        else:
            self.repository.open(NUMBER, head=head, base=base, author="aoi")

    def run(self, job: str, token: str = WORKFLOW, fork: bool = False, event: str = "pull_request") -> Job:
        """Run one job as GitHub does for the pull request: on its merge with main."""
        head = git(self.clone, "rev-parse", "change")
        git(self.clone, "checkout", "--quiet", "--detach", "origin/main")
        if event != "push":
            git(self.clone, "merge", "--quiet", "--no-ff", "--no-edit", head)
        sha = git(self.clone, "rev-parse", "HEAD")
        told: dict[str, dict[str, Any]] = {
            "pull_request": {
                "pull_request": {"number": NUMBER, "head": {"sha": head, "repo": {"full_name": "fork/metrics" if fork else "acme/metrics"}}}
            },
            "push": {"after": sha},
            "merge_group": {"merge_group": {"base_sha": git(self.clone, "rev-parse", "origin/main")}},
        }
        environment = {
            "GITHUB_REPOSITORY": "acme/metrics",
            "GITHUB_SERVER_URL": self.server.html_url,
            "GITHUB_API_URL": self.server.api_url,
            "GITHUB_REF": f"refs/pull/{NUMBER}/merge",
            "GITHUB_SHA": sha,
            **({"GITHUB_BASE_REF": "main"} if event == "pull_request" else {}),
        }
        try:
            return Runner(self.clone, self.temp, event, told[event], environment, token).run(job)
        finally:
            git(self.clone, "checkout", "--quiet", "--force", "change")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `ringi init` makes it."""
    folder = tmp_path_factory.mktemp("starter") / "project"
    assert ringi("init", folder).code == 0
    return folder


@pytest.fixture
def project(started: Path, tmp_path: Path) -> Iterator[Project]:
    git(tmp_path, "clone", "--quiet", str(started), "clone")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--bare", str(started), "origin.git")
    git(clone, "remote", "set-url", "origin", str(tmp_path / "origin.git"))
    git(clone, "config", "user.name", "Aoi")
    git(clone, "config", "user.email", "aoi@example.com")
    git(clone, "checkout", "--quiet", "-b", "change")
    with GithubServer(page=2) as server:
        yield Project(clone, server, tmp_path / "runner")


def test_a_changed_metric_is_checked_reported_in_one_comment_and_still_needs_its_keys(project: Project) -> None:
    project.edit(METRIC, "event_type = 'heartbeat'", "event_type = 'heartbeat' and seconds_viewed > 1")
    project.push()
    for thought in ("nice", "hm", "why?"):
        project.repository.comment(NUMBER, "priya", thought)
    job = project.run("check")
    assert job["Say what changed"].outcome == job["Report"].outcome == job["Keep the comment"].outcome == "success", job.steps
    (body,) = [body for body in project.repository.bodies(NUMBER) if body.startswith("<!-- ringi:report -->")]
    assert "viewing_hours" in body and "viewing_hours" in job.summary
    assert f"{project.server.html_url}/acme/metrics/blob/{git(project.clone, 'rev-parse', 'HEAD')}/metrics/" in body
    keys = project.run("keys")
    assert keys["Ask for the keys"].outcome == "failure" and "viewing_hours" in keys["Ask for the keys"].output

    project.edit(METRIC, "seconds_viewed > 1", "seconds_viewed > 2")
    project.push("on second thought")
    assert project.run("check")["Keep the comment"].outcome == "success"
    assert len([body for body in project.repository.bodies(NUMBER) if body.startswith("<!-- ringi:report -->")]) == 1
    assert [asked.method for asked in project.server.changes()] == ["POST", "PATCH"]


def test_a_fault_is_an_annotation_on_its_line_and_the_report_comes_all_the_same(project: Project) -> None:
    project.edit(METRIC, "\nowners:", "\nunknown_field: 1\nowners:")
    project.push()
    job = project.run("check")
    check = job["Check every file"]
    assert check.outcome == "failure" and not job.passed
    line = (project.clone / METRIC).read_text(encoding="utf-8").splitlines().index("unknown_field: 1") + 1
    assert re.search(rf"^::error file={METRIC},line={line},col=1,title=RNG-CAT-\d+::", check.output, re.MULTILINE), check.output
    assert job["Say what changed"].outcome == "success"


def test_a_fork_gets_its_report_in_the_summary_and_nothing_is_written(project: Project) -> None:
    project.edit(METRIC, "event_type = 'heartbeat'", "event_type = 'heartbeat' and seconds_viewed > 1")
    project.push()
    job = project.run("check", token=READ_ONLY, fork=True)
    assert "::notice::" in job["Keep the comment"].output and job["Keep the comment"].outcome == "success"
    assert "viewing_hours" in job.summary and project.server.asked == []


def test_a_short_limit_is_waited_for_and_a_comment_that_is_refused_fails_nothing(project: Project) -> None:
    project.edit(METRIC, "Hours of content", "The hours of content")
    project.push()
    limit = Fault(403, "You have exceeded a secondary rate limit.", {"Retry-After": "1"})
    project.server.faults.extend([limit, Fault(422, "Validation Failed")])
    job = project.run("check")
    comment = job["Keep the comment"]
    assert "its rate limit); waiting" in comment.output
    assert comment.outcome == "success" and "::warning::" in comment.output and "Hint:" in comment.output
    assert WORKFLOW not in "".join(step.output for step in job.steps)


def test_a_change_of_words_alone_in_a_readme_needs_no_key(project: Project) -> None:
    project.edit("README.md", "Your lake project", "Our lake project")
    project.push()
    for event in ("pull_request", "merge_group"):
        job = project.run("keys", event=event)
        assert job.passed and "both keys of each hold" in job["Ask for the keys"].output
        assert job["Verify every key"].outcome == "success"


def test_a_push_to_main_checks_and_verifies_without_a_base(project: Project) -> None:
    check, keys = project.run("check", event="push"), project.run("keys", event="push")
    assert check["Check every file"].outcome == "success" and check["Report"].outcome == check["Keep the comment"].outcome == "skipped"
    assert keys["Ask for the keys"].outcome == "skipped" and keys["Verify every key"].outcome == "success"


def test_a_forged_approval_fails_the_keys(project: Project) -> None:
    approval = next((project.clone / "approvals/plays").glob("tech-*.yaml"))
    document = yaml.safe_load(approval.read_text(encoding="utf-8")) | {"person": "jonas_weber"}
    approval.write_text(yaml.safe_dump(document), encoding="utf-8")
    project.push()
    job = project.run("keys")
    assert job["Verify every key"].outcome == "failure" and "plays" in job["Verify every key"].output
